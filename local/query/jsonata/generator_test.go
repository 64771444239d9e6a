package jsonata

import (
	"fmt"
	"math/rand"
	"strings"
)

// generator writes expressions of the whole grammar, most of which mean something over the document.
type generator struct{ random *rand.Rand }

func (g *generator) pick(choices ...string) string { return choices[g.random.Intn(len(choices))] }

func (g *generator) expression(depth int) string {
	if depth <= 0 {
		return g.leaf()
	}
	e := func() string { return g.expression(depth - 1) }
	switch g.random.Intn(24) {
	case 0:
		return "(" + e() + ")"
	case 1:
		return "[" + g.several(e, 3) + "]"
	case 2:
		return fmt.Sprintf(`{"a": %s, "b": %s}`, e(), e())
	case 3:
		return fmt.Sprintf("(%s ? %s : %s)", e(), e(), e())
	case 4, 5, 6:
		return g.call(depth - 1)
	case 7:
		return fmt.Sprintf("($x := %s; $y := %s; %s)", e(), e(), g.pick("[$x, $y]", "$x & $y", "$x = $y", e()))
	case 8:
		return fmt.Sprintf("[%s..%s]", g.pick("1", "-2", "$n", e()), g.pick("4", "$n", "$count($list)", e()))
	case 9, 10, 11, 12:
		return fmt.Sprintf("%s %s %s", g.operand(depth-1), g.pick("&", "&", "+", "-", "*", "/", "%", "=", "!=", "<", ">=", "and", "or", "in", "~>"), g.operand(depth-1))
	case 13:
		return g.lambda(depth - 1)
	case 14:
		return g.operand(depth-1) + "." + g.pick("("+e()+")", "["+e()+"]", `{"s": `+e()+"}", "$string()", "*", g.name())
	case 15:
		return fmt.Sprintf("%s ~> |%s|%s%s|", g.pick("$$", "order", "$object", "items", g.path(1)), g.pick("$", "**", "items", "*", "of", g.path(1)), g.pick(`{"new": 1}`, `{"sku": $uppercase(sku)}`, "{"+`"m": `+e()+"}"), g.pick("", `, "sku"`, `, ["price", "a"]`))
	case 16:
		return g.pattern()
	case 17:
		return g.path(depth) + fmt.Sprintf("{%s: %s}", g.pick("sku", "name", "$string($)", `"all"`, "of.kind"), g.pick("price", "$", "$sum(price)", e()))
	case 18:
		return g.pick(g.numberFormat(), g.date())
	default:
		return g.path(depth)
	}
}

func (g *generator) several(f func() string, most int) string {
	parts := make([]string, g.random.Intn(most+1))
	for i := range parts {
		parts[i] = f()
	}
	return strings.Join(parts, ", ")
}

func (g *generator) operand(depth int) string {
	if g.random.Intn(2) == 0 {
		return g.leaf()
	}
	return "(" + g.expression(depth) + ")"
}

func (g *generator) leaf() string {
	if g.random.Intn(2) == 0 {
		return g.path(0)
	}
	return g.pick(`""`, `"a"`, `'b c'`, `"é😀"`, "0", "1", "-2", "2.5", "1e3", "true", "false", "null", "[]", "{}", "$x", "$list",
		"$object", "$name", "$n", "$nothing", "$unknown", "$", "$$", "[1, 2]", `["b", "a"]`, "$list[0]", `"\u00e9"`, "-$n")
}

func (g *generator) name() string {
	return g.pick("order", "items", "parts", "nested", "text", "zero", "deep", "id", "total", "tags", "empty", "one", "none", "sku", "price",
		"qty", "of", "kind", "name", "a", "b", "c", "missing", "`a`", "\"sku\"", "note", "paid")
}

// path writes steps, with whatever may stand behind a step.
func (g *generator) path(depth int) string {
	path := g.pick("order", "items", "items", "parts", "nested", "deep", "$$", "$list", "*", "**", "order.tags", "items.of", "deep.a", "$")
	for range g.random.Intn(3 + depth) {
		switch g.random.Intn(16) {
		case 0:
			path += "[" + g.pick("0", "-1", "1", "[0, 1]", "[0..1]") + "]"
		case 1:
			path += "[" + g.pick("price > 1", `sku = "x"`, "$", "a", "true", "$not(a)", "qty = price", g.expression(depth-1)) + "]"
		case 2:
			path += "[]"
		case 3:
			path += "." + g.pick("*", "**", "%", "%.%", "%.id", "(%)", "$", "$string($)")
		case 4:
			path += g.pick("^(price)", "^(>price)", "^(sku, >qty)", "^(<of.kind, price)", "^($)")
		case 5:
			path += g.pick("@$i", "#$p", "@$i#$p") + g.pick("", ".sku", `.{"i": $i.sku, "p": $p}`, "[$p > 0]", ".(%)", ".$i.sku")
		case 6:
			path += "@$i.$$.parts" + g.pick("", "@$j") + "[sku = $i.sku]" + g.pick("", ".name", `.{"of": $i.of.kind, "name": name}`, "#$k.($k & name)")
		case 7:
			path += "." + g.pick(`{"s": sku, "p": price}`, "[sku, price]", "(price * qty)", "(sku & %.order.id)", `($v := sku; $v & "!")`)
		default:
			path += "." + g.name()
		}
	}
	return path
}

func (g *generator) lambda(depth int) string {
	e := func() string { return g.expression(depth) }
	switch g.random.Intn(9) {
	case 0:
		return "$map(" + g.list(depth) + ", function($v, $i) { " + g.pick("$v", "$i", "$v & $i", "[$v]", e()) + " })"
	case 1:
		return "$filter(" + g.list(depth) + ", function($v) { " + g.pick("$v > 1", "$v.price > 2", "$v", e()) + " })"
	case 2:
		return "$reduce(" + g.list(depth) + ", function($a, $v) { " + g.pick("$a + $v", "$append($a, $v)", "$a & $v", "[$a, $v]") + " }" + g.pick("", ", 0", ", []", `, ""`) + ")"
	case 3:
		return "(function($a, $b) { " + g.pick("$a", "$b", "$a & $b", e()) + " })(" + g.several(e, 3) + ")"
	case 4:
		return "($f := function($n) { $n <= 0 ? " + e() + " : " + g.pick("$f($n - 1)", "1 + $f($n - 1)", "[$f($n - 1)]") + " }; $f(3))"
	case 5:
		return "$each(" + g.pick("order", "$object", "items[0]", e()) + ", function($v, $k) { " + g.pick("$k", "$v", `{"k": $k}`) + " })"
	case 6:
		return "$sift(" + g.pick("order", "$object", "items[1]") + ", function($v, $k) { " + g.pick("$v", `$k = "id"`, "$v > 1") + " })"
	case 7:
		return "$sort(" + g.list(depth) + g.pick("", ", function($l, $r) { $l > $r }", ", function($l, $r) { $l.price < $r.price }") + ")"
	default:
		return g.list(depth) + " ~> " + g.pick("$map(function($x) { $x })", "$count", "$sum()", "$reverse ~> $count", "$append([1])", "$join(\"-\")", "$map($string)", "$filter($boolean)")
	}
}

func (g *generator) list(depth int) string {
	return g.pick("$list", "items", "[1..4]", "order.tags", "nested", "[3, 1, 2]", "items.price", "items.sku", "parts", "[]", "missing", g.expression(depth))
}

func (g *generator) pattern() string {
	subject := g.pick("order.id", "text", "$name", "items.sku", `"abracadabra"`, `"a1b22c333"`, `"ab12"`)
	regex := g.pick("/a/", "/[a-z]+/i", "/(a)(b)?/", "/\\d+/", "/([a-z])(\\d+)/", "/^a|a$/m", "/\\s/", "/(?=b)/", "/a{2,}?/", "/[^a-c]/", "/(\\w)\\1/", "/é|😀/")
	switch g.random.Intn(5) {
	case 0:
		return "$match(" + subject + ", " + regex + g.pick("", ", 1", ", 2") + ")"
	case 1:
		return "$replace(" + subject + ", " + g.pick(regex+", function($m) { $uppercase($m.match) }", `"a", "-"`, regex+`, "[$1]"`, regex+`, "$0$$2"`) + g.pick("", ", 1") + ")"
	case 2:
		return "$split(" + subject + ", " + g.pick(regex, `"a"`, `""`) + g.pick("", ", 2") + ")"
	case 3:
		return "$contains(" + subject + ", " + g.pick(regex, `"a"`) + ")"
	default:
		return regex + "(" + subject + ")." + g.pick("match", "start", "end", "groups")
	}
}

func (g *generator) numberFormat() string {
	number := g.pick("0", "1", "-1", "0.5", "1234.5678", "-0.00012", "1e10", "items.price[0]", "order.total", "12345678", "0.14")
	switch g.random.Intn(6) {
	case 0:
		return "$formatNumber(" + number + `, "` + g.pick("#,##0.00", "0", "#", "00.000e0", "0.###", "01%", "#.##‰", "0;(0)", "#,##,##0.0", "000,00", "0e0", "a0b", "0.0.0", "#0#", "##0.0e00") + `")`
	case 1:
		return "$formatInteger(" + number + `, "` + g.pick("0", "#,##0", "w", "W", "Ww", "w;o", "I", "i", "A", "a", "001;o", "٠٠٠", "#", "0,000,00") + `")`
	case 2:
		return "$formatBase(" + number + g.pick("", ", 2", ", 16", ", 36", ", 37") + ")"
	case 3:
		return "$round(" + number + g.pick("", ", 1", ", 2", ", -1") + ")"
	case 4:
		return "$parseInteger(" + g.pick(`"12"`, `"1,234"`, `"twelve thousand and six"`, `"XIV"`, `"aa"`, `"third"`) + `, "` + g.pick("0", "#,##0", "w", "I", "a", "w;o") + `")`
	default:
		return "$number(" + g.pick(`"12"`, `"-0.5e3"`, `"0x1F"`, `"0b11"`, `"1."`, `"abc"`, "true", number) + ")"
	}
}

// date writes a time by a picture, or reads it back.
func (g *generator) date() string {
	millis := fmt.Sprint(int64(g.random.Intn(4_000_000_000))*1000*int64(g.random.Intn(3)-1) + int64(g.random.Intn(1000)))
	zone := g.pick("", `, "+0100"`, `, "-0530"`, `, "0000"`, `, "+1400"`)
	if g.random.Intn(3) == 0 {
		picture := g.pick("[Y0001]-[M01]-[D01]", "[D1o] [MNn] [Y]", "[Y]-[d001]", "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01][Z]", "[M01]/[D01]/[Y0001] [h01]:[m01] [PN]",
			"[X]-W[W01]-[F1]", "[FNn], [D] [MNn,*-3] [Y]", "[YI] [MI] [DI]", "[D01][M01][Y01]", "[DWwo] [MNn] [Yw]", "[Y0001][M01][D01][H01][m01][Z0000]")
		return fmt.Sprintf("$toMillis($fromMillis(%s, %q%s), %q)", millis, picture, zone, picture)
	}
	picture := ""
	for range 1 + g.random.Intn(4) {
		picture += "[" + g.pick("Y", "M", "D", "d", "F", "W", "w", "X", "x", "H", "h", "P", "m", "s", "f", "Z", "z", "C", "E") +
			g.pick("", "", "1", "01", "0001", "N", "n", "Nn", "I", "i", "A", "w", "Ww", "1o", "wo", "#1", "9,999,*", "01:01", "0101", "01:01t", "0") +
			g.pick("", "", ",2", ",2-2", ",*-3", ",4-4") + "]" + g.pick("", "-", " ", "[[", "]]", ":")
	}
	return fmt.Sprintf("$fromMillis(%s, %q%s)", millis, picture, zone)
}

// call writes a call of a function with arguments that it may or may not take.
func (g *generator) call(depth int) string {
	e := func() string { return g.expression(depth) }
	switch g.random.Intn(5) {
	case 0:
		return "$" + g.pick("substring", "pad") + "(" + g.pick(e(), "$name", "text") + ", " + g.pick("0", "1", "-2", "2.5", "8", "-8", e()) + g.pick("", ", 2", ", -1", `, "#"`, ", "+e()) + ")"
	case 1:
		return "$" + g.pick("substringBefore", "substringAfter", "contains", "split", "append", "lookup", "join", "power", "zip") + "(" + e() + ", " + e() + ")"
	case 2:
		return "$" + g.pick("string", "sum", "count", "max") + "(" + g.several(e, 2) + ")"
	case 3:
		return "$" + g.pick("merge", "spread", "keys", "distinct", "reverse", "clone", "type", "partition", "range", "hash", "parse") + "(" + g.pick(e(), "order", "items", "$list", "nested", "$object", "\"[1]\"") + g.pick("", "", "", ", 2", `, "MD5"`, ", 9, 2") + ")"
	default:
		return "$" + g.pick("string", "number", "boolean", "not", "exists", "type", "length", "uppercase", "lowercase", "trim", "sum", "count", "max", "min",
			"average", "abs", "floor", "ceil", "sqrt", "keys", "spread", "distinct", "base64encode", "base64decode", "encodeUrl", "encodeUrlComponent", "decodeUrl", "single", "error", "assert") + "(" + e() + ")"
	}
}
