package resend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/letters"
)

// office is a queue of failures and a stream.
type office struct {
	t         *testing.T
	waiting   []types.Message
	deleted   []string
	released  []string
	put       []contract.Record
	noPut     string // the id that the stream does not take
	noDelete  error
	noReceive error
}

func (o *office) ReceiveMessage(_ context.Context, in *sqs.ReceiveMessageInput, _ ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	if o.noReceive != nil {
		return nil, o.noReceive
	}
	n := min(int(in.MaxNumberOfMessages), len(o.waiting), 2)
	got := o.waiting[:n]
	o.waiting = o.waiting[n:]
	return &sqs.ReceiveMessageOutput{Messages: got}, nil
}

func (o *office) ChangeMessageVisibility(_ context.Context, in *sqs.ChangeMessageVisibilityInput, _ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error) {
	if in.VisibilityTimeout != 0 {
		o.t.Errorf("hides %s for %d s", *in.ReceiptHandle, in.VisibilityTimeout)
	}
	o.released = append(o.released, *in.ReceiptHandle)
	return &sqs.ChangeMessageVisibilityOutput{}, nil
}

func (o *office) DeleteMessage(_ context.Context, in *sqs.DeleteMessageInput, _ ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error) {
	if o.noDelete == nil {
		o.deleted = append(o.deleted, *in.ReceiptHandle)
	}
	return &sqs.DeleteMessageOutput{}, o.noDelete
}

func (o *office) PutRecord(_ context.Context, in *kinesis.PutRecordInput, _ ...func(*kinesis.Options)) (*kinesis.PutRecordOutput, error) {
	var record contract.Record
	if err := json.Unmarshal(in.Data, &record); err != nil || *in.PartitionKey != record.Key || *in.StreamName != "stream" {
		o.t.Errorf("puts %s: %v", in.Data, err)
	}
	if record.ID == o.noPut {
		return nil, errors.New("busy")
	}
	o.put = append(o.put, record)
	return &kinesis.PutRecordOutput{}, nil
}

// failures are letters with these numbers in the stream.
func (o *office) failures(numbers ...string) {
	for _, number := range numbers {
		body, _ := json.Marshal(contract.Record{Version: 1, Source: "acme", ID: "m" + number, Key: "acme/k", Replay: 1, Body: []byte("{}")})
		o.waiting = append(o.waiting, types.Message{
			Body: aws.String(string(body)), ReceiptHandle: aws.String(number),
			MessageAttributes: map[string]types.MessageAttributeValue{contract.LetterSequence: {StringValue: aws.String(number)}},
		})
	}
}

func (o *office) run(limit int, selected func(letters.Letter) bool) (Count, []string, error) {
	var told []string
	count, err := (&Replay{SQS: o, URL: "url", Kinesis: o, Stream: "stream", Limit: limit, Select: selected, Tell: func(l letters.Letter) { told = append(told, l.Record.ID) }}).Run(o.t.Context())
	return count, told, err
}

func all(letters.Letter) bool { return true }

func TestFailuresAreSentAgainInTheOrderOfTheStreamAndTakenOut(t *testing.T) {
	o := &office{t: t}
	o.failures("9", "100", "20", "3")
	count, told, err := o.run(100, all)
	if err != nil || count != (Count{Seen: 4, Sent: 4}) || !slices.Equal(told, []string{"m3", "m9", "m20", "m100"}) || !slices.Equal(o.deleted, []string{"3", "9", "20", "100"}) {
		t.Errorf("%+v, %q, %q, %v", count, told, o.deleted, err)
	}
	for i, want := range []string{"m3", "m9", "m20", "m100"} {
		if o.put[i].ID != want || o.put[i].Replay != 2 {
			t.Errorf("%+v", o.put[i])
		}
	}
}

func TestWhatIsNotSelectedGoesBack(t *testing.T) {
	o := &office{t: t}
	o.failures("1", "2", "3")
	count, told, err := o.run(100, func(l letters.Letter) bool { return l.Record.ID == "m2" })
	if err != nil || count != (Count{Seen: 3, Sent: 1}) || !slices.Equal(told, []string{"m2"}) || !slices.Equal(o.released, []string{"1", "3"}) || !slices.Equal(o.deleted, []string{"2"}) {
		t.Errorf("%+v, %q, released %q, %v", count, told, o.released, err)
	}
	o = &office{t: t}
	o.failures("1", "2", "3")
	count, told, err = o.run(2, nil) // looked at only
	if err != nil || count != (Count{Seen: 2}) || len(told) != 2 || len(o.released) != 2 || len(o.waiting) != 1 || len(o.put)+len(o.deleted) != 0 {
		t.Errorf("%+v, %q, released %q, %v", count, told, o.released, err)
	}
}

// Behind one that the stream does not take, nothing is sent: it would come before.
func TestBehindAFailureThatIsNotTakenNothingIsSent(t *testing.T) {
	o := &office{t: t, noPut: "m2"}
	o.failures("1", "2", "3")
	count, _, err := o.run(100, all)
	if err == nil || !strings.Contains(err.Error(), "m2 of acme") || count.Sent != 1 || !slices.Equal(o.deleted, []string{"1"}) || !slices.Equal(o.released, []string{"2", "3"}) {
		t.Errorf("%+v, deleted %q, released %q, %v", count, o.deleted, o.released, err)
	}
	o = &office{t: t, noDelete: errors.New("denied")}
	o.failures("1")
	if _, _, err := o.run(100, all); err == nil || !strings.Contains(err.Error(), "is sent; delete it") || len(o.put) != 1 {
		t.Error(err)
	}
	if count, _, err := (&office{t: t, noReceive: errors.New("denied")}).run(100, all); err == nil || count != (Count{}) {
		t.Error(count, err)
	}
}

func TestWhatIsNoWebhookOfThisVersionStaysWhereItIs(t *testing.T) {
	o := &office{t: t}
	for i, body := range []string{"hello", `{"version":2}`, `{}`} {
		o.waiting = append(o.waiting, types.Message{Body: &body, MessageId: aws.String("m"), ReceiptHandle: aws.String(fmt.Sprint(i))})
	}
	count, told, err := o.run(100, all)
	if err != nil || count != (Count{Seen: 3, Unusable: 3}) || len(told) != 0 || len(o.released) != 3 || len(o.deleted)+len(o.put) != 0 {
		t.Errorf("%+v, %q, %v", count, told, err)
	}
}
