// Package watch looks after the files that are unsettled past their deadline:
// from outside of their settlement executions, so that one that was stopped,
// timed out or failed is found too. Such a settlement is started again, and a
// file whose claim nobody has finished is split again.
package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/executions"
	"github.com/tradepost-dev/tradepost/internal/files"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// DynamoDB is what the handler needs of the DynamoDB client.
type DynamoDB interface {
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
}

// StepFunctions is what the handler needs of the Step Functions client.
type StepFunctions interface {
	executions.Client
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
}

// Lambda is what the handler needs of the Lambda client.
type Lambda interface {
	Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

// Handler watches the files of one pipeline.
type Handler struct {
	DynamoDB      DynamoDB
	StepFunctions StepFunctions
	Lambda        Lambda
	Metrics       *metrics.Emitter
	FilesTable    string
	SettlementARN string
	SplitFunction string
}

// Handle goes through the overdue files. One that cannot be looked after does
// not keep the others waiting; the next run comes back to it. Files that
// nobody worked on are counted, which raises an alarm: a settlement should not
// need this.
func (h *Handler) Handle(ctx context.Context) error {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	abandoned := 0
	var faults []error
	pages := dynamodb.NewQueryPaginator(h.DynamoDB, &dynamodb.QueryInput{
		TableName:              aws.String(h.FilesTable),
		IndexName:              aws.String(contract.IndexUnsettled),
		KeyConditionExpression: aws.String("#unsettled = :unsettled AND #deadline < :now"),
		ExpressionAttributeNames: map[string]string{
			"#unsettled": contract.AttrUnsettled, "#deadline": contract.AttrDeadline,
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":unsettled": attribute.Text(contract.Unsettled), ":now": attribute.Number(time.Now().UnixMilli()),
		},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			faults = append(faults, fmt.Errorf("read unsettled files: %w", err))
			break
		}
		for _, item := range page.Items {
			left, err := h.look(ctx, item)
			if left {
				abandoned++
			}
			if err != nil {
				faults = append(faults, fmt.Errorf("look after files: %w", err))
			}
		}
	}
	if abandoned > 0 {
		faults = append(faults, h.Metrics.Count(metrics.Value{Name: contract.MetricFilesAbandoned, Count: abandoned}))
	}
	return errors.Join(faults...)
}

// look reports whether nobody worked on a file, and sees to it that somebody
// does.
func (h *Handler) look(ctx context.Context, item map[string]types.AttributeValue) (abandoned bool, err error) {
	f, err := files.Read(item)
	if err != nil {
		return false, err
	}
	if f.Status == contract.FileClaimed {
		return h.splitAgain(ctx, f)
	}
	running, err := h.running(ctx, f)
	if err != nil || running {
		return false, err
	}
	return h.restart(ctx, f)
}

// splitAgain has split told of a file once more if its claim has run out: all
// attempts on the notice have failed, and what became of the notice is not known
// here. It is among those that were given up, unless Lambda has lost it.
func (h *Handler) splitAgain(ctx context.Context, f files.Row) (told bool, err error) {
	if time.Now().Before(f.LeaseUntil) {
		return false, nil
	}
	var created contract.ObjectCreated
	created.Bucket.Name, created.Object.Key, created.Object.Version = f.Bucket, f.Key, f.VersionID
	detail, err := json.Marshal(created)
	if err != nil {
		return false, fmt.Errorf("encode notice: %w", err)
	}
	notice, err := json.Marshal(events.EventBridgeEvent{ID: f.FileID, DetailType: contract.DetailTypeObjectCreated, Detail: detail})
	if err != nil {
		return false, fmt.Errorf("encode notice: %w", err)
	}
	slog.WarnContext(ctx, "split ended without a settlement; telling it again", "fileId", f.FileID, "partner", f.Partner, "file", f.File, "version", f.VersionID)
	_, err = h.Lambda.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(h.SplitFunction), InvocationType: lambdatypes.InvocationTypeEvent, Payload: notice})
	if err != nil {
		return true, fmt.Errorf("invoke split for %s: %w", f.FileID, err)
	}
	return true, nil
}

// running reports whether the file's latest settlement is under way.
func (h *Handler) running(ctx context.Context, f files.Row) (bool, error) {
	name := contract.SettlementName(f.FileID, f.Attempt)
	var status sfntypes.ExecutionStatus
	err := patience.Retry(ctx, func() error {
		described, err := h.StepFunctions.DescribeExecution(ctx, &sfn.DescribeExecutionInput{
			ExecutionArn: aws.String(executions.ARN(h.SettlementARN, name)),
		})
		if _, never := errors.AsType[*sfntypes.ExecutionDoesNotExist](err); never {
			return nil
		}
		if err == nil {
			status = described.Status
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("describe settlement %s: %w", name, err)
	}
	return status == sfntypes.ExecutionStatusRunning, nil
}

// restart takes the next attempt's name, so that two watchers start one
// settlement, and starts it. The index lags behind the table: a file that has
// been settled meanwhile is left alone.
func (h *Handler) restart(ctx context.Context, f files.Row) (restarted bool, err error) {
	_, err = h.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           aws.String(h.FilesTable),
		Key:                 map[string]types.AttributeValue{contract.AttrFileID: attribute.Text(f.FileID)},
		UpdateExpression:    aws.String("SET #attempts = :next"),
		ConditionExpression: aws.String("attribute_exists(#unsettled) AND (attribute_not_exists(#attempts) OR #attempts < :next)"),
		ExpressionAttributeNames: map[string]string{
			"#attempts": contract.AttrAttempts, "#unsettled": contract.AttrUnsettled,
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{":next": attribute.Number(f.Attempt + 1)},
	})
	if _, gone := errors.AsType[*types.ConditionalCheckFailedException](err); gone {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("take attempt %d: %w", f.Attempt+1, err)
	}
	f.Attempt++
	input, err := json.Marshal(f.Settlement)
	if err != nil {
		return false, fmt.Errorf("encode settlement: %w", err)
	}
	name := contract.SettlementName(f.FileID, f.Attempt)
	slog.WarnContext(ctx, "settlement ended without a reply; starting it again", "fileId", f.FileID, "partner", f.Partner, "file", f.File, "execution", name)
	return true, executions.Start(ctx, h.StepFunctions, h.SettlementARN, name, string(input))
}
