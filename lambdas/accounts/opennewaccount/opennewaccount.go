// Package opennewaccount is the step of an account application that opens the
// account of an applicant who was approved, once, however often it is asked to.
package opennewaccount

// This file has the handler; number.go makes account numbers.

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// DynamoDB is what the handler needs of the DynamoDB client.
type DynamoDB interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// Handler opens accounts.
type Handler struct {
	DynamoDB DynamoDB // its own retries are best turned off: the handler decides how long to go on
	Table    string

	// number is the account number that an application tries, of those it has
	// in turn.
	number func(applicationID string, try int) string
}

// New returns a handler for a table of accounts.
func New(client DynamoDB, table string) *Handler {
	return &Handler{DynamoDB: client, Table: table, number: Number}
}

// tries is how many numbers an application has. Among a million accounts one in
// a million applications finds its first number taken.
const tries = 8

// Handle answers with the number of the application's account, which it opens
// if there is none. A number is an application's own from the moment when its
// row is written, and rows are never deleted; so every copy of an application
// comes by the same one. Its error is a *patience.ServiceBusy for what may be
// otherwise the next time.
func (h *Handler) Handle(ctx context.Context, decided contract.Decided) (contract.Result, error) {
	if decided.Decision != contract.Approved || decided.Applicant == nil {
		return contract.Result{}, fmt.Errorf("application %s is %s: it gets no account", decided.ApplicationID, decided.Decision)
	}
	ctx, cancel := context.WithTimeout(ctx, contract.Patience)
	defer cancel()
	for try := range tries {
		number := h.number(decided.ApplicationID, try)
		opened, err := h.open(ctx, number, decided)
		if err != nil {
			return contract.Result{}, err
		}
		if opened {
			return contract.Result{ApplicationID: decided.ApplicationID, Decision: decided.Decision, AccountNumber: number}, nil
		}
	}
	return contract.Result{}, fmt.Errorf("all %d account numbers of application %s are other applications'", tries, decided.ApplicationID)
}

// open reports whether the account of a number is the application's: it is when
// it was opened now, or before.
func (h *Handler) open(ctx context.Context, number string, decided contract.Decided) (bool, error) {
	applicant, err := attributevalue.MarshalWithOptions(decided.Applicant, func(o *attributevalue.EncoderOptions) { o.TagKey = "json" })
	if err != nil {
		return false, fmt.Errorf("write the applicant of %s: %w", decided.ApplicationID, err)
	}
	item := map[string]types.AttributeValue{
		contract.AttrAccountNumber: attribute.Text(number),
		contract.AttrApplicationID: attribute.Text(decided.ApplicationID),
		contract.AttrApplicant:     applicant,
		contract.AttrOpenedAt:      attribute.Text(time.Now().UTC().Format(time.RFC3339)),
	}
	err = patience.Retry(ctx, func() error {
		_, err := h.DynamoDB.PutItem(ctx, &dynamodb.PutItemInput{
			TableName:                           aws.String(h.Table),
			Item:                                item,
			ConditionExpression:                 aws.String("attribute_not_exists(#number)"),
			ExpressionAttributeNames:            map[string]string{"#number": contract.AttrAccountNumber},
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		})
		return err
	})
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return attribute.String(failed.Item, contract.AttrApplicationID) == decided.ApplicationID, nil
	}
	if err != nil {
		return false, patience.Named(fmt.Errorf("open account %s of application %s: %w", number, decided.ApplicationID, err))
	}
	return true, nil
}
