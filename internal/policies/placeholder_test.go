package policies

import "testing"

func TestDocumentsAreTheSameButForBlanksAndOrder(t *testing.T) {
	for name, row := range map[string]struct {
		a, b string
		same bool
	}{
		"blanks":                {`{"a": [1, "x"]}`, " {\n\"a\":[1,\"x\"]}", true},
		"order of members":      {`{"a": {"x": 1, "y": 2}, "b": 3}`, `{"b": 3, "a": {"y": 2, "x": 1}}`, true},
		"escapes":               {`{"a": "\u0041"}`, `{"a": "A"}`, true},
		"order of elements":     {`{"a": [1, 2]}`, `{"a": [2, 1]}`, false},
		"letters' case":         {`{"a": "s3:*"}`, `{"a": "S3:*"}`, false},
		"numbers as written":    {`{"a": 12345678901234567890}`, `{"a": 12345678901234567891}`, false},
		"something behind":      {`{"a": 1}`, `{"a": 1} {}`, false},
		"the same, but no JSON": {`{`, `{`, false},
	} {
		if got := Same(row.a, row.b); got != row.same {
			t.Errorf("%s: %v", name, got)
		}
	}
}
