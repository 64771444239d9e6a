// Package onboarding is user onboarding on this machine: the clients of those
// who sign users up and of those who are told, and the story that the demo
// tells.
package onboarding

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/onboarding"
)

// System is user onboarding for a laptop.
func System() laptop.System { return laptop.System{Name: "onboarding"} }

// Club is a laptop that onboards users.
type Club struct {
	*laptop.Laptop
	Stack    string // the system's
	Workflow string // ARN
	Events   string // URL of the queue of events

	users string // the table
}

// Connect finds the system's addresses.
func Connect(l *laptop.Laptop) (*Club, error) {
	stack, err := l.Stack("Tradepost-Onboarding-")
	if err != nil {
		return nil, err
	}
	c := &Club{Laptop: l, Stack: stack}
	for name, value := range map[string]*string{"WorkflowARN": &c.Workflow, "EventsQueueURL": &c.Events, "UsersTable": &c.users} {
		output, err := l.Output(stack, name)
		if err != nil {
			return nil, err
		}
		*value = output
	}
	return c, nil
}

// SignUp starts an execution, whose input is JSON, and returns its ARN.
func (c *Club) SignUp(ctx context.Context, input string) (execution string, err error) {
	started, err := sfn.NewFromConfig(c.AWS()).StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: aws.String(c.Workflow), Input: aws.String(input)})
	if err != nil {
		return "", fmt.Errorf("sign a user up: %w", err)
	}
	return *started.ExecutionArn, nil
}

// Ended waits until an execution has ended. The error of one that did not
// succeed is a *laptop.Failed.
func (c *Club) Ended(ctx context.Context, execution string) (result contract.Result, err error) {
	output, err := c.Laptop.Ended(ctx, execution)
	if err != nil {
		return result, err
	}
	if err := json.Unmarshal([]byte(output), &result); err != nil {
		return result, fmt.Errorf("parse the output of execution %s: %w", execution, err)
	}
	return result, nil
}

// Onboard signs a user up and waits for what comes of it.
func (c *Club) Onboard(ctx context.Context, input string) (contract.Result, error) {
	execution, err := c.SignUp(ctx, input)
	if err != nil {
		return contract.Result{}, err
	}
	return c.Ended(ctx, execution)
}

// Profile is a user's row, nil if there is none.
func (c *Club) Profile(ctx context.Context, userID string) (map[string]types.AttributeValue, error) {
	got, err := dynamodb.NewFromConfig(c.AWS()).GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(c.users), ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{
			contract.AttrPartition: attribute.Text(userID), contract.AttrSort: attribute.Text(contract.SortProfile),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("look up user %s: %w", userID, err)
	}
	return got.Item, nil
}

// Told waits until an event of each user is in the queue, and takes out what
// there is. It returns how many events there were of each user.
func (c *Club) Told(ctx context.Context, userIDs ...string) (map[string]int, error) {
	client := sqs.NewFromConfig(c.AWS())
	told := map[string]int{}
	for {
		got, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(c.Events), MaxNumberOfMessages: 10})
		if err != nil {
			return nil, fmt.Errorf("receive events: %w", err)
		}
		for _, m := range got.Messages {
			var event contract.Event
			if err := json.Unmarshal([]byte(*m.Body), &event); err != nil {
				return nil, fmt.Errorf("parse the event %s: %w", *m.Body, err)
			}
			told[event.UserID]++
			if _, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(c.Events), ReceiptHandle: m.ReceiptHandle}); err != nil {
				return nil, fmt.Errorf("delete the event of user %s: %w", event.UserID, err)
			}
		}
		if len(got.Messages) > 0 {
			continue
		}
		missing := ""
		for _, id := range userIDs {
			if told[id] == 0 {
				missing = id
			}
		}
		if missing == "" {
			return told, nil
		}
		if err := laptop.Pause(ctx); err != nil {
			return nil, fmt.Errorf("there is no event of user %s: %w", missing, err)
		}
	}
}
