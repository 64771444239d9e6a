package start

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
)

// world is what the handler calls. It keeps what was asked of it.
type world struct {
	mu      sync.Mutex
	started []string // "<name> <input>"
	letters []string // "<body> <attributes>"

	start func(name string) error // unless they are nil
	send  func() error
}

func (w *world) StartExecution(_ context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if *in.StateMachineArn != "machine" {
		return nil, errors.New("no such machine")
	}
	if w.start != nil {
		if err := w.start(*in.Name); err != nil {
			return nil, err
		}
	}
	w.started = append(w.started, *in.Name+" "+*in.Input)
	return &sfn.StartExecutionOutput{}, nil
}

func (w *world) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if *in.QueueUrl != "letters" {
		return nil, errors.New("no such queue")
	}
	if w.send != nil {
		if err := w.send(); err != nil {
			return nil, err
		}
	}
	attributes := map[string]string{}
	for name, value := range in.MessageAttributes {
		attributes[name] = *value.DataType + " " + *value.StringValue
	}
	w.letters = append(w.letters, fmt.Sprint(*in.MessageBody, " ", attributes))
	return &sqs.SendMessageOutput{}, nil
}

const textsOrder = `{ "itemName": "Nvidia RTX 3070", "customerId": "1045", "customerEmail": "" }`

// handle handles messages m0, m1, ... and returns the ids of those that failed.
func (w *world) handle(t *testing.T, bodies ...string) (failed []string) {
	t.Helper()
	var batch events.SQSEvent
	for i, body := range bodies {
		batch.Records = append(batch.Records, events.SQSMessage{MessageId: fmt.Sprint("m", i), Body: body})
	}
	response, err := (&Handler{StepFunctions: w, WorkflowARN: "machine", SQS: w, DeadLettersURL: "letters"}).Handle(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	for _, failure := range response.BatchItemFailures {
		failed = append(failed, failure.ItemIdentifier)
	}
	slices.Sort(failed)
	slices.Sort(w.started)
	slices.Sort(w.letters)
	return failed
}

func TestEachOrderIsStartedUnderTheIDOfItsMessage(t *testing.T) {
	var w world
	failed := w.handle(t, textsOrder, `{"itemName": "b", "customerId": "2", "customerEmail": "e", "quantity": 3, "other": 1}`)
	want := []string{
		`m0 {"order_id":"m0","message":{"itemName":"Nvidia RTX 3070","customerId":"1045","customerEmail":"","quantity":1}}`,
		`m1 {"order_id":"m1","message":{"itemName":"b","customerId":"2","customerEmail":"e","quantity":3}}`,
	}
	if len(failed) != 0 || !slices.Equal(w.started, want) || len(w.letters) != 0 {
		t.Errorf("failed %v, started %q, letters %q", failed, w.started, w.letters)
	}
}

func TestAnOrderThatWasStartedBeforeSucceeds(t *testing.T) {
	w := world{start: func(string) error { return fmt.Errorf("operation error: %w", &types.ExecutionAlreadyExists{}) }}
	if failed := w.handle(t, textsOrder); len(failed) != 0 {
		t.Errorf("failed %v", failed)
	}
}

func TestWhatIsNoOrderIsADeadLetterWithItsReasonAndTheOthersAreStarted(t *testing.T) {
	var w world
	failed := w.handle(t, "not JSON", textsOrder, `{"itemName": "a", "quantity": 1.5}`, "")
	want := []string{
		` map[error:String OrderInvalid messageId:String m3 reason:String the order is not JSON: unexpected end of JSON input]`,
		`not JSON map[error:String OrderInvalid messageId:String m0 reason:String the order is not JSON: invalid character 'o' in literal null (expecting 'u')]`,
		`{"itemName": "a", "quantity": 1.5} map[error:String OrderInvalid messageId:String m2 reason:String customerId is missing or blank; quantity is 1.5: give a whole number, 1 to 1000000000]`,
	}
	if len(failed) != 0 || len(w.started) != 1 || !slices.Equal(w.letters, want) {
		t.Errorf("failed %v, started %q, letters\n%q", failed, w.started, w.letters)
	}
}

// Whatever cannot be done is SQS's to deliver again: alone, and at once unless
// it may pass.
func TestWhatFailsIsReportedAlone(t *testing.T) {
	denied, busy := &smithy.GenericAPIError{Code: "AccessDeniedException"}, &smithy.GenericAPIError{Code: "ThrottlingException"}
	for _, row := range []struct {
		name        string
		start, send error
		once        bool
		failed      []string
	}{
		{"starts are refused", denied, nil, false, []string{"m0"}},
		{"starts are throttled once", busy, nil, true, nil},
		{"dead letters are refused", nil, denied, false, []string{"m1"}},
		{"dead letters are throttled once", nil, busy, true, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				take := func(err *error) error {
					taken := *err
					if row.once {
						*err = nil
					}
					return taken
				}
				w := world{start: func(string) error { return take(&row.start) }, send: func() error { return take(&row.send) }}
				if failed := w.handle(t, textsOrder, "{}"); !slices.Equal(failed, row.failed) {
					t.Errorf("failed %v", failed)
				}
				if waited := time.Since(began) > 0; waited != row.once {
					t.Errorf("waited %v", time.Since(began))
				}
				if len(w.started)+len(w.letters)+len(row.failed) != 2 {
					t.Errorf("started %q, letters %q", w.started, w.letters)
				}
			})
		})
	}
}

func TestNoFailuresAreAnEmptyListInJSON(t *testing.T) {
	response, _ := (&Handler{}).Handle(t.Context(), events.SQSEvent{})
	if text, _ := json.Marshal(response); string(text) != `{"batchItemFailures":[]}` {
		t.Errorf("got %s", text)
	}
}
