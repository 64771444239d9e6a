package replay

// This file reads a file's row and the object that was uploaded.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// file is a row of the Files table.
type file struct {
	contract.Settlement
	status contract.FileStatus
	totals contract.Totals
	etag   string // of an object without a version, so that one content is read
}

func (r *Replayer) readFile(ctx context.Context, fileID string) (*file, error) {
	got, err := r.DynamoDB.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      aws.String(r.FilesTable),
		Key:            map[string]types.AttributeValue{contract.AttrFileID: attribute.Text(fileID)},
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, fmt.Errorf("read the file's row: %w", err)
	}
	if got.Item == nil {
		return nil, errors.New("the file's row is gone: its partner has to send it again")
	}
	item := got.Item
	f := &file{
		Settlement: contract.Settlement{
			FileID:    fileID,
			Partner:   attribute.String(item, contract.AttrPartner),
			Bucket:    attribute.String(item, contract.AttrBucket),
			Key:       attribute.String(item, contract.AttrKey),
			VersionID: attribute.String(item, contract.AttrVersionID),
			File:      attribute.String(item, contract.AttrFile),
		},
		status: contract.FileStatus(attribute.String(item, contract.AttrStatus)),
	}
	received, err := attribute.Int(item, contract.AttrReceived)
	attempt, fault := attribute.Int(item, contract.AttrAttempts)
	if err = errors.Join(err, fault); err != nil {
		return nil, fmt.Errorf("read the file's row: %w", err)
	}
	f.Received, f.Attempt = int(received), int(attempt)
	if f.totals, err = totals(item[contract.AttrTotals]); err != nil {
		return nil, err
	}
	if item[contract.AttrPrevious] != nil {
		previous, err := totals(item[contract.AttrPrevious])
		if err != nil {
			return nil, err
		}
		f.Previous = &previous
	}
	return f, nil
}

// totals are those that acknowledge has written; zero if it has not.
func totals(value types.AttributeValue) (t contract.Totals, err error) {
	m, _ := value.(*types.AttributeValueMemberM)
	if m == nil {
		return t, nil
	}
	number := func(name string) int {
		n, fault := attribute.Int(m.Value, name)
		err = errors.Join(err, fault)
		return int(n)
	}
	t = contract.Totals{
		Received: number("received"), Stored: number("stored"), Duplicate: number("duplicate"),
		Rejected: number("rejected"), Failed: number("failed"),
	}
	if err != nil {
		return t, fmt.Errorf("read the file's totals: %w", err)
	}
	return t, nil
}

// locate makes sure that the very object is still there, before anything is
// changed.
func (r *Replayer) locate(ctx context.Context, f *file) error {
	input := &s3.HeadObjectInput{Bucket: aws.String(f.Bucket), Key: aws.String(f.Key)}
	if f.VersionID != "" {
		input.VersionId = aws.String(f.VersionID)
	}
	head, err := r.S3.HeadObject(ctx, input)
	if coded, ok := errors.AsType[smithy.APIError](err); ok {
		switch coded.ErrorCode() {
		case "NotFound", "NoSuchKey", "NoSuchVersion":
			return fmt.Errorf("%s is gone: its partner has to send it again", f.Key)
		}
	}
	if err != nil {
		return fmt.Errorf("look up %s: %w", f.Key, err)
	}
	if f.VersionID == "" { // its id is made of these, as split does it
		f.etag = aws.ToString(head.ETag)
		if contract.FileID(f.Bucket, f.Key, f.etag+" "+aws.ToTime(head.LastModified).UTC().Format(time.RFC3339)) != f.FileID {
			return fmt.Errorf("%s was replaced since: its partner has to send it again", f.Key)
		}
	}
	return nil
}

func (r *Replayer) open(ctx context.Context, f *file) (io.ReadCloser, error) {
	input := &s3.GetObjectInput{Bucket: aws.String(f.Bucket), Key: aws.String(f.Key)}
	if f.VersionID != "" {
		input.VersionId = aws.String(f.VersionID)
	} else {
		input.IfMatch = aws.String(f.etag)
	}
	object, err := r.S3.GetObject(ctx, input)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", f.Key, err)
	}
	return object.Body, nil
}
