package b2b

import (
	"strings"
	"testing"
)

func TestTransactionIDs(t *testing.T) {
	for _, test := range []struct {
		name, id string
		good     bool
	}{
		{"a number", "1", true},
		{"with spaces around", " 1 ", true},
		{"128 wide characters", strings.Repeat("漢", 128), true},
		{"129 characters", strings.Repeat("x", 129), false},
		{"empty", "", false},
		{"blank", " \u00a0\u3000", false},
		{"with a line feed", "a\nb", false},
		{"with DEL", "a\x7f", false},
		{"with a C1 control", "a\u0085", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, message := CheckTransactionID([]byte(test.id))
			if (code == "") != test.good || (message == "") != test.good {
				t.Errorf("got %q, %q", code, message)
			}
		})
	}
}
