// Package finddata lists what there is to train on, writes the list down, and
// says how much of it is new.
package finddata

// This file compares the data with what the last success was trained on.

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// S3 is what the handler needs of the S3 client.
type S3 interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// DynamoDB is what the handler needs of the DynamoDB client.
type DynamoDB interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
}

// Handler finds data of one system.
type Handler struct {
	S3         S3
	DynamoDB   DynamoDB
	DataBucket string
	DataPrefix string // what does not begin so is no data
	WorkBucket string
	RunsTable  string
}

// Handle finds the data of a run. It may be repeated. Its errors are those of
// patience.
//
// An object is new if the last success was trained on none of its key, ETag and
// size. (Its date would not do: that of a large upload is from when it began,
// which may be before a run that did not see it.) Nothing is new if exactly
// these objects made a model that was refused: they would make it again.
func (h *Handler) Handle(ctx context.Context, search contract.Search) (contract.Found, error) {
	found, err := h.find(ctx, search.Run)
	return found, patience.Named(err)
}

func (h *Handler) find(ctx context.Context, run string) (contract.Found, error) {
	success, err := h.row(ctx, contract.RowLastSuccess)
	if err != nil {
		return contract.Found{}, err
	}
	refusal, err := h.row(ctx, contract.RowLastRefusal)
	if err != nil {
		return contract.Found{}, err
	}
	former, err := h.open(ctx, attribute.String(success, contract.AttrManifest))
	if err != nil {
		return contract.Found{}, err
	}
	defer former.close()
	list, err := newList()
	if err != nil {
		return contract.Found{}, err
	}
	defer list.close()

	found := contract.Found{Manifest: contract.FolderManifests + run + ".jsonl"}
	if err := h.each(ctx, func(line contract.Line) error {
		known, err := former.has(line)
		if err != nil {
			return err
		}
		if !known {
			found.New++
		}
		found.Objects++
		found.Bytes += line.Size
		return list.add(line)
	}); err != nil {
		return contract.Found{}, err
	}
	if found.Fingerprint = list.fingerprint(); found.Fingerprint == attribute.String(refusal, contract.AttrFingerprint) {
		found.New = 0
	}
	if found.New == 0 {
		return found, nil // the run ends, and leaves nothing behind
	}
	return found, h.save(ctx, found.Manifest, list)
}

// row reads a row of the table; nil if there is none.
func (h *Handler) row(ctx context.Context, key string) (map[string]types.AttributeValue, error) {
	got, err := h.DynamoDB.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(h.RunsTable), ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{contract.AttrRun: attribute.Text(key)},
	})
	if err != nil {
		return nil, fmt.Errorf("read the row %s: %w", key, err)
	}
	return got.Item, nil
}

// each visits the objects that are data, in the order of their keys. Empty ones
// that stand for a folder are none.
func (h *Handler) each(ctx context.Context, visit func(contract.Line) error) error {
	pages := s3.NewListObjectsV2Paginator(h.S3, &s3.ListObjectsV2Input{Bucket: aws.String(h.DataBucket), Prefix: aws.String(h.DataPrefix)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list %s/%s: %w", h.DataBucket, h.DataPrefix, err)
		}
		for _, object := range page.Contents {
			line := contract.Line{Key: *object.Key, ETag: strings.Trim(aws.ToString(object.ETag), `"`), Size: aws.ToInt64(object.Size)}
			if line.Size == 0 && strings.HasSuffix(line.Key, "/") {
				continue
			}
			if err := visit(line); err != nil {
				return err
			}
		}
	}
	return nil
}
