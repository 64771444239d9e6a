// Package process reads invoices from what Textract has found in a document.
package process

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/invoices"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// S3 is what the handler needs of the S3 client.
type S3 interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// Handler reads answers.
type Handler struct {
	S3     S3
	Bucket string
	Reader invoices.Reader
}

// Handle reads the invoices of a file, lines and all, into an object beside the
// answer, and tells what they are paid by. Its errors are those of
// patience.Named.
func (h *Handler) Handle(ctx context.Context, file contract.File) (contract.Processed, error) {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	all, err := h.read(ctx, file.FileID)
	if err != nil {
		return contract.Processed{}, patience.Named(fmt.Errorf("process file %s: %w", file.FileID, err))
	}
	processed := contract.Processed{Invoices: []contract.Invoice{}}
	switch n := len(all); {
	case n == 0:
		processed.Reason = "There is no invoice in the document."
	case n > contract.MaxInvoices:
		processed.Reason = fmt.Sprintf("There are %d invoices in the document, more than %d: send them in several.", n, contract.MaxInvoices)
	default:
		for _, invoice := range all {
			processed.Invoices = append(processed.Invoices, brief(invoice.Summary()))
		}
	}
	return processed, nil
}

func (h *Handler) read(ctx context.Context, fileID string) ([]invoices.Invoice, error) {
	var answer []byte
	err := patience.Retry(ctx, func() error {
		object, err := h.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: &h.Bucket, Key: aws.String(contract.AnalysisKey(fileID))})
		if err != nil {
			return err
		}
		defer object.Body.Close()
		answer, err = io.ReadAll(object.Body)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("get the answer: %w", err)
	}
	all, err := h.Reader.Read(answer)
	if err != nil {
		return nil, err
	}
	reading, err := json.Marshal(all)
	if err != nil {
		return nil, fmt.Errorf("encode what was read: %w", err)
	}
	err = patience.Retry(ctx, func() error {
		_, err := h.S3.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &h.Bucket, Key: aws.String(contract.ReadingKey(fileID)), Body: bytes.NewReader(reading), ContentType: aws.String("application/json"),
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("write what was read: %w", err)
	}
	return all, nil
}

// Limits of what the state machine hears of an invoice, so that the most of them
// fit into its 256 KiB.
const (
	maxReasons = 8
	maxReason  = 160 // bytes, with what cannot be written as it is
)

// brief leaves reasons beyond the first ones to the object. Those for which it
// cannot be paid come first.
func brief(invoice contract.Invoice) contract.Invoice {
	var first, rest []contract.Reason
	for _, reason := range invoice.Reasons {
		if len(reason.Text) > maxReason {
			reason.Text = string([]rune(reason.Text)[:maxReason/4]) + "…"
		}
		if contract.Payable([]contract.Reason{reason}) {
			rest = append(rest, reason)
		} else {
			first = append(first, reason)
		}
	}
	invoice.Reasons = append(append([]contract.Reason{}, first...), rest...)
	if more := len(invoice.Reasons) - maxReasons; more > 0 {
		invoice.Reasons = append(invoice.Reasons[:maxReasons:maxReasons], contract.Reason{
			Code: invoice.Reasons[maxReasons].Code, Text: fmt.Sprintf("There are %d reasons more: see the reading.", more),
		})
	}
	return invoice
}
