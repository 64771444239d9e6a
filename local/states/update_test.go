package states

// This file updates machines whose executions run.

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// machineOf declares the machine "m".
func machineOf(definition, role, rest string) string {
	return `{"Type": "AWS::StepFunctions::StateMachine", "Properties": {"StateMachineName": "m", "RoleArn": "` + role + `", "DefinitionString": ` + strconv.Quote(definition) + rest + `}}`
}

func (w *world) stack(t *testing.T, resources string) *cfntest.Stack {
	t.Helper()
	s, err := cfntest.Create(t, w.cloud.Site, w.states.Types(), resources)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// saying waits, and passes the version and the role on then.
func saying(version string) string {
	return `{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":60,"Next":"Say"},"Say":{"Type":"Pass","Parameters":{"version":"` + version + `","role.$":"$$.Execution.RoleArn"},"End":true}}}`
}

func TestAnExecutionGoesByTheRevisionThatItBeganWith(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		s := w.stack(t, `"M": `+machineOf(saying("one"), "arn:aws:iam::123456789012:role/old", ""))
		arn := s.Ref("M")
		if id := s.Handles["M"].Attributes["StateMachineRevisionId"]; id != "INITIAL" {
			t.Errorf("the first revision is %v", id)
		}
		start := func() string {
			return w.mustCall("StartExecution", map[string]any{"stateMachineArn": arn})["executionArn"].(string)
		}
		first := start()
		time.Sleep(30 * time.Second)
		s.Put(t, "M", machineOf(saying("two"), "arn:aws:iam::123456789012:role/new", ""))
		second := start()
		revision := s.Handles["M"].Attributes["StateMachineRevisionId"]
		if s.Ref("M") != arn || revision == "INITIAL" || w.mustCall("DescribeStateMachine", map[string]any{"stateMachineArn": arn})["revisionId"] != revision {
			t.Errorf("the second revision is %v of %s", revision, s.Ref("M"))
		}
		for range 2 { // while they run, and when they have ended
			for execution, want := range map[string]string{first: saying("one"), second: saying("two")} {
				if got := w.mustCall("DescribeStateMachineForExecution", map[string]any{"executionArn": execution}); got["definition"] != want {
					t.Errorf("%s goes by %v", execution, got)
				}
			}
			time.Sleep(2 * time.Minute)
		}
		for execution, want := range map[string]string{
			first:  `{"version":"one","role":"arn:aws:iam::123456789012:role/old"}`,
			second: `{"version":"two","role":"arn:aws:iam::123456789012:role/new"}`,
		} {
			if got := w.mustCall("DescribeExecution", map[string]any{"executionArn": execution}); got["output"] != want {
				t.Errorf("%s ends as %v", execution, got)
			}
		}
		if list := w.mustCall("ListExecutions", map[string]any{"stateMachineArn": arn})["executions"].([]any); len(list) != 2 {
			t.Errorf("there are executions %v", list)
		}
	})
}

// A task is called as the role of its execution's revision.
func TestATaskIsCalledAsTheRoleOfItsExecution(t *testing.T) {
	definition := `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"Next":"T"},"T":{"Type":"Task","Resource":"arn:aws:lambda:eu-central-1:123456789012:function:f","End":true}}}`
	services := lambdaOnly(functions{"f": func(context.Context, any) (any, error) { return nil, nil }})
	inWorld(t, services, func(t *testing.T, w *world) {
		roles := make(chan string, 2)
		w.cloud.Fault = func(_ context.Context, call cloud.Call) error {
			if call.Service == "lambda" {
				roles <- call.Caller.Role
			}
			return nil
		}
		s := w.stack(t, `"M": `+machineOf(definition, "arn:aws:iam::123456789012:role/old", ""))
		start := func() { w.mustCall("StartExecution", map[string]any{"stateMachineArn": s.Ref("M")}) }
		start()
		time.Sleep(time.Second)
		s.Put(t, "M", machineOf(definition, "arn:aws:iam::123456789012:role/new", ""))
		start()
		if first, second := <-roles, <-roles; first != "arn:aws:iam::123456789012:role/old" || second != "arn:aws:iam::123456789012:role/new" {
			t.Errorf("called as %s, then as %s", first, second)
		}
	})
}

func TestARedriveGoesByTheRevisionOfItsExecution(t *testing.T) {
	var works atomic.Bool
	services := lambdaOnly(functions{"f": func(context.Context, any) (any, error) {
		if !works.Load() {
			return nil, errors.New("not yet")
		}
		return "done", nil
	}})
	failing := func(next string) string {
		return `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:lambda:eu-central-1:123456789012:function:f","Next":"P"},"P":{"Type":"Pass","Result":"` + next + `","End":true}}}`
	}
	inWorld(t, services, func(t *testing.T, w *world) {
		s := w.stack(t, `"M": `+machineOf(failing("one"), "r", ""))
		execution := w.mustCall("StartExecution", map[string]any{"stateMachineArn": s.Ref("M")})["executionArn"]
		time.Sleep(time.Minute)
		works.Store(true)
		s.Put(t, "M", machineOf(failing("two"), "r", ""))
		w.mustCall("RedriveExecution", map[string]any{"executionArn": execution})
		time.Sleep(time.Minute)
		if got := w.mustCall("DescribeExecution", map[string]any{"executionArn": execution}); got["output"] != `"one"` {
			t.Errorf("it ends as %v", got)
		}
	})
}

func TestWhatAMachineTellsIsUpdatedAndWhatItCannotBeIsRefused(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		s := w.stack(t, `"M": `+machineOf(passing, "r", ""))
		describe := func() map[string]any {
			return w.mustCall("DescribeStateMachine", map[string]any{"stateMachineArn": s.Ref("M")})
		}
		s.Put(t, "M", machineOf(passing, "r", `, "TracingConfiguration": {"Enabled": true}, "LoggingConfiguration": {"IncludeExecutionData": true}, "EncryptionConfiguration": {"Type": "CUSTOMER_MANAGED_KMS_KEY", "KmsKeyId": "k"}`))
		got := describe()
		if got["tracingConfiguration"].(map[string]any)["enabled"] != true || got["loggingConfiguration"].(map[string]any)["includeExecutionData"] != true ||
			got["encryptionConfiguration"].(map[string]any)["kmsKeyId"] != "k" {
			t.Errorf("the machine is %v", got)
		}
		for name, refused := range map[string]string{
			"a definition that is none": machineOf(`{"StartAt":"X","States":{"Y":{"Type":"Succeed"}}}`, "r", ""),
			"no role":                   machineOf(passing, "", ""),
		} {
			if err := s.Try(t, map[string]string{"M": refused}); err == nil {
				t.Errorf("%s was accepted", name)
			}
			if got := describe(); got["definition"] != passing || got["roleArn"] != "r" {
				t.Errorf("after %s the machine is %v", name, got)
			}
		}
		substituted := machineOf(`{"StartAt":"P","States":{"P":{"Type":"Pass","Comment":"${what}","End":true}}}`, "r", `, "DefinitionSubstitutions": {"what": "one"}`)
		s.Put(t, "M", substituted)
		if got := describe()["definition"]; got != `{"StartAt":"P","States":{"P":{"Type":"Pass","Comment":"one","End":true}}}` {
			t.Errorf("the definition is %v", got)
		}
	})
}
