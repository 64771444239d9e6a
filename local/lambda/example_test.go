package lambda_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/lambda"
)

type greeter struct{}

func (greeter) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	return []byte(`"hello ` + string(payload[1:])), nil
}

// A function of a template, with a handler in this process: a test can step
// through it.
func Example() {
	ctx := context.Background()
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	functions := lambda.New(c, lambda.Options{Handlers: map[string]lambda.Handler{"shop/Greet": greeter{}}})
	c.Register("lambda", functions)
	types := map[string]cfn.Type{}
	for _, t := range functions.Types() {
		types[t.Name] = t
	}
	template, err := cfn.Parse([]byte(`{"Resources": {"Greet": {"Type": "AWS::Lambda::Function", "Properties": {
		"Runtime": "provided.al2023", "Architectures": ["arm64"], "Handler": "bootstrap",
		"Role": "arn:aws:iam::123456789012:role/greet", "Code": {"S3Bucket": "assets", "S3Key": "greet.zip"}}}}}`))
	if err != nil {
		panic(err)
	}
	stack := cfn.Stack{Name: "shop", Site: c.Site, Template: template}
	created, err := stack.Create(ctx, types)
	if err != nil {
		panic(err)
	}
	var out struct{ Payload json.RawMessage }
	err = c.Do(ctx, c.Administrator(), "lambda", "Invoke",
		map[string]any{"FunctionName": created.Handles["Greet"].Ref, "Payload": json.RawMessage(`"Ada"`)}, &out)
	fmt.Println(string(out.Payload), err)
	// Output: "hello Ada" <nil>
}
