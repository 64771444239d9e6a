package sqs_test

// This file is about what callers may do, and what is told of them.

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// all but one may be done: "sqs:SendMessage on arn:...".
type allBut struct {
	cloud.Authorizer
	denied string
}

func (a allBut) Authorize(_ cloud.Caller, action, resource string) error {
	if question := action + " on " + resource; question == a.denied {
		return cloud.Errorf(403, "AccessDeniedException", "%s", question)
	}
	return nil
}

func TestEachActionAsksForItsPermissions(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, queue("Dead", "")+","+queue("Jobs", redriven("")))
	task := base64.StdEncoding.EncodeToString([]byte(`{"taskId": "x", "sourceArn": "` + queues + `dead"}`))
	special := map[string]struct {
		in        map[string]any
		questions []string
	}{
		"CreateQueue":           {map[string]any{"QueueName": "new"}, []string{"CreateQueue on " + queues + "new"}},
		"GetQueueUrl":           {map[string]any{"QueueName": "jobs"}, []string{"GetQueueUrl on " + queues + "jobs"}},
		"ListQueues":            {nil, []string{"ListQueues on " + queues + "*"}},
		"ListMessageMoveTasks":  {map[string]any{"SourceArn": queues + "dead"}, []string{"ListMessageMoveTasks on " + queues + "dead"}},
		"CancelMessageMoveTask": {map[string]any{"TaskHandle": task}, []string{"CancelMessageMoveTask on " + queues + "dead"}},
		"StartMessageMoveTask": {map[string]any{"SourceArn": queues + "dead"}, []string{
			"StartMessageMoveTask on " + queues + "dead", "ReceiveMessage on " + queues + "dead", "DeleteMessage on " + queues + "dead",
			"GetQueueAttributes on " + queues + "dead", "SendMessage on " + queues + "jobs",
		}},
	}
	for action := range e.queues.Operations {
		row, ok := special[action]
		if !ok {
			row.in = map[string]any{"QueueUrl": url("jobs")}
			row.questions = []string{strings.TrimSuffix(action, "Batch") + " on " + queues + "jobs"}
		}
		for _, question := range row.questions {
			e.Authorizer = allBut{denied: "sqs:" + question}
			if err := e.call("", action, row.in, nil); err == nil || !strings.HasSuffix(err.Error(), "AccessDeniedException: sqs:"+question) {
				t.Errorf("%s: got %v, want %s", action, err, question)
			}
		}
	}
}

func TestAMessageTellsWhoSentIt(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, queue("Jobs", ""))
	e.Authorizer = allBut{}
	for _, row := range []struct {
		caller cloud.Caller
		want   string
	}{
		{e.Administrator(), "123456789012"},
		{cloud.Caller{ARN: "arn:aws:iam::123456789012:user/ada", ID: "AIDAX"}, "AIDAX"},
		{cloud.Caller{ARN: "arn:aws:sts::123456789012:assumed-role/r/s", Role: "arn:aws:iam::123456789012:role/r", ID: "AROAX:s"}, "AROAX:s"},
		{e.ServiceCaller("events.amazonaws.com", ""), "events.amazonaws.com"},
	} {
		if err := e.Do(t.Context(), row.caller, "sqs", "SendMessage", map[string]any{"QueueUrl": url("jobs"), "MessageBody": "x"}, nil); err != nil {
			t.Fatal(err)
		}
		m := e.receive(t, "jobs", nil)[0]
		if got := m.Attributes["SenderId"]; got != row.want {
			t.Errorf("%s sent as %q, want %q", row.caller.ARN, got, row.want)
		}
		e.delete(t, "jobs", m)
	}
}
