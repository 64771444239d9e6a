package kinesis_test

import (
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/kinesis"
)

// A service runs alone: a template gives it its streams, and calls have the
// shapes of AWS's API.
func Example() {
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	defer c.Close()
	streams := kinesis.New(c)
	c.Register("kinesis", streams)
	template, err := cfn.Parse([]byte(`{"Resources": {
		"Clicks": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "clicks", "ShardCount": 2}}}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	types := map[string]cfn.Type{}
	for _, t := range streams.Types() {
		types[t.Name] = t
	}
	stack := cfn.Stack{Name: "app", Site: c.Site, Template: template}
	if _, err := stack.Create(context.Background(), types); err != nil {
		fmt.Println(err)
		return
	}
	in := map[string]any{"StreamName": "clicks", "PartitionKey": "alice", "Data": []byte("bread")}
	var put struct{ ShardId string }
	if err := c.Do(context.Background(), c.Administrator(), "kinesis", "PutRecord", in, &put); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(put.ShardId)
	// Output: shardId-000000000000
}
