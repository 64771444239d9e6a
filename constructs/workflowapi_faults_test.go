package constructs_test

// This file breaks Step Functions behind asynchronous routes, under a virtual
// clock: what is tried again takes seconds.

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/tradepost-dev/tradepost/constructs/workflowapi"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// breakFirst makes the first n calls of an action fail.
func (l *lab) breakFirst(action string, n int, err error) {
	f := cloud.Fault(func(_ context.Context, call cloud.Call) error {
		if call.Action != action || n == 0 {
			return nil
		}
		n--
		return err
	})
	l.fault.Store(&f)
}

// hang lets calls of an action end with their callers' patience only.
func (l *lab) hang(action string) {
	f := cloud.Fault(func(ctx context.Context, call cloud.Call) error {
		if call.Action != action {
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	})
	l.fault.Store(&f)
}

func TestAsynchronousRouteAnswersForWhatStepFunctionsCannotDo(t *testing.T) {
	const (
		wait     = "Too many requests: try again in a moment."
		later    = "Try again in a moment."
		own      = "The workflow cannot be started."
		ownAsked = "The execution cannot be looked up."
	)
	throttled := cloud.Errorf(400, "ThrottlingException", "Rate exceeded")
	forbidden := cloud.Errorf(400, "AccessDeniedException", "is not authorized")
	broken := cloud.Errorf(500, "InternalServerError", "no")
	withVirtualLab(t, func(stack awscdk.Stack) {
		workflowapi.New(stack, "API", workflowapi.Props{Asynchronous: []workflowapi.Asynchronous{
			{Path: "echo", StateMachine: machine(stack, "Echo", echo, standard)},
		}})
	}, func(t *testing.T, l *lab) {
		first := l.start(t, "echo", "used", "{}")
		l.ended(t, follow(first))
		if got := follow(l.start(t, "echo", "é", "{}")); got != "echo/%C3%A9" {
			t.Errorf("the Location of é is %s", got)
		}
		for _, row := range []struct {
			name, action string
			err          error
			status       int
			code, says   string
		}{
			{"the starter is throttled", "StartSyncExecution", throttled, 429, "THROTTLED", wait},
			{"the starter is broken", "StartSyncExecution", broken, 503, "INTEGRATION_FAILURE", later},
			{"the starter is one too many", "StartSyncExecution", cloud.Errorf(400, "ExecutionLimitExceeded", "no"), 429, "THROTTLED", wait},
			{"the starter's key is throttled", "StartSyncExecution", cloud.Errorf(400, "KmsThrottlingException", "no"), 429, "THROTTLED", wait},
			{"throttled", "StartExecution", throttled, 429, "THROTTLED", wait},
			{"too many executions", "StartExecution", cloud.Errorf(400, "ExecutionLimitExceeded", "no"), 429, "THROTTLED", wait},
			{"the key is throttled", "StartExecution", cloud.Errorf(400, "KmsThrottlingException", "no"), 429, "THROTTLED", wait},
			{"broken", "StartExecution", broken, 503, "INTEGRATION_FAILURE", later},
			{"forbidden", "StartExecution", forbidden, 500, "API_CONFIGURATION_ERROR", own},
			{"the comparison is throttled", "GetExecutionHistory", throttled, 429, "THROTTLED", wait},
			{"the comparison is broken", "GetExecutionHistory", broken, 503, "INTEGRATION_FAILURE", later},
			{"the comparison is forbidden", "GetExecutionHistory", forbidden, 500, "API_CONFIGURATION_ERROR", own},
		} {
			l.breakFirst(row.action, -1, row.err)
			t.Log(row.name)
			wantError(t, l.send(t, "POST", "echo", "{}", underKey("used")), row.status, row.code, row.says)
		}
		for _, row := range []struct {
			err        error
			status     int
			code, says string
		}{
			{throttled, 429, "THROTTLED", wait},
			{cloud.Errorf(400, "KmsThrottlingException", "no"), 429, "THROTTLED", wait},
			{broken, 503, "INTEGRATION_FAILURE", later},
			{forbidden, 500, "API_CONFIGURATION_ERROR", ownAsked},
		} {
			l.breakFirst("DescribeExecution", -1, row.err)
			t.Log("status:", row.err)
			wantError(t, l.send(t, "GET", follow(first), "", nil), row.status, row.code, row.says)
		}
		for _, action := range []string{"StartExecution", "GetExecutionHistory"} {
			for _, err := range []error{throttled, broken} {
				l.breakFirst(action, 2, err)
				if again := l.start(t, "echo", "used", "{}"); again.body != first.body {
					t.Errorf("%s fails twice: got %s, first it was %s", action, again.body, first.body)
				}
			}
			l.hang(action)
			asked := time.Now()
			wantError(t, l.send(t, "POST", "echo", "{}", underKey("used")), 503, "INTEGRATION_FAILURE", later)
			if took := time.Since(asked); took < 20*time.Second || took > 26*time.Second {
				t.Errorf("%s does not answer: the route did so after %v", action, took)
			}
		}
	})
}
