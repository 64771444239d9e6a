package policyguard

// This file keeps the rows of cases. Of each policy one, CURRENT, says which case
// is the latest, and has the lock; each case has its own, with what was rolled
// back.

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// DynamoDB is what Cases need of the DynamoDB client.
type DynamoDB interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
}

// Cases are the rows.
type Cases struct {
	DynamoDB DynamoDB
	Table    string
}

// lease is for how long a lock holds that its holder does not give back: longer
// than any invocation, so that there are never two.
const lease = 45 * time.Second

// Lock lets one invocation at a time look at a policy and replace it.
type Lock struct {
	cases  Cases
	policy string
	token  string // this invocation's own

	// Current is what the row said when it was locked.
	Current Current
}

// Current is the latest case of a policy that was rolled back.
type Current struct {
	Execution   string // empty if there is none
	Placeholder string // version that stands for it, of a managed policy; contract.PlaceholderNone
	Judged      string // version, or Fingerprint of a document, that was rolled back
}

// Lock locks a policy. Its errors are contract.PolicyLocked, as it is, and those
// of patience.Named.
func (c Cases) Lock(ctx context.Context, policy string) (*Lock, error) {
	l := &Lock{cases: c, policy: policy, token: rand.Text()}
	now := time.Now()
	output, err := c.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                &c.Table,
		Key:                      key(policy, contract.EntryCurrent),
		UpdateExpression:         aws.String("SET #by = :me, #until = :until"),
		ConditionExpression:      aws.String("attribute_not_exists(#by) OR #until < :now"),
		ExpressionAttributeNames: map[string]string{"#by": contract.AttrLockedBy, "#until": contract.AttrLockedUntil},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":me": attribute.Text(l.token), ":now": milliseconds(now), ":until": milliseconds(now.Add(lease)),
		},
		ReturnValues: types.ReturnValueAllNew,
	})
	if _, locked := errors.AsType[*types.ConditionalCheckFailedException](err); locked {
		return nil, contract.PolicyLocked{Policy: policy}
	}
	if err != nil {
		return nil, patience.Named(fmt.Errorf("lock %s: %w", policy, err))
	}
	l.Current = Current{
		Execution:   attribute.String(output.Attributes, contract.AttrExecution),
		Placeholder: attribute.String(output.Attributes, contract.AttrPlaceholder),
		Judged:      attribute.String(output.Attributes, contract.AttrJudged),
	}
	return l, nil
}

// Point makes a case the policy's latest.
func (l *Lock) Point(ctx context.Context, c Current) error {
	return l.update(ctx, "SET #execution = :execution, #placeholder = :placeholder, #judged = :judged", map[string]string{
		"#execution": contract.AttrExecution, "#placeholder": contract.AttrPlaceholder, "#judged": contract.AttrJudged,
	}, map[string]types.AttributeValue{
		":execution": attribute.Text(c.Execution), ":placeholder": attribute.Text(c.Placeholder), ":judged": attribute.Text(c.Judged),
	})
}

// Unlock gives the lock back. It takes a moment even if ctx has ended: otherwise
// others have to wait until the lease is over.
func (l *Lock) Unlock(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	return l.update(ctx, "REMOVE #by, #until", map[string]string{"#until": contract.AttrLockedUntil}, map[string]types.AttributeValue{})
}

// update changes the row as long as it is locked by this invocation.
func (l *Lock) update(ctx context.Context, expression string, names map[string]string, values map[string]types.AttributeValue) error {
	names["#by"], values[":me"] = contract.AttrLockedBy, attribute.Text(l.token)
	_, err := l.cases.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.cases.Table, Key: key(l.policy, contract.EntryCurrent),
		UpdateExpression: &expression, ConditionExpression: aws.String("#by = :me"),
		ExpressionAttributeNames: names, ExpressionAttributeValues: values,
	})
	if err != nil {
		return patience.Named(fmt.Errorf("note the case of %s: %w", l.policy, err))
	}
	return nil
}

// Open writes a case down if its event has none; mine is false if another
// execution has it already: the event was delivered twice.
func (l *Lock) Open(ctx context.Context, in contract.RollBack) (mine bool, err error) {
	e := in.Evaluated
	_, err = l.cases.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           &l.cases.Table,
		Key:                 key(l.policy, contract.PrefixCase+e.EventID),
		UpdateExpression:    aws.String("SET #execution = :me, #version = :version, #details = :details, #by = :by, #at = :at"),
		ConditionExpression: aws.String("attribute_not_exists(#execution) OR #execution = :me"),
		ExpressionAttributeNames: map[string]string{
			"#execution": contract.AttrExecution, "#version": contract.AttrVersion, "#details": contract.AttrDetails,
			"#by": contract.AttrChangedBy, "#at": contract.AttrOpenedAt,
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":me": attribute.Text(in.Execution), ":version": attribute.Text(e.Version), ":details": attribute.Text(e.Details),
			":by": attribute.Text(e.ChangedBy), ":at": attribute.Text(now()),
		},
	})
	if _, other := errors.AsType[*types.ConditionalCheckFailedException](err); other {
		return false, nil
	}
	if err != nil {
		return false, patience.Named(fmt.Errorf("open the case of %s: %w", l.policy, err))
	}
	return true, nil
}

// Keep adds to a case what is about to be replaced.
func (l *Lock) Keep(ctx context.Context, eventID, policyID, document string) error {
	_, err := l.cases.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                &l.cases.Table,
		Key:                      key(l.policy, contract.PrefixCase+eventID),
		UpdateExpression:         aws.String("SET #id = :id, #document = :document"),
		ConditionExpression:      aws.String("attribute_exists(#execution)"),
		ExpressionAttributeNames: map[string]string{"#id": contract.AttrPolicyID, "#document": contract.AttrDocument, "#execution": contract.AttrExecution},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":id": attribute.Text(policyID), ":document": attribute.Text(document),
		},
	})
	if err != nil {
		return patience.Named(fmt.Errorf("keep what stands of %s: %w", l.policy, err))
	}
	return nil
}

// Kept is what was replaced.
type Kept struct{ Version, PolicyID, Document string }

// Kept reads what a case has kept.
func (l *Lock) Kept(ctx context.Context, eventID string) (Kept, error) {
	output, err := l.cases.DynamoDB.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &l.cases.Table, Key: key(l.policy, contract.PrefixCase+eventID), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return Kept{}, patience.Named(fmt.Errorf("read the case of %s: %w", l.policy, err))
	}
	return Kept{
		Version:  attribute.String(output.Item, contract.AttrVersion),
		PolicyID: attribute.String(output.Item, contract.AttrPolicyID),
		Document: attribute.String(output.Item, contract.AttrDocument),
	}, nil
}

// KeepVersion writes down a version that is about to be deleted.
func (l *Lock) KeepVersion(ctx context.Context, policyID, version, document string, created time.Time) error {
	item := key(l.policy, contract.PrefixVersion+policyID+"#"+version)
	item[contract.AttrDocument] = attribute.Text(document)
	item[contract.AttrCreatedAt] = attribute.Text(created.UTC().Format(time.RFC3339))
	item[contract.AttrRemovedAt] = attribute.Text(now())
	if _, err := l.cases.DynamoDB.PutItem(ctx, &dynamodb.PutItemInput{TableName: &l.cases.Table, Item: item}); err != nil {
		return patience.Named(fmt.Errorf("keep %s of %s: %w", version, l.policy, err))
	}
	return nil
}

func key(policy, entry string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{contract.AttrPolicy: attribute.Text(policy), contract.AttrEntry: attribute.Text(entry)}
}

func now() string { return time.Now().UTC().Format(time.RFC3339) }

func milliseconds(t time.Time) types.AttributeValue {
	return attribute.Number(t.UnixMilli())
}
