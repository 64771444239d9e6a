package laptop_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
)

// Who looks for a message of their own hides those of others for no longer than that.
func TestAMessageThatIsPutBackIsThereForTheNextOneAtOnce(t *testing.T) {
	t.Parallel()
	template := filepath.Join(t.TempDir(), "queues.json")
	if err := os.WriteFile(template, []byte(`{"Resources": {"Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := laptop.Run(t.Context(), template, laptop.Options{State: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	client := sqs.NewFromConfig(l.AWS())
	if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String("jobs"), MessageBody: aws.String("mine")}); err != nil {
		t.Fatal(err)
	}
	receive := func() []types.Message {
		t.Helper()
		got, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String("jobs"), VisibilityTimeout: 3600})
		if err != nil {
			t.Fatal(err)
		}
		return got.Messages
	}
	first := receive()
	if hidden := receive(); len(first) != 1 || len(hidden) != 0 {
		t.Fatalf("%d messages were received, and then %d; want 1 and 0", len(first), len(hidden))
	}
	if err := laptop.PutBack(t.Context(), client, "jobs", first[0]); err != nil {
		t.Fatal(err)
	}
	if again := receive(); len(again) != 1 || *again[0].Body != "mine" {
		t.Errorf("%d messages are there after one was put back", len(again))
	}
}
