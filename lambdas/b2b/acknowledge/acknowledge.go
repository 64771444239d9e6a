// Package acknowledge answers a partner about one file: it writes the reply
// file, sets a broken file aside, updates the file's status and counts its
// outcomes. All of it may be repeated.
package acknowledge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/metrics"
)

// S3 is what the handler needs of the S3 client.
type S3 interface {
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	CopyObject(context.Context, *s3.CopyObjectInput, ...func(*s3.Options)) (*s3.CopyObjectOutput, error)
	ListObjectVersions(context.Context, *s3.ListObjectVersionsInput, ...func(*s3.Options)) (*s3.ListObjectVersionsOutput, error)
}

// DynamoDB is what the handler needs of the DynamoDB client.
type DynamoDB interface {
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
}

// Handler acknowledges files of one pipeline.
type Handler struct {
	S3            S3
	DynamoDB      DynamoDB
	Metrics       *metrics.Emitter
	FilesTable    string
	OutcomesTable string
	Retention     time.Duration // of files, from now on
}

// Handle acknowledges a file that is SETTLED, QUARANTINED, or for the time
// being OVERDUE. Metrics come last: a repetition after an error counts once.
// For a settlement that another one has taken over from, there is nothing to
// do: it may have looked before a replay began.
func (h *Handler) Handle(ctx context.Context, a contract.Acknowledgement) error {
	a.Totals.Received = a.Received
	if err := h.reply(ctx, a); err != nil {
		return fmt.Errorf("reply to %s: %w", a.Key, err)
	}
	if a.Status == contract.FileQuarantined {
		if err := h.setAside(ctx, a); err != nil {
			return fmt.Errorf("set aside %s: %w", a.Key, err)
		}
	}
	if superseded, err := h.update(ctx, a); err != nil || superseded {
		return err
	}
	slog.InfoContext(ctx, "file acknowledged", "partner", a.Partner, "file", a.File, "fileId", a.FileID,
		"status", a.Status, "reason", a.Reason, "totals", a.Totals)
	return h.count(a)
}

// setAside copies the very version that was found broken. A version that is
// gone, or that is too large to copy in one call (5 GB), stays a matter for
// the log: the partner has the reply with the reason.
func (h *Handler) setAside(ctx context.Context, a contract.Acknowledgement) error {
	source := sourceOf(a.Bucket, a.Key)
	if a.VersionID != "" {
		source += "?versionId=" + url.QueryEscape(a.VersionID)
	}
	key := contract.QuarantineKey(a.Partner, a.FileID, a.File)
	_, err := h.S3.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket:     aws.String(a.Bucket),
		Key:        aws.String(key),
		CopySource: aws.String(source),
	})
	switch codeOf(err) {
	case "NoSuchKey", "NoSuchVersion", "InvalidRequest":
		slog.WarnContext(ctx, "broken file not set aside", "source", source, "error", err.Error())
		return nil
	}
	if err != nil {
		return fmt.Errorf("copy to %s: %w", key, err)
	}
	return nil
}

// sourceOf names an object that is copied.
func sourceOf(bucket, key string) string {
	segments := strings.Split(bucket+"/"+key, "/")
	for i, segment := range segments {
		segments[i] = url.PathEscape(segment)
	}
	return strings.Join(segments, "/")
}

// superseded reports whether a later settlement of the file was started.
func (h *Handler) superseded(ctx context.Context, a contract.Acknowledgement) (bool, error) {
	got, err := h.DynamoDB.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:                aws.String(h.FilesTable),
		Key:                      map[string]types.AttributeValue{contract.AttrFileID: attribute.Text(a.FileID)},
		ConsistentRead:           aws.Bool(true),
		ProjectionExpression:     aws.String("#attempts"),
		ExpressionAttributeNames: map[string]string{"#attempts": contract.AttrAttempts},
	})
	if err != nil {
		return false, fmt.Errorf("read the status of %s: %w", a.Key, err)
	}
	latest, err := attribute.Int(got.Item, contract.AttrAttempts)
	if err != nil {
		return false, fmt.Errorf("read the status of %s: %w", a.Key, err)
	}
	if a.Attempt < int(latest) {
		slog.InfoContext(ctx, "a later settlement has taken over", "fileId", a.FileID, "attempt", a.Attempt, "latest", latest)
		return true, nil
	}
	return false, nil
}

// update writes the status and what belongs to it, unless a later settlement
// has taken over. Split may have died before it did, so received and reason
// are written too.
func (h *Handler) update(ctx context.Context, a contract.Acknowledgement) (superseded bool, err error) {
	why := reason(a)
	if why == nil {
		why = &contract.Reason{}
	}
	update := "SET #status = :status, #received = :received, #reason = :reason, #code = :code, #totals = :totals, #expires = :expires REMOVE #lease"
	names := map[string]string{
		"#status": contract.AttrStatus, "#received": contract.AttrReceived, "#reason": contract.AttrReason, "#code": contract.AttrCode,
		"#totals": contract.AttrTotals, "#expires": contract.AttrExpiresAt, "#lease": contract.AttrLeaseUntil, "#attempts": contract.AttrAttempts,
	}
	if a.Status != contract.FileOverdue {
		update += ", #unsettled"
		names["#unsettled"] = contract.AttrUnsettled
	}
	_, err = h.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                aws.String(h.FilesTable),
		Key:                      map[string]types.AttributeValue{contract.AttrFileID: attribute.Text(a.FileID)},
		UpdateExpression:         aws.String(update),
		ConditionExpression:      aws.String("attribute_not_exists(#attempts) OR #attempts <= :attempt"),
		ExpressionAttributeNames: names,
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":attempt":  attribute.Number(a.Attempt),
			":status":   attribute.Text(a.Status),
			":received": attribute.Number(a.Received),
			":reason":   attribute.Text(why.String()),
			":code":     attribute.Text(why.Code),
			":expires":  attribute.Number(time.Now().Add(h.Retention).Unix()),
			":totals": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
				"received":  attribute.Number(a.Totals.Received),
				"stored":    attribute.Number(a.Totals.Stored),
				"duplicate": attribute.Number(a.Totals.Duplicate),
				"rejected":  attribute.Number(a.Totals.Rejected),
				"failed":    attribute.Number(a.Totals.Failed),
			}},
		},
	})
	if _, later := errors.AsType[*types.ConditionalCheckFailedException](err); later {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("update the status of %s: %w", a.Key, err)
	}
	return false, nil
}

// count emits the file's metrics. An overdue file's outcomes are counted when
// it settles; what split received, split has counted.
func (h *Handler) count(a contract.Acknowledgement) error {
	switch {
	case a.Status == contract.FileSettled && a.Previous != nil:
		return h.Metrics.Count(metrics.Again(a.Totals, *a.Previous)...)
	case a.Status == contract.FileSettled:
		return h.Metrics.Count(append(metrics.Totals(a.Totals), metrics.Value{Name: contract.MetricFilesSettled, Count: 1})...)
	case a.Status == contract.FileQuarantined:
		return h.Metrics.Count(metrics.Value{Name: contract.MetricFilesQuarantined, Count: 1})
	case a.Status == contract.FileOverdue:
		return h.Metrics.Count(metrics.Value{Name: contract.MetricFilesOverdue, Count: 1})
	}
	return fmt.Errorf("a file cannot be acknowledged as %q", a.Status)
}
