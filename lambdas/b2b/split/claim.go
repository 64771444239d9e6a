// This file claims files, so that a file is split by one invocation however
// many notices announce it.

package split

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// longestLease is Lambda's longest run, for a context without a deadline.
const longestLease = 15 * time.Minute

// claim takes the file for this invocation. It is held if nobody had it, if
// this invocation's earlier attempt had it (Lambda's retries keep the request
// id), or if its holder's time is over.
func (h *Handler) claim(ctx context.Context, f *file) (held bool, err error) {
	lease, ok := ctx.Deadline()
	if !ok {
		lease = time.Now().Add(longestLease)
	}
	_, err = h.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(h.FilesTable),
		Key:       h.key(f),
		UpdateExpression: aws.String("SET #status = :claimed, #holder = :me, #lease = :lease, " +
			"#partner = :partner, #bucket = :bucket, #key = :key, #version = :version, #file = :file, " +
			"#unsettled = :unsettled, #deadline = :deadline, #since = if_not_exists(#since, :now)"),
		ConditionExpression: aws.String("attribute_not_exists(#id) OR (#status = :claimed AND (#holder = :me OR #lease < :now))"),
		ExpressionAttributeNames: map[string]string{
			"#id": contract.AttrFileID, "#status": contract.AttrStatus, "#holder": contract.AttrHolder, "#lease": contract.AttrLeaseUntil,
			"#partner": contract.AttrPartner, "#bucket": contract.AttrBucket, "#key": contract.AttrKey,
			"#version": contract.AttrVersionID, "#file": contract.AttrFile,
			"#unsettled": contract.AttrUnsettled, "#deadline": contract.AttrDeadline, "#since": contract.AttrClaimedAt,
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":claimed": attribute.Text(contract.FileClaimed), ":me": attribute.Text(requestID(ctx)),
			":lease": millis(lease), ":now": millis(time.Now()),
			":partner": attribute.Text(f.Partner), ":bucket": attribute.Text(f.Bucket), ":key": attribute.Text(f.Key),
			":version": attribute.Text(f.VersionID), ":file": attribute.Text(f.File),
			":unsettled": attribute.Text(contract.Unsettled), ":deadline": millis(lease.Add(h.SettlementTimeout)),
		},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var taken *types.ConditionalCheckFailedException
	if errors.As(err, &taken) {
		slog.InfoContext(ctx, "file is taken", "key", f.Key, "fileId", f.FileID,
			"status", attribute.String(taken.Item, contract.AttrStatus), "holder", attribute.String(taken.Item, contract.AttrHolder))
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("claim: %w", err)
	}
	return true, nil
}

// finish turns the claim into the file's status. It leaves the file alone when
// its settlement, which is already running, was faster.
func (h *Handler) finish(ctx context.Context, f *file) error {
	status, why := contract.FileSplit, &contract.Reason{}
	if f.Reason != nil {
		status, why = contract.FileQuarantined, f.Reason
	}
	_, err := h.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           aws.String(h.FilesTable),
		Key:                 h.key(f),
		UpdateExpression:    aws.String("SET #status = :status, #received = :received, #reason = :reason, #code = :code, #deadline = :deadline REMOVE #lease"),
		ConditionExpression: aws.String("#status = :claimed AND #holder = :me"),
		ExpressionAttributeNames: map[string]string{
			"#status": contract.AttrStatus, "#received": contract.AttrReceived, "#reason": contract.AttrReason,
			"#code": contract.AttrCode, "#lease": contract.AttrLeaseUntil, "#holder": contract.AttrHolder,
			"#deadline": contract.AttrDeadline,
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":status": attribute.Text(status), ":received": attribute.Number(f.Received),
			":reason": attribute.Text(why.String()), ":code": attribute.Text(why.Code), ":deadline": millis(f.Deadline),
			":claimed": attribute.Text(contract.FileClaimed), ":me": attribute.Text(requestID(ctx)),
		},
	})
	var settled *types.ConditionalCheckFailedException
	if err != nil && !errors.As(err, &settled) {
		return fmt.Errorf("finish the claim: %w", err)
	}
	return nil
}

func (h *Handler) key(f *file) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{contract.AttrFileID: attribute.Text(f.FileID)}
}

// requestID is the same in all attempts of one asynchronous invocation.
func requestID(ctx context.Context) string {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		return lc.AwsRequestID
	}
	return "no request"
}

func millis(t time.Time) types.AttributeValue {
	return attribute.Number(t.UnixMilli())
}
