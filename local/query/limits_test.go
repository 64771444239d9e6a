package query

import (
	"strings"
	"testing"
	"time"

	"github.com/dlclark/regexp2"
)

func TestNoExpressionTakesTooMuch(t *testing.T) {
	regexp2.DefaultMatchTimeout = time.Second
	defer func() { regexp2.DefaultMatchTimeout = maxEvaluation }()
	for name, row := range map[string]struct{ expression, want string }{
		"recursion without end":               {`($f := function($n) { 1 + $f($n + 1) }; $f(1))`, "was stopped"},
		"a loop without end":                  {`($f := function($n) { $f($n + 1) }; $f(1))`, "too long"},
		"exponential recursion":               {`($f := function($n) { $n < 2 ? 1 : $f($n - 1) + $f($n - 2) }; $f(90))`, "too long"},
		"a text doubled":                      {`($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $length($f("x", 60)))`, "too long"},
		"a text doubled by joining":           {`($f := function($s, $n) { $n = 0 ? $s : $f($join([$s, $s]), $n - 1) }; $length($f("x", 60)))`, "too long"},
		"a long pad":                          {`$length($pad("x", 9000000000))`, ""},
		"a pad of a gigabyte":                 {`$length($pad("x", 1000000000))`, "too long"},
		"a list doubled":                      {`($f := function($a, $n) { $n = 0 ? $a : $f($append($a, $a), $n - 1) }; $count($f([1], 60)))`, ""},
		"ranges of ranges":                    {`$count([1..9999999].[1..9999999])`, "was stopped"},
		"a huge range":                        {`[1..99999999999]`, "D2014"},
		"a deep result":                       {`($f := function($n, $a) { $n = 0 ? $a : $f($n - 1, [[$a]]) }; $f(1100, 1))`, ""},
		"an exploding pattern":                {`$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)`, "nothing"},
		"an exploding pattern of look-aheads": {`$contains("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /(?!x)^(a+)+$/)`, "too long"},
		"texts without end":                   {`($d := function($s, $n) { $n = 0 ? $s : $d($s & $s, $n - 1) }; $s := $d("x", 20); $count($map([1..9000], function($i) { $s & $i })))`, errMemory.Error()},
		"parentheses":                         {strings.Repeat("(", 200_000) + "1" + strings.Repeat(")", 200_000), ""},
		"lists":                               {strings.Repeat("[", 200_000) + "1" + strings.Repeat("]", 200_000), ""},
		"negations":                           {strings.Repeat("-", 200_000) + "1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			started := time.Now()
			limit := time.Second / 2
			if row.want == errMemory.Error() {
				limit = time.Minute
			}
			_, defined, err := newEngines(1, limit).evaluate(t.Context(), row.expression, nil)
			if took := time.Since(started); took > time.Minute/2 {
				t.Errorf("it took %s", took)
			}
			switch {
			case row.want == "nothing":
				if err != nil || defined {
					t.Errorf("error %v, defined %t, want nothing", err, defined)
				}
			case err == nil || !strings.Contains(err.Error(), row.want):
				t.Errorf("error %.200v, want one with %q", err, row.want)
			}
		})
	}
}

func TestTheGoSubsetLeavesDeepExpressionsToTheLibrary(t *testing.T) {
	for name, expression := range map[string]string{
		"parentheses": strings.Repeat("(", 200_000) + "1" + strings.Repeat(")", 200_000),
		"lists":       strings.Repeat("[", 200_000) + "1" + strings.Repeat("]", 200_000),
		"negations":   strings.Repeat("-", 200_000) + "$x",
		"objects":     strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000),
		"conditions":  strings.Repeat("$x ? ", 100_000) + "1",
	} {
		if _, err := Compile(expression); err == nil {
			t.Errorf("%s compile, want an error", name)
		}
	}
}

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
