package page

// This file decides.

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/internal/approvals"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/approval"
)

// Fields of the form.
const (
	fieldDecision = "decision" // a contract.Verdict
	fieldComment  = "comment"
)

// posted takes a decision, or repeats to the state machine one that it may not
// have heard of.
func (h *Handler) posted(ctx context.Context, request events.APIGatewayProxyRequest, link approvals.Link, row approvals.Row) (view, error) {
	if row.Decision != nil || over(link, row) {
		return h.late(ctx, link, row), nil
	}
	verdict, comment, fault := form(request)
	if fault != "" {
		v := show(link, row)
		v.Status, v.Notice, v.Comment = http.StatusBadRequest, fault, comment
		return v, nil
	}
	decided, mine, err := h.decide(ctx, link, verdict, comment)
	if err != nil {
		return view{}, err
	}
	if !mine {
		return h.late(ctx, link, decided), nil
	}
	return h.tell(ctx, show(link, decided)), nil
}

// late answers who comes after the decision, or after its time.
func (h *Handler) late(ctx context.Context, link approvals.Link, row approvals.Row) view {
	v := show(link, row)
	if row.Decision == nil {
		return v
	}
	v.Status, v.Notice = http.StatusConflict, "This was decided before: nothing has been changed."
	if !row.Told {
		return h.tell(ctx, v)
	}
	return v
}

// decide writes the decision if there is none and there is time, in one step:
// of many who decide at once, one does. It answers with the row as it is then.
func (h *Handler) decide(ctx context.Context, link approvals.Link, verdict contract.Verdict, comment string) (row approvals.Row, mine bool, err error) {
	now := time.Now()
	output, err := h.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           &h.Table,
		Key:                 approvals.Key(link.Request),
		UpdateExpression:    aws.String("SET #decision = :decision, #by = :by, #at = :at, #comment = :comment"),
		ConditionExpression: aws.String("attribute_exists(#id) AND attribute_not_exists(#decision) AND #expires > :now AND contains(#approvers, :by)"),
		ExpressionAttributeNames: map[string]string{
			"#id": contract.AttrRequestID, "#decision": contract.AttrDecision, "#by": contract.AttrDecidedBy, "#at": contract.AttrDecidedAt,
			"#comment": contract.AttrComment, "#expires": contract.AttrExpiresAt, "#approvers": contract.AttrApprovers,
		},
		ExpressionAttributeValues: map[string]dynamotypes.AttributeValue{
			":decision": attribute.Text(verdict), ":by": attribute.Text(link.Approver), ":comment": attribute.Text(comment),
			":at":  attribute.Text(now.UTC().Format(time.RFC3339)),
			":now": &dynamotypes.AttributeValueMemberN{Value: strconv.FormatInt(now.Unix(), 10)},
		},
		ReturnValues:                        dynamotypes.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: dynamotypes.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if failed, ok := errors.AsType[*dynamotypes.ConditionalCheckFailedException](err); ok {
		row, err = approvals.Read(failed.Item)
		return row, false, err
	}
	if err != nil {
		return approvals.Row{}, false, fmt.Errorf("write the decision: %w", err)
	}
	row, err = approvals.Read(output.Attributes)
	return row, true, err
}

// tell gives the decision to the state machine. If that fails, the page has a
// button to try again: what was decided stands.
func (h *Handler) tell(ctx context.Context, v view) view {
	err := v.Row.Tell(ctx, h.StepFunctions)
	_, gone := errors.AsType[*types.TaskTimedOut](err)
	_, none := errors.AsType[*types.TaskDoesNotExist](err)
	// A task that waits no more was told by somebody else meanwhile, has ended,
	// or asks for the decision by itself when its time is over.
	if err != nil && !gone && !none {
		slog.ErrorContext(ctx, "cannot tell the state machine", "request", v.Row.ID, "error", err.Error())
		v.Status, v.Again = http.StatusServiceUnavailable, true
		v.Notice = "The decision is recorded, but the workflow could not be told. Please try again."
		return v
	}
	v.Row.Told, v.Again = true, false
	if err := h.mark(ctx, v.Row.ID); err != nil {
		slog.WarnContext(ctx, "the state machine will be told again", "request", v.Row.ID, "error", err.Error())
	}
	return v
}

func (h *Handler) mark(ctx context.Context, id string) error {
	_, err := h.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &h.Table, Key: approvals.Key(id),
		UpdateExpression:          aws.String("SET #told = :now"),
		ConditionExpression:       aws.String("attribute_exists(#decision)"),
		ExpressionAttributeNames:  map[string]string{"#told": contract.AttrToldAt, "#decision": contract.AttrDecision},
		ExpressionAttributeValues: map[string]dynamotypes.AttributeValue{":now": attribute.Text(time.Now().UTC().Format(time.RFC3339))},
	})
	return err
}

// form reads what was posted, or says what is wrong with it. A comment that is
// too long is given back.
func form(request events.APIGatewayProxyRequest) (verdict contract.Verdict, comment, fault string) {
	const none = "Please decide by one of the two buttons."
	body, ok := decoded(request)
	values, err := url.ParseQuery(body)
	if !ok || err != nil {
		return "", "", none
	}
	// Browsers end lines by CR LF.
	comment = strings.TrimSpace(strings.ReplaceAll(values.Get(fieldComment), "\r\n", "\n"))
	verdict = contract.Verdict(values.Get(fieldDecision))
	switch {
	case len(values[fieldDecision]) != 1 || verdict != contract.Approved && verdict != contract.Denied:
		return "", comment, none
	case !utf8.ValidString(comment):
		return "", "", "The comment is no text."
	case utf8.RuneCountInString(comment) > contract.MaxComment:
		return "", comment, fmt.Sprintf("The comment has %d characters: please write up to %d.", utf8.RuneCountInString(comment), contract.MaxComment)
	}
	return verdict, comment, ""
}

// decoded is the body of a form.
func decoded(request events.APIGatewayProxyRequest) (body string, ok bool) {
	kind := ""
	for name, value := range request.Headers {
		if strings.EqualFold(name, "Content-Type") {
			kind = value
		}
	}
	if media, _, err := mime.ParseMediaType(kind); err != nil || media != "application/x-www-form-urlencoded" {
		return "", false
	}
	if !request.IsBase64Encoded {
		return request.Body, true
	}
	content, err := base64.StdEncoding.DecodeString(request.Body)
	return string(content), err == nil
}
