package forward

// This file has webhooks that fail, for a while or for longer than patience lasts.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
)

func TestWhatFailsForAWhileIsTriedAgainInItsPlace(t *testing.T) {
	open(t, func(t *testing.T, s *street) {
		s.run = func(r contract.Record, time int) (*sfn.StartSyncExecutionOutput, error) {
			switch {
			case r.ID == "m1" && time == 1:
				return nil, &smithy.GenericAPIError{Code: "ThrottlingException"}
			case r.ID == "m1" && time == 2:
				return &sfn.StartSyncExecutionOutput{Status: types.SyncExecutionStatusFailed, Error: aws.String("ServiceBusy")}, nil
			case r.ID == "m1" && time == 3:
				return &sfn.StartSyncExecutionOutput{Status: types.SyncExecutionStatusTimedOut}, nil
			}
			return ended(contract.Published, ""), nil
		}
		s.handle(batch("1 acme m1", "2 acme m2"))
		s.want("m1 m1 m1 m1 m2", map[string]int{"Published": 2}, 0)
	})
}

// One poison record holds up what is behind it for as long as patience lasts.
func TestAPoisonRecordIsParkedWithItsReasonWithinPatienceAndTheOthersGoOn(t *testing.T) {
	for name, poison := range map[string]func() (*sfn.StartSyncExecutionOutput, error){
		"fails": func() (*sfn.StartSyncExecutionOutput, error) {
			return &sfn.StartSyncExecutionOutput{Status: types.SyncExecutionStatusFailed, Error: aws.String("BUG"), Cause: aws.String("nil")}, nil
		},
		"is refused":   func() (*sfn.StartSyncExecutionOutput, error) { return nil, errors.New("BUG nil") },
		"says nothing": func() (*sfn.StartSyncExecutionOutput, error) { return ended("BUG", ""), nil },
		"is no JSON": func() (*sfn.StartSyncExecutionOutput, error) {
			return &sfn.StartSyncExecutionOutput{Status: types.SyncExecutionStatusSucceeded, Output: aws.String("BUG")}, nil
		},
	} {
		open(t, func(t *testing.T, s *street) {
			s.run = func(r contract.Record, _ int) (*sfn.StartSyncExecutionOutput, error) {
				if r.ID == "poison" {
					return poison()
				}
				return ended(contract.Published, ""), nil
			}
			begin := time.Now()
			b := batch("1 acme poison", "2 acme m2", "3 other m3")
			if failed := s.handle(b); len(failed) != 0 {
				t.Errorf("%s: failed: %q", name, failed)
			}
			if took := time.Since(begin); took < patienceOfTests || took > patienceOfTests+time.Second {
				t.Errorf("%s: the shard was held up for %v", name, took)
			}
			if got := s.counts(); fmt.Sprint(got) != fmt.Sprint(map[string]int{"Published": 2, "Parked": 1}) || len(s.letters) != 1 {
				t.Fatalf("%s: counted %v, %d letters", name, got, len(s.letters))
			}
			letter := s.letters[0]
			if !strings.Contains(letter.Reason, "BUG") || !strings.Contains(letter.Reason, "attempts in 1m") || letter.Outcome != contract.Parked || letter.Record.ID != "poison" || string(letter.Record.Body) != "{}" || letter.Sequence != "1" {
				t.Errorf("%s: %+v", name, letter)
			}
			ran := len(s.ran)
			s.handle(b) // delivered again it is not tried again
			if len(s.ran) != ran || len(s.letters) != 1 || s.status("acme#poison") != "PARKED" {
				t.Errorf("%s: tried again: %q, %d letters", name, s.ran[ran:], len(s.letters))
			}
		})
	}
}

func TestACallThatHangsIsCutOffByPatience(t *testing.T) {
	open(t, func(t *testing.T, s *street) {
		h := s.handler()
		h.StepFunctions = hanging{}
		begin := time.Now()
		response, err := h.Handle(t.Context(), batch("1 acme m1"))
		if err != nil || len(response.BatchItemFailures) != 0 || len(s.letters) != 1 || time.Since(begin) > patienceOfTests+time.Second {
			t.Errorf("%+v, %v, %d letters after %v", response, err, len(s.letters), time.Since(begin))
		}
	})
}

// The reason is what the last whole attempt has failed of, not that patience ended.
func TestTheReasonIsOfAnAttemptThatWasNotCutOff(t *testing.T) {
	open(t, func(t *testing.T, s *street) {
		s.run = func(_ contract.Record, n int) (*sfn.StartSyncExecutionOutput, error) {
			if n == 1 {
				return nil, errors.New("BUG")
			}
			time.Sleep(patienceOfTests)
			return nil, context.DeadlineExceeded
		}
		s.handle(batch("1 acme m1"))
		if len(s.letters) != 1 || !strings.Contains(s.letters[0].Reason, "BUG") {
			t.Errorf("%+v", s.letters)
		}
	})
}

// hanging is a service that does not answer.
type hanging struct{}

func (hanging) StartSyncExecution(ctx context.Context, _ *sfn.StartSyncExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartSyncExecutionOutput, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// Many poison records of one key take longer than an invocation: what there is
// no time for is handed back, and nothing behind it is touched.
func TestWhatThereIsNoTimeForIsHandedBackInOrder(t *testing.T) {
	open(t, func(t *testing.T, s *street) {
		s.run = func(r contract.Record, _ int) (*sfn.StartSyncExecutionOutput, error) {
			return nil, errors.New("down")
		}
		b := batch("1 acme m1", "2 acme m2", "3 acme m3", "4 acme m4")
		failed := s.handle(b)
		if !slices.Equal(failed, []string{"3"}) || len(s.letters) != 2 || slices.Contains(s.ran, "m4") {
			t.Fatalf("failed %q, %d letters, ran %q", failed, len(s.letters), s.ran[len(s.ran)-1:])
		}
		s.run = nil
		s.ran = nil
		if failed := s.handle(batch("3 acme m3", "4 acme m4")); len(failed) != 0 {
			t.Errorf("failed %q", failed)
		}
		s.want("m3 m4", map[string]int{"Parked": 2, "Published": 2}, 2)
	})
}

func TestWhatCannotBeParkedIsHandedBack(t *testing.T) {
	open(t, func(t *testing.T, s *street) {
		s.noQueue = errors.New("no such queue")
		s.run = func(r contract.Record, _ int) (*sfn.StartSyncExecutionOutput, error) {
			if r.ID == "m1" {
				return nil, errors.New("down")
			}
			return ended(contract.Published, ""), nil
		}
		if failed := s.handle(batch("1 acme m1", "2 acme m2", "3 other m3")); !slices.Equal(failed, []string{"1"}) {
			t.Errorf("failed %q", failed)
		}
		if slices.Contains(s.ran, "m2") || !slices.Contains(s.ran, "m3") {
			t.Errorf("ran %q", s.ran)
		}
	})
}
