package wire_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/sqs"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// One service alone, for an unmodified SDK.
func ExampleAs() {
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	c.Register("sqs", sqs.New(c, sqs.Options{Endpoint: func() string { return "http://localhost:4566" }}))
	server := httptest.NewServer(wire.As(c, c.Administrator(), "sqs", wire.Protocols{}))
	defer server.Close()

	client := awssqs.New(awssqs.Options{
		BaseEndpoint: aws.String(server.URL),
		Region:       "eu-central-1",
		Credentials:  credentials.NewStaticCredentialsProvider("any", "any", ""),
	})
	_, err := client.GetQueueUrl(context.Background(), &awssqs.GetQueueUrlInput{QueueName: aws.String("orders")})
	fmt.Println(err != nil)
	queues, err := client.ListQueues(context.Background(), &awssqs.ListQueuesInput{})
	fmt.Println(len(queues.QueueUrls), err)
	// Output:
	// true
	// 0 <nil>
}
