// Package page is what a link in a mail leads to: GET shows what is asked, and
// only POST, the click on a button of the page, decides.
package page

// This file has the handler; decide.go decides; html.go is the page itself.

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tradepost-dev/tradepost/internal/approvals"
	contract "github.com/tradepost-dev/tradepost/internal/contract/approval"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// DynamoDB is what the handler needs of the DynamoDB client.
type DynamoDB interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
}

// Handler shows questions and takes decisions.
type Handler struct {
	DynamoDB      DynamoDB
	StepFunctions approvals.StepFunctions
	Keys          *approvals.Keys
	Table         string
}

// Handle answers with a page: 404 for a link that was not signed here, of which
// nothing else is told; 410 for one whose time is over; 409 for a decision on
// what is decided; 400 for a form that is none; 503 when something fails, and
// the same again will help. Its error is always nil: API Gateway would turn one
// into a 502 that says nothing.
func (h *Handler) Handle(ctx context.Context, request events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	v, err := h.visit(ctx, request)
	if err != nil {
		slog.ErrorContext(ctx, "cannot answer", "error", err.Error())
		v = view{Status: http.StatusServiceUnavailable, Notice: "This does not work at the moment. Please try again in a minute."}
	}
	return v.response(), nil
}

func (h *Handler) visit(ctx context.Context, request events.APIGatewayProxyRequest) (view, error) {
	keys, err := h.Keys.Get(ctx)
	if err != nil {
		return view{}, err
	}
	link, ok := approvals.Open(request.PathParameters[contract.ParameterLink], keys)
	if !ok {
		return unknown(), nil
	}
	row, found, err := h.read(ctx, link.Request)
	if err != nil {
		return view{}, err
	}
	if !found || !row.Asks(link.Approver) {
		return unknown(), nil
	}
	if request.HTTPMethod == http.MethodPost {
		return h.posted(ctx, request, link, row)
	}
	return show(link, row), nil
}

// read reads a row as it is now.
func (h *Handler) read(ctx context.Context, id string) (row approvals.Row, found bool, err error) {
	output, err := h.DynamoDB.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &h.Table, Key: approvals.Key(id), ConsistentRead: aws.Bool(true),
	})
	if err != nil || len(output.Item) == 0 {
		return approvals.Row{}, false, err
	}
	row, err = approvals.Read(output.Item)
	return row, err == nil, err
}

// unknown tells nothing to who has no valid link.
func unknown() view {
	return view{Status: http.StatusNotFound, Notice: "This link is not valid. Please open it as it stands in the mail."}
}

// show is the page of a question as it stands.
func show(link approvals.Link, row approvals.Row) view {
	v := view{Status: http.StatusOK, Row: &row, Approver: link.Approver}
	switch {
	case row.Decision != nil:
		v.Again = !row.Told
	case over(link, row):
		v.Status = http.StatusGone
		v.Notice = "The time for a decision is over. Without one, this counts as denied."
	default:
		v.Form = true
	}
	return v
}

// over tells that nothing can be decided by the link any more.
func over(link approvals.Link, row approvals.Row) bool {
	now := time.Now()
	return !now.Before(row.Expires) || now.Unix() >= link.Expires
}
