// Package predict has the endpoint predict for the rows that the ETL job has
// prepared, and writes what it says beside each other: an object for each
// object, a line for each row.
package predict

// This file goes through the objects.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"

	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// S3 is what the handler needs of the S3 client.
type S3 interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// SageMaker is what the handler needs of the SageMaker Runtime client.
type SageMaker interface {
	InvokeEndpoint(context.Context, *sagemakerruntime.InvokeEndpointInput, ...func(*sagemakerruntime.Options)) (*sagemakerruntime.InvokeEndpointOutput, error)
}

// Handler predicts by one endpoint.
type Handler struct {
	S3         S3
	SageMaker  SageMaker
	WorkBucket string
	Endpoint   string
}

// Handle predicts for a run's objects, in the order of their keys, until half of
// the invocation's time is over: what is left is for the next one. Repeated, it
// writes the same objects again. Its errors are a *PredictionsMismatch and those
// of patience.
func (h *Handler) Handle(ctx context.Context, batch contract.Batch) (contract.Predicted, error) {
	predicted, err := h.predict(ctx, batch)
	if mismatch, ok := errors.AsType[*PredictionsMismatch](err); ok {
		return predicted, mismatch
	}
	return predicted, patience.Named(err)
}

func (h *Handler) predict(ctx context.Context, batch contract.Batch) (contract.Predicted, error) {
	began := time.Now()
	predicted := contract.Predicted{After: batch.After}
	rows := contract.FolderTransformed + batch.Run + "/" + contract.PartPredict
	pages := s3.NewListObjectsV2Paginator(h.S3, &s3.ListObjectsV2Input{
		Bucket: aws.String(h.WorkBucket), Prefix: aws.String(rows), StartAfter: aws.String(batch.After),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return predicted, fmt.Errorf("list %s: %w", rows, err)
		}
		for _, object := range page.Contents {
			if deadline, ok := ctx.Deadline(); ok && time.Since(began) > time.Until(deadline) {
				return predicted, nil
			}
			n, err := h.object(ctx, *object.Key, contract.FolderPredictions+batch.Run+"/"+strings.TrimPrefix(*object.Key, rows))
			if err != nil {
				return predicted, err
			}
			predicted.Rows += n
			predicted.After = *object.Key
		}
	}
	predicted.Done = true
	return predicted, nil
}

// object predicts for the rows of one object, and returns how many they are.
func (h *Handler) object(ctx context.Context, from, to string) (int, error) {
	got, err := h.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(h.WorkBucket), Key: aws.String(from)})
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", from, err)
	}
	defer got.Body.Close()
	// Predictions may be more than memory holds, and S3 wants to know how much
	// there is before it comes.
	file, err := os.CreateTemp("", "predictions-")
	if err != nil {
		return 0, fmt.Errorf("predict for %s: %w", from, err)
	}
	defer func() { _ = errors.Join(file.Close(), os.Remove(file.Name())) }()
	n, err := h.rows(ctx, from, got.Body, file)
	if err != nil {
		return 0, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return 0, fmt.Errorf("predict for %s: %w", from, err)
	}
	if _, err := h.S3.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(h.WorkBucket), Key: aws.String(to), Body: file, ContentType: aws.String("text/csv"),
	}); err != nil {
		return 0, fmt.Errorf("write %s: %w", to, err)
	}
	return n, nil
}
