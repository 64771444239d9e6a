package integration_test

import (
	"fmt"

	"github.com/tradepost-dev/tradepost/local/states/integration"
)

// What a task's Resource calls, behind arn:aws:states:::.
func Example() {
	for _, name := range []string{"sqs:sendMessage", "aws-sdk:dynamodb:putItem", "sqs:purge"} {
		if i := integration.Find(name); i != nil {
			fmt.Println(name, "calls", i.Service, i.Action)
		} else {
			fmt.Println(name, "is none")
		}
	}
	// Output:
	// sqs:sendMessage calls sqs SendMessage
	// aws-sdk:dynamodb:putItem calls dynamodb PutItem
	// sqs:purge is none
}
