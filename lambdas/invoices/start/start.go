// Package start starts the workflow of each document that Textract has told of.
package start

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/aws/aws-lambda-go/events"

	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/executions"
)

// Handler starts executions of one workflow. The client's own retries are best
// turned off: the handler decides how long to go on.
type Handler struct {
	StepFunctions executions.Client
	WorkflowARN   string
}

// Handle starts an execution for each finished job of the batch, and reports
// those messages with which it could not, for SQS to deliver again. Its error is
// always nil.
func (h *Handler) Handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	return executions.Each(ctx, batch, h.start), nil
}

// completion is what Textract tells of a job, whatever became of it:
// https://docs.aws.amazon.com/textract/latest/dg/async-notification-payload.html
type completion struct {
	JobID  string `json:"JobId"`
	API    string `json:"API"`
	JobTag string `json:"JobTag"` // the file's id
}

var fileID = regexp.MustCompile(`^[0-9a-f]{40}$`)

func read(body string) (completion, error) {
	var envelope events.SNSEntity
	if err := json.Unmarshal([]byte(body), &envelope); err != nil {
		return completion{}, fmt.Errorf("read the notice: %w", err)
	}
	var c completion
	if err := json.Unmarshal([]byte(envelope.Message), &c); err != nil {
		return completion{}, fmt.Errorf("read what Textract tells: %w", err)
	}
	if c.API != "StartExpenseAnalysis" || c.JobID == "" || !fileID.MatchString(c.JobTag) {
		return completion{}, fmt.Errorf("no job of ours: API %q, JobId %q, JobTag %q", c.API, c.JobID, c.JobTag)
	}
	return c, nil
}

// start starts one execution, under the file's id: told again, it starts nothing.
func (h *Handler) start(ctx context.Context, message events.SQSMessage) error {
	c, err := read(message.Body)
	if err != nil {
		return err
	}
	input, err := json.Marshal(contract.File{FileID: c.JobTag, JobID: c.JobID})
	if err != nil {
		return fmt.Errorf("encode job %s: %w", c.JobID, err)
	}
	return executions.Start(ctx, h.StepFunctions, h.WorkflowARN, c.JobTag, string(input))
}
