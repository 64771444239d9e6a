package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/internal/patience"
)

// desk has a history for each execution, newest first, and keeps notices.
type desk struct {
	history []types.HistoryEvent
	failure error
	notices []*sns.PublishInput
}

func (d *desk) GetExecutionHistory(_ context.Context, in *sfn.GetExecutionHistoryInput, _ ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error) {
	if !in.ReverseOrder || *in.ExecutionArn != execution {
		return nil, fmt.Errorf("asked for %s, reverse: %v", *in.ExecutionArn, in.ReverseOrder)
	}
	if d.failure != nil || len(d.history) == 0 {
		return &sfn.GetExecutionHistoryOutput{}, d.failure
	}
	at := 0
	if in.NextToken != nil {
		at, _ = strconv.Atoi(*in.NextToken)
	}
	page := &sfn.GetExecutionHistoryOutput{Events: d.history[at : at+1]} // as small as it may be
	if at+1 < len(d.history) {
		page.NextToken = aws.String(strconv.Itoa(at + 1))
	}
	return page, nil
}

func (d *desk) Publish(_ context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	if d.failure != nil {
		return nil, d.failure
	}
	d.notices = append(d.notices, in)
	return &sns.PublishOutput{}, nil
}

const execution = "arn:aws:states:eu-west-1:111122223333:execution:Runs:e-1"

func entered(name string) types.HistoryEvent {
	return types.HistoryEvent{StateEnteredEventDetails: &types.StateEnteredEventDetails{Name: &name}}
}

// report is what is published about an execution's end.
func (d *desk) report(t *testing.T, detail map[string]any) error {
	t.Helper()
	detail["executionArn"] = execution
	text, err := json.Marshal(detail)
	if err != nil {
		t.Fatal(err)
	}
	handler := &Handler{StepFunctions: d, SNS: d, TopicARN: "topic", Name: "churn"}
	return handler.Handle(t.Context(), events.CloudWatchEvent{Detail: text})
}

const link = "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/" + execution

func TestEachEndOfARunIsToldInWords(t *testing.T) {
	for _, row := range []struct {
		name    string
		detail  map[string]any
		outcome string
		want    string
	}{
		{"a new model", map[string]any{"status": "SUCCEEDED", "output": `{"outcome":"SUCCEEDED","run":"r1","metric":"auc","value":0.91,"rows":7}`}, "SUCCEEDED",
			"Run r1 has put a new model into service: its auc is 0.91. It has predicted for 7 rows.\n" + link + "\n"},
		{"a refusal", map[string]any{"status": "SUCCEEDED", "output": `{"outcome":"REFUSED","run":"r1","metric":"auc","value":0.5}`}, "REFUSED",
			"Run r1 has trained a model that is not good enough: its auc is 0.5. The former model stays in service, and the next data are tried with these.\n" + link + "\n"},
		{"a failure", map[string]any{"status": "FAILED", "error": "States.TaskFailed", "cause": "no space left"}, "FAILED",
			"A run has failed.\nStep: Train\nError: States.TaskFailed\nCause: no space left\nWhat was in service stays so, and the next run tries with the same data. See:\n" + link + "\n"},
		{"a time-out", map[string]any{"status": "TIMED_OUT"}, "TIMED_OUT",
			"A run has taken too long.\nStep: Train\nWhat was in service stays so, and the next run tries with the same data. See:\n" + link + "\n"},
		{"somebody stops it", map[string]any{"status": "ABORTED"}, "ABORTED",
			"Somebody has stopped a run.\nStep: Train\nWhat was in service stays so, and the next run tries with the same data. See:\n" + link + "\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := &desk{history: []types.HistoryEvent{{}, entered("Train"), entered("Transform")}}
			if err := d.report(t, row.detail); err != nil || len(d.notices) != 1 {
				t.Fatalf("%d notices, %v", len(d.notices), err)
			}
			notice := d.notices[0]
			if *notice.Message != row.want || *notice.Subject != "churn: "+row.outcome || *notice.TopicArn != "topic" {
				t.Errorf("%s: %s\n%s\nwant\n%s", *notice.TopicArn, *notice.Subject, *notice.Message, row.want)
			}
			attributes := notice.MessageAttributes
			if *attributes["outcome"].StringValue != row.outcome || *attributes["execution"].StringValue != execution || len(attributes) != 2 {
				t.Errorf("attributes %v", attributes)
			}
		})
	}
}

func TestARunInWhichNothingHappenedIsNotTold(t *testing.T) {
	for _, outcome := range []string{"NOTHING_NEW", "ALREADY_RUNNING"} {
		d := &desk{}
		if err := d.report(t, map[string]any{"status": "SUCCEEDED", "output": `{"outcome":"` + outcome + `"}`}); err != nil || len(d.notices) != 0 {
			t.Errorf("%s: %d notices, %v", outcome, len(d.notices), err)
		}
	}
}

func TestARunThatFailedBeforeAnyStepIsTold(t *testing.T) {
	d := &desk{}
	if err := d.report(t, map[string]any{"status": "ABORTED"}); err != nil || strings.Contains(*d.notices[0].Message, "Step") {
		t.Errorf("%q, %v", aws.ToString(d.notices[0].Message), err)
	}
}

func TestALongCauseIsCutBetweenCharacters(t *testing.T) {
	d := &desk{}
	if err := d.report(t, map[string]any{"status": "FAILED", "cause": strings.Repeat("ü", 5000)}); err != nil {
		t.Fatal(err)
	}
	if text := *d.notices[0].Message; !strings.Contains(text, "Cause: "+strings.Repeat("ü", 4000)+"…\n") {
		t.Errorf("a text of %d bytes", len(text))
	}
}

func TestTheConsoleIsThatOfThePartition(t *testing.T) {
	for arn, want := range map[string]string{
		"arn:aws-cn:states:cn-north-1:1:execution:m:e":        "https://cn-north-1.console.amazonaws.cn/states/home?region=cn-north-1#/v2/executions/details/arn:aws-cn:states:cn-north-1:1:execution:m:e",
		"arn:aws-us-gov:states:us-gov-west-1:1:execution:m:e": "https://us-gov-west-1.console.amazonaws-us-gov.com/states/home?region=us-gov-west-1#/v2/executions/details/arn:aws-us-gov:states:us-gov-west-1:1:execution:m:e",
		"arn:aws-iso:states:us-iso-east-1:1:execution:m:e":    "arn:aws-iso:states:us-iso-east-1:1:execution:m:e",
		"no ARN": "no ARN",
	} {
		if got := console(arn); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestAServiceThatIsBusyIsToldFromOneThatRefuses(t *testing.T) {
	for _, detail := range []map[string]any{{"status": "FAILED"}, {"status": "SUCCEEDED", "output": `{"outcome":"REFUSED"}`}} {
		for code, busy := range map[string]bool{"ThrottlingException": true, "AccessDenied": false} {
			err := (&desk{failure: &smithy.GenericAPIError{Code: code}}).report(t, detail)
			if _, ok := errors.AsType[*patience.ServiceBusy](err); ok != busy || err == nil {
				t.Errorf("%s: %T %v", code, err, err)
			}
		}
	}
}
