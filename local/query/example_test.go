package query_test

import (
	"context"
	"fmt"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"

	"github.com/tradepost-dev/tradepost/local/query"
)

// JSONata, as state machines evaluate it.
func ExampleProgram_Eval() {
	program, err := query.Compile(`$sum($states.input.lines.(price * quantity))`)
	if err != nil {
		panic(err)
	}
	states, err := jsonvalue.Decode([]byte(`{"input": {"lines": [{"price": 2.5, "quantity": 4}, {"price": 1, "quantity": 3}]}}`))
	if err != nil {
		panic(err)
	}
	value, _, err := program.Eval(context.Background(), map[string]any{"states": states})
	fmt.Println(value, err)
	// Output: 13 <nil>
}

func ExamplePath_Get() {
	path, err := query.ParsePath("$.order.lines[1].sku")
	if err != nil {
		panic(err)
	}
	document, err := jsonvalue.Decode([]byte(`{"order": {"lines": [{"sku": "A"}, {"sku": "B"}]}}`))
	if err != nil {
		panic(err)
	}
	value, found, err := path.Get(query.Scope{Document: document})
	fmt.Println(value, found, err)
	// Output: B true <nil>
}
