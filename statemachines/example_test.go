package statemachines_test

import (
	"encoding/json"
	"fmt"

	"github.com/tradepost-dev/tradepost/statemachines"
)

// The text of a state machine, for a construct or for a look at it.
func ExampleDefinition() {
	var machine struct{ StartAt string }
	if err := json.Unmarshal([]byte(statemachines.Definition("b2b/transaction.asl.json")), &machine); err != nil {
		panic(err)
	}
	fmt.Println(machine.StartAt)
	// Output: Format transaction
}
