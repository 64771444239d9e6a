package constructs_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/approval"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/internal/browser"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// The functions keep their keys for a while, so the rotation comes first, when the
// page's has not read any.
func TestAWorkflowAsksAPerson(t *testing.T) {
	l := newAskingLab(t)
	t.Run("whose link outlives a rotation of the key", l.rotates)
	t.Run("who decides in a browser, once", l.decides)
	t.Run("who does not answer in time", l.timesOut)
	t.Run("again, when asking has failed", l.asksAgain)
	t.Run("once, although it is redriven", l.redrives)
}

func (l *askingLab) rotates(t *testing.T) {
	started := l.start(t, "Payment")
	links := l.links(t)
	l.do(t, "secretsmanager", "PutSecretValue", map[string]any{"SecretId": l.outputs["OutKey"], "SecretString": strings.Repeat("new key ", 8)}, nil)
	page(t, "POST", links[ann], "decision=DENIED&comment=no", 200)
	if e := l.ended(t, started); e.Status != "SUCCEEDED" || !strings.Contains(e.Output, `"DENIED"`) {
		t.Errorf("execution %+v", e)
	}
}

func (l *askingLab) decides(t *testing.T) {
	started := l.start(t, "Payment")
	links := l.links(t)
	for _, link := range links { // as a mail scanner follows them
		page(t, "GET", link, "", 200)
		page(t, "HEAD", link, "", 403) // which API Gateway has no method for
	}
	if e := l.describe(t, started); e.Status != "RUNNING" {
		t.Fatalf("opening the links: %+v", e)
	}
	tab := browser.Start(t).Tab(t)
	tab.Open(links[ann])
	tab.Fill("Comment (optional)", "Fine, <b>Ann</b>")
	if status := tab.Submit("Approve"); status != 200 {
		t.Errorf("status %d", status)
	}
	if e := l.ended(t, started); e.Status != "SUCCEEDED" || e.Output != `{"decision":"APPROVED","by":"ann@example.com","at":"`+e.at(t)+`","comment":"Fine, \u003cb\u003eAnn\u003c/b\u003e","timedOut":false}` {
		t.Errorf("execution %+v", e)
	}
	tab.Back()
	tab.Open(links[bob])
	if text := tab.Text(); !strings.Contains(text, "Approved by ann@example.com") || !strings.Contains(text, "Fine, <b>Ann</b>") {
		t.Errorf("the other approver sees %s", text)
	}
	if second := page(t, "POST", links[bob], "decision=DENIED", 409); !strings.Contains(second, "<strong>Approved</strong> by ann@example.com") {
		t.Errorf("the second is told %s", second)
	}
	page(t, "GET", links[ann][:len(links[ann])-1], "", 404)
}

func (l *askingLab) timesOut(t *testing.T) {
	started := l.start(t, "Hasty")
	links := l.links(t)
	if e := l.ended(t, started); e.Status != "SUCCEEDED" || !strings.Contains(e.Output, `"DENIED"`) || !strings.Contains(e.Output, `"timedOut":true`) {
		t.Errorf("execution %+v", e)
	}
	if late := page(t, "POST", links[ann], "decision=APPROVED", 409); !strings.Contains(late, "<strong>Denied</strong>, because nobody had decided in time") {
		t.Errorf("who is late is told %s", late)
	}
}

// The mails fail after the question is written down: the task is tried again, with
// another token, which the decision has to reach.
func (l *askingLab) asksAgain(t *testing.T) {
	var failed atomic.Int32
	fault := func(call cloud.Call) error {
		if call.Service == "sns" && call.Action == "Publish" && failed.Add(1) <= 3 { // as often as a client tries
			return cloud.Errorf(500, "InternalError", "broken")
		}
		return nil
	}
	l.fault.Store(&fault)
	defer l.fault.Store(nil)
	started := l.start(t, "Payment")
	links := l.links(t)
	if n := failed.Load(); n != 5 {
		t.Errorf("%d mails were tried, want 3 and then 2", n)
	}
	page(t, "POST", links[bob], "decision=APPROVED", 200)
	if e := l.ended(t, started); e.Status != "SUCCEEDED" || !strings.Contains(e.Output, `"by":"bob@example.com"`) {
		t.Errorf("execution %+v", e)
	}
}

// What was decided while no execution waited is the answer of the redriven one,
// and nobody is mailed again.
func (l *askingLab) redrives(t *testing.T) {
	started := l.start(t, "Payment")
	links := l.links(t)
	l.do(t, "states", "StopExecution", map[string]any{"executionArn": started.ARN}, nil)
	if e := l.ended(t, started); e.Status != "ABORTED" {
		t.Fatalf("execution %+v", e)
	}
	page(t, "POST", links[ann], "decision=APPROVED&comment=late", 200)
	var mails atomic.Int32
	fault := func(call cloud.Call) error {
		if call.Service == "sns" && call.Action == "Publish" {
			mails.Add(1)
		}
		return nil
	}
	l.fault.Store(&fault)
	defer l.fault.Store(nil)
	l.do(t, "states", "RedriveExecution", map[string]any{"executionArn": started.ARN}, nil)
	if e := l.ended(t, started); e.Status != "SUCCEEDED" || !strings.Contains(e.Output, `"comment":"late"`) || mails.Load() != 0 {
		t.Errorf("execution %+v, %d mails", e, mails.Load())
	}
	if err := l.Close(); err != nil { // with which all mails are written
		t.Fatal(err)
	}
	if mailed := l.mailed(t); !strings.Contains(mailed, "\n"+links[ann]+"\n") || strings.Count(mailed, "\nTo: ann@example.com\n") != 5 {
		t.Errorf("the mailbox lacks %s, or has another number of mails:\n%s", links[ann], mailed)
	}
}

func TestWrongApprovalPropsAreReportedTogether(t *testing.T) {
	message := cdktest.Panics(func() {
		approval.New(cdktest.NewStack(t), "Approval", approval.Props{
			Approvers: []string{"ann", "bob@example.com", "bob@example.com"}, Timeout: 31*24*time.Hour + time.Millisecond,
			Alarms: approval.Alarms{ServerErrors: operation.Alarm{Threshold: -1}, Undelivered: operation.Alarm{Threshold: -2}},
		})
	})
	for _, part := range []string{"approval.System Approval", `Approvers has "ann"`, `Approvers has "bob@example.com" twice`, "Timeout is", "give whole seconds",
		"Alarms.ServerErrors.Threshold is -1", "Alarms.Undelivered.Threshold is -2"} {
		if !strings.Contains(message, part) {
			t.Errorf("no %q in %q", part, message)
		}
	}
}

// A machine of somebody else's asks, and an auditor reads.
func TestOthersMayAskAndRead(t *testing.T) {
	stack := cdktest.NewStack(t)
	approvals := approval.New(stack, "Approval", approval.Props{Approvers: []string{ann}})
	machine := awsstepfunctions.NewStateMachine(stack, jsii.String("Theirs"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromString(jsii.String(`{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}`)),
	})
	auditor := awsiam.NewRole(stack, jsii.String("Auditor"), &awsiam.RoleProps{AssumedBy: awsiam.NewAccountRootPrincipal()})
	approvals.GrantAsk(machine)
	approvals.TellMachine(stack, "Tell", machine)
	approvals.GrantReadDecisions(auditor)
	allowed := strings.Join(permissions(cdktest.Synth(t, stack)), "\n")
	for _, want := range []string{"Theirs/Role lambda:InvokeFunction", "Auditor dynamodb:GetItem", "Approval/Page", "states:SendTaskSuccess"} {
		if !strings.Contains(allowed, want) {
			t.Errorf("no %q in\n%s", want, allowed)
		}
	}
}
