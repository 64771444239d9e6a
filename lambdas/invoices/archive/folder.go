package archive

// This file fills a file's folder.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// S3 is what the handler needs of the S3 client.
type S3 interface {
	CopyObject(context.Context, *s3.CopyObjectInput, ...func(*s3.Options)) (*s3.CopyObjectOutput, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// fill copies the document, Textract's answer and the reading, as far as there
// are any, and writes the decision beside them.
func (h *Handler) fill(ctx context.Context, archived contract.Archived, version string) error {
	document := source(archived.Bucket, archived.Key)
	if version != "" {
		document += "?versionId=" + url.QueryEscape(version)
	}
	for _, object := range []struct{ name, from string }{
		{contract.ArchivedName(archived.Key), document},
		{contract.ArchivedAnalysis, source(h.Bucket, contract.AnalysisKey(archived.FileID))},
		{contract.ArchivedReading, source(h.Bucket, contract.ReadingKey(archived.FileID))},
	} {
		if err := h.copy(ctx, object.from, archived.Archive+object.name); err != nil {
			return fmt.Errorf("copy %s: %w", object.name, err)
		}
	}
	decision, err := json.MarshalIndent(archived, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the decision: %w", err)
	}
	err = patience.Retry(ctx, func() error {
		_, err := h.S3.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &h.Bucket, Key: aws.String(archived.Archive + contract.ArchivedDecision), Body: bytes.NewReader(decision), ContentType: aws.String("application/json"),
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("write the decision: %w", err)
	}
	return nil
}

// source is an object as CopySource takes it.
func source(bucket, key string) string {
	var parts []string
	for part := range strings.SplitSeq(key, "/") {
		parts = append(parts, url.PathEscape(part))
	}
	return bucket + "/" + strings.Join(parts, "/")
}

// copy copies an object. One that is not there is not archived: a document that
// was deleted meanwhile, or what a failed file has none of.
func (h *Handler) copy(ctx context.Context, from, to string) error {
	err := patience.Retry(ctx, func() error {
		_, err := h.S3.CopyObject(ctx, &s3.CopyObjectInput{Bucket: &h.Bucket, Key: &to, CopySource: &from})
		return err
	})
	if coded, ok := errors.AsType[smithy.APIError](err); ok && (coded.ErrorCode() == "NoSuchKey" || coded.ErrorCode() == "NoSuchVersion") {
		slog.InfoContext(ctx, "there is none to archive", "object", from)
		return nil
	}
	return err
}
