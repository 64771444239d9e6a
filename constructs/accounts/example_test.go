package accounts_test

import (
	"fmt"

	"github.com/tradepost-dev/tradepost/constructs/accounts"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// Everything that applications for accounts need.
func Example() {
	stack, done := cdktest.ExampleStack()
	defer done()

	accounts.New(stack, "Bank", accounts.Props{RefusedNames: []string{"John Doe"}})
	fmt.Println(cdktest.Count(stack, "AWS::Lambda::Function"), "functions")
	fmt.Println(cdktest.Count(stack, "AWS::DynamoDB::Table"), "tables")
	// Output:
	// 4 functions
	// 2 tables
}
