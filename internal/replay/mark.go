package replay

// This file turns an outcome from FAILED into REPLAYING.

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
)

// mark takes the next attempt of a transaction and returns it; 0 if there is
// nothing to replay any more, because another replay has come to its end since
// the failure was found. One that is marked already is sent again: it may have
// been interrupted. If its execution has ended red, which nobody has recorded,
// it takes the next one.
func (r *Replayer) mark(ctx context.Context, f outcomes.Failure, endedRed bool) (attempt int, err error) {
	if f.Outcome == contract.Replaying && !endedRed {
		return f.Attempt, nil
	}
	_, err = r.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(r.OutcomesTable),
		Key: map[string]types.AttributeValue{
			contract.AttrOutcomeKey: attribute.Text(contract.OutcomeKey(f.FileID, f.Ordinal)),
			contract.AttrOrdinal:    attribute.Number(f.Ordinal),
		},
		UpdateExpression:         aws.String("SET #outcome = :replaying, #attempt = :next"),
		ConditionExpression:      aws.String("#outcome = :found AND #attempt = :attempt"),
		ExpressionAttributeNames: map[string]string{"#outcome": contract.AttrOutcome, "#attempt": contract.AttrAttempt},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":replaying": attribute.Text(contract.Replaying), ":found": attribute.Text(f.Outcome),
			":attempt": attribute.Number(f.Attempt), ":next": attribute.Number(f.Attempt + 1),
		},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if changed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return attemptOf(changed.Item)
	}
	if err != nil {
		return 0, fmt.Errorf("mark ordinal %d: %w", f.Ordinal, err)
	}
	return f.Attempt + 1, nil
}

// endedRed tells whether the execution of an attempt that is marked has. Where it has not
// begun, or is Express, it has not: it is started again under its name.
func (r *Replayer) endedRed(ctx context.Context, f outcomes.Failure) (bool, error) {
	if f.Outcome != contract.Replaying {
		return false, nil
	}
	described, err := r.describe(ctx, contract.ExecutionName(f.FileID, f.Ordinal, f.Attempt))
	if _, never := errors.AsType[*sfntypes.ExecutionDoesNotExist](err); never {
		return false, nil
	}
	if _, express := errors.AsType[*sfntypes.StateMachineTypeNotSupported](err); express {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at attempt %d of ordinal %d: %w", f.Attempt, f.Ordinal, err)
	}
	red := []sfntypes.ExecutionStatus{sfntypes.ExecutionStatusFailed, sfntypes.ExecutionStatusTimedOut, sfntypes.ExecutionStatusAborted}
	return slices.Contains(red, described.Status), nil
}

// attemptOf is the attempt that another replay has marked, or 0.
func attemptOf(item map[string]types.AttributeValue) (int, error) {
	now, err := outcomes.Receipt(item)
	if err != nil || now.Outcome != contract.Replaying {
		return 0, err
	}
	attempt, err := attribute.Int(item, contract.AttrAttempt)
	return int(attempt), err
}
