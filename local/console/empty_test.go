package console_test

// This file looks at an engine without stacks.

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/console"
)

// Nothing is declared, no past is kept, and no mails: what calls make is there all the same.
func TestAnEngineWithoutStacksHasItsPages(t *testing.T) {
	engine, err := local.Start(t.Context(), local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	server, err := console.Serve(engine)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	queues := sqs.NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(engine.URL()), Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")})
	for path, want := range map[string]string{
		"": "There are no stacks.", "workflows": "There are no state machines.", "queues": "There are no queues.", "tables": "There are no tables.", "buckets": "There are no buckets.",
		"topics": "There are no topics.", "mails": "This engine keeps no mails", "logs": "There are no log groups.", "metrics": "Metrics", "alarms": "There are no alarms.",
	} {
		if got := page(t, server.URL+path); !strings.Contains(got, want) || strings.Contains(got, "data-travel") {
			t.Errorf("/%s does not say %q, or has a slider:\n%s", path, want, got)
		}
	}
	if _, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("jobs")}); err != nil {
		t.Fatal(err)
	}
	if _, err := queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String("jobs"), MessageBody: aws.String("sweep")}); err != nil {
		t.Fatal(err)
	}
	if got := page(t, server.URL+"queues/jobs"); !strings.Contains(got, "sweep") {
		t.Errorf("the queue's page has no message:\n%s", got)
	}
}

// page is what there is at an address.
func page(t *testing.T, address string) string {
	t.Helper()
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v\n%s", address, response.Status, err, text)
	}
	return string(text)
}
