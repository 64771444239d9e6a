// Package request asks a question for a task that waits: it writes it down, and
// sends each approver a mail with a link of their own.
package request

// This file has the handler; mail.go what it sends.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/approvals"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/approval"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// DynamoDB is what the handler needs of the DynamoDB client.
type DynamoDB interface {
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
}

// Handler asks questions.
type Handler struct {
	DynamoDB      DynamoDB
	SNS           SNS
	StepFunctions approvals.StepFunctions
	Keys          *approvals.Keys
	Table         string
	TopicARN      string
	PageURL       string        // links are put behind it
	Approvers     []string      // who may be asked, and are by default
	Timeout       time.Duration // for how long links are good
}

// Handle asks. A question that was decided already is answered at once. Its
// errors are contract.RequestInvalid, patience.ServiceBusy and
// patience.ServiceRefused.
func (h *Handler) Handle(ctx context.Context, asked contract.Asked) error {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	if len(asked.Approvers) == 0 {
		asked.Approvers = h.Approvers
	}
	if reason := h.fault(asked); reason != "" {
		return contract.RequestInvalid{Reason: reason}
	}
	keys, err := h.Keys.Get(ctx)
	if err != nil {
		return patience.Named(err)
	}
	expires := time.Now().Add(h.Timeout)
	decided, err := h.write(ctx, asked, expires)
	if err != nil {
		return patience.Named(fmt.Errorf("write down what is asked: %w", err))
	}
	if decided != nil {
		decided.TaskToken = asked.TaskToken
		return patience.Named(decided.Tell(ctx, h.StepFunctions))
	}
	for _, approver := range asked.Approvers {
		link := approvals.Link{Request: approvals.ID(asked.Name), Approver: approver, Expires: expires.Unix()}
		if err := h.send(ctx, asked.Title, link, h.PageURL+link.Sign(keys[0])); err != nil {
			return patience.Named(fmt.Errorf("mail to %s: %w", approver, err))
		}
	}
	return nil
}

// fault says why a question cannot be asked, or nothing.
func (h *Handler) fault(asked contract.Asked) string {
	switch {
	case asked.Name == "" || len(asked.Name) > contract.MaxName:
		return fmt.Sprintf("name has %d bytes: give 1 to %d", len(asked.Name), contract.MaxName)
	case asked.TaskToken == "":
		return "taskToken is missing: invoke the function by .waitForTaskToken"
	case asked.Title == "" || utf8.RuneCountInString(asked.Title) > contract.MaxTitle:
		return fmt.Sprintf("title has %d characters: give 1 to %d", utf8.RuneCountInString(asked.Title), contract.MaxTitle)
	case len(asked.Details) > contract.MaxDetails:
		return fmt.Sprintf("details have %d bytes: give up to %d", len(asked.Details), contract.MaxDetails)
	}
	for i, approver := range asked.Approvers {
		if !slices.Contains(h.Approvers, approver) {
			return fmt.Sprintf("%q is no approver: nobody would be asked", approver)
		}
		if slices.Contains(asked.Approvers[:i], approver) {
			return fmt.Sprintf("%q is asked twice", approver)
		}
	}
	return ""
}

// write makes the row, or that of the same question anew; if the question is
// decided it stays as it is, and is returned.
func (h *Handler) write(ctx context.Context, asked contract.Asked, expires time.Time) (decided *approvals.Row, err error) {
	_, err = h.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           &h.Table,
		Key:                 approvals.Key(approvals.ID(asked.Name)),
		UpdateExpression:    aws.String("SET #name = :name, #token = :token, #title = :title, #details = :details, #approvers = :approvers, #expires = :expires"),
		ConditionExpression: aws.String("attribute_not_exists(#decision)"),
		ExpressionAttributeNames: map[string]string{
			"#name": contract.AttrName, "#token": contract.AttrTaskToken, "#title": contract.AttrTitle, "#details": contract.AttrDetails,
			"#approvers": contract.AttrApprovers, "#expires": contract.AttrExpiresAt, "#decision": contract.AttrDecision,
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":name": attribute.Text(asked.Name), ":token": attribute.Text(asked.TaskToken), ":title": attribute.Text(asked.Title),
			":details": attribute.Text(asked.Details), ":approvers": &types.AttributeValueMemberSS{Value: asked.Approvers},
			":expires": &types.AttributeValueMemberN{Value: strconv.FormatInt(expires.Unix(), 10)},
		},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		row, err := approvals.Read(failed.Item)
		return &row, err
	}
	return nil, err
}
