package directory

// This file finds rows.

import (
	"context"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// Getter is what reading single rows needs of the DynamoDB client.
type Getter interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
}

// DynamoDB is what a Directory needs of the DynamoDB client.
type DynamoDB interface {
	Getter
	Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)
}

// Directory reads the table.
type Directory struct {
	DynamoDB DynamoDB
	Table    string
}

// Find returns a partner's row; the zero Row if there is none.
func (d *Directory) Find(ctx context.Context, partner string) (Row, error) {
	return Find(ctx, d.DynamoDB, d.Table, partner)
}

// Find is for functions that read single rows only. It reads what was written
// last, and takes one call whether there is such a row or not.
func Find(ctx context.Context, client Getter, table, partner string) (Row, error) {
	output, err := client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      aws.String(table),
		Key:            item{contract.AttrPartner: attribute.Text(partner)},
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return Row{}, fmt.Errorf("read partner %q: %w", partner, err)
	}
	if len(output.Item) == 0 {
		return Row{}, nil
	}
	return read(output.Item)
}

// List reads all rows, in no order, a page (up to 1 MB) at a time. The error
// of a page, or of a row that is not one, comes last.
func (d *Directory) List(ctx context.Context) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		pages := dynamodb.NewScanPaginator(d.DynamoDB, &dynamodb.ScanInput{
			TableName: aws.String(d.Table), ConsistentRead: aws.Bool(true),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(Row{}, fmt.Errorf("read the directory: %w", err))
				return
			}
			for _, i := range page.Items {
				row, err := read(i)
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}
}
