package dynamodb

// Batches: BatchGetItem and BatchWriteItem.

import (
	"context"
	"maps"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	maxBatchGet   = 100      // keys
	maxBatchWrite = 25       // puts and deletes
	maxBatchBytes = 16 << 20 // of items that a BatchGetItem returns
)

// place identifies a row among all tables.
type place struct {
	table *table
	key   string
}

type batchGetTable struct {
	Keys                     []item
	ProjectionExpression     *string           `json:",omitzero"`
	ExpressionAttributeNames map[string]string `json:",omitzero"`
	ConsistentRead           bool              `json:",omitzero"`
	legacy
}

type batchGetAnswer struct {
	Responses        map[string][]item
	UnprocessedKeys  map[string]batchGetTable
	ConsumedCapacity []*consumedCapacity `json:",omitzero"`
}

func (d *DynamoDB) batchGetItem(_ context.Context, caller cloud.Caller, in struct {
	RequestItems           map[string]batchGetTable
	ReturnConsumedCapacity string
}) (batchGetAnswer, error) {
	answer := batchGetAnswer{Responses: map[string][]item{}, UnprocessedKeys: map[string]batchGetTable{}}
	if err := checkBatch("BatchGetItem", in.RequestItems, maxBatchGet, func(r batchGetTable) int { return len(r.Keys) }); err != nil {
		return answer, err
	}
	bytes := 0
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		request := in.RequestItems[name]
		t, err := d.table(caller, "BatchGetItem", name)
		if err != nil {
			return answer, err
		}
		keys, part, err := request.prepare(t)
		if err != nil {
			return answer, err
		}
		answer.Responses[name] = []item{}
		units := 0.0
		for i, key := range keys {
			if bytes >= maxBatchBytes {
				request.Keys = request.Keys[i:]
				answer.UnprocessedKeys[name] = request
				break
			}
			r := d.row(t, key)
			bytes += sizeOfRow(r)
			units += readUnits(sizeOfRow(r), request.ConsistentRead)
			if r != nil {
				answer.Responses[name] = append(answer.Responses[name], part.of(r.item()))
			}
		}
		answer.ConsumedCapacity = appendCapacity(answer.ConsumedCapacity, t.capacity(in.ReturnConsumedCapacity, writeUnits{table: units}))
		d.metrics.read.Observe(t.dimensions, units)
	}
	return answer, nil
}

// prepare returns the storage keys and what to return of the items.
func (r batchGetTable) prepare(t *table) ([]string, projection, error) {
	if err := r.legacy.check(); err != nil {
		return nil, nil, err
	}
	var keys []string
	var part projection
	seen := map[string]bool{}
	for _, key := range r.Keys {
		get := getRequest{Key: key, ProjectionExpression: r.ProjectionExpression, ExpressionAttributeNames: r.ExpressionAttributeNames}
		storage, projected, err := get.prepare(t)
		if err != nil {
			return nil, nil, err
		}
		if seen[storage] {
			return nil, nil, errDuplicates()
		}
		seen[storage] = true
		keys, part = append(keys, storage), projected
	}
	return keys, part, nil
}

func appendCapacity(list []*consumedCapacity, consumed *consumedCapacity) []*consumedCapacity {
	if consumed == nil {
		return list
	}
	return append(list, consumed)
}

func errDuplicates() error { return invalid("Provided list of item keys contains duplicates") }

// checkBatch refuses empty batches and those with too many members.
func checkBatch[R any](action string, requests map[string]R, limit int, count func(R) int) error {
	total := 0
	for name, r := range requests {
		if count(r) == 0 {
			return invalid("1 validation error detected: Value at 'requestItems.%s.member' failed to satisfy constraint: Member must have length greater than or equal to 1", name)
		}
		total += count(r)
	}
	switch {
	case total == 0:
		return invalid("1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: Member must have length greater than or equal to 1")
	case total > limit:
		return invalid("Too many items requested for the %s call", action)
	}
	return nil
}

type batchWriteMember struct {
	PutRequest    *struct{ Item item }
	DeleteRequest *struct{ Key item }
}

type batchWriteAnswer struct {
	UnprocessedItems map[string][]batchWriteMember
	ConsumedCapacity []*consumedCapacity `json:",omitzero"`
}

// batchWriteItem performs all of a batch or, if a member is invalid, nothing.
func (d *DynamoDB) batchWriteItem(_ context.Context, caller cloud.Caller, in struct {
	RequestItems           map[string][]batchWriteMember
	ReturnConsumedCapacity string
	collectionMetrics
}) (batchWriteAnswer, error) {
	answer := batchWriteAnswer{UnprocessedItems: map[string][]batchWriteMember{}}
	if err := in.collectionMetrics.check(); err != nil {
		return answer, err
	}
	if err := checkBatch("BatchWriteItem", in.RequestItems, maxBatchWrite, func(r []batchWriteMember) int { return len(r) }); err != nil {
		return answer, err
	}
	var writes []write
	seen := map[place]bool{}
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		t, err := d.table(caller, "BatchWriteItem", name)
		if err != nil {
			return answer, err
		}
		for _, member := range in.RequestItems[name] {
			w, err := member.write(t)
			if err != nil {
				return answer, err
			}
			if seen[place{t, w.key}] {
				return answer, errDuplicates()
			}
			seen[place{t, w.key}] = true
			writes = append(writes, w)
		}
	}
	consumed := capacities{}
	for _, w := range writes {
		o, err := d.write(w)
		if err != nil {
			return answer, err
		}
		consumed.add(w.table, o.units)
	}
	answer.ConsumedCapacity = consumed.list(in.ReturnConsumedCapacity)
	return answer, nil
}

func (m batchWriteMember) write(t *table) (write, error) {
	switch {
	case (m.PutRequest == nil) == (m.DeleteRequest == nil):
		return write{}, invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	case m.PutRequest != nil:
		for _, attribute := range t.schema.attributes() {
			if _, ok := m.PutRequest.Item[attribute.name]; !ok {
				return write{}, errKeySchema()
			}
		}
		return putRequest{Item: m.PutRequest.Item}.write(t)
	default:
		return keyRequest{Key: m.DeleteRequest.Key}.write(t, remove)
	}
}

// capacities sums up units by table.
type capacities map[*table]*writeUnits

func (c capacities) add(t *table, units writeUnits) {
	sum, ok := c[t]
	if !ok {
		sum = &writeUnits{}
		c[t] = sum
	}
	sum.table += units.table
	for x, u := range units.indexes {
		sum.add(x, u)
	}
}

func (c capacities) list(returnConsumed string) []*consumedCapacity {
	var list []*consumedCapacity
	for t, units := range c {
		list = appendCapacity(list, t.capacity(returnConsumed, *units))
	}
	return list
}
