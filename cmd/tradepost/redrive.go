package main

// This file is the verb redrive.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/command"
)

const redriveUsage = `[--stack NAME]

Moves the dead letters of a stack's queues, messages that could not be started as executions, back to the queues that they
came from. Mend the cause first: a message that fails again comes back. Transactions that FAILED are another matter: see
tradepost replay.`

// A queue is an output whose name ends in queueOutput, and its dead letters are
// one that ends in lettersOutput and begins in the same way.
const (
	queueOutput   = "QueueURL"
	lettersOutput = "DeadLetterQueueURL"
)

func redriveVerb(ctx context.Context, arguments []string) error {
	flags := newFlagSet("redrive", redriveUsage)
	stack := flags.String("stack", defaultStack, "`name` of the stack that has the queues")
	if err := command.Parse(flags, arguments); err != nil {
		return err
	}
	cfg, err := connect(ctx)
	if err != nil {
		return err
	}
	found, err := outputs(ctx, cfg, *stack, lettersOutput)
	if err != nil {
		return err
	}
	var all int64
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if prefix, ok := strings.CutSuffix(name, lettersOutput); ok {
			moved, err := redrive(ctx, sqs.NewFromConfig(cfg), found[name], found[prefix+queueOutput])
			all += moved
			faults = append(faults, err)
		}
	}
	tell("%d dead letters moved back", all)
	return errors.Join(faults...)
}

// redrive waits until SQS has moved every message of a dead-letter queue to
// another one. That is named, unless it is "": by itself SQS knows only where
// those came from that it gave up, and none that a function put there.
func redrive(ctx context.Context, client *sqs.Client, letters, queue string) (moved int64, err error) {
	from, n, err := look(ctx, client, letters)
	if err != nil || n == "0" {
		return 0, err
	}
	task := sqs.StartMessageMoveTaskInput{SourceArn: &from}
	if queue != "" {
		to, _, err := look(ctx, client, queue)
		if err != nil {
			return 0, err
		}
		task.DestinationArn = &to
	}
	if _, err := client.StartMessageMoveTask(ctx, &task); err != nil {
		return 0, fmt.Errorf("move the dead letters: %w", err)
	}
	return follow(ctx, client, from)
}

// look finds out a queue's ARN, and how many messages wait in it.
func look(ctx context.Context, client *sqs.Client, url string) (arn, waiting string, err error) {
	got, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl:       &url,
		AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn, types.QueueAttributeNameApproximateNumberOfMessages},
	})
	if err != nil {
		return "", "", fmt.Errorf("look at the queue %s: %w", url, err)
	}
	return got.Attributes[string(types.QueueAttributeNameQueueArn)], got.Attributes[string(types.QueueAttributeNameApproximateNumberOfMessages)], nil
}

// follow waits for the end of the task that moves a queue's messages.
func follow(ctx context.Context, client *sqs.Client, from string) (moved int64, err error) {
	for {
		tasks, err := client.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: &from})
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
