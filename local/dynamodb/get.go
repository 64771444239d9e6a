package dynamodb

// Reads of one item: GetItem.

import (
	"context"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type getRequest struct {
	TableName                string
	Key                      item
	ProjectionExpression     *string
	ExpressionAttributeNames map[string]string
}

// parse returns what to return of the item.
func (r getRequest) parse(legacy attributesToGet) (projection, error) {
	err := checkMixed(
		[]parameter{{"AttributesToGet", legacy.AttributesToGet != nil}},
		[]parameter{{"ProjectionExpression", r.ProjectionExpression != nil}})
	switch {
	case err != nil:
		return nil, err
	case r.Key == nil:
		return nil, missingMember("key")
	case r.ProjectionExpression == nil && r.ExpressionAttributeNames != nil:
		return nil, invalid("ExpressionAttributeNames can only be specified when using expressions")
	case r.ProjectionExpression == nil:
		return legacy.parse()
	}
	p, err := newPlaceholders(r.ExpressionAttributeNames, nil)
	if err != nil {
		return nil, err
	}
	part, err := parseProjection(*r.ProjectionExpression, p)
	if err != nil {
		return nil, err
	}
	return part, p.checkUsed()
}

type getAnswer struct {
	Item             item              `json:",omitzero"`
	ConsumedCapacity *consumedCapacity `json:",omitzero"`
}

func (d *DynamoDB) getItem(ctx context.Context, caller cloud.Caller, in struct {
	getRequest
	ConsistentRead bool
	capacityRequest
	attributesToGet
}) (getAnswer, error) {
	name, err := d.authorize(caller, "GetItem", in.TableName)
	if err != nil {
		return getAnswer{}, err
	}
	if err := in.capacityRequest.check(); err != nil {
		return getAnswer{}, err
	}
	part, err := in.getRequest.parse(in.attributesToGet)
	if err != nil {
		return getAnswer{}, err
	}
	t, err := d.lookUp(name)
	if err != nil {
		return getAnswer{}, err
	}
	key, err := t.key(in.Key)
	if err != nil {
		return getAnswer{}, err
	}
	r, err := d.row(ctx, t, key, in.ConsistentRead)
	if err != nil {
		return getAnswer{}, err
	}
	units := readUnits(sizeOfRow(r), in.ConsistentRead)
	d.metrics.read.Observe(t.dimensions, units)
	if cloud.Asked(ctx) {
		cloud.Tell(ctx, d.causeAt(t, key, r, cloud.MomentOf(ctx)).Named(keyID(in.Key)))
	}
	answer := getAnswer{ConsumedCapacity: t.capacity(in.ReturnConsumedCapacity, writeUnits{table: units})}
	if r != nil {
		answer.Item = part.of(r.item())
	}
	return answer, nil
}

func (d *DynamoDB) row(ctx context.Context, t *table, key string, consistent bool) (*row, error) {
	then, err := seenBy(ctx, consistent)
	if err != nil {
		return nil, err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	return t.rowAt(key, then)
}
