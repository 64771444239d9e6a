package jsonata

import "testing"

// What state machines evaluate most.
func BenchmarkEval(b *testing.B) {
	for _, bench := range []struct{ name, expression string }{
		{"path", `$states.order.id`},
		{"condition", `$states.order.total = 12.5 and $exists($states.order.id)`},
		{"object", `{"id": $states.order.id, "text": "n-" & $name}`},
		{"map", `$states.items.sku`},
		{"filter", `$states.items[price > 3].{"n": sku, "p": price * 2}`},
		{"function", `$map($list, function($v) { $v + 1 })`},
		{"recursion", `($f := function($n) { $n < 2 ? $n : $f($n - 1) + $f($n - 2) }; $f(15))`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			e, err := Compile(bench.expression, StepFunctions)
			if err != nil {
				b.Fatal(err)
			}
			variables := bindings(b, variablesText)
			variables["states"] = decode(b, []byte(document))
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := e.Eval(b.Context(), undefined, variables); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSuite has the suite's cases of performance. Node 20 takes 1.4 seconds for each, on two busy cores on which these
// take 40 milliseconds.
func BenchmarkSuite(b *testing.B) {
	datasets := readDatasets(b)
	for _, c := range readSuite(b) {
		if c.Name != "performance/case000" && c.Name != "performance/case001" {
			continue
		}
		b.Run(c.Name, func(b *testing.B) {
			e, err := Compile(unquote(b, string(c.Expr)), Standard)
			if err != nil {
				b.Fatal(err)
			}
			input := c.input(b, datasets)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := e.Eval(b.Context(), input, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
