package endtoend

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/manual"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// A message that was received five times in vain is a dead letter until the
// operator moves it back as the runbook says.
func TestADeadLetterIsMovedBackAsTheRunbookSays(t *testing.T) {
	t.Parallel()
	var blocked atomic.Bool
	blocked.Store(true)
	d := anotherDesk(t, local.Options{Fault: func(_ context.Context, call cloud.Call) error {
		if blocked.Load() && call.Action == "ReceiveMessage" && !call.Caller.Root {
			return cloud.Errorf(400, "AccessDeniedException", "start may not receive")
		}
		return nil
	}})
	acme := d.Partners["acme"]
	if err := acme.Upload(deadline(t), "dead.xml", strings.NewReader(batch(record("dead-1", "x")))); err != nil {
		t.Fatal(err)
	}
	client := sqs.NewFromConfig(d.AWS())
	url := func(name string) *string {
		value, err := d.Output(d.Stack, name)
		if err != nil {
			t.Fatal(err)
		}
		return &value
	}
	if response, body, err := acme.Post(deadline(t), "dead-2", "x"); err != nil || response.StatusCode != http.StatusAccepted {
		t.Fatalf("%v, %v: %s", response, err, body)
	}
	for queue, letters := range map[string]string{"QueueURL": "DeadLetterQueueURL", "PostedQueueURL": "PostedDeadLetterQueueURL"} {
		receiveInVain(t, client, url(queue), url(letters))
	}

	blocked.Store(false)
	for _, command := range manual.Commands(t, "docs/operations.md", "Moving dead letters back") {
		if said := operateOn(t, d.Laptop, command); !strings.Contains(said, "2 dead letters moved back") {
			t.Errorf("%s says %s", command, said)
		}
	}
	reply, _, err := acme.Reply(deadline(t), "dead.xml", func(r contract.Reply) bool { return r.Status == contract.FileSettled })
	if err != nil {
		t.Fatal(err)
	}
	if reply.Totals != (contract.Totals{Received: 1, Stored: 1}) {
		t.Errorf("reply %+v", reply)
	}
	if status, err := acme.Settled(deadline(t), "dead-2"); err != nil || status.Status != string(contract.Stored) {
		t.Errorf("posted: %+v, %v", status, err)
	}
	for _, command := range manual.Commands(t, "docs/operations.md", "Moving dead letters back") {
		if said := operateOn(t, d.Laptop, command); !strings.Contains(said, "0 dead letters moved back") {
			t.Errorf("a second time %s says %s", command, said)
		}
	}
}

// receiveInVain receives the one message of a queue until it is a dead letter.
func receiveInVain(t *testing.T, client *sqs.Client, queue, letters *string) {
	t.Helper()
	eventually(t, "the message to be a dead letter", func() bool {
		received, err := client.ReceiveMessage(deadline(t), &sqs.ReceiveMessageInput{QueueUrl: queue})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range received.Messages {
			if err := laptop.PutBack(deadline(t), client, *queue, m); err != nil {
				t.Fatal(err)
			}
		}
		got, err := client.GetQueueAttributes(deadline(t), &sqs.GetQueueAttributesInput{
			QueueUrl: letters, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessages},
		})
		if err != nil {
			t.Fatal(err)
		}
		return got.Attributes["ApproximateNumberOfMessages"] == "1"
	})
}
