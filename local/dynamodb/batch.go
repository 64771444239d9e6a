package dynamodb

// Batches: BatchGetItem and BatchWriteItem.

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

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
	attributesToGet
}

type batchGetAnswer struct {
	Responses        map[string][]item
	UnprocessedKeys  map[string]batchGetTable
	ConsumedCapacity []*consumedCapacity `json:",omitzero"`
}

func (d *DynamoDB) batchGetItem(ctx context.Context, caller cloud.Caller, in struct {
	RequestItems map[string]batchGetTable
	capacityRequest
}) (batchGetAnswer, error) {
	answer := batchGetAnswer{Responses: map[string][]item{}, UnprocessedKeys: map[string]batchGetTable{}}
	if err := checkBatch("BatchGetItem", in.RequestItems, maxBatchGet, errTooManyKeys, func(r batchGetTable) int { return len(r.Keys) }); err != nil {
		return answer, err
	}
	if err := in.capacityRequest.check(); err != nil {
		return answer, err
	}
	reads, err := d.batchReads(caller, in.RequestItems)
	if err != nil {
		return answer, err
	}
	bytes := 0
	for _, read := range reads {
		units := 0.0
		found := []item{}
		for i, key := range read.keys {
			if bytes >= maxBatchBytes {
				left := read.batchGetTable
				left.Keys = left.Keys[i:]
				answer.UnprocessedKeys[read.name] = left
				break
			}
			r, err := d.row(ctx, read.table, key, read.ConsistentRead)
			if err != nil {
				return answer, err
			}
			bytes += sizeOfRow(r)
			units += readUnits(sizeOfRow(r), read.ConsistentRead)
			if r != nil {
				found = append(found, read.part.of(r.item()))
			}
		}
		answer.Responses[read.name] = found
		answer.ConsumedCapacity = appendCapacity(answer.ConsumedCapacity, read.table.capacity(in.ReturnConsumedCapacity, writeUnits{table: units}))
		d.metrics.read.Observe(read.table.dimensions, units)
	}
	return answer, nil
}

// batchRead is a prepared part of a BatchGetItem.
type batchRead struct {
	batchGetTable
	name  string // as the request has it
	table *table
	keys  []string
	part  projection
}

// batchReads prepares the reads of all tables, after all of them are authorized.
func (d *DynamoDB) batchReads(caller cloud.Caller, requests map[string]batchGetTable) ([]batchRead, error) {
	var reads []batchRead
	for _, name := range slices.Sorted(maps.Keys(requests)) {
		read := batchRead{batchGetTable: requests[name], name: name}
		if _, err := d.authorize(caller, "BatchGetItem", name); err != nil {
			return nil, err
		}
		get := getRequest{Key: item{}, ProjectionExpression: read.ProjectionExpression, ExpressionAttributeNames: read.ExpressionAttributeNames}
		var err error
		if read.part, err = get.parse(read.attributesToGet); err != nil {
			return nil, err
		}
		reads = append(reads, read)
	}
	for i := range reads {
		if err := d.bind(&reads[i]); err != nil {
			return nil, err
		}
	}
	return reads, nil
}

// bind finds the table and the keys of a read.
func (d *DynamoDB) bind(read *batchRead) error {
	name, err := tableName(read.name)
	if err != nil {
		return err
	}
	if read.table, err = d.lookUp(name); err != nil {
		return err
	}
	for _, key := range read.Keys {
		storage, err := read.table.key(key)
		switch {
		case err != nil:
			return err
		case slices.Contains(read.keys, storage):
			return errDuplicates()
		}
		read.keys = append(read.keys, storage)
	}
	return nil
}

func appendCapacity(list []*consumedCapacity, consumed *consumedCapacity) []*consumedCapacity {
	if consumed == nil {
		return list
	}
	return append(list, consumed)
}

func errDuplicates() error { return invalid("Provided list of item keys contains duplicates") }

// checkBatch refuses empty batches and those with too many members, be it of one
// table or together.
func checkBatch[R any](action string, requests map[string]R, limit int, tooMany func(table string) error, count func(R) int) error {
	if requests == nil {
		return missingMember("requestItems")
	}
	total := 0
	for _, name := range slices.Sorted(maps.Keys(requests)) {
		r := requests[name]
		if count(r) == 0 {
			return invalid("1 validation error detected: Value at 'requestItems.%s.member' failed to satisfy constraint: Member must have length greater than or equal to 1", name)
		}
		if count(r) > limit {
			return tooMany(name)
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

func errTooManyKeys(table string) error {
	return invalid("1 validation error detected: Value at 'requestItems.%s.member.keys' failed to satisfy constraint: Member must have length less than or equal to %d", table, maxBatchGet)
}

func errTooManyWrites(string) error {
	return invalid("1 validation error detected: Value at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to %d, Member must have length greater than or equal to 1]", maxBatchWrite)
}

type batchWriteMember struct {
	PutRequest    *struct{ Item item }
	DeleteRequest *struct{ Key item }
}

type batchWriteAnswer struct {
	UnprocessedItems      map[string][]batchWriteMember
	ConsumedCapacity      []*consumedCapacity            `json:",omitzero"`
	ItemCollectionMetrics map[string][]collectionMetrics `json:",omitempty"`
}

// batchWriteItem performs all of a batch or, if a member is invalid, nothing.
func (d *DynamoDB) batchWriteItem(ctx context.Context, caller cloud.Caller, in struct {
	RequestItems map[string][]batchWriteMember
	capacityRequest
	collectionRequest
}) (batchWriteAnswer, error) {
	answer := batchWriteAnswer{UnprocessedItems: map[string][]batchWriteMember{}}
	if err := cmp.Or(in.capacityRequest.check(), in.collectionRequest.check()); err != nil {
		return answer, err
	}
	if err := checkBatch("BatchWriteItem", in.RequestItems, maxBatchWrite, errTooManyWrites, func(r []batchWriteMember) int { return len(r) }); err != nil {
		return answer, err
	}
	writes, err := d.batchWrites(caller, in.RequestItems)
	if err != nil {
		return answer, err
	}
	consumed := capacities{}
	for _, w := range writes {
		o, err := d.write(ctx, w)
		if err != nil {
			return answer, err
		}
		consumed.add(w.table, o.units)
	}
	answer.ConsumedCapacity = consumed.list(in.ReturnConsumedCapacity)
	answer.ItemCollectionMetrics = d.collections(in.collectionRequest, writes)
	return answer, nil
}

// batchWrites prepares the writes of all tables, after all of them are authorized.
func (d *DynamoDB) batchWrites(caller cloud.Caller, requests map[string][]batchWriteMember) ([]write, error) {
	type bound struct {
		table  string
		member batchWriteMember
		bind   binding
	}
	var parsed []bound
	for _, given := range slices.Sorted(maps.Keys(requests)) {
		name, err := d.authorize(caller, "BatchWriteItem", given)
		if err != nil {
			return nil, err
		}
		for _, member := range requests[given] {
			bind, err := member.parse()
			if err != nil {
				return nil, err
			}
			parsed = append(parsed, bound{name, member, bind})
		}
	}
	var writes []write
	seen := map[place]bool{}
	for _, one := range parsed {
		t, err := d.lookUp(one.table)
		if err != nil {
			return nil, err
		}
		if !one.member.keyed(t) {
			return nil, errKeySchema()
		}
		w, _, err := one.bind(t)
		switch {
		case err != nil:
			return nil, err
		case seen[place{t, w.key}]:
			return nil, errDuplicates()
		}
		seen[place{t, w.key}] = true
		writes = append(writes, w)
	}
	return writes, nil
}

func (m batchWriteMember) parse() (binding, error) {
	switch {
	case (m.PutRequest == nil) == (m.DeleteRequest == nil):
		return nil, invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	case m.PutRequest != nil:
		return putRequest{Item: m.PutRequest.Item}.parse(legacyCondition{})
	default:
		return keyRequest{Key: m.DeleteRequest.Key}.parse(legacyCondition{}, remove)
	}
}

// keyed tells whether the member has the attributes of the table's key, of their types.
func (m batchWriteMember) keyed(t *table) bool {
	if m.PutRequest == nil {
		return true // which its binding looks at
	}
	for _, attribute := range t.schema.attributes() {
		if m.PutRequest.Item[attribute.name].kind != attribute.kind {
			return false
		}
	}
	return true
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
	tables := slices.SortedFunc(maps.Keys(c), func(a, b *table) int { return strings.Compare(a.name, b.name) })
	var list []*consumedCapacity
	for _, t := range tables {
		list = appendCapacity(list, t.capacity(returnConsumed, *c[t]))
	}
	return list
}
