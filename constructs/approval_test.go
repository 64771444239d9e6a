package constructs_test

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/approval"
	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
	"github.com/tradepost-dev/tradepost/local"
)

// asking is the definition of the package's documentation.
const asking = `{"QueryLanguage": "JSONata", "TimeoutSeconds": 600, "StartAt": "Ask", "States": {
	"Ask": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Arguments": {
		"FunctionName": "${ApprovalRequestFunctionArn}",
		"Payload": {"name": "{% $states.context.Execution.Id & '/Ask' %}", "taskToken": "{% $states.context.Task.Token %}", "title": "Pay?"}},
		"TimeoutSeconds": ${ApprovalTimeoutSeconds}, "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Conclude"}], "End": true},
	"Conclude": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 60, "Arguments": {
		"FunctionName": "${ApprovalConcludeFunctionArn}", "Payload": {"name": "{% $states.context.Execution.Id & '/Ask' %}"}},
		"Output": "{% $states.result.Payload %}", "End": true}}}`

// askingLab is the engine with a workflow that asks, which waits for as many
// seconds as substituted.
type askingLab struct {
	*local.Engine
	mails string // a folder
}

func newAskingLab(t *testing.T, seconds string) *askingLab {
	t.Helper()
	stack := cdktest.NewStack(t)
	architecture := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	stack.Node().SetContext(jsii.String(gofunction.ArchitectureContext), architecture)
	approvals := approval.New(stack, "Approval", approval.Props{Approvers: []string{"ann@example.com"}, Timeout: time.Hour, Code: builtApproval(t)})
	substitutions := approvals.Substitutions()
	if seconds != "" {
		substitutions["ApprovalTimeoutSeconds"] = seconds
	}
	payment := workflow.New(stack, "Payment", workflow.Props{Definition: asking, Substitutions: substitutions})
	approvals.Serve(payment)
	awscdk.NewCfnOutput(stack, jsii.String("Machine"), &awscdk.CfnOutputProps{Value: payment.StateMachine.StateMachineArn()})
	cdktest.Synth(t, stack)
	l := &askingLab{mails: t.TempDir()}
	var err error
	if l.Engine, err = local.Start(t.Context(), local.Options{Assembly: *stack.Node().Root().(awscdk.App).Outdir(), Mail: l.mails}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// builtApproval are the real functions, which tests of constructs build none of.
func builtApproval(t *testing.T) map[approval.Handler]awslambda.Code {
	t.Helper()
	code := map[approval.Handler]awslambda.Code{}
	for _, handler := range []approval.Handler{approval.Request, approval.Page, approval.Conclude} {
		folder := t.TempDir()
		build := exec.Command("go", "build", "-o", filepath.Join(folder, "bootstrap"), "../lambdas/approval/"+string(handler)+"/bootstrap")
		if output, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, output)
		}
		code[handler] = awslambda.Code_FromAsset(&folder, nil)
	}
	return code
}

func (l *askingLab) states(t *testing.T, action string, in, out any) {
	t.Helper()
	if err := l.Cloud.Do(t.Context(), l.Cloud.Administrator(), "states", action, in, out); err != nil {
		t.Fatal(err)
	}
}

type execution struct {
	ARN    string `json:"executionArn"`
	Status string `json:"status"`
	Output string `json:"output"`
}

// ask starts an execution, and returns the link of the mail it sends.
func (l *askingLab) ask(t *testing.T) (started execution, link string) {
	t.Helper()
	l.states(t, "StartExecution", map[string]any{"stateMachineArn": l.Endpoints().Outputs["Stack"]["Machine"]}, &started)
	waitUntil(t, "a mail", func() bool {
		files, err := filepath.Glob(filepath.Join(l.mails, "*.eml"))
		if err != nil || len(files) == 0 {
			return false
		}
		content, err := os.ReadFile(files[0])
		if link = regexp.MustCompile(`(?m)^http\S+$`).FindString(string(content)); err != nil || link == "" {
			t.Fatalf("no link in %s, %v", content, err)
		}
		return true
	})
	return started, link
}

func (l *askingLab) describe(t *testing.T, e execution) execution {
	t.Helper()
	l.states(t, "DescribeExecution", map[string]any{"executionArn": e.ARN}, &e)
	return e
}

func (l *askingLab) ended(t *testing.T, e execution) execution {
	t.Helper()
	waitUntil(t, "the execution's end", func() bool { e = l.describe(t, e); return e.Status != "RUNNING" })
	return e
}

func waitUntil(t *testing.T, what string, met func() bool) {
	t.Helper()
	limit := time.After(30 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// page requests a link, as a browser does.
func page(t *testing.T, method, link, form string, want int) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, link, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != want {
		t.Fatalf("%s: %d, %s, %v", method, response.StatusCode, body, err)
	}
	return string(body)
}

func TestAWorkflowAsksAndAClickOnTheMailsLinkAnswersIt(t *testing.T) {
	l := newAskingLab(t, "")
	started, link := l.ask(t)
	for range 2 {
		page(t, "GET", link, "", 200)
	}
	if e := l.describe(t, started); e.Status != "RUNNING" {
		t.Fatalf("opening the link: %+v", e)
	}
	page(t, "POST", link, "decision=APPROVED&comment=fine+%3Cb%3E", 200)
	if second := page(t, "POST", link, "decision=DENIED", 409); !strings.Contains(second, "<strong>Approved</strong> by ann@example.com") || !strings.Contains(second, "fine &lt;b&gt;") {
		t.Errorf("the second is told %s", second)
	}
	if e := l.ended(t, started); e.Status != "SUCCEEDED" || !strings.Contains(e.Output, `"APPROVED"`) || !strings.Contains(e.Output, `"ann@example.com"`) {
		t.Errorf("execution %+v", e)
	}
	page(t, "GET", link[:len(link)-1], "", 404)
}

func TestWhatNobodyDecidesInTimeIsDenied(t *testing.T) {
	l := newAskingLab(t, "3")
	started, link := l.ask(t)
	if e := l.ended(t, started); e.Status != "SUCCEEDED" || !strings.Contains(e.Output, `"DENIED"`) || !strings.Contains(e.Output, `"timedOut":true`) {
		t.Errorf("execution %+v", e)
	}
	if late := page(t, "POST", link, "decision=APPROVED", 409); !strings.Contains(late, "<strong>Denied</strong>, because nobody had decided in time") {
		t.Errorf("who is late is told %s", late)
	}
}

func TestWrongApprovalPropsAreReportedTogether(t *testing.T) {
	message := cdktest.Panics(func() {
		approval.New(cdktest.NewStack(t), "Approval", approval.Props{
			Approvers: []string{"ann", "bob@example.com", "bob@example.com"}, Timeout: 31*24*time.Hour + time.Millisecond,
			Alarms: approval.Alarms{ServerErrors: operation.Alarm{Threshold: -1}},
		})
	})
	for _, part := range []string{"approval.System Approval", `Approvers has "ann"`, `Approvers has "bob@example.com" twice`, "Timeout is", "give whole seconds", "Alarms.ServerErrors.Threshold is -1"} {
		if !strings.Contains(message, part) {
			t.Errorf("no %q in %q", part, message)
		}
	}
}
