package jsonata

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// evaluateWithin evaluates within limits that no test waits long for.
func evaluateWithin(t *testing.T, limit time.Duration, bytes int, expression string) (any, bool, error) {
	t.Helper()
	e, err := Compile(expression, StepFunctions)
	if err != nil {
		return nil, false, err
	}
	ev := &evaluation{ctx: t.Context(), library: StepFunctions, input: undefined, limits: defaultLimits}
	ev.limits.time = limit
	if bytes > 0 {
		ev.limits.bytes = bytes
	}
	return e.eval(ev, undefined, nil)
}

func TestNoExpressionTakesTooMuch(t *testing.T) {
	for name, row := range map[string]struct{ expression, want string }{
		"recursion without end":               {`($f := function($n) { 1 + $f($n + 1) }; $f(1))`, errDepth.Message},
		"recursion in a list":                 {`($f := function($n) { [$f($n), 1] }; $f(1))`, errDepth.Message},
		"a loop without end":                  {`($f := function($n) { $f($n + 1) }; $f(1))`, errEndless.Message},
		"exponential recursion":               {`($f := function($n) { $n < 2 ? 1 : $f($n - 1) + $f($n - 2) }; $f(90))`, errEndless.Message},
		"a text doubled":                      {`($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $length($f("x", 60)))`, errMemory.Message},
		"a text doubled by joining":           {`($f := function($s, $n) { $n = 0 ? $s : $f($join([$s, $s]), $n - 1) }; $length($f("x", 60)))`, errMemory.Message},
		"a text doubled by replacing":         {`($f := function($s, $n) { $n = 0 ? $s : $f($replace($s, "x", "xx"), $n - 1) }; $length($f("x", 60)))`, errMemory.Message},
		"a text doubled by a pattern":         {`($f := function($s, $n) { $n = 0 ? $s : $f($replace($s, /x+/, "$0$0"), $n - 1) }; $length($f("x", 60)))`, errMemory.Message},
		"a long pad":                          {`$length($pad("x", 9000000000))`, errMemory.Message},
		"a pad of a gigabyte":                 {`$length($pad("x", 1000000000))`, errMemory.Message},
		"a list doubled":                      {`($f := function($a, $n) { $n = 0 ? $a : $f($append($a, $a), $n - 1) }; $count($f([1], 60)))`, errMemory.Message},
		"a list doubled in brackets":          {`($f := function($a, $n) { $n = 0 ? $a : $f([$a, $a], $n - 1) }; $count($f([1], 60)))`, errMemory.Message},
		"a tree of the same lists":            {`($f := function($a, $n) { $n = 0 ? $a : $f([[$a], [$a]], $n - 1) }; $f(1, 60))`, errMemory.Message},
		"a tree of the same objects":          {`($f := function($a, $n) { $n = 0 ? $a : $f({"a": $a, "b": $a}, $n - 1) }; $f(1, 60))`, errMemory.Message},
		"a document that is there often":      {`($d := $parse("[" & $join([1..1000].("123456789"), ",") & "]"); [1..100000].{"d": $d})`, errMemory.Message},
		"a tree's text":                       {`($f := function($a, $n) { $n = 0 ? $a : $f({"a": $a, "b": $a}, $n - 1) }; $length($string($f(1, 60))))`, errMemory.Message},
		"a tree, looked through":              {`($f := function($a, $n) { $n = 0 ? $a : $f({"a": $a, "b": $a}, $n - 1) }; $count($f(1, 60).**))`, errEndless.Message},
		"a tree, compared":                    {`($f := function($a, $n) { $n = 0 ? $a : $f({"a": $a, "b": $a}, $n - 1) }; $f(1, 60) = $f(1, 60))`, errEndless.Message},
		"ranges of ranges":                    {`$count([1..9999999].[1..9999999])`, errMemory.Message},
		"a huge range":                        {`[1..99999999999]`, "D2014"},
		"a huge $range":                       {`$range(1, 99999999999, 1)`, "must not yield more"},
		"a deep result":                       {`($f := function($n, $a) { $n = 0 ? $a : $f($n - 1, [[$a]]) }; $f(1100, 1))`, errNesting.Message},
		"an exploding pattern":                {`$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)`, errEndless.Message},
		"an exploding pattern of look-aheads": {`$contains("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /(?!x)^(a+)+$/)`, errEndless.Message},
		"a pattern of patterns":               {`$contains("a", /((((a{1,99}){1,99}){1,99}){1,99}){1,99}/)`, "too large"},
		"a number in Roman numerals":          {`$formatInteger(1e300, "I")`, errMemory.Message},
		"texts without end":                   {`($d := function($s, $n) { $n = 0 ? $s : $d($s & $s, $n - 1) }; $s := $d("x", 20); $count($map([1..9000], function($i) { $s & $i })))`, errMemory.Message},
		"parentheses":                         {strings.Repeat("(", 200_000) + "1" + strings.Repeat(")", 200_000), errNesting.Message},
		"lists":                               {strings.Repeat("[", 200_000) + "1" + strings.Repeat("]", 200_000), errNesting.Message},
		"objects":                             {strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000), errNesting.Message},
		"conditions":                          {strings.Repeat("$x ? ", 100_000) + "1", errNesting.Message},
		"negations":                           {strings.Repeat("-", 200_000) + "1", errNesting.Message},
		"sums":                                {"1" + strings.Repeat("+1", 200_000), errNesting.Message},
		"brackets of a pattern":               {"/" + strings.Repeat("(", 100_000) + strings.Repeat(")", 100_000) + "/", "nested"},
	} {
		t.Run(name, func(t *testing.T) {
			started := time.Now()
			limit := time.Second / 2
			if row.want != errEndless.Message {
				limit = time.Minute // for a machine that is busy
			}
			_, _, err := evaluateWithin(t, limit, 64<<20, row.expression)
			if took := time.Since(started); took > time.Minute/2 {
				t.Errorf("it took %s", took)
			}
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %.200v, want one with %q", err, row.want)
			}
		})
	}
}

func TestWhatIsReasonableIsWithinTheLimits(t *testing.T) {
	for name, row := range map[string]struct{ expression, want string }{
		"recursion":                  {`($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(10000))`, `10000`},
		"a long loop":                {`($f := function($n, $s) { $n = 0 ? $s : $f($n - 1, $s + $n) }; $f(200000, 0))`, `20000100000`},
		"a list, item by item":       {`$count($reduce([1..100000], function($a, $v) { $append($a, $v) }, []))`, `100000`},
		"a million items":            {`$sum([1..1000000])`, `500000500000`},
		"a long sum":                 {"1" + strings.Repeat("+1", 10_000), `10001`},
		"a text of a megabyte":       {`$length($join([1..100000].("0123456789")))`, `1000000`},
		"a pattern over a long text": {`$count($match($pad("", 20000, "ab "), /[a-z]+/))`, `6667`},
	} {
		t.Run(name, func(t *testing.T) {
			value, _, err := evaluateWithin(t, time.Minute, 0, row.expression)
			if err != nil || encode(value) != row.want {
				t.Errorf("got %s, error %v, want %s", encode(value), err, row.want)
			}
		})
	}
}

func TestAnEvaluationEndsWithItsContext(t *testing.T) {
	e, err := Compile(`($f := function($n) { $f($n + 1) }; $f(1))`, StepFunctions)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, _, err := e.Eval(ctx, undefined, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the context's", err)
	}
	cancelled, stop := context.WithCancelCause(t.Context())
	stop(errors.New("the engine stops"))
	if _, _, err := e.Eval(cancelled, undefined, nil); err == nil {
		t.Error("a cancelled context evaluates")
	}
}

func TestTimestampsAreThoseOfTheTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Hour)
		if value, _, err := evaluateWithin(t, time.Second, 0, `$now()`); err != nil || value != "2000-01-01T01:00:00.000Z" {
			t.Errorf("$now() is %v, %v", value, err)
		}
	})
}

// What workflows evaluate most costs no garbage: each value is handed out as it lies in the input.
func TestAPathOfAVariableIsEvaluatedWithoutAllocating(t *testing.T) {
	e, err := Compile("$states.order.id", StepFunctions)
	if err != nil {
		t.Fatal(err)
	}
	variables := map[string]any{"states": decode(t, []byte(document))}
	ctx := t.Context()
	if allocations := testing.AllocsPerRun(100, func() {
		if _, defined, err := e.Eval(ctx, undefined, variables); err != nil || !defined {
			t.Fatalf("defined %v, error %v", defined, err)
		}
	}); allocations != 0 {
		t.Errorf("%v allocations, want none", allocations)
	}
}
