package executions

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"
)

type client func(*sfn.StartExecutionInput) error

func (c client) StartExecution(_ context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	return &sfn.StartExecutionOutput{}, c(in)
}

func TestAnExecutionIsNamedBehindItsStateMachine(t *testing.T) {
	const machine, want = "arn:aws:states:eu-central-1:111122223333:stateMachine:stateMachine", "arn:aws:states:eu-central-1:111122223333:execution:stateMachine:tx"
	if got := ARN(machine, "tx"); got != want {
		t.Errorf("%s, not %s", got, want)
	}
}

func TestAnExecutionIsStartedOnce(t *testing.T) {
	denied := errors.New("access denied")
	for _, test := range []struct {
		name  string
		errs  []error // of the calls, in order
		calls int
		want  error
	}{
		{"a new name", []error{nil}, 1, nil},
		{"a name that was started before", []error{fmt.Errorf("operation error: %w", &types.ExecutionAlreadyExists{})}, 1, nil},
		{"throttled once", []error{&smithy.GenericAPIError{Code: "ThrottlingException"}, nil}, 2, nil},
		{"refused", []error{denied}, 1, denied},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				err := Start(t.Context(), client(func(in *sfn.StartExecutionInput) error {
					if *in.StateMachineArn != "arn" || *in.Name != "name" || *in.Input != "{}" {
						t.Errorf("starts %s of %s with %s", *in.Name, *in.StateMachineArn, *in.Input)
					}
					calls++
					return test.errs[calls-1]
				}), "arn", "name", "{}")
				if calls != test.calls || !errors.Is(err, test.want) {
					t.Errorf("%d calls, %v", calls, err)
				}
			})
		})
	}
}

func TestWhatCannotBeStartedOfABatchIsReportedAndNothingElse(t *testing.T) {
	batch := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1"}, {MessageId: "2"}, {MessageId: "3"}}}
	response := Each(t.Context(), batch, func(_ context.Context, message events.SQSMessage) error {
		if message.MessageId == "2" {
			return errors.New("access denied")
		}
		return nil
	})
	if failed := response.BatchItemFailures; len(failed) != 1 || failed[0].ItemIdentifier != "2" {
		t.Errorf("reported are %v", failed)
	}
}
