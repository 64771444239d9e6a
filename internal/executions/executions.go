// Package executions starts state machine executions whose names say what they
// are for, so that starting one again does nothing.
package executions

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/internal/patience"
)

// Client is what Start needs of the Step Functions client.
type Client interface {
	StartExecution(context.Context, *sfn.StartExecutionInput, ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
}

// ARN is that of a state machine's execution.
func ARN(machineARN, name string) string {
	return strings.Replace(machineARN, ":stateMachine:", ":execution:", 1) + ":" + name
}

// Start starts an execution, waiting throttling out for as long as ctx lasts.
// One that exists already was started before, which is success.
func Start(ctx context.Context, client Client, machineARN, name, input string) error {
	err := patience.Retry(ctx, func() error {
		_, err := client.StartExecution(ctx, &sfn.StartExecutionInput{
			StateMachineArn: aws.String(machineARN),
			Name:            aws.String(name),
			Input:           aws.String(input),
		})
		if _, exists := errors.AsType[*types.ExecutionAlreadyExists](err); exists {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("start execution %s: %w", name, err)
	}
	return nil
}
