package query

import (
	"strings"
	"testing"
	"time"
)

func TestNoPathLooksAtTooMuch(t *testing.T) {
	wide := make([]any, 2000)
	deep := any(1.0)
	for i := range wide {
		wide[i] = object("a", []any{1.0, 2.0})
		deep = []any{deep}
	}
	for name, row := range map[string]struct {
		path     string
		document any
		want     string
	}{
		"descent upon descent":    {`$..*..*..*..*`, deep, "places"},
		"descents in a filter":    {`$..[?(@..[?(@..*)])]`, deep, "places"},
		"the same item twice":     {`$` + strings.Repeat("[0,0]", 60), deep, "places"},
		"brackets":                {`$.a[?(` + strings.Repeat("(", 100_000) + `@.a` + strings.Repeat(")", 100_000) + `)]`, nil, "nested"},
		"a descent":               {`$..a[1]`, wide, ""},
		"two descents":            {`$..a..*`, wide, ""},
		"a filter over the whole": {`$[?(@.a[0] == 1)].a[0,1]`, wide, ""},
	} {
		t.Run(name, func(t *testing.T) {
			started := time.Now()
			path, err := ParsePath(row.path)
			if err == nil {
				_, _, err = path.Get(Scope{Document: row.document})
			}
			if took := time.Since(started); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
			if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
				t.Errorf("error %.200v, want one with %q", err, row.want)
			}
		})
	}
}
