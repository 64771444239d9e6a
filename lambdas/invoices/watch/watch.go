// Package watch looks after the files that are not settled by their deadline. A
// job of whose end nobody has heard is asked about.
package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/textract"
	textracttypes "github.com/aws/aws-sdk-go-v2/service/textract/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/executions"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// DynamoDB is what the handler needs of the DynamoDB client.
type DynamoDB interface {
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
}

// Textract is what the handler needs of the Textract client.
type Textract interface {
	GetExpenseAnalysis(context.Context, *textract.GetExpenseAnalysisInput, ...func(*textract.Options)) (*textract.GetExpenseAnalysisOutput, error)
}

// Handler watches the files of one system.
type Handler struct {
	DynamoDB      DynamoDB
	Textract      Textract
	StepFunctions executions.Client
	Metrics       *metrics.Emitter
	FilesTable    string
	WorkflowARN   string
}

// Handle goes through the overdue files, and counts them, which raises an alarm.
// One that cannot be looked after does not keep the others waiting.
func (h *Handler) Handle(ctx context.Context) error {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	overdue := 0
	var faults []error
	pages := dynamodb.NewQueryPaginator(h.DynamoDB, &dynamodb.QueryInput{
		TableName:                &h.FilesTable,
		IndexName:                aws.String(contract.IndexOpen),
		KeyConditionExpression:   aws.String("#open = :open AND #deadline < :now"),
		ExpressionAttributeNames: map[string]string{"#open": contract.AttrOpen, "#deadline": contract.AttrDeadline},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":open": attribute.Text(contract.Open), ":now": attribute.Number(time.Now().Unix()),
		},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			faults = append(faults, fmt.Errorf("read the files that are not settled: %w", err))
			break
		}
		for _, item := range page.Items {
			overdue++
			if err := h.look(ctx, item); err != nil {
				faults = append(faults, fmt.Errorf("look after files: %w", err))
			}
		}
	}
	if overdue > 0 {
		faults = append(faults, h.Metrics.Count(metrics.Value{Name: contract.MetricOverdue, Count: overdue}))
	}
	return errors.Join(faults...)
}

// look starts the workflow of a file whose job is done, whatever became of it:
// its completion was lost. All else waits for an operator.
func (h *Handler) look(ctx context.Context, item map[string]types.AttributeValue) error {
	id, job := attribute.String(item, contract.AttrFileID), attribute.String(item, contract.AttrJobID)
	status := contract.FileStatus(attribute.String(item, contract.AttrStatus))
	slog.WarnContext(ctx, "file is overdue", "fileId", id, "key", attribute.String(item, contract.AttrKey), "status", status, "jobId", job)
	if status != contract.FileAnalyzing {
		return nil
	}
	inProgress := false
	err := patience.Retry(ctx, func() error {
		answer, err := h.Textract.GetExpenseAnalysis(ctx, &textract.GetExpenseAnalysisInput{JobId: &job, MaxResults: aws.Int32(1)})
		if err == nil {
			inProgress = answer.JobStatus == textracttypes.JobStatusInProgress
		}
		return err
	})
	if _, forgotten := errors.AsType[*textracttypes.InvalidJobIdException](err); err != nil && !forgotten {
		return fmt.Errorf("ask about job %s of file %s: %w", job, id, err)
	}
	if inProgress {
		return nil
	}
	input, err := json.Marshal(contract.File{FileID: id, JobID: job})
	if err != nil {
		return fmt.Errorf("encode file %s: %w", id, err)
	}
	slog.WarnContext(ctx, "nobody has told of the job's end; starting the workflow", "fileId", id, "jobId", job)
	return executions.Start(ctx, h.StepFunctions, h.WorkflowARN, id, string(input))
}
