package query

import (
	"fmt"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"math/rand"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/local/query/internal/subset"
)

// agree evaluates an expression both ways. native is false where the subset leaves it to the library.
func agree(t *testing.T, expression string, vars map[string]any) (native bool) {
	t.Helper()
	p, ok := subset.Parse(expression)
	if !ok {
		return false
	}
	got, defined, ok := p.Eval(vars)
	want, wantDefined, err := library.evaluate(t.Context(), expression, vars)
	if !ok {
		return false
	}
	if err != nil {
		t.Errorf("%s: the subset yields %#v, the library fails: %v", expression, got, err)
	} else if defined != wantDefined || !same(jsonvalue.Plain(got), jsonvalue.Plain(want)) {
		t.Errorf("%s: the subset yields %#v (defined: %t), the library %#v (%t)", expression, got, defined, want, wantDefined)
	}
	return true
}

func TestTheSubsetAgreesWithTheLibrary(t *testing.T) {
	for _, expression := range []string{
		`$states.input`, `$states.input.order.id`, `$states.input.order.note`, `$states.input.order.note.x`, `$states.input.missing`,
		`$states.input.order.tags`, `$states.input.order.empty`, `$states.input.order.one`, `$states.input.order.one[0]`,
		`$states.input.items[0]`, `$states.input.items[-1].sku`, `$states.input.items[7]`, `$states.input.order[0].id`, `$states.input.order.id[0]`,
		`$states.input.nested[0]`, `$states.input.matrix[0][0]`, `$states.input.order[1]`, `$list[0][0]`, `$list[-3]`, "$states.input.`a b`",
		`$states . input . order`, `$name`, `$nothing`, `$unknown`, `$unknown[0]`, `$unknown.a[0]`, `$object.k`, `$list`,
		`"text"`, `'it\n\"s\\'`, `1`, `-1`, `0.5`, `-0`, `true`, `false`, `null`, `[]`, `{}`,
		`"a" & "b"`, `"a" & 1 & true & null & $unknown`, `0.1 + 0.2 & ""`, `"n" & 12.5`, `"n" & -3`, `1e3`, `$name & "-" & $count3`, `"x" & 0.000001`, `"x" & 123456789.125`,
		`1 = 1`, `1 = "1"`, `null = null`, `$unknown = $unknown`, `$unknown != 1`, `null != $unknown`, `$nothing = null`, `$list = 1`, `1 != $object`, `true = true`,
		`1 < 2`, `"a" < "b"`, `"B" <= "a"`, `2 >= 2`, `3 > 4`, `1 + 2 * 3 - 4 / 2`, `7 % 3`, `-7 % 3`, `2 * -0`, `1 - -1`,
		`true and $unknown`, `$list and true`, `$object or false`, `[] or {}`, `"" or 0`, `[0, 0] or false`, `null and true`, `[[], [1]] and true`,
		`true ? 1 : 2`, `false ? 1`, `$unknown ? 1 : 2`, `true ? false ? 1 : 2 : 3`, `1 = 1 ? "y" : "n"`, `$states.result.StatusCode = 200 and $states.result.Payload.ok ? "ok" : "no"`,
		`{"a": 1, "b": $unknown, "c": [1, [2], $list, $unknown]}`, `[$list, [$list]]`, `[($list)]`, `[[]]`, `[$states.input.order.empty]`, `{"a": {"b": {}}}`,
		`1 in [1, 2]`, `"x" in $states.input.order.tags`, `1 in 1`, `null in [null]`, `$unknown in [1]`, `1 in $unknown`, `1 in [[1]]`,
		`($x := 1; $y := $x + 1; {"x": $x, "y": $y})`, `($x := 1; ($x := 2); $x)`, `($list := 1; $list)`, `(1; 2;)`, `($x := $unknown; $exists($x))`, `($x := 5)`,
		`$exists($unknown)`, `$exists($nothing)`, `$exists($states.input.order.id)`, `$not(0)`, `$not("a")`, `$not($list)`, `$boolean({})`, `$boolean([0, 1])`,
		`$string(1)`, `$string("a")`, `$string(null)`, `$string(1.5)`, `$string(true)`, `$string($states)`, `$string($list)`, `$string({"b": "q\"\\ \n\t/<>&é\u2028", "a": [1.5, null, {}]})`, `$string({"10": 1, "2": 2, "a": 3})`, `$string("\u0001")`, `$string(["\u0001"])`, `$number("12")`, `$number("007")`, `$number("-0")`, `$number(3)`,
		`$count($list)`, `$count(1)`, `$count($unknown)`, `$count([])`, `$count(null)`, `$length("abc")`, `$length("")`, `$uppercase("aZ1")`, `$lowercase("aZ1")`,
		`$contains("abc", "bc")`, `$contains("abc", "")`, `$contains("", "x")`, `$substring("abcdef", 2)`, `$substring("abcdef", 2, 3)`, `$substring("abcdef", -3, 2)`, `$substring("abc", -9, 2)`, `$substring("abc", -9, 10)`, `$substring("abc", 7)`, `$substring("abc", 1, 0)`, `$substring("abc", 1, -1)`, `$substring("", 0, 1)`, `$substring("abc", -1, 5)`, `$substring($name, 0, 4) & "#"`,
		`$append([1], [2, [3]])`, `$append($list, [])`, `$merge([{"a": 1}, {"a": 2, "b": 3}])`, `$merge([])`,
		`$hash("é", "SHA-256")`, `$parse($states.input.body)`, `$parse("1")`, `$parse("[]")`, `$parse("null")`, `$exists($parse("null"))`, `$count`,
		`"and" & "or"`, `$states.input.order.total*2`, `$count3+1`, `$count3 -1`, `$states.input.zero=0`, `(1 + 2) * 3`, `1+2&"x"`, `true and false or true`, `1 = 1 = true`, `"a" & 1 = "a1"`,
	} {
		agree(t, expression, bindings(t))
	}
}

// An expression of a state machine that every execution evaluates should cost next to nothing.
func TestUsualExpressionsAreEvaluatedInGo(t *testing.T) {
	for _, expression := range []string{
		`$states.input.order.id`,
		`'/partners/' & $name`,
		`$string($count3)`,
		`$string($floor($millis() / 1000) + 86400)`,
		`$name & '#' & $substring($states.context.State.EnteredTime, 0, 10) & '#' & $count3`,
	} {
		vars := bindings(t)
		vars["states"] = vars["states"].(*jsonvalue.Object).Clone().Set("context", object("State", object("EnteredTime", "2026-11-24T20:00:00.000Z")))
		p, err := Compile(expression)
		if err != nil {
			t.Fatal(err)
		}
		if p.native == nil {
			t.Errorf("%s is left to the library when it is compiled", expression)
		} else if _, _, ok := p.native.Eval(vars); !ok {
			t.Errorf("%s is left to the library when it is evaluated", expression)
		}
	}
}

// What only the library can judge must not be answered by the subset.
func TestTheSubsetLeavesTheRestToTheLibrary(t *testing.T) {
	for _, expression := range []string{
		`$states.input.items[price > 1]`, `$states.input.order.*`, `$`, `$$`, `order.id`,
		`$states.input.toString`, `$states.toString`, `$toString`, `$sum`, `$states.input.order.constructor`, `1 + "a"`, `1 < "a"`, `1 / 0`, `"é" < "z"`, `$length("é")`, `$substring("é", 0)`, `$substring("abc", 0.5)`, `$substring("abc")`, `$substring($unknown, 1)`, `$substring("abc", 1, $unknown)`, `$object = $object`,
		`"\u0041"`, `1 /* comment */`, `/a/`, `[1..3]`, `$list[]`, `$x ~> $f`, `$states.input{"a": 1}`, `1e400`, `01`, `"a`, `$states.input.order.true`, `$é`, `$states.input.é`,
		`($string := 1; $string(1))`, `$f := 1`, `()`, `{"a": 1, "a": 2}`, `{"a": 1,}`, `{"__proto__": 1}`, `[1,]`, `$string()`, `$string(1, 2)`, `$hash("a", "X")`, `$parse("{")`, `"x" & 1e21`, `"x" & 0.1234567890123456`,
		`($x := 1) + $y := 2`, `$not($unknown)`, `$string($unknown)`, `"a".b`, `{"a": 1}.a`, `$now().x`, `a and b`, `$a.and`, `1 ? 2 : `,
	} {
		if agree(t, expression, bindings(t)) {
			t.Errorf("%s: the subset answers, want it left to the library", expression)
		}
	}
}

func TestTheSubsetAgreesOnRandomExpressions(t *testing.T) {
	const rounds = 250
	g := generator{rand.New(rand.NewSource(1))}
	native := 0
	for range rounds {
		if agree(t, g.expression(3), bindings(t)) {
			native++
		}
	}
	if native < rounds/4 {
		t.Errorf("the subset answered %d of %d expressions: too few to say anything", native, rounds)
	}
}

// Whatever the subset accepts, the library must compile as well.
func FuzzSubset(f *testing.F) {
	for _, seed := range []string{`$a.b[0].c & "d\\n"`, `($x := 1; {"a": [$x, -2.5], 'b': $not(true)})`, `$a ? 1 : 2 in [3] and 4 <= 5 % 6`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		if !utf8.ValidString(expression) {
			return // no JSON document can hold it
		}
		agree(t, expression, map[string]any{"a": object("b", []any{1.0, "x"}), "x": "y"})
	})
}

type generator struct{ *rand.Rand }

func (g generator) expression(depth int) string {
	if depth == 0 || g.Intn(5) == 0 {
		return g.leaf()
	}
	e := func() string { return g.expression(depth - 1) }
	switch g.Intn(9) {
	case 0:
		return fmt.Sprintf("(%s)", e())
	case 1:
		return fmt.Sprintf("[%s, %s]", e(), e())
	case 2:
		return fmt.Sprintf(`{"a": %s, "b": %s}`, e(), e())
	case 3:
		return fmt.Sprintf("%s ? %s : %s", e(), e(), e())
	case 4:
		return fmt.Sprintf("$%s(%s)", g.pick("exists", "not", "boolean", "string", "number", "count", "length", "uppercase", "merge", "sum", "max", "floor"), e())
	case 5:
		return fmt.Sprintf("($x := %s; %s)", e(), e())
	default:
		return fmt.Sprintf("%s %s %s", e(), g.pick("&", "&", "+", "-", "*", "/", "%", "=", "!=", "<", ">=", "and", "or", "in"), e())
	}
}

func (g generator) leaf() string {
	if g.Intn(2) == 0 {
		return g.pick(`""`, `"a"`, `'b c'`, "0", "1", "-2", "2.5", "true", "false", "null", "[]", "{}", "$x", "$list", "$object", "$name", "$count3", "$nothing", "$unknown")
	}
	path := "$states.input"
	for range 1 + g.Intn(5) {
		path += g.pick(".order", ".id", ".total", ".tags", ".items", ".nested", ".zero", ".one", ".missing", "[0]", "[-1]", "[1]", "[0]", ".items", ".sku", ".price", ".deep", ".a", ".b", ".c", ".deep.a", ".a.b", ".matrix", ".order.id", ".order.total", ".order.paid")
	}
	return path
}

func (g generator) pick(choices ...string) string { return choices[g.Intn(len(choices))] }

func BenchmarkJSONata(b *testing.B) {
	for _, bench := range []struct{ name, expression string }{
		{"native/path", `$states.input.order.id`},
		{"native/condition", `$states.result.StatusCode = 200 and $exists($states.input.order.id)`},
		{"native/object", `{"id": $states.input.order.id, "text": "n-" & $states.context.Execution.Name}`},
		{"native/map", `$states.input.items.sku`},
		{"library/filter", `$states.input.items[price > 3].{"n": sku, "p": price * 2}`},
		{"library/lambda", `$map($list, function($v) { $v + 1 })`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			p, err := Compile(bench.expression)
			if err != nil {
				b.Fatal(err)
			}
			if native := strings.HasPrefix(bench.name, "native"); native != (p.native != nil) && native {
				b.Fatalf("%s is not in the subset", bench.expression)
			}
			vars := bindings(b)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := p.Eval(b.Context(), vars); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
