package replay

// This file replays a posted transaction, from the input of an execution.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"golang.org/x/sync/errgroup"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/executions"
	"github.com/tradepost-dev/tradepost/internal/messages"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// lookupPause keeps below the rate of DescribeExecution, which conclude needs
// too: 15 a second, and 10 in smaller regions.
const lookupPause = 125 * time.Millisecond

func (r *Replayer) posted(ctx context.Context, b Batch) (started int, err error) {
	failure := b.Failures[0]
	m, err := r.input(ctx, failure)
	if err != nil {
		return 0, err
	}
	ended, err := r.endedRed(ctx, failure)
	if err != nil {
		return 0, err
	}
	if m.Attempt, err = r.mark(ctx, failure, ended); err != nil || m.Attempt == 0 {
		return 0, err
	}
	if err := r.showReceived(ctx, m); err != nil {
		return 0, err
	}
	text, err := messages.Encode(m)
	if err != nil {
		return 0, err
	}
	var group errgroup.Group
	sender := &messages.Sender{SQS: r.SQS, QueueURL: r.PostedQueueURL, Group: &group}
	sender.Add(ctx, text)
	sender.Flush(ctx)
	if err := group.Wait(); err != nil {
		return 0, err
	}
	return 1, nil
}

// input is what the latest attempt was started with. One that is marked and
// was never sent has no execution: then the attempt before it tells.
func (r *Replayer) input(ctx context.Context, f outcomes.Failure) (m contract.Message, err error) {
	for attempt := f.Attempt; attempt >= 0; attempt-- {
		described, err := r.describe(ctx, contract.ExecutionName(f.FileID, f.Ordinal, attempt))
		if _, never := errors.AsType[*sfntypes.ExecutionDoesNotExist](err); never {
			continue
		}
		if _, express := errors.AsType[*sfntypes.StateMachineTypeNotSupported](err); express {
			return m, errors.New("an Express workflow keeps no inputs: its partner has to post it again")
		}
		if err != nil {
			return m, fmt.Errorf("read the input: %w", err)
		}
		decoder := json.NewDecoder(bytes.NewReader([]byte(aws.ToString(described.Input))))
		decoder.DisallowUnknownFields() // of a version whose messages were others
		if err := decoder.Decode(&m); err != nil {
			return m, fmt.Errorf("read the input: %w: its partner has to post it again", err)
		}
		return m, nil
	}
	return m, errors.New("its executions are gone, after 90 days: its partner has to post it again")
}

// describe waits for its turn.
func (r *Replayer) describe(ctx context.Context, name string) (described *sfn.DescribeExecutionOutput, err error) {
	if err := sleep(ctx, time.Until(r.lookups)); err != nil {
		return nil, err
	}
	r.lookups = time.Now().Add(lookupPause)
	err = patience.Retry(ctx, func() (err error) {
		described, err = r.StepFunctions.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(executions.ARN(r.WorkflowARN, name))})
		return err
	})
	return described, err
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// showReceived tells the partner that the transaction is under way again, in
// the row of this very request.
func (r *Replayer) showReceived(ctx context.Context, m contract.Message) error {
	_, err := r.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           aws.String(r.TransactionsTable),
		Key:                 map[string]types.AttributeValue{contract.AttrTransactionKey: attribute.Text(m.TransactionKey)},
		UpdateExpression:    aws.String("SET #status = :received REMOVE #code, #message"),
		ConditionExpression: aws.String("#file = :file AND #status = :failed"),
		ExpressionAttributeNames: map[string]string{
			"#status": contract.AttrStatus, "#file": contract.AttrFileID, "#code": contract.AttrCode, "#message": contract.AttrMessage,
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":received": attribute.Text(contract.StatusReceived), ":failed": attribute.Text(contract.Failed), ":file": attribute.Text(m.FileID),
		},
	})
	if _, other := errors.AsType[*types.ConditionalCheckFailedException](err); other {
		return nil // posted again since, or shown already
	}
	if err != nil {
		return fmt.Errorf("show %s as received: %w", m.TransactionKey, err)
	}
	return nil
}
