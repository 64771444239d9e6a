// Package archive puts a document, what was read of it and what was decided into
// a folder of their own, and settles the file.
package archive

// This file has the handler; folder.go fills the folder.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// DynamoDB is what the handler needs of the DynamoDB client.
type DynamoDB interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
}

// SNS is what the handler needs of the SNS client.
type SNS interface {
	Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// Handler archives files.
type Handler struct {
	S3         S3
	DynamoDB   DynamoDB
	SNS        SNS
	Metrics    *metrics.Emitter
	FilesTable string
	Bucket     string
	NoticesARN string
}

// Handle archives one file, tells what became of it, and settles it, in this
// order: repeated, it does the same again, but counts once. Its errors are those
// of patience.Named.
func (h *Handler) Handle(ctx context.Context, in contract.Archiving) (contract.Archived, error) {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	archived, err := h.archive(ctx, in)
	if err != nil {
		return contract.Archived{}, patience.Named(fmt.Errorf("archive file %s: %w", in.FileID, err))
	}
	return archived, nil
}

func (h *Handler) archive(ctx context.Context, in contract.Archiving) (contract.Archived, error) {
	row, err := h.row(ctx, in.FileID)
	if err != nil {
		return contract.Archived{}, err
	}
	archived := contract.Archived{
		FileID: in.FileID, Bucket: attribute.String(row, contract.AttrBucket), Key: attribute.String(row, contract.AttrKey),
		Archive: contract.ArchiveFolder(in.FileID), Outcomes: in.Outcomes,
	}
	for _, outcome := range in.Outcomes {
		if outcome.Outcome == contract.OutcomeFailed {
			archived.Failed++
		}
	}
	if err := h.fill(ctx, archived, attribute.String(row, contract.AttrVersion)); err != nil {
		return archived, err
	}
	if err := h.tell(ctx, archived); err != nil {
		return archived, err
	}
	return archived, h.settle(ctx, archived)
}

func (h *Handler) row(ctx context.Context, fileID string) (map[string]types.AttributeValue, error) {
	var output *dynamodb.GetItemOutput
	err := patience.Retry(ctx, func() (err error) {
		output, err = h.DynamoDB.GetItem(ctx, &dynamodb.GetItemInput{TableName: &h.FilesTable, Key: key(fileID), ConsistentRead: aws.Bool(true)})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read its row: %w", err)
	}
	if output.Item == nil {
		return nil, errors.New("it has no row")
	}
	return output.Item, nil
}

func key(fileID string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{contract.AttrFileID: attribute.Text(fileID)}
}

// tell publishes what became of the file.
func (h *Handler) tell(ctx context.Context, archived contract.Archived) error {
	message, err := json.Marshal(archived)
	if err != nil {
		return fmt.Errorf("encode the notice: %w", err)
	}
	var codes []string
	for _, outcome := range archived.Outcomes {
		codes = append(codes, string(outcome.Outcome))
	}
	list, err := json.Marshal(codes)
	if err != nil {
		return fmt.Errorf("encode the notice's outcomes: %w", err)
	}
	err = patience.Retry(ctx, func() error {
		_, err := h.SNS.Publish(ctx, &sns.PublishInput{
			TopicArn: &h.NoticesARN, Subject: aws.String(subject(codes)), Message: aws.String(string(message)),
			MessageAttributes: map[string]snstypes.MessageAttributeValue{
				contract.NoticeOutcome: {DataType: aws.String("String.Array"), StringValue: aws.String(string(list))},
			},
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("publish the notice: %w", err)
	}
	return nil
}

// subject says it all in a line that mails may have.
func subject(codes []string) string {
	text := "Invoices: " + strings.Join(codes, ", ")
	if len(text) > 100 {
		text = fmt.Sprintf("Invoices: %d in one file", len(codes))
	}
	return text
}

// settle closes the file, and counts its invoices the first time. It was received
// as one; those beyond it are received now.
func (h *Handler) settle(ctx context.Context, archived contract.Archived) error {
	outcomes, err := json.Marshal(archived.Outcomes)
	if err != nil {
		return fmt.Errorf("encode the outcomes: %w", err)
	}
	err = patience.Retry(ctx, func() error {
		_, err := h.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: &h.FilesTable, Key: key(archived.FileID),
			UpdateExpression:    aws.String("SET #status = :settled, #outcomes = :outcomes, #settledAt = :now REMOVE #open, #deadline"),
			ConditionExpression: aws.String("attribute_exists(#open)"),
			ExpressionAttributeNames: map[string]string{
				"#status": contract.AttrStatus, "#outcomes": contract.AttrOutcomes, "#settledAt": contract.AttrSettledAt,
				"#open": contract.AttrOpen, "#deadline": contract.AttrDeadline,
			},
			ExpressionAttributeValues: map[string]types.AttributeValue{
				":settled": attribute.Text(contract.FileSettled), ":outcomes": attribute.Text(string(outcomes)),
				":now": attribute.Text(time.Now().UTC().Format(time.RFC3339)),
			},
		})
		return err
	})
	if _, before := errors.AsType[*types.ConditionalCheckFailedException](err); before {
		return nil
	}
	if err != nil {
		return fmt.Errorf("settle it: %w", err)
	}
	counts := map[contract.OutcomeCode]int{}
	for _, outcome := range archived.Outcomes {
		counts[outcome.Outcome]++
	}
	return h.Metrics.Count(
		metrics.Value{Name: contract.MetricReceived, Count: len(archived.Outcomes) - 1},
		metrics.Value{Name: contract.MetricPaid, Count: counts[contract.OutcomePaid]},
		metrics.Value{Name: contract.MetricRefused, Count: counts[contract.OutcomeRefused]},
		metrics.Value{Name: contract.MetricDuplicate, Count: counts[contract.OutcomeDuplicate]},
		metrics.Value{Name: contract.MetricFailed, Count: counts[contract.OutcomeFailed]},
	)
}
