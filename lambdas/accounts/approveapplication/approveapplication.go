// Package approveapplication is the step of an account application that decides
// on it, by what the checks have found, and records the decision. The first
// decision on an application stands.
package approveapplication

// This file has the handler; row.go reads and writes decisions.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
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

// Handler decides on applications.
type Handler struct {
	DynamoDB DynamoDB // its own retries are best turned off: the handler decides how long to go on
	Table    string
}

// Handle records the decision on an application, or answers with the one that
// was recorded before. Its errors are contract.ApplicationInvalid,
// contract.ApplicationConflict and patience.ServiceBusy; any other one would be
// the same the next time.
func (h *Handler) Handle(ctx context.Context, checked contract.Checked) (contract.Decided, error) {
	if !contract.ValidID(checked.Application.ApplicationID) {
		return contract.Decided{}, contract.ApplicationInvalid{}
	}
	decided, err := decide(checked)
	if err != nil {
		return contract.Decided{}, err
	}
	return h.record(ctx, decided, fingerprint(checked.Application))
}

// decide approves an application that nothing speaks against. It takes the
// checks' word for nothing: each has to have answered.
func decide(checked contract.Checked) (contract.Decided, error) {
	decided := contract.Decided{ApplicationID: checked.Application.ApplicationID}
	if len(checked.Reasons) > 0 {
		decided.Decision, decided.Reasons = contract.Rejected, checked.Reasons
		return decided, nil
	}
	if checked.Applicant.Name == "" || checked.Applicant.Address == (contract.Address{}) {
		return contract.Decided{}, errors.New("a check has answered neither with a reason nor with what it has checked")
	}
	decided.Decision, decided.Applicant = contract.Approved, &checked.Applicant
	return decided, nil
}

// record writes a decision, unless there is one on this application.
func (h *Handler) record(ctx context.Context, decided contract.Decided, fingerprint string) (contract.Decided, error) {
	ctx, cancel := context.WithTimeout(ctx, contract.Patience)
	defer cancel()
	item, err := row(decided, fingerprint)
	if err != nil {
		return contract.Decided{}, fmt.Errorf("write the decision on %s: %w", decided.ApplicationID, err)
	}
	err = patience.Retry(ctx, func() error {
		_, err := h.DynamoDB.PutItem(ctx, &dynamodb.PutItemInput{
			TableName:                           aws.String(h.Table),
			Item:                                item,
			ConditionExpression:                 aws.String("attribute_not_exists(#id)"),
			ExpressionAttributeNames:            map[string]string{"#id": contract.AttrApplicationID},
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		})
		return err
	})
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		if attribute.String(failed.Item, contract.AttrFingerprint) != fingerprint {
			return contract.Decided{}, contract.ApplicationConflict{ApplicationID: decided.ApplicationID}
		}
		return read(failed.Item)
	}
	if err != nil {
		return contract.Decided{}, patience.Named(fmt.Errorf("record the decision on %s: %w", decided.ApplicationID, err))
	}
	return decided, nil
}

// fingerprint is equal for equal applications only: SHA-256 of its JSON, whose
// members are always in the same order.
func fingerprint(application contract.Application) string {
	text, err := json.Marshal(application)
	if err != nil {
		panic(err) // strings always marshal
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
