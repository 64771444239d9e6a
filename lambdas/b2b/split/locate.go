// This file finds the file that a notice is about.

package split

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// locate finds the object's version and with it the file's id. CloudTrail may
// not tell the version, the SFTP server never does: then it is the newest when
// the notice comes first, and stays that one. What has become the newest since,
// such as a part whose connection broke off, is not what an earlier attempt has
// claimed, and nobody else would split that. A nil file is one that is gone.
func (h *Handler) locate(ctx context.Context, n notice) (*file, error) {
	f := &file{Settlement: contract.Settlement{Bucket: n.bucket, Key: n.key}}
	at := place{version: n.version}
	if n.version == "" {
		noted, err := h.noted(ctx, n)
		if err == nil && noted == nil {
			noted, err = h.newest(ctx, n)
		}
		if err != nil || noted == nil {
			return nil, err
		}
		at = *noted
	}
	f.VersionID, f.etag = at.version, at.etag
	f.FileID = contract.FileID(n.bucket, n.key, at.identity())
	return f, nil
}

// place is which content of an object a notice is about. A bucket may have no
// versions: then the entity tag and the time of writing stand for it.
type place struct{ version, etag, written string }

func (p place) identity() string { return cmp.Or(p.version, p.etag+" "+p.written) }

// newest is the object's content as it is now, and is noted. If another attempt
// of the notice was faster, it is what that one has noted. Nil: the object is gone.
func (h *Handler) newest(ctx context.Context, n notice) (*place, error) {
	head, err := h.S3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(n.bucket), Key: aws.String(n.key)})
	if coded, ok := errors.AsType[smithy.APIError](err); ok && (coded.ErrorCode() == "NotFound" || coded.ErrorCode() == "NoSuchKey") {
		slog.WarnContext(ctx, "file is gone", "key", n.key)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", n.key, err)
	}
	p := place{aws.ToString(head.VersionId), aws.ToString(head.ETag), aws.ToTime(head.LastModified).UTC().Format(time.RFC3339)}
	_, err = h.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           aws.String(h.FilesTable),
		Key:                 n.row(),
		UpdateExpression:    aws.String("SET #version = :version, #etag = :etag, #written = :written, #expires = :expires"),
		ConditionExpression: aws.String("attribute_not_exists(#id)"),
		ExpressionAttributeNames: map[string]string{
			"#id": contract.AttrFileID, "#version": contract.AttrVersionID, "#etag": contract.AttrETag, "#written": contract.AttrWrittenAt,
			"#expires": contract.AttrExpiresAt,
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":version": attribute.Text(p.version), ":etag": attribute.Text(p.etag), ":written": attribute.Text(p.written),
			":expires": attribute.Number(time.Now().Add(h.Retention).Unix()),
		},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if faster, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return placeOf(faster.Item), nil
	}
	if err != nil {
		return nil, fmt.Errorf("note the version of %s: %w", n.key, err)
	}
	return &p, nil
}

// noted is what an earlier attempt of the notice has noted, or nil.
func (h *Handler) noted(ctx context.Context, n notice) (*place, error) {
	got, err := h.DynamoDB.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(h.FilesTable), Key: n.row(), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, fmt.Errorf("look for the version of %s: %w", n.key, err)
	}
	if len(got.Item) == 0 {
		return nil, nil
	}
	return placeOf(got.Item), nil
}

func placeOf(item map[string]types.AttributeValue) *place {
	return &place{attribute.String(item, contract.AttrVersionID), attribute.String(item, contract.AttrETag), attribute.String(item, contract.AttrWrittenAt)}
}

// row is the key of what is noted about the notice.
func (n notice) row() map[string]types.AttributeValue {
	return map[string]types.AttributeValue{contract.AttrFileID: attribute.Text(contract.NoticeID(n.id))}
}
