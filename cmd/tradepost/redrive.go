package main

// This file is the verb redrive.

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/command"
)

const redriveUsage = `[--stack NAME]

Moves the dead letters, messages that could not be started as executions, back to the queues that they came from. Mend the
cause first: a message that fails again comes back. Transactions that FAILED are another matter: see tradepost replay.`

func redriveVerb(ctx context.Context, arguments []string) error {
	flags, stack := newFlags("redrive", redriveUsage)
	if err := command.Parse(flags, arguments); err != nil {
		return err
	}
	cfg, err := connect(ctx)
	if err != nil {
		return err
	}
	queues := []string{"DeadLetterQueueURL", "PostedDeadLetterQueueURL"}
	found, err := outputs(ctx, cfg, *stack, queues...)
	if err != nil {
		return err
	}
	var all int64
	var faults []error
	for _, queue := range queues {
		moved, err := redrive(ctx, sqs.NewFromConfig(cfg), found[queue])
		all += moved
		faults = append(faults, err)
	}
	tell("%d dead letters moved back", all)
	return errors.Join(faults...)
}

// redrive waits until SQS has moved every message of a dead-letter queue.
func redrive(ctx context.Context, client *sqs.Client, url string) (moved int64, err error) {
	attributes, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl:       aws.String(url),
		AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn, types.QueueAttributeNameApproximateNumberOfMessages},
	})
	if err != nil {
		return 0, fmt.Errorf("look at the dead letters: %w", err)
	}
	if attributes.Attributes[string(types.QueueAttributeNameApproximateNumberOfMessages)] == "0" {
		return 0, nil
	}
	arn := aws.String(attributes.Attributes[string(types.QueueAttributeNameQueueArn)])
	if _, err := client.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: arn}); err != nil {
		return 0, fmt.Errorf("move the dead letters: %w", err)
	}
	for {
		tasks, err := client.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: arn})
		if err != nil {
			return moved, fmt.Errorf("look after the move: %w", err)
		}
		if len(tasks.Results) == 0 {
			return moved, errors.New("SQS no longer tells of the move")
		}
		task := tasks.Results[0] // the latest
		moved = task.ApproximateNumberOfMessagesMoved
		switch status := aws.ToString(task.Status); status {
		case "COMPLETED":
			return moved, nil
		case "RUNNING", "CANCELLING":
		default:
			return moved, fmt.Errorf("the move is %s: %s", status, aws.ToString(task.FailureReason))
		}
		select {
		case <-ctx.Done():
			return moved, fmt.Errorf("the move goes on without us: %w", ctx.Err())
		case <-time.After(time.Second):
		}
	}
}
