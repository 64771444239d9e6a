// Package accounts is account applications on this machine: the client of those
// who apply, and the story that the demo tells.
package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
)

// RefusedName gets no account on a laptop.
const RefusedName = "Maximilian Außenseiter"

// System is account applications for a laptop.
func System() laptop.System {
	return laptop.System{Name: "accounts", Prepare: func(string, string) (map[string]string, error) {
		return map[string]string{"refusedNames": RefusedName}, nil
	}}
}

// Bank is a laptop that takes applications for accounts.
type Bank struct {
	*laptop.Laptop
	Stack string // the system's
	URL   string // of the route

	// Workflow is the ARN of the state machine; the others are tables.
	Workflow, Applications, Accounts string
}

// Connect finds the system's addresses.
func Connect(l *laptop.Laptop) (*Bank, error) {
	stack, err := l.Stack("Tradepost-Accounts-")
	if err != nil {
		return nil, err
	}
	b := &Bank{Laptop: l, Stack: stack}
	for name, value := range map[string]*string{"URL": &b.URL, "WorkflowARN": &b.Workflow, "ApplicationsTable": &b.Applications, "AccountsTable": &b.Accounts} {
		output, err := l.Output(stack, name)
		if err != nil {
			return nil, err
		}
		*value = output
	}
	b.URL = strings.TrimSuffix(b.URL, "/") + "/applications"
	return b, nil
}

// Answer is what an application is answered with: the result, or the error.
type Answer struct {
	Status     int
	RetryAfter string // the header
	contract.Result
	Error, Message string
}

// Send sends a body that may be anything.
func (b *Bank) Send(ctx context.Context, body string) (Answer, error) {
	response, err := b.Post(ctx, b.URL, body)
	if err != nil {
		return Answer{}, fmt.Errorf("send an application: %w", err)
	}
	answer := Answer{Status: response.Status, RetryAfter: response.Header.Get("Retry-After")}
	if err := json.Unmarshal(response.Body, &answer); err != nil {
		return Answer{}, fmt.Errorf("send an application: %d: %s", response.Status, response.Body)
	}
	return answer, nil
}

// Apply sends an application.
func (b *Bank) Apply(ctx context.Context, application contract.Application) (Answer, error) {
	body, err := json.Marshal(application)
	if err != nil {
		return Answer{}, err
	}
	return b.Send(ctx, string(body))
}

// Decision is an application's row, nil if there is none.
func (b *Bank) Decision(ctx context.Context, applicationID string) (map[string]types.AttributeValue, error) {
	got, err := dynamodb.NewFromConfig(b.AWS()).GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(b.Applications), ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{contract.AttrApplicationID: attribute.Text(applicationID)},
	})
	if err != nil {
		return nil, fmt.Errorf("look up application %s: %w", applicationID, err)
	}
	return got.Item, nil
}

// Opened are the rows of the accounts that were opened for an application.
func (b *Bank) Opened(ctx context.Context, applicationID string) ([]map[string]types.AttributeValue, error) {
	var rows []map[string]types.AttributeValue
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(b.AWS()), &dynamodb.ScanInput{
		TableName: aws.String(b.Accounts), ConsistentRead: aws.Bool(true),
		FilterExpression:          aws.String("#id = :id"),
		ExpressionAttributeNames:  map[string]string{"#id": contract.AttrApplicationID},
		ExpressionAttributeValues: map[string]types.AttributeValue{":id": attribute.Text(applicationID)},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("look up accounts of application %s: %w", applicationID, err)
		}
		rows = append(rows, page.Items...)
	}
	return rows, nil
}
