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
	"github.com/aws/smithy-go"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

type fakeStepFunctions func(name, input string) error

func (f fakeStepFunctions) StartExecution(_ context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	return &sfn.StartExecutionOutput{}, f(*in.Name, *in.Input)
}

const fileID = "0123456789abcdef0123456789abcdef"

func message(ordinal int) string {
	body, err := json.Marshal(contract.Message{Record: contract.Record{FileID: fileID, Ordinal: ordinal, TransactionID: fmt.Sprint("T", ordinal)}})
	if err != nil {
		panic(err)
	}
	return string(body)
}

func batch(bodies ...string) events.SQSEvent {
	var event events.SQSEvent
	for i, body := range bodies {
		event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint("m", i), Body: body})
	}
	return event
}

func handle(t *testing.T, ctx context.Context, f fakeStepFunctions, event events.SQSEvent) (failed []string) {
	t.Helper()
	response, err := (&Handler{StepFunctions: f, WorkflowARN: "arn"}).Handle(ctx, event)
	if err != nil {
		t.Fatal(err)
	}
	for _, failure := range response.BatchItemFailures {
		failed = append(failed, failure.ItemIdentifier)
	}
	slices.Sort(failed)
	return failed
}

func TestEveryMessageOfTheBatchIsStarted(t *testing.T) {
	var mu sync.Mutex
	started := map[string]string{}
	var bodies []string
	for i := 1; i <= 10; i++ {
		bodies = append(bodies, message(i))
	}
	failed := handle(t, t.Context(), func(name, input string) error {
		mu.Lock()
		defer mu.Unlock()
		started[name] = input
		return nil
	}, batch(bodies...))
	if len(failed) != 0 || len(started) != 10 {
		t.Fatalf("failed %v, started %v", failed, started)
	}
	for i, body := range bodies {
		if started[contract.ExecutionName(fileID, i+1, 0)] != body {
			t.Errorf("ordinal %d got another input", i+1)
		}
	}
}

func TestAReplayHasANameOfItsOwn(t *testing.T) {
	var m contract.Message
	if err := json.Unmarshal([]byte(message(7)), &m); err != nil {
		t.Fatal(err)
	}
	m.Attempt = 2
	body, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	started := ""
	failed := handle(t, t.Context(), func(name, _ string) error {
		started = name
		return nil
	}, batch(string(body)))
	if len(failed) != 0 || started != fileID+"-7-2" {
		t.Errorf("failed %v, started %q", failed, started)
	}
}

func TestAMessageThatWasStartedBeforeSucceeds(t *testing.T) {
	failed := handle(t, t.Context(), func(string, string) error {
		return fmt.Errorf("operation error: %w", &types.ExecutionAlreadyExists{})
	}, batch(message(1)))
	if len(failed) != 0 {
		t.Errorf("failed %v", failed)
	}
}

func TestWhatIsNoMessageFailsAloneAndIsNotStarted(t *testing.T) {
	var mu sync.Mutex
	started := 0
	failed := handle(t, t.Context(), func(string, string) error {
		mu.Lock()
		defer mu.Unlock()
		started++
		return nil
	}, batch("", "not JSON", "{}", `{"fileId":"x","ordinal":1}`, message(0), message(-1), `{"fileId":"`+fileID+`","ordinal":"1"}`, message(1)))
	if want := []string{"m0", "m1", "m2", "m3", "m4", "m5", "m6"}; !slices.Equal(failed, want) || started != 1 {
		t.Errorf("failed %v, started %d", failed, started)
	}
}

func TestThrottlingIsWaitedOut(t *testing.T) {
	for _, code := range []string{"ThrottlingException", "ExecutionLimitExceeded", "TooManyRequestsException", "RequestLimitExceeded"} {
		t.Run(code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				var mu sync.Mutex
				calls, started := 0, 0
				failed := handle(t, ctx, func(string, string) error {
					mu.Lock()
					defer mu.Unlock()
					if calls++; calls%2 == 1 { // half of the calls
						return &smithy.GenericAPIError{Code: code}
					}
					started++
					return nil
				}, batch(message(1), message(2), message(3), message(4), message(5)))
				if len(failed) != 0 || started != 5 {
					t.Errorf("failed %v, started %d", failed, started)
				}
			})
		})
	}
}

func TestThrottlingWithoutAnEndIsReportedBeforeTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		begin := time.Now()
		failed := handle(t, ctx, func(string, string) error { return &smithy.GenericAPIError{Code: "ThrottlingException"} }, batch(message(1), message(2)))
		if took := time.Since(begin); len(failed) != 2 || ctx.Err() != nil || took < 20*time.Second {
			t.Errorf("failed %v after %v", failed, took)
		}
	})
}

func TestOtherErrorsAreReportedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		failed := handle(t, t.Context(), func(name, _ string) error {
			if name == contract.ExecutionName(fileID, 2, 0) {
				return errors.New("access denied")
			}
			return nil
		}, batch(message(1), message(2), message(3)))
		if !slices.Equal(failed, []string{"m1"}) || time.Since(begin) != 0 {
			t.Errorf("failed %v after %v", failed, time.Since(begin))
		}
	})
}

func TestNoFailuresAreAnEmptyListInJSON(t *testing.T) {
	response, _ := (&Handler{}).Handle(t.Context(), batch())
	if text, _ := json.Marshal(response); string(text) != `{"batchItemFailures":[]}` {
		t.Errorf("got %s", text)
	}
}
