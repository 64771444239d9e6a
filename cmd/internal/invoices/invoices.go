// Package invoices is invoice processing on this machine: the clients of those
// who send documents and of those who review them, and the story that the demo
// tells.
package invoices

// This file has who sends documents, and what became of them.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
)

// Reviewer decides on a laptop.
const Reviewer = "reviewer@example.com"

// System is invoice processing for a laptop.
func System() laptop.System {
	return laptop.System{Name: "invoices", Prepare: func(string, string) (map[string]string, error) {
		return map[string]string{"reviewers": Reviewer}, nil
	}}
}

// Office is a laptop that takes invoices.
type Office struct {
	*laptop.Laptop
	Stack string // the system's

	Documents, Archive        string // buckets
	Files, Invoices, Payments string // tables
	Workflow, Notices         string // ARNs
	Queue, Completed          string // URLs

	earlier []laptop.Mail // of an earlier run
}

// Connect finds the system's addresses.
func Connect(l *laptop.Laptop) (*Office, error) {
	stack, err := l.Stack("Tradepost-Invoices-")
	if err != nil {
		return nil, err
	}
	o := &Office{Laptop: l, Stack: stack}
	for name, value := range map[string]*string{
		"DocumentsBucket": &o.Documents, "ArchiveBucket": &o.Archive, "FilesTable": &o.Files, "InvoicesTable": &o.Invoices, "PaymentsTable": &o.Payments,
		"WorkflowARN": &o.Workflow, "NoticesTopicARN": &o.Notices, "QueueURL": &o.Queue, "CompletedQueueURL": &o.Completed,
	} {
		if *value, err = l.Output(stack, name); err != nil {
			return nil, err
		}
	}
	o.earlier, err = o.Mails()
	return o, err
}

func (o *Office) s3() *s3.Client {
	return s3.NewFromConfig(o.AWS(), func(options *s3.Options) { options.UsePathStyle = true })
}

// Send puts a document under inbox/, and returns the file's id.
func (o *Office) Send(ctx context.Context, name string, document []byte) (fileID string, err error) {
	key := "inbox/" + name
	put, err := o.s3().PutObject(ctx, &s3.PutObjectInput{Bucket: &o.Documents, Key: &key, Body: bytes.NewReader(document)})
	if err != nil {
		return "", fmt.Errorf("send %s: %w", name, err)
	}
	return contract.FileID(o.Documents, key, aws.ToString(put.VersionId)), nil
}

// Settled waits until a file is settled, and returns what became of its invoices.
func (o *Office) Settled(ctx context.Context, fileID string) ([]contract.Outcome, error) {
	for {
		row, err := o.File(ctx, fileID)
		if err != nil {
			return nil, err
		}
		if text := attribute.String(row, contract.AttrOutcomes); text != "" {
			var outcomes []contract.Outcome
			if err := json.Unmarshal([]byte(text), &outcomes); err != nil {
				return nil, fmt.Errorf("read the outcomes of file %s: %w", fileID, err)
			}
			return outcomes, nil
		}
		if err := laptop.Pause(ctx); err != nil {
			return nil, fmt.Errorf("file %s is %q: %w", fileID, attribute.String(row, contract.AttrStatus), err)
		}
	}
}

// File is a file's row; nil if there is none yet.
func (o *Office) File(ctx context.Context, fileID string) (map[string]types.AttributeValue, error) {
	got, err := dynamodb.NewFromConfig(o.AWS()).GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &o.Files, ConsistentRead: aws.Bool(true), Key: map[string]types.AttributeValue{contract.AttrFileID: attribute.Text(fileID)},
	})
	if err != nil {
		return nil, fmt.Errorf("look up file %s: %w", fileID, err)
	}
	return got.Item, nil
}

// Rows are those of a table.
func (o *Office) Rows(ctx context.Context, table string) (rows []map[string]types.AttributeValue, err error) {
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(o.AWS()), &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("look through %s: %w", table, err)
		}
		rows = append(rows, page.Items...)
	}
	return rows, nil
}

// Archived is an object of a file's folder in the archive.
func (o *Office) Archived(ctx context.Context, fileID, name string) ([]byte, error) {
	got, err := o.s3().GetObject(ctx, &s3.GetObjectInput{Bucket: &o.Archive, Key: aws.String(contract.ArchiveFolder(fileID) + name)})
	if err != nil {
		return nil, fmt.Errorf("get %s of file %s: %w", name, fileID, err)
	}
	defer got.Body.Close()
	return io.ReadAll(got.Body)
}
