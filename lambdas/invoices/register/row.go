package register

// This file writes rows.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// DynamoDB is what the handler needs of the DynamoDB client.
type DynamoDB interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
}

// row is one that is somebody else's.
type row struct {
	owner, date string
	total       contract.Amount
	outcome     contract.OutcomeCode
}

func read(item map[string]types.AttributeValue) row {
	return row{
		owner: attribute.String(item, contract.AttrOwner),
		date:  attribute.String(item, contract.AttrDate),
		total: contract.Amount{
			Value:    attribute.String(item, contract.AttrTotal),
			Currency: attribute.String(item, contract.AttrCurrency),
		},
		outcome: contract.OutcomeCode(attribute.String(item, contract.AttrOutcome)),
	}
}

// same tells whether it is the same invoice, as far as it matters to who pays
// it: the total, and the date if both have one.
func (r row) same(invoice contract.Invoice) bool {
	return r.total == invoice.Total && (r.date == invoice.Date || r.date == "" || invoice.Date == "")
}

func (r row) file() string { file, _, _ := strings.Cut(r.owner, "#"); return file }

func (r row) dated() string { return cmp.Or(r.date, "an unknown date") }

func (r row) state() string { return cmp.Or(string(r.outcome), "in work") }

// write makes the row this invoice's, unless it is another's: then that is
// returned. One that failed gives way, and so does one whose file is settled and that
// has no outcome: its registration has failed, though it took effect.
func (r *registration) write(ctx context.Context, key contract.Key) (other *row, err error) {
	other, err = r.take(ctx, key, "")
	if err != nil || other == nil || other.outcome != "" {
		return other, err
	}
	left, err := r.settled(ctx, other.file())
	if err != nil || !left {
		return other, err
	}
	return r.take(ctx, key, other.owner)
}

// take makes the row this invoice's if it is nobody's, its own, one that failed, or,
// without an outcome, that of an owner who has left it.
func (r *registration) take(ctx context.Context, key contract.Key, left string) (other *row, err error) {
	err = patience.Retry(ctx, func() error {
		_, err := r.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: &r.InvoicesTable,
			Key:       item(key),
			UpdateExpression: aws.String("SET #owner = :owner, #vendor = :vendor, #number = :number, #total = :total, #currency = :currency, " +
				"#date = :date, #due = :due, #seenAt = :now REMOVE #outcome, #reason"),
			ConditionExpression: aws.String("attribute_not_exists(#owner) OR #owner = :owner OR #outcome = :failed OR #owner = :left AND attribute_not_exists(#outcome)"),
			ExpressionAttributeNames: map[string]string{
				"#owner": contract.AttrOwner, "#vendor": contract.AttrVendor, "#number": contract.AttrNumber, "#total": contract.AttrTotal,
				"#currency": contract.AttrCurrency, "#date": contract.AttrDate, "#due": contract.AttrDue, "#seenAt": contract.AttrSeenAt,
				"#outcome": contract.AttrOutcome, "#reason": contract.AttrReason,
			},
			ExpressionAttributeValues: map[string]types.AttributeValue{
				":owner": attribute.Text(r.owner()), ":vendor": attribute.Text(r.Invoice.Vendor), ":number": attribute.Text(r.Invoice.Number),
				":total": attribute.Text(r.Invoice.Total.Value), ":currency": attribute.Text(r.Invoice.Total.Currency),
				":date": attribute.Text(r.Invoice.Date), ":due": attribute.Text(r.Invoice.Due),
				":now":    attribute.Text(time.Now().UTC().Format(time.RFC3339)),
				":failed": attribute.Text(contract.OutcomeFailed), ":left": attribute.Text(left),
			},
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		})
		return err
	})
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		found := read(failed.Item)
		return &found, nil
	}
	if err != nil {
		return nil, fmt.Errorf("write the row of %s, %s: %w", key.Vendor, key.Number, err)
	}
	return nil, nil
}

// settled tells whether nobody works on a file any more.
func (r *registration) settled(ctx context.Context, fileID string) (bool, error) {
	var got *dynamodb.GetItemOutput
	err := patience.Retry(ctx, func() (err error) {
		got, err = r.DynamoDB.GetItem(ctx, &dynamodb.GetItemInput{
			TableName: &r.FilesTable, Key: map[string]types.AttributeValue{contract.AttrFileID: attribute.Text(fileID)}, ConsistentRead: aws.Bool(true),
		})
		return err
	})
	if err != nil {
		return false, fmt.Errorf("read the row of file %s: %w", fileID, err)
	}
	return attribute.String(got.Item, contract.AttrStatus) == string(contract.FileSettled), nil
}

// release gives up the row that the invoice had before it was corrected.
func (r *registration) release(ctx context.Context, before, now contract.Key) error {
	if before == now || !complete(before) {
		return nil
	}
	err := patience.Retry(ctx, func() error {
		_, err := r.DynamoDB.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: &r.InvoicesTable, Key: item(before),
			ConditionExpression:       aws.String("#owner = :owner"),
			ExpressionAttributeNames:  map[string]string{"#owner": contract.AttrOwner},
			ExpressionAttributeValues: map[string]types.AttributeValue{":owner": attribute.Text(r.owner())},
		})
		return err
	})
	if _, others := errors.AsType[*types.ConditionalCheckFailedException](err); others || err == nil {
		return nil
	}
	return fmt.Errorf("give up the row of %s, %s: %w", before.Vendor, before.Number, err)
}

func item(key contract.Key) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{contract.AttrVendorKey: attribute.Text(key.Vendor), contract.AttrNumberKey: attribute.Text(key.Number)}
}
