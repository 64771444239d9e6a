package query

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// value parses JSON text.
func value(t testing.TB, text string) any {
	t.Helper()
	v, err := jsonvalue.Decode([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// object makes an object of names and values.
func object(pairs ...any) *jsonvalue.Object {
	o := jsonvalue.NewObject(len(pairs) / 2)
	for i := 0; i < len(pairs); i += 2 {
		o.Set(pairs[i].(string), pairs[i+1])
	}
	return o
}

func member(object any, name string) any {
	value, _ := object.(*jsonvalue.Object).Get(name)
	return value
}

// same tells whether two values have the same text: order and numbers as written count.
func same(a, b any) bool {
	return jsonvalue.Text(jsonvalue.Of(a)) == jsonvalue.Text(jsonvalue.Of(b))
}

func bindings(t testing.TB) map[string]any {
	t.Helper()
	return map[string]any{
		"states": object(
			"input", value(t, `{
				"order": {"id": "A-1", "total": 12.5, "paid": false, "note": null, "tags": ["a", "b"], "empty": [], "one": [7]},
				"items": [{"sku": "x", "price": 1, "qty": 2}, {"sku": "y", "price": 5, "qty": 1}, {"sku": "z", "price": 9, "qty": 3}],
				"nested": [[1, 2], [3]], "text": "quote \" backslash \\ newline \n emoji 😀 line\u2028 end", "zero": 0, "big": 12345678901234567890,
				"injection": "x\", \"id\" : \"999", "toString": "mine", "a b": 1, "matrix": [[[1]], [[2], [3]]],
				"deep": [{"a": [{"b": "p"}, {"b": ["q", "r"]}], "one": [{"b": ["s"]}]}, {"a": {"b": [["t"], {"c": "u"}, [{"c": ["v"]}]]}}, [{"a": [[{"b": "w"}], {"b": []}]}], {"a": "x"}],
				"body": "{\"a\":[1,2,{\"b\":null}]}", "__proto__": {"x": 1}}`),
			"result", value(t, `{"StatusCode": 200, "Payload": {"ok": true}}`),
			"context", value(t, `{"Execution": {"Id": "arn:x", "Name": "n"}, "State": {"RetryCount": 0}}`),
		),
		"count3": 3.0, "list": value(t, `[3, 1, 2]`), "name": "María", "nothing": nil, "object": value(t, `{"k": "v"}`),
	}
}

func TestJSONataEvaluates(t *testing.T) {
	tests := []struct{ name, expression, want string }{
		{"a path", `$states.input.order.id`, `"A-1"`},
		{"a map over a filter", `$states.input.items[price > 3].{"s": sku, "sum": price * qty}`, `[{"s":"y","sum":5},{"s":"z","sum":27}]`},
		{"a singleton sequence is its item", `$states.input.items[price > 6].sku`, `"z"`},
		{"a kept singleton", `$states.input.items[price > 6][].sku`, `["z"]`},
		{"aggregation", `$sum($states.input.items.(price * qty))`, `34`},
		{"a lambda", `($f := function($x) { $x * 2 }; $map($list, $f))`, `[6,2,4]`},
		{"a recursive lambda", `($f := function($n) { $n <= 1 ? 1 : $n * $f($n - 1) }; $f(10))`, `3628800`},
		{"sorting", `$sort($list)`, `[1,2,3]`},
		{"order by", `$states.input.items^(>price).sku`, `["z","y","x"]`},
		{"the parent operator", `$states.input.order.tags.{"tag": $, "of": %.id}`, `[{"tag":"a","of":"A-1"},{"tag":"b","of":"A-1"}]`},
		{"a join", `$states.input.items@$i.order.{"s": $i.sku, "id": id}`, `[{"s":"x","id":"A-1"},{"s":"y","id":"A-1"},{"s":"z","id":"A-1"}]`},
		{"an index binding", `$states.input.items#$i.($i & sku)`, `["0x","1y","2z"]`},
		{"a wildcard", `$states.input.order.tags.*`, ``},
		{"descendants", `$count($states.input.**[$type($) = "number"])`, `18`},
		{"a regular expression", `$match($states.input.order.id, /([A-Z])-([0-9])/).groups`, `["A","1"]`},
		{"replace", `$replace("a.b.c", ".", "/")`, `"a/b/c"`},
		{"number formatting", `$formatNumber(1234.5, "#,##0.00")`, `"1,234.50"`},
		{"a date", `$fromMillis(0, "[Y0001]-[M01]-[D01]")`, `"1970-01-01"`},
		{"transform leaves the input alone", `$states.input.order ~> |$|{"id": "B"}, ["tags", "empty", "one"]|`, `{"id":"B","total":12.5,"paid":false,"note":null}`},
		{"group by", `$states.input.items{sku: price}`, `{"x":1,"y":5,"z":9}`},
		{"merge", `$merge([$states.input.order, {"id": 2}]).id`, `2`},
		{"hostile text stays text", `$states.input.injection & "!"`, `"x\", \"id\" : \"999!"`},
		{"all of a hostile text", `$states.input.items[0].($states.input.text)`, `"quote \" backslash \\ newline \n emoji 😀 line\u2028 end"`},
		{"lengths count code points", `$length("😀")`, `1`},
		{"$partition", `$partition([1..9], 4)`, `[[1,2,3,4],[5,6,7,8],[9]]`},
		{"$partition of one item", `$partition(1, 4)`, `[[1]]`},
		{"$range", `$range(1, 9, 2)`, `[1,3,5,7,9]`},
		{"$range downwards", `$range(5, 1, -2)`, `[5,3,1]`},
		{"$hash", `$hash("input data", "SHA-1")`, `"aaff4a450a104cd177d28d18d74485e8cae074b7"`},
		{"$hash partially applied", `($h := $hash(?, "MD5"); $h("a"))`, `"0cc175b9c0f1b6a831c399e269772661"`},
		{"$random with a seed repeats", `$random(42) = $random(42)`, `true`},
		{"$random is below 1", `($r := $random(); $r >= 0 and $r < 1)`, `true`},
		{"$uuid", `$match($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/) ~> $count`, `1`},
		{"$parse", `$parse($states.input.body).a[2]`, `{"b":null}`},
		{"$now is fixed", `$now() = $now() and $toMillis($now()) = $millis()`, `true`},
		{"a member named like JavaScript's own", `$states.input.toString`, `"mine"`},
		{"negative zero is zero", `0 * -1`, `0`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := Compile(test.expression)
			if err != nil {
				t.Fatal(err)
			}
			got, defined, err := p.Eval(t.Context(), bindings(t))
			if err != nil {
				t.Fatal(err)
			}
			if !defined {
				if test.want != "" {
					t.Fatalf("yields nothing, want %s", test.want)
				}
				return
			}
			if want := value(t, test.want); !same(got, want) {
				t.Errorf("yields %#v, want %#v", got, want)
			}
		})
	}
}

func TestEvaluationLeavesItsInputAlone(t *testing.T) {
	vars, before := bindings(t), bindings(t)
	for _, expression := range []string{
		`$states.input ~> |order|{"id": "changed"}|`, `$append($list, 4)`, `$sort($list)`, `$reverse($list)`,
		`[$list, 5]`, `($list := [9]; $list)`,
	} {
		p, err := Compile(expression)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := p.Eval(t.Context(), vars); err != nil {
			t.Errorf("%s: %v", expression, err)
		}
	}
	if !same(vars, before) {
		t.Error("an evaluation changed its variables")
	}
}

func TestJSONataRefuses(t *testing.T) {
	for _, expression := range []string{`$states.`, `(`, `"unterminated`, `1 +`, `[1,`, `$x ?: 2`, `a b`, ``} {
		if _, err := Compile(expression); err == nil {
			t.Errorf("%q compiles, want a syntax error", expression)
		}
	}
}

func TestJSONataFailures(t *testing.T) {
	tests := []struct{ name, expression, want string }{
		{"a type error", `$states.input.order.id + 1`, `threw an error during evaluation. T2001: The left side of the "+" operator must evaluate to a number`},
		{"nothing", `$states.input.missing.deeper`, `returned nothing (undefined).`},
		{"an unknown variable", `$unknown`, `returned nothing (undefined).`},
		{"$eval is taken away", `$eval("1")`, `T1006: Attempted to invoke a non-function`},
		{"$error", `$error("on purpose")`, `D3137: on purpose`},
		{"$parse of no JSON", `$parse("{")`, `$parse was given a string that is not JSON`},
		{"$hash by an unknown algorithm", `$hash("a", "CRC32")`, `$hash does not know the algorithm "CRC32"`},
		{"$partition in chunks of nothing", `$partition([1], 0)`, `must be a positive integer`},
		{"a number that JSON does not have", `1 / 0`, `D1001`},
		{"a function", `function($x) { $x }`, `returned an unsupported result type.`},
		{"a function within", `{"f": $sum}`, `returned an unsupported result type.`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			template, err := ParseTemplate(object("a", []any{0.0, "{% " + test.expression + " %}"}))
			if err != nil {
				t.Fatal(err)
			}
			_, err = template.Eval(t.Context(), bindings(t))
			var failure *Error
			if !errors.As(err, &failure) {
				t.Fatalf("error is %v, want an *Error", err)
			}
			if !strings.Contains(failure.Message, test.want) || failure.Path != "/a[1]" || failure.Expression != test.expression {
				t.Errorf("failure is %+v, want message %q", failure, test.want)
			}
		})
	}
}

func TestACancelledEvaluationEndsAndTheNextOneRuns(t *testing.T) {
	endless, err := Compile(`($f := function($n) { $f($n + 1) }; $f(1))`)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, _, err := endless.Eval(ctx, nil)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error is %v, want the context's", err)
		}
		next, err := Compile(`$sum([1..4])`)
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := next.Eval(t.Context(), nil); err != nil || got != 10.0 {
			t.Fatalf("the next evaluation yields %v, %v; want 10", got, err)
		}
	}
}

func TestProgramsAreEvaluatedConcurrently(t *testing.T) {
	template, err := ParseTemplate(value(t, `{"sum": "{% $states.input.n + 1 %}", "range": "{% $sum([1..$states.input.n]) %}", "list": ["{% $states.input %}"]}`))
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for n := range 50 {
		group.Go(func() {
			input := object("n", float64(n+1))
			got, err := template.Eval(t.Context(), map[string]any{"states": object("input", input)})
			want := object("sum", float64(n+2), "range", float64((n+1)*(n+2)/2), "list", []any{input})
			if err != nil || !same(got, want) {
				t.Errorf("got %v, %v; want %v", got, err, want)
			}
		})
	}
	group.Wait()
}

func TestTheTimeIsThatOfTheTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Hour)
		for _, expression := range []string{`$now()`, `$fromMillis($millis())`, `$map([1], function($v) { $now() })`} {
			p, err := Compile(expression)
			if err != nil {
				t.Fatal(err)
			}
			if got, _, err := p.Eval(t.Context(), nil); err != nil || got != "2000-01-01T01:00:00.000Z" {
				t.Errorf("%s is %v, %v", expression, got, err)
			}
		}
	})
}
