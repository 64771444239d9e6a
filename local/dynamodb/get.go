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

// prepare returns the storage key and what to return of the item.
func (r getRequest) prepare(t *table) (string, projection, error) {
	if r.ProjectionExpression == nil && r.ExpressionAttributeNames != nil {
		return "", nil, invalid("ExpressionAttributeNames can only be specified when using expressions")
	}
	p, err := newPlaceholders(r.ExpressionAttributeNames, nil)
	if err != nil {
		return "", nil, err
	}
	var part projection
	if r.ProjectionExpression != nil {
		if part, err = parseProjection(*r.ProjectionExpression, p); err != nil {
			return "", nil, err
		}
	}
	if err := p.checkUsed(); err != nil {
		return "", nil, err
	}
	key, err := t.key(r.Key)
	return key, part, err
}

type getAnswer struct {
	Item             item              `json:",omitzero"`
	ConsumedCapacity *consumedCapacity `json:",omitzero"`
}

func (d *DynamoDB) getItem(_ context.Context, caller cloud.Caller, in struct {
	getRequest
	ConsistentRead         bool
	ReturnConsumedCapacity string
	legacy
}) (getAnswer, error) {
	t, err := d.table(caller, "GetItem", in.TableName)
	if err != nil {
		return getAnswer{}, err
	}
	if err := in.legacy.check(); err != nil {
		return getAnswer{}, err
	}
	key, part, err := in.prepare(t)
	if err != nil {
		return getAnswer{}, err
	}
	r := d.row(t, key)
	units := readUnits(sizeOfRow(r), in.ConsistentRead)
	d.metrics.read.Observe(t.dimensions, units)
	answer := getAnswer{ConsumedCapacity: t.capacity(in.ReturnConsumedCapacity, writeUnits{table: units})}
	if r != nil {
		answer.Item = part.of(r.item())
	}
	return answer, nil
}

func (d *DynamoDB) row(t *table, key string) *row {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return t.rows.get(key)
}
