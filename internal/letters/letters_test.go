package letters

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
)

type queue struct {
	sent *sqs.SendMessageInput
	err  error
}

func (q *queue) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	q.sent = in
	return &sqs.SendMessageOutput{}, q.err
}

func TestALetterComesOutAsItWentIn(t *testing.T) {
	for _, letter := range []Letter{
		{contract.Record{Version: 1, Source: "acme", ID: "msg_1", Key: "acme/7", Type: "a", ReceivedAt: 5, Direct: true, Replay: 2, Body: []byte("{\"a\":\"\x00\xff\"}")}, contract.Parked, "SNS was busy", "49"},
		{contract.Record{Body: []byte{}}, contract.Rejected, "it is not JSON", "50"},
	} {
		q := &queue{}
		if err := (&Box{SQS: q, URL: "url"}).Send(t.Context(), letter); err != nil {
			t.Fatal(err)
		}
		attributes := q.sent.MessageAttributes
		got, err := Read(types.Message{Body: q.sent.MessageBody, MessageAttributes: attributes})
		if err != nil || !reflect.DeepEqual(got, letter) || *q.sent.QueueUrl != "url" {
			t.Errorf("%+v became %+v, %v", letter, got, err)
		}
		at, err := time.Parse(time.RFC3339, aws.ToString(attributes["parkedAt"].StringValue))
		if err != nil || time.Since(at).Abs() > time.Minute || len(attributes) != 7 || len(attributes) > 10 {
			t.Errorf("%d attributes, parked at %v, %v", len(attributes), at, err)
		}
	}
}

// SQS refuses a message with an attribute that is empty, or has a character
// that XML has not.
func TestAReasonIsSentWhateverIsInIt(t *testing.T) {
	for reason, want := range map[string]string{
		"": "-", "a\x00b\xff\ufffe": "a?b??", "ä\n\t": "ä\n\t", strings.Repeat("ä", 600): strings.Repeat("ä", 500) + "...", "a" + strings.Repeat("ä", 600): "a" + strings.Repeat("ä", 499) + "...",
	} {
		if got := *text(reason).StringValue; got != want {
			t.Errorf("%.20q: %q", reason, got)
		}
	}
}

func TestALetterThatIsNotSentIsAnErrorThatSaysWhich(t *testing.T) {
	fault := errors.New("access denied")
	err := (&Box{SQS: &queue{err: fault}}).Send(t.Context(), Letter{Record: contract.Record{Source: "acme", ID: "msg_1"}, Reason: "it was busy"})
	if !errors.Is(err, fault) || !strings.Contains(err.Error(), "msg_1 of acme") || !strings.Contains(err.Error(), "it was busy") {
		t.Error(err)
	}
}

func TestAMessageThatIsNoLetterIsAnError(t *testing.T) {
	if _, err := Read(types.Message{MessageId: aws.String("m"), Body: aws.String("hello")}); err == nil || !strings.Contains(err.Error(), "message m ") {
		t.Error(err)
	}
}
