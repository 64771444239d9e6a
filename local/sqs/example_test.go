package sqs_test

import (
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/sqs"
)

// A queue of a template, without an engine around it.
func Example() {
	ctx := context.Background()
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	queues := sqs.New(c, sqs.Options{Endpoint: func() string { return "http://localhost:4566" }})
	c.Register("sqs", queues)
	types := map[string]cfn.Type{}
	for _, t := range queues.Types() {
		types[t.Name] = t
	}
	template, err := cfn.Parse([]byte(`{"Resources": {"Orders": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 60}}}}`))
	if err != nil {
		panic(err)
	}
	stack := cfn.Stack{Name: "shop", Site: c.Site, Template: template}
	created, err := stack.Create(ctx, types)
	if err != nil {
		panic(err)
	}
	queue, _ := created.Handles["Orders"].Attributes["Arn"].(string)
	url := cloud.QueueURL(queue)
	if err := c.Do(ctx, c.Administrator(), "sqs", "SendMessage", map[string]string{"QueueUrl": url, "MessageBody": "o-1"}, nil); err != nil {
		panic(err)
	}
	for range 2 { // the second receiver finds nothing: the message is invisible for a minute
		var out struct{ Messages []struct{ Body string } }
		err := c.Do(ctx, c.Administrator(), "sqs", "ReceiveMessage", map[string]string{"QueueUrl": url}, &out)
		fmt.Println(out.Messages, err)
	}
	// Output:
	// [{o-1}] <nil>
	// [] <nil>
}
