package kinesis_test

import (
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/kinesis"
)

// A stream of a template, without an engine around it.
func Example() {
	ctx := context.Background()
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	streams := kinesis.New(c)
	c.Register("kinesis", streams)
	types := map[string]cfn.Type{}
	for _, t := range streams.Types() {
		types[t.Name] = t
	}
	template, err := cfn.Parse([]byte(`{"Resources": {"Clicks": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "clicks", "ShardCount": 2}}}}`))
	if err != nil {
		panic(err)
	}
	stack := cfn.Stack{Name: "shop", Site: c.Site, Template: template}
	if _, err := stack.Create(ctx, types); err != nil {
		panic(err)
	}
	for _, who := range []string{"alice", "bob", "alice"} { // records of one key are in one shard
		var put struct{ ShardId string }
		in := map[string]any{"StreamName": "clicks", "PartitionKey": who, "Data": []byte("bread")}
		if err := c.Do(ctx, c.Administrator(), "kinesis", "PutRecord", in, &put); err != nil {
			panic(err)
		}
		fmt.Println(who, put.ShardId)
	}
	// Output:
	// alice shardId-000000000000
	// bob shardId-000000000001
	// alice shardId-000000000000
}
