package analyze

// This file starts jobs.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/textract"
	"github.com/aws/aws-sdk-go-v2/service/textract/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/internal/patience"
)

// Textract is what the handler needs of the Textract client.
type Textract interface {
	StartExpenseAnalysis(context.Context, *textract.StartExpenseAnalysisInput, ...func(*textract.Options)) (*textract.StartExpenseAnalysisOutput, error)
}

// refusal is Textract's error for a document that it will never analyze.
type refusal struct{ error }

// refusals are the codes of such errors.
var refusals = []string{"BadDocumentException", "DocumentTooLargeException", "InvalidS3ObjectException", "UnsupportedDocumentException"}

// patient is for how long throttling is waited out here.
const patient = 20 * time.Second

// start starts a document's job. Started again within a week it is the same one:
// the file's id is the token, and the tag by which it is known when it is done.
func (h *Handler) start(ctx context.Context, d document) (job string, err error) {
	object := &types.S3Object{Bucket: &d.bucket, Name: &d.key}
	if d.version != "" {
		object.Version = &d.version
	}
	waiting, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	err = patience.Retry(waiting, func() error {
		started, err := h.Textract.StartExpenseAnalysis(ctx, &textract.StartExpenseAnalysisInput{
			DocumentLocation:    &types.DocumentLocation{S3Object: object},
			ClientRequestToken:  &d.id,
			JobTag:              &d.id,
			NotificationChannel: &types.NotificationChannel{SNSTopicArn: &h.TopicARN, RoleArn: &h.Role},
		})
		if err == nil {
			job = *started.JobId
		}
		return err
	})
	if coded, ok := errors.AsType[smithy.APIError](err); ok && slices.Contains(refusals, coded.ErrorCode()) {
		return "", &refusal{fmt.Errorf("Textract refuses the document: %s: %s", coded.ErrorCode(), coded.ErrorMessage())}
	}
	return job, err
}
