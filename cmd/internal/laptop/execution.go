package laptop

// This file waits for executions.

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// Failed is the error of an execution that did not succeed.
type Failed struct {
	Status      types.ExecutionStatus
	Name, Cause string // of its error, if it has one
}

func (f *Failed) Error() string {
	if f.Name == "" {
		return string(f.Status)
	}
	return f.Name + ": " + f.Cause
}

// Ended waits until an execution is there and has ended, and returns its output.
// The error of one that did not succeed is a *Failed.
func (l *Laptop) Ended(ctx context.Context, execution string) (output string, err error) {
	client := sfn.NewFromConfig(l.AWS())
	for {
		described, err := client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &execution})
		_, toCome := errors.AsType[*types.ExecutionDoesNotExist](err)
		switch {
		case toCome || err == nil && described.Status == types.ExecutionStatusRunning:
		case err != nil:
			return "", fmt.Errorf("describe execution %s: %w", execution, err)
		case described.Status == types.ExecutionStatusSucceeded:
			return *described.Output, nil
		default:
			return "", &Failed{described.Status, aws.ToString(described.Error), aws.ToString(described.Cause)}
		}
		if err := Pause(ctx); err != nil {
			return "", fmt.Errorf("execution %s has not ended: %w", execution, err)
		}
	}
}
