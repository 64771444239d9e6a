// Package claims sees to it that of all the deliveries of one webhook one is
// published: the senders', who send again what was not answered, and the
// stream's, which delivers a batch again of which a part has failed.
//
// A record of the stream claims its webhook, is worked on, and says then what has
// become of it. So a crash in between loses nothing: the same record, delivered
// again, takes its own claim up, and another record takes it over when the lease
// has ended, at which time whatever the first has started has come to its end.
//
//	no row, or a forgotten one --claim--> CLAIMED --settle--> PUBLISHED, REJECTED or PARKED
//	                                        |                     |          |         |
//	another record:          waits, takes over after the lease  duplicate  takes over (sent again)
//	the same record:         goes on                            done       done      done
package claims

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
)

// DynamoDB is what a Table needs of the DynamoDB client. Its own retries are best
// turned off: the caller decides how long to go on.
type DynamoDB interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
}

// Table is one of claims.
type Table struct {
	DynamoDB DynamoDB
	Name     string
	Remember time.Duration // how long a webhook is known again
	Lease    time.Duration // how long a record may be at work on one
}

// Claim is what a record of the stream claims.
type Claim struct{ Source, ID, Sequence string }

// Verdict is what a record is to do with a webhook.
type Verdict int

const (
	Work      Verdict = iota // work on it, and settle it
	Done                     // nothing: this very record has come to its end before
	Duplicate                // count it: another record has published the webhook
	Counted                  // nothing: this very record was a duplicate before
)

// ErrBusy is the error of a webhook that another record is at work on.
var ErrBusy = errors.New("another record of the same webhook is at work")

// ErrLost is the error of a record that another has taken over from.
var ErrLost = errors.New("another record of the same webhook has taken over")

// Take claims a webhook for a record.
func (t *Table) Take(ctx context.Context, c Claim) (Verdict, error) {
	now := time.Now()
	_, err := t.DynamoDB.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(t.Name),
		Item: map[string]types.AttributeValue{
			contract.AttrWebhook:    attribute.Text(c.key()),
			contract.AttrOwner:      attribute.Text(c.owner()),
			contract.AttrStatus:     attribute.Text(contract.StatusClaimed),
			contract.AttrClaimedAt:  attribute.Text(now.UTC().Format(time.RFC3339Nano)),
			contract.AttrLeaseUntil: attribute.Number(now.Add(t.Lease).Unix()),
			contract.AttrExpiresAt:  attribute.Number(now.Add(t.Remember).Unix()),
		},
		// DynamoDB deletes what has expired within days, so that is asked, too.
		ConditionExpression: aws.String("attribute_not_exists(#webhook) OR #expires <= :now" +
			" OR #status = :claimed AND (#owner = :owner OR #lease <= :now)" +
			" OR #owner <> :owner AND #status IN (:parked, :rejected)"),
		ExpressionAttributeNames: map[string]string{
			"#webhook": contract.AttrWebhook, "#expires": contract.AttrExpiresAt, "#status": contract.AttrStatus,
			"#owner": contract.AttrOwner, "#lease": contract.AttrLeaseUntil,
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":now": attribute.Number(now.Unix()), ":owner": attribute.Text(c.owner()), ":claimed": attribute.Text(contract.StatusClaimed),
			":parked": attribute.Text(contract.Parked), ":rejected": attribute.Text(contract.Rejected),
		},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if refused, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return t.judge(ctx, c, refused.Item)
	}
	if err != nil {
		return 0, fmt.Errorf("claim webhook %s: %w", c.key(), err)
	}
	return Work, nil
}

// judge tells what a claim that stands in the way means.
func (t *Table) judge(ctx context.Context, c Claim, standing map[string]types.AttributeValue) (Verdict, error) {
	switch {
	case attribute.String(standing, contract.AttrOwner) == c.owner():
		return Done, nil
	case attribute.String(standing, contract.AttrStatus) == contract.StatusClaimed:
		return 0, ErrBusy
	}
	// A duplicate that is delivered again is not to be counted again. Records of
	// one webhook come in the stream's order, so the last one tells.
	_, err := t.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           aws.String(t.Name),
		Key:                 c.row(),
		UpdateExpression:    aws.String("SET #last = :record"),
		ConditionExpression: aws.String("attribute_not_exists(#last) OR #last < :record"),
		ExpressionAttributeNames: map[string]string{
			"#last": contract.AttrLastDuplicate,
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{":record": attribute.Text(c.owner())},
	})
	if _, before := errors.AsType[*types.ConditionalCheckFailedException](err); before {
		return Counted, nil
	}
	if err != nil {
		return 0, fmt.Errorf("note a duplicate of webhook %s: %w", c.key(), err)
	}
	return Duplicate, nil
}

// Settle says what has become of a webhook that is claimed by the record. What
// was settled stays as it is. ErrLost is no failure: the other says what becomes.
func (t *Table) Settle(ctx context.Context, c Claim, outcome contract.Outcome) error {
	_, err := t.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           aws.String(t.Name),
		Key:                 c.row(),
		UpdateExpression:    aws.String("SET #status = :outcome REMOVE #lease"),
		ConditionExpression: aws.String("#owner = :owner AND #status = :claimed"),
		ExpressionAttributeNames: map[string]string{
			"#status": contract.AttrStatus, "#lease": contract.AttrLeaseUntil, "#owner": contract.AttrOwner,
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":outcome": attribute.Text(outcome), ":owner": attribute.Text(c.owner()), ":claimed": attribute.Text(contract.StatusClaimed),
		},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if refused, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		if attribute.String(refused.Item, contract.AttrOwner) == c.owner() && attribute.String(refused.Item, contract.AttrStatus) == string(outcome) {
			return nil // the answer was lost, and the call is repeated
		}
		return ErrLost
	}
	if err != nil {
		return fmt.Errorf("settle webhook %s as %s: %w", c.key(), outcome, err)
	}
	return nil
}

func (c Claim) key() string { return c.Source + "#" + c.ID }

func (c Claim) row() map[string]types.AttributeValue {
	return map[string]types.AttributeValue{contract.AttrWebhook: attribute.Text(c.key())}
}

// owner is the record's number in the stream, of a length at which texts are in
// the order of the numbers.
func (c Claim) owner() string {
	const digits = 64 // Kinesis's numbers have 56
	return strings.Repeat("0", max(0, digits-len(c.Sequence))) + c.Sequence
}
