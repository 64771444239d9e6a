package states

import (
	"context"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	ownRole   = "arn:aws:iam::123456789012:role/r"
	otherRole = "arn:aws:iam::123456789012:role/other"
)

// trusting is an STS whose roles may be taken on if they are otherRole.
func trusting(asked *map[string]any) fakeService {
	return fakeService{"AssumeRole": func(_ context.Context, input map[string]any) (any, error) {
		*asked = input
		if input["RoleArn"] != otherRole {
			return nil, cloud.Errorf(403, "AccessDeniedException", "no")
		}
		return map[string]any{"AssumedRoleUser": map[string]any{"Arn": "arn:aws:sts::123456789012:assumed-role/other/m", "AssumedRoleId": "AROA:m"}}, nil
	}}
}

// sending is a Task that sends a message with Credentials.
func sending(language, credentials string) string {
	return `{"StartAt":"T","QueryLanguage":"` + language + `","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Credentials":` + credentials + `,"End":true}}}`
}

func TestATaskCallsAsTheRoleOfItsCredentials(t *testing.T) {
	var asked map[string]any
	services := map[string]fakeService{"sts": trusting(&asked), "sqs": (&echo{answer: map[string]any{}}).service("SendMessage")}
	for name, definition := range map[string]string{
		"as it is":     sending("JSONPath", `{"RoleArn":"`+otherRole+`"}`),
		"by a path":    sending("JSONPath", `{"RoleArn.$":"$.role"}`),
		"by context":   sending("JSONPath", `{"RoleArn.$":"$$.Execution.Input.role"}`),
		"by intrinsic": sending("JSONPath", `{"RoleArn.$":"States.Format('{}', $.role)"}`),
		"by JSONata":   sending("JSONata", `{"RoleArn":"{% $states.input.role %}"}`),
	} {
		inWorld(t, services, func(t *testing.T, w *world) {
			var caller cloud.Caller
			w.cloud.Fault = func(_ context.Context, call cloud.Call) error {
				if call.Service == "sqs" {
					caller = call.Caller
				}
				return nil
			}
			x, o := w.run(definition, `{"role":"`+otherRole+`"}`)
			if o.status != statusSucceeded || caller.Role != otherRole || caller.ARN != "arn:aws:sts::123456789012:assumed-role/other/m" || caller.ID != "AROA:m" {
				t.Errorf("%s: %+v, called by %+v", name, o, caller)
			}
			if asked["ExternalId"] != x.machine.arn || asked["RoleSessionName"] != "m" {
				t.Errorf("%s: asked for the role by %v", name, asked)
			}
			if scheduled := strings.Join(w.lines(x), "\n"); !strings.Contains(scheduled, `"taskCredentials":{"roleArn":"`+otherRole+`"}`) {
				t.Errorf("%s: the history does not tell the role:\n%s", name, scheduled)
			}
		})
	}
}

// Recorded: the failure's name and cause.
func TestARoleThatMayNotBeTakenOnFailsTheTask(t *testing.T) {
	var asked map[string]any
	services := map[string]fakeService{"sts": trusting(&asked), "sqs": (&echo{answer: map[string]any{}}).service("SendMessage")}
	for resource, events := range map[string][]string{
		"sqs:sendMessage":                  {"TaskScheduled", "TaskStarted", "TaskFailed"},
		"sqs:sendMessage.waitForTaskToken": {"TaskScheduled", "TaskStarted", "TaskSubmitFailed"},
	} {
		inWorld(t, services, func(t *testing.T, w *world) {
			definition := strings.Replace(sending("JSONPath", `{"RoleArn":"`+otherRole+`2"}`), "sqs:sendMessage", resource, 1)
			x, o := w.run(definition, `{}`)
			w.expectTypes(x, append(append([]string{"ExecutionStarted", "TaskStateEntered"}, events...), "ExecutionFailed")...)
			if want := "The role " + ownRole + " is not authorized to assume the task state's role, " + otherRole + "2."; o.error != "States.TaskFailed" || o.cause != want {
				t.Errorf("%s: %+v, want %s", resource, o, want)
			}
		})
	}
}

func TestCredentialsThatNameNoRole(t *testing.T) {
	for _, row := range []struct{ name, definition, refused, failed string }{
		{"empty", sending("JSONata", `{}`), "/States/T/Credentials/RoleArn: is required", ""},
		{"a path in JSONata", sending("JSONata", `{"RoleArn.$":"$.x"}`), "/States/T/Credentials/RoleArn: is required", ""},
		{"another field", sending("JSONPath", `{"RoleArn":"r","Region":"x"}`), "/States/T/Credentials/Region: is not a field of Credentials", ""},
		{"no object", sending("JSONPath", `"r"`), "/States/T/Credentials: must be an object, not string", ""},
		{"of an activity", strings.Replace(sending("JSONPath", `{"RoleArn":"r"}`), "arn:aws:states:::sqs:sendMessage", "arn:aws:states:eu-central-1:123456789012:activity:a", 1), "has no effect on an activity", ""},
		{"a number in JSONata", sending("JSONata", `{"RoleArn":"{% 1 %}"}`), "", "States.QueryEvaluationError"},
		{"a number by a path", sending("JSONPath", `{"RoleArn.$":"$.n"}`), "", "States.Runtime"},
		{"nothing by a path", sending("JSONPath", `{"RoleArn.$":"$.none"}`), "", "States.Runtime"},
	} {
		inWorld(t, map[string]fakeService{"sqs": (&echo{answer: map[string]any{}}).service("SendMessage")}, func(t *testing.T, w *world) {
			m, err := w.states.create("m", false, wish{text: row.definition, role: ownRole})
			if row.refused != "" {
				if err == nil || !strings.Contains(err.Error(), row.refused) {
					t.Errorf("%s: %v, want %s", row.name, err, row.refused)
				}
				return
			}
			if err != nil {
				t.Fatalf("%s: %v", row.name, err)
			}
			if x, o := w.finish(m, `{"n":1}`); o.error != row.failed {
				t.Errorf("%s: %+v, want %s\n%s", row.name, o, row.failed, strings.Join(w.lines(x), "\n"))
			}
		})
	}
}
