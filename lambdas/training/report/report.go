// Package report tells what became of a run: that a new model is in service,
// that it was refused, or which step has failed and where to look.
package report

// This file reads Step Functions' events.

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// StepFunctions is what the handler needs of the Step Functions client.
type StepFunctions interface {
	GetExecutionHistory(context.Context, *sfn.GetExecutionHistoryInput, ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error)
}

// SNS is what the handler needs of the SNS client.
type SNS interface {
	Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// Handler reports on the runs of one system.
type Handler struct {
	StepFunctions StepFunctions
	SNS           SNS
	TopicARN      string
	Name          string // the system's, for the subject
}

// end is the detail of an event that tells of an execution's end.
type end struct {
	ExecutionARN string `json:"executionArn"`
	Status       string `json:"status"` // SUCCEEDED, FAILED, TIMED_OUT or ABORTED
	Output       string `json:"output"` // of one that has succeeded; none if it is long
	Error        string `json:"error"`
	Cause        string `json:"cause"`
}

// Handle tells of an execution's end, unless nothing has happened in it. It may
// be repeated. Its errors are those of patience.
func (h *Handler) Handle(ctx context.Context, event events.CloudWatchEvent) error {
	var e end
	if err := json.Unmarshal(event.Detail, &e); err != nil {
		return fmt.Errorf("read the event's detail: %w", err)
	}
	if e.Status == string(sfntypes.ExecutionStatusSucceeded) {
		return patience.Named(h.succeeded(ctx, e))
	}
	return patience.Named(h.failed(ctx, e))
}

// succeeded tells what is worth it: a new model, or one that was refused.
func (h *Handler) succeeded(ctx context.Context, e end) error {
	var result contract.Result
	if err := json.Unmarshal([]byte(e.Output), &result); err != nil {
		return fmt.Errorf("read the output of %s: %w", e.ExecutionARN, err)
	}
	switch result.Outcome {
	case contract.Succeeded, contract.Refused:
		return h.tell(ctx, e, string(result.Outcome), outcome(result))
	}
	return nil
}

func (h *Handler) failed(ctx context.Context, e end) error {
	step, err := h.step(ctx, e.ExecutionARN)
	if err != nil {
		return err
	}
	return h.tell(ctx, e, e.Status, failure(e, step))
}

// step is the name of the state that an execution was in at its end; empty if it
// was in none. The events are read from the last one on, as far as it takes.
func (h *Handler) step(ctx context.Context, execution string) (string, error) {
	pages := sfn.NewGetExecutionHistoryPaginator(h.StepFunctions, &sfn.GetExecutionHistoryInput{
		ExecutionArn: &execution, ReverseOrder: true, IncludeExecutionData: aws.Bool(false),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", fmt.Errorf("read the history of %s: %w", execution, err)
		}
		for _, event := range page.Events {
			if event.StateEnteredEventDetails != nil {
				return *event.StateEnteredEventDetails.Name, nil
			}
		}
	}
	return "", nil
}

func (h *Handler) tell(ctx context.Context, e end, outcome, text string) error {
	_, err := h.SNS.Publish(ctx, &sns.PublishInput{
		TopicArn: aws.String(h.TopicARN),
		Subject:  aws.String(h.Name + ": " + outcome),
		Message:  aws.String(text + "\n" + console(e.ExecutionARN) + "\n"),
		MessageAttributes: map[string]types.MessageAttributeValue{
			contract.NoticeOutcome:   attribute(outcome),
			contract.NoticeExecution: attribute(e.ExecutionARN),
		},
	})
	if err != nil {
		return fmt.Errorf("tell of %s: %w", e.ExecutionARN, err)
	}
	return nil
}

func attribute(text string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(text)}
}
