// Package training is model training on this machine: the clients of those who
// bring data, start runs and use what they predict, and the story that the demo
// tells. Jobs of Glue and SageMaker end as mocks.json says.
package training

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
)

// told is who gets a mail of each run.
const told = "ml@example.com"

// System is model training for a laptop.
func System() laptop.System {
	return laptop.System{
		Name: "training", Mocks: "cmd/internal/training/mocks.json",
		Prepare: func(string, string) (map[string]string, error) { return map[string]string{"trainingEmail": told}, nil },
	}
}

// Lab is a laptop that trains models.
type Lab struct {
	*laptop.Laptop
	Stack      string // the system's
	Data, Work string // buckets
	Endpoint   string // name
	Workflow   string // ARN
	Notices    string // ARN of the topic

	runs string // the table
}

// Connect finds the system's addresses.
func Connect(l *laptop.Laptop) (*Lab, error) {
	stack, err := l.Stack("Tradepost-Training-")
	if err != nil {
		return nil, err
	}
	lab := &Lab{Laptop: l, Stack: stack}
	for name, value := range map[string]*string{
		"DataBucket": &lab.Data, "WorkBucket": &lab.Work, "EndpointName": &lab.Endpoint, "WorkflowARN": &lab.Workflow,
		"RunsTable": &lab.runs, "NoticesTopicARN": &lab.Notices,
	} {
		if *value, err = l.Output(stack, name); err != nil {
			return nil, err
		}
	}
	return lab, nil
}

// Bring writes an object of data.
func (l *Lab) Bring(ctx context.Context, name, content string) error {
	key := "data/" + name
	if _, err := s3.NewFromConfig(l.AWS()).PutObject(ctx, &s3.PutObjectInput{Bucket: &l.Data, Key: &key, Body: strings.NewReader(content)}); err != nil {
		return fmt.Errorf("write %s: %w", key, err)
	}
	return nil
}

// Start starts an execution, and returns its ARN.
func (l *Lab) Start(ctx context.Context) (execution string, err error) {
	started, err := sfn.NewFromConfig(l.AWS()).StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: aws.String(l.Workflow)})
	if err != nil {
		return "", fmt.Errorf("start a run: %w", err)
	}
	return *started.ExecutionArn, nil
}

// Ended waits until an execution has ended. The error of one that did not
// succeed is a *laptop.Failed.
func (l *Lab) Ended(ctx context.Context, execution string) (result contract.Result, err error) {
	output, err := l.Laptop.Ended(ctx, execution)
	if err != nil {
		return result, err
	}
	if err := json.Unmarshal([]byte(output), &result); err != nil {
		return result, fmt.Errorf("parse the output of execution %s: %w", execution, err)
	}
	return result, nil
}

// Predictions are those of a run.
func (l *Lab) Predictions(ctx context.Context, run string) (string, error) {
	key := contract.FolderPredictions + run + "/00000.csv"
	got, err := s3.NewFromConfig(l.AWS()).GetObject(ctx, &s3.GetObjectInput{Bucket: &l.Work, Key: &key})
	if err != nil {
		return "", fmt.Errorf("read %s: %w", key, err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	return string(text), err
}

// Row is one of the table, nil if there is none.
func (l *Lab) Row(ctx context.Context, key string) (map[string]types.AttributeValue, error) {
	got, err := dynamodb.NewFromConfig(l.AWS()).GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &l.runs, ConsistentRead: aws.Bool(true), Key: map[string]types.AttributeValue{contract.AttrRun: attribute.Text(key)},
	})
	if err != nil {
		return nil, fmt.Errorf("read the row %s: %w", key, err)
	}
	return got.Item, nil
}
