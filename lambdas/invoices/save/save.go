// Package save puts what Textract has found in a document into the archive's
// bucket, all pages in one object.
package save

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/textract"
	"github.com/aws/aws-sdk-go-v2/service/textract/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// Textract is what the handler needs of the Textract client.
type Textract interface {
	GetExpenseAnalysis(context.Context, *textract.GetExpenseAnalysisInput, ...func(*textract.Options)) (*textract.GetExpenseAnalysisOutput, error)
}

// S3 is what the handler needs of the S3 client.
type S3 interface {
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// DynamoDB is what the handler needs of the DynamoDB client.
type DynamoDB interface {
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
}

// Handler saves answers.
type Handler struct {
	Textract   Textract
	S3         S3
	DynamoDB   DynamoDB
	FilesTable string
	Bucket     string
	ReviewTime time.Duration // from now on until the file is overdue
}

// answer is the object: AnalyzeExpense's own form.
type answer struct {
	AnalyzeExpenseModelVersion *string                 `json:",omitempty"`
	DocumentMetadata           *types.DocumentMetadata `json:",omitempty"`
	JobStatus                  types.JobStatus
	StatusMessage              *string         `json:",omitempty"`
	Warnings                   []types.Warning `json:",omitempty"`
	ExpenseDocuments           []types.ExpenseDocument
}

// Handle saves one answer, and says whether the document was analyzed as a whole.
// A job that is not done yet is busy. The errors are those of patience.Named.
func (h *Handler) Handle(ctx context.Context, file contract.File) (contract.Saved, error) {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	saved, err := h.save(ctx, file)
	if err != nil {
		return contract.Saved{}, patience.Named(fmt.Errorf("save the analysis of file %s: %w", file.FileID, err))
	}
	return saved, nil
}

func (h *Handler) save(ctx context.Context, file contract.File) (contract.Saved, error) {
	document, err := h.begin(ctx, file)
	if err != nil {
		return contract.Saved{}, err
	}
	saved := contract.Saved{Document: document, Reason: file.Refused}
	if file.Refused != "" {
		return saved, nil
	}
	all, err := h.answer(ctx, file.JobID)
	if _, gone := errors.AsType[*types.InvalidJobIdException](err); gone {
		saved.Reason = "Textract does not know the job " + file.JobID + ": it forgets them after a week."
		return saved, nil
	}
	if err != nil {
		return saved, err
	}
	content, err := json.Marshal(all)
	if err != nil {
		return saved, fmt.Errorf("encode the answer: %w", err)
	}
	err = patience.Retry(ctx, func() error {
		_, err := h.S3.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &h.Bucket, Key: aws.String(contract.AnalysisKey(file.FileID)), Body: bytes.NewReader(content), ContentType: aws.String("application/json"),
		})
		return err
	})
	if err != nil {
		return saved, fmt.Errorf("write the answer: %w", err)
	}
	if saved.Analyzed = all.JobStatus == types.JobStatusSucceeded; !saved.Analyzed {
		saved.Reason = fmt.Sprintf("Textract's job ended as %s: %s", all.JobStatus, cmp.Or(aws.ToString(all.StatusMessage), warnings(all.Warnings), "it says no more"))
	}
	return saved, nil
}

// begin notes that the file is being processed, and tells where it is.
func (h *Handler) begin(ctx context.Context, file contract.File) (document string, err error) {
	var output *dynamodb.UpdateItemOutput
	err = patience.Retry(ctx, func() error {
		output, err = h.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName:           &h.FilesTable,
			Key:                 map[string]dynamotypes.AttributeValue{contract.AttrFileID: attribute.Text(file.FileID)},
			UpdateExpression:    aws.String("SET #status = :processing, #job = :job, #deadline = :deadline"),
			ConditionExpression: aws.String("attribute_exists(#open)"),
			ExpressionAttributeNames: map[string]string{
				"#status": contract.AttrStatus, "#job": contract.AttrJobID, "#deadline": contract.AttrDeadline, "#open": contract.AttrOpen,
			},
			ExpressionAttributeValues: map[string]dynamotypes.AttributeValue{
				":processing": attribute.Text(contract.FileProcessing), ":job": attribute.Text(file.JobID),
				":deadline": attribute.Number(time.Now().Add(h.ReviewTime).Unix()),
			},
			ReturnValues: dynamotypes.ReturnValueAllNew,
		})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("note that it is processed: %w", err)
	}
	return "s3://" + attribute.String(output.Attributes, contract.AttrBucket) + "/" + attribute.String(output.Attributes, contract.AttrKey), nil
}

// answer is what Textract answers, page by page.
func (h *Handler) answer(ctx context.Context, job string) (answer, error) {
	var all answer
	var next *string
	for {
		var page *textract.GetExpenseAnalysisOutput
		err := patience.Retry(ctx, func() (err error) {
			page, err = h.Textract.GetExpenseAnalysis(ctx, &textract.GetExpenseAnalysisInput{JobId: &job, NextToken: next})
			return err
		})
		if err != nil {
			return all, fmt.Errorf("get the answer: %w", err)
		}
		if page.JobStatus == types.JobStatusInProgress {
			return all, patience.Again(errors.New("the job is in progress"))
		}
		if next == nil {
			all = answer{page.AnalyzeExpenseModelVersion, page.DocumentMetadata, page.JobStatus, page.StatusMessage, nil, []types.ExpenseDocument{}}
		}
		all.Warnings = append(all.Warnings, page.Warnings...)
		all.ExpenseDocuments = append(all.ExpenseDocuments, page.ExpenseDocuments...)
		if next = page.NextToken; next == nil {
			return all, nil
		}
	}
}

// warnings says which pages could not be analyzed.
func warnings(all []types.Warning) string {
	text := ""
	for _, warning := range all {
		text += fmt.Sprintf("%s on pages %v. ", aws.ToString(warning.ErrorCode), warning.Pages)
	}
	return text
}
