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
	"github.com/tradepost-dev/tradepost/internal/files"
)

// upload is a file and the object that was uploaded.
type upload struct {
	files.Row
	etag string // of an object without a version, so that one content is read
}

func (r *Replayer) readFile(ctx context.Context, fileID string) (*upload, error) {
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
	f, err := files.Read(got.Item)
	return &upload{Row: f}, err
}

// locate makes sure that the very object is still there, before anything is
// changed.
func (r *Replayer) locate(ctx context.Context, f *upload) error {
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

func (r *Replayer) open(ctx context.Context, f *upload) (io.ReadCloser, error) {
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
