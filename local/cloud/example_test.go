package cloud_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// A service is a table of operations; everything calls it by name.
func ExampleHandle() {
	type input struct{ Text string }
	type output struct{ Text string }
	shout := func(_ context.Context, _ cloud.Caller, in input) (output, error) {
		if in.Text == "" {
			return output{}, cloud.Errorf(400, "ValidationException", "Text is empty")
		}
		return output{strings.ToUpper(in.Text)}, nil
	}
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	c.Register("echo", cloud.Operations{"Shout": cloud.Handle(shout)})

	var out output
	err := c.Do(context.Background(), c.Administrator(), "echo", "Shout", input{"hello"}, &out)
	fmt.Println(out.Text, err)
	err = c.Do(context.Background(), c.Administrator(), "echo", "Shout", input{}, &out)
	fmt.Println(err)
	// Output:
	// HELLO <nil>
	// ValidationException: Text is empty
}

func ExampleParseARN() {
	arn, ok := cloud.ParseARN("arn:aws:sqs:eu-central-1:123456789012:orders")
	fmt.Println(arn.Service, arn.Resource, ok)
	// Output: sqs orders true
}
