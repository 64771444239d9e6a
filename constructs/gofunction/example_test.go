package gofunction_test

import (
	"fmt"
	"time"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// A function of this module, built without Docker when the app is synthesized.
// One of the app's own module is named by its import path in the same way.
func ExampleNew() {
	stack, done := cdktest.ExampleStack()
	defer done()

	gofunction.New(stack, "Format", gofunction.Props{
		Package:     gofunction.Handler("b2b", "format"),
		Description: "Formats a transaction",
		Timeout:     30 * time.Second,
	})
	fmt.Println(cdktest.Count(stack, "AWS::Lambda::Function"), "function")
	// Output: 1 function
}
