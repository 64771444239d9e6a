package constructs_test

// This file runs workflows that ask in the engine, with the real functions.

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/approval"
	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/statemachines"
)

const (
	ann = "ann@example.com"
	bob = "bob@example.com"
)

// askingLab is the engine with two workflows that ask: one that waits for an hour,
// and a hasty one that waits for three seconds. What they come to, and what is
// mailed, is in queues as well, where a test can wait for it.
type askingLab struct {
	*local.Engine
	mails   string // a folder
	outputs map[string]string

	// fault makes calls of the functions fail; nil: none.
	fault atomic.Pointer[func(cloud.Call) error]
}

func newAskingLab(t *testing.T) *askingLab {
	t.Helper()
	stack := cdktest.NewStack(t)
	architecture := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	stack.Node().SetContext(jsii.String(gofunction.ArchitectureContext), architecture)
	approvals := approval.New(stack, "Approval", approval.Props{Approvers: []string{ann, bob}, Timeout: time.Hour, Code: builtApproval(t)})
	outputs := map[string]*string{"Page": approvals.API.RestApi.UrlForPath(jsii.String("/approvals/")), "Key": approvals.Key.SecretArn()}
	for id, seconds := range map[string]string{"Payment": "", "Hasty": "3"} {
		substitutions := approvals.Substitutions()
		if seconds != "" {
			substitutions["ApprovalTimeoutSeconds"] = seconds
		}
		asking := workflow.New(stack, id, workflow.Props{Definition: statemachines.Definition("approval/question.asl.json"), Substitutions: substitutions})
		approvals.Serve(asking)
		outputs[id] = asking.StateMachine.StateMachineArn()
	}
	// The engine refuses graphs of metrics that nothing publishes.
	awscloudwatch.NewDashboard(stack, jsii.String("Dashboard"), nil).AddWidgets(approvals.Graphs()...)
	ends, copies := awssqs.NewQueue(stack, jsii.String("Ends"), nil), awssqs.NewQueue(stack, jsii.String("Copies"), nil)
	awsevents.NewRule(stack, jsii.String("Ended"), &awsevents.RuleProps{
		EventPattern: &awsevents.EventPattern{
			Source: jsii.Strings("aws.states"), Detail: &map[string]any{"status": []string{"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}},
		},
		Targets: &[]awsevents.IRuleTarget{awseventstargets.NewSqsQueue(ends, nil)},
	})
	approvals.Mails.AddSubscription(awssnssubscriptions.NewSqsSubscription(copies, &awssnssubscriptions.SqsSubscriptionProps{RawMessageDelivery: jsii.Bool(true)}))
	outputs["Ends"], outputs["Copies"] = ends.QueueUrl(), copies.QueueUrl()
	for id, value := range outputs {
		awscdk.NewCfnOutput(stack, jsii.String("Out"+id), &awscdk.CfnOutputProps{Value: value})
	}
	cdktest.Synth(t, stack)

	l := &askingLab{mails: t.TempDir()}
	var err error
	l.Engine, err = local.Start(t.Context(), local.Options{
		Assembly: *stack.Node().Root().(awscdk.App).Outdir(), Mail: l.mails,
		Fault: func(_ context.Context, call cloud.Call) error {
			if fault := l.fault.Load(); fault != nil {
				return (*fault)(call)
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	l.outputs = map[string]string{}
	for name, value := range l.Endpoints().Outputs["Stack"] {
		l.outputs[name] = value.(string)
	}
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

func (l *askingLab) do(t *testing.T, service, action string, in, out any) {
	t.Helper()
	if err := l.Cloud.Do(t.Context(), l.Cloud.Administrator(), service, action, in, out); err != nil {
		t.Fatal(err)
	}
}

// next waits for the next message of a queue.
func (l *askingLab) next(t *testing.T, queue, what string) string {
	t.Helper()
	var out struct {
		Messages []struct{ Body, ReceiptHandle string }
	}
	l.do(t, "sqs", "ReceiveMessage", map[string]any{"QueueUrl": l.outputs["Out"+queue], "WaitTimeSeconds": 20}, &out)
	if len(out.Messages) == 0 {
		t.Fatalf("waited in vain for %s", what)
	}
	l.do(t, "sqs", "DeleteMessage", map[string]any{"QueueUrl": l.outputs["Out"+queue], "ReceiptHandle": out.Messages[0].ReceiptHandle}, nil)
	return out.Messages[0].Body
}

type execution struct {
	ARN    string `json:"executionArn"`
	Status string `json:"status"`
	Error  string `json:"error"`
	Output string `json:"output"`
}

// at is when the output says that it was decided.
func (e execution) at(t *testing.T) string {
	t.Helper()
	var decision struct{ At string }
	if err := json.Unmarshal([]byte(e.Output), &decision); err != nil {
		t.Fatal(err)
	}
	if at, err := time.Parse(time.RFC3339, decision.At); err != nil || time.Since(at) > time.Minute {
		t.Errorf("decided at %s, %v", decision.At, err)
	}
	return decision.At
}

// start has a workflow ask.
func (l *askingLab) start(t *testing.T, machine string) (started execution) {
	t.Helper()
	l.do(t, "states", "StartExecution", map[string]any{"stateMachineArn": l.outputs["Out"+machine], "input": `{"title": "Pay 5 EUR?", "details": "To Acme"}`}, &started)
	return started
}

var mailedLink = regexp.MustCompile(`(?m)^https://\S+/approvals/(\S+)$`)

// links waits for the mails of a question, and returns the approvers' links.
func (l *askingLab) links(t *testing.T) map[string]string {
	t.Helper()
	links := map[string]string{}
	for range 2 {
		mail := l.next(t, "Copies", "a mail")
		link := mailedLink.FindStringSubmatch(mail)
		if link == nil {
			t.Fatalf("no link in %s", mail)
		}
		for _, approver := range []string{ann, bob} {
			if strings.Contains(mail, approver) {
				links[approver] = l.outputs["OutPage"] + link[1]
			}
		}
	}
	if len(links) != 2 {
		t.Fatalf("links %v", links)
	}
	return links
}

// ended waits until an execution ends.
func (l *askingLab) ended(t *testing.T, e execution) execution {
	t.Helper()
	var event struct {
		Detail struct {
			ExecutionARN string `json:"executionArn"`
		}
	}
	if err := json.Unmarshal([]byte(l.next(t, "Ends", "the execution's end")), &event); err != nil || event.Detail.ExecutionARN != e.ARN {
		t.Fatalf("%v: %+v has ended", err, event)
	}
	return l.describe(t, e)
}

func (l *askingLab) describe(t *testing.T, e execution) execution {
	t.Helper()
	l.do(t, "states", "DescribeExecution", map[string]any{"executionArn": e.ARN}, &e)
	return e
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

// mailed are the mails of the mailbox, once the engine has ended.
func (l *askingLab) mailed(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(l.mails, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(content)
	}
	return all.String()
}
