package start

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
)

type client func(*sfn.StartExecutionInput) error

func (c client) StartExecution(_ context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	return &sfn.StartExecutionOutput{}, c(in)
}

var id = contract.FileID("in", "inbox/a.pdf", "v1")

// notice is what SNS puts into the queue of what Textract tells.
func notice(t *testing.T, message string) string {
	t.Helper()
	body, err := json.Marshal(events.SNSEntity{Type: "Notification", MessageID: "m", Message: message})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// told is Textract's own message, as its documentation shows it.
func told(status string) string {
	return `{"JobId": "j1", "Status": "` + status + `", "API": "StartExpenseAnalysis", "JobTag": "` + id + `", "Timestamp": 1500000000000,
		"DocumentLocation": {"S3ObjectName": "inbox/a.pdf", "S3Bucket": "in"}}`
}

func TestEachFinishedJobStartsOneExecutionByItsFile(t *testing.T) {
	for _, status := range []string{"SUCCEEDED", "FAILED", "PARTIAL_SUCCESS", "ERROR"} {
		var started []string
		h := &Handler{WorkflowARN: "workflow", StepFunctions: client(func(in *sfn.StartExecutionInput) error {
			started = append(started, *in.StateMachineArn+" "+*in.Name+" "+*in.Input)
			if len(started) > 1 {
				return &types.ExecutionAlreadyExists{}
			}
			return nil
		})}
		message := events.SQSMessage{MessageId: "1", Body: notice(t, told(status))}
		for range 2 { // told twice
			response, err := h.Handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{message}})
			if err != nil || len(response.BatchItemFailures) != 0 {
				t.Errorf("%s: %v, %v", status, response, err)
			}
		}
		want := `workflow ` + id + ` {"fileId":"` + id + `","jobId":"j1"}`
		if !slices.Equal(started, []string{want, want}) {
			t.Errorf("%s: started %q", status, started)
		}
	}
}

func TestWhatIsNoJobOfOursIsHandedBack(t *testing.T) {
	h := &Handler{StepFunctions: client(func(*sfn.StartExecutionInput) error { t.Error("it is started"); return nil })}
	for name, body := range map[string]string{
		"nothing": "", "no notice": "[]", "no message": "{}", "another message": notice(t, "hello"), "an empty one": notice(t, "{}"),
		"another API": notice(t, strings.Replace(told("SUCCEEDED"), "StartExpenseAnalysis", "StartDocumentAnalysis", 1)),
		"no job":      notice(t, strings.Replace(told("SUCCEEDED"), "j1", "", 1)),
		"another tag": notice(t, strings.Replace(told("SUCCEEDED"), id, "mine", 1)),
	} {
		response, err := h.Handle(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: body}}})
		if err != nil || len(response.BatchItemFailures) != 1 {
			t.Errorf("%s: %v, %v", name, response, err)
		}
	}
}
