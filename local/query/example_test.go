package query_test

import (
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/query"
)

// JSONata, as state machines evaluate it.
func ExampleProgram_Eval() {
	program, err := query.Compile(`$sum($states.input.lines.(price * quantity))`)
	if err != nil {
		panic(err)
	}
	value, _, err := program.Eval(context.Background(), map[string]any{"states": map[string]any{"input": map[string]any{
		"lines": []any{map[string]any{"price": 2.5, "quantity": 4.0}, map[string]any{"price": 1.0, "quantity": 3.0}},
	}}})
	fmt.Println(value, err)
	// Output: 13 <nil>
}

func ExamplePath_Get() {
	path, err := query.ParsePath("$.order.lines[1].sku")
	if err != nil {
		panic(err)
	}
	document := map[string]any{"order": map[string]any{"lines": []any{map[string]any{"sku": "A"}, map[string]any{"sku": "B"}}}}
	value, found, err := path.Get(query.Scope{Document: document})
	fmt.Println(value, found, err)
	// Output: B true <nil>
}
