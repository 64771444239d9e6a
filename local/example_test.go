package local_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// An engine runs an assembly, or a single template, for an unmodified SDK.
func ExampleStart() {
	folder, err := os.MkdirTemp("", "example-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	template := filepath.Join(folder, "shop.json")
	if err := os.WriteFile(template, []byte(`{"Resources": {"Orders": {"Type": "AWS::SQS::Queue"}}}`), 0o600); err != nil {
		panic(err)
	}

	ctx := context.Background()
	engine, err := local.Start(ctx, local.Options{
		Assembly: template,
		Fault: func(_ context.Context, call cloud.Call) error { // what does the system do when AWS throttles?
			if call.Action == "PurgeQueue" {
				return cloud.Errorf(403, "AWS.SimpleQueueService.PurgeQueueInProgress", "once a minute")
			}
			return nil
		},
	})
	if err != nil {
		panic(err)
	}
	defer engine.Close()

	client := sqs.New(sqs.Options{
		BaseEndpoint: aws.String(engine.URL()),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("any", "any", ""),
	})
	queues, err := client.ListQueues(ctx, &sqs.ListQueuesInput{})
	if err != nil {
		panic(err)
	}
	fmt.Println(len(queues.QueueUrls), "queue")
	// Output: 1 queue
}
