package dynamodb

// Writes: PutItem, UpdateItem and DeleteItem, and the conditional write that
// they share with batches and transactions.

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// A write is a prepared change of one row. All checks that need no row are
// done; what is left happens under the lock.
type write struct {
	table     *table
	key       string
	condition condition // or nil
	onFailure string    // ReturnValuesOnConditionCheckFailure

	// change returns the row to be stored in the place of old, or nil for
	// none. Both may be nil.
	change func(old *row) (*row, error)
}

// outcome is what a write did.
type outcome struct {
	old, changed *row
	units        writeUnits
}

// try returns the row as it is and as it would be.
func (w write) try() (old, changed *row, err error) {
	old = w.table.rows.get(w.key)
	if w.condition != nil && !w.condition.holds(itemOf(old)) {
		return old, nil, w.conditionFailed(old)
	}
	changed, err = w.change(old)
	return old, changed, err
}

func (w write) conditionFailed(old *row) error {
	failure := cloud.Errorf(400, codeConditionFailed, "The conditional request failed")
	if w.onFailure == "ALL_OLD" && old != nil {
		failure.Fields = map[string]any{"Item": old.item()}
	}
	return failure
}

const codeConditionFailed = "ConditionalCheckFailedException"

// write performs one write.
func (d *DynamoDB) write(w write) (outcome, error) {
	o, err := d.tryWrite(w)
	switch {
	case err == nil:
		d.metrics.written.Observe(w.table.dimensions, o.units.total())
	case cloud.AsError(err).Code == codeConditionFailed:
		d.metrics.conditionFailed.Observe(w.table.dimensions, 1)
	}
	return o, err
}

func (d *DynamoDB) tryWrite(w write) (outcome, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	old, changed, err := w.try()
	if err != nil {
		return outcome{}, err
	}
	return outcome{old, changed, w.table.replace(old, changed)}, nil
}

// conditional is what all conditional writes have in common.
type conditional struct {
	TableName                           string
	ConditionExpression                 *string
	ExpressionAttributeNames            map[string]string
	ExpressionAttributeValues           map[string]value
	ReturnValuesOnConditionCheckFailure string
}

type putRequest struct {
	conditional
	Item item
}

type keyRequest struct { // Delete and ConditionCheck
	conditional
	Key item
}

type updateRequest struct {
	conditional
	Key              item
	UpdateExpression *string
}

// prepare parses the condition; the write still lacks its key and change.
func (c conditional) prepare(t *table, p *placeholders) (write, error) {
	if err := checkEnum("returnValuesOnConditionCheckFailure", c.ReturnValuesOnConditionCheckFailure, "ALL_OLD", "NONE"); err != nil {
		return write{}, err
	}
	w := write{table: t, onFailure: c.ReturnValuesOnConditionCheckFailure}
	if c.ConditionExpression == nil {
		return w, nil
	}
	condition, _, err := parseCondition("ConditionExpression", *c.ConditionExpression, p)
	w.condition = condition
	return w, err
}

// placeholders of a request with these expressions, of which nil ones are absent.
func (c conditional) placeholders(expressions ...*string) (*placeholders, error) {
	none := !slices.ContainsFunc(expressions, func(e *string) bool { return e != nil })
	switch {
	case none && c.ExpressionAttributeNames != nil:
		return nil, invalid("ExpressionAttributeNames can only be specified when using expressions")
	case none && c.ExpressionAttributeValues != nil:
		return nil, invalid("ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null")
	}
	return newPlaceholders(c.ExpressionAttributeNames, c.ExpressionAttributeValues)
}

func (r putRequest) write(t *table) (write, error) {
	p, err := r.placeholders(r.ConditionExpression)
	if err != nil {
		return write{}, err
	}
	w, err := r.prepare(t, p)
	if err != nil {
		return write{}, err
	}
	if err := p.checkUsed(); err != nil {
		return write{}, err
	}
	put, err := t.row(r.Item)
	if err != nil {
		return write{}, err
	}
	w.key = put.key
	w.change = func(*row) (*row, error) { return put, nil }
	return w, nil
}

func (r keyRequest) write(t *table, change func(old *row) (*row, error)) (write, error) {
	p, err := r.placeholders(r.ConditionExpression)
	if err != nil {
		return write{}, err
	}
	w, err := r.prepare(t, p)
	if err != nil {
		return write{}, err
	}
	if err := p.checkUsed(); err != nil {
		return write{}, err
	}
	w.key, err = t.key(r.Key)
	w.change = change
	return w, err
}

func remove(*row) (*row, error) { return nil, nil }

func keep(old *row) (*row, error) { return old, nil }

// write returns also the paths that the update changes.
func (r updateRequest) write(t *table) (write, []path, error) {
	p, err := r.placeholders(r.ConditionExpression, r.UpdateExpression)
	if err != nil {
		return write{}, nil, err
	}
	changes := &update{}
	if r.UpdateExpression != nil {
		if changes, err = parseUpdate(*r.UpdateExpression, p); err != nil {
			return write{}, nil, err
		}
	}
	w, err := r.prepare(t, p)
	if err != nil {
		return write{}, nil, err
	}
	if err := p.checkUsed(); err != nil {
		return write{}, nil, err
	}
	for _, target := range changes.paths() {
		if t.schema.has(target.attribute()) {
			return write{}, nil, invalid("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", target.attribute())
		}
	}
	w.key, err = t.key(r.Key)
	w.change = func(old *row) (*row, error) { return t.updated(old, r.Key, changes) }
	return w, changes.paths(), err
}

// updated applies an update to a row, or to an item of only its key.
func (t *table) updated(old *row, key item, changes *update) (*row, error) {
	before := itemOf(old)
	if old == nil {
		before = key
	}
	after, err := changes.apply(before)
	if err != nil {
		return nil, err
	}
	if old == nil && !changes.creates() {
		return nil, nil
	}
	changed, err := t.row(after)
	if err != nil && after.size() > maxItemSize {
		return nil, invalid("Item size to update has exceeded the maximum allowed size")
	}
	return changed, err
}

// writeAnswer is the answer to PutItem, UpdateItem and DeleteItem.
type writeAnswer struct {
	Attributes       item              `json:",omitempty"`
	ConsumedCapacity *consumedCapacity `json:",omitzero"`
}

// returning are the parameters that say what to answer.
type returning struct {
	ReturnValues           string
	ReturnConsumedCapacity string
	collectionMetrics
	legacy
}

// collectionMetrics would tell how large the items of one partition are together.
type collectionMetrics struct{ ReturnItemCollectionMetrics string }

func (m collectionMetrics) check() error {
	if m.ReturnItemCollectionMetrics == "" || m.ReturnItemCollectionMetrics == "NONE" {
		return nil
	}
	return cloud.NotHonoured("a write", "ReturnItemCollectionMetrics: "+m.ReturnItemCollectionMetrics)
}

// check refuses values of the parameters that the API does not know.
func (r returning) check(action string) error {
	if err := checkEnum("returnConsumedCapacity", r.ReturnConsumedCapacity, "INDEXES", "TOTAL", "NONE"); err != nil {
		return err
	}
	if err := checkEnum("returnValues", r.ReturnValues, "ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"); err != nil {
		return err
	}
	if action != "UpdateItem" && r.ReturnValues != "" && r.ReturnValues != "NONE" && r.ReturnValues != "ALL_OLD" {
		return invalid("ReturnValues can only be ALL_OLD or NONE")
	}
	if err := r.collectionMetrics.check(); err != nil {
		return err
	}
	return r.legacy.check()
}

func (d *DynamoDB) putItem(_ context.Context, caller cloud.Caller, in struct {
	putRequest
	returning
}) (writeAnswer, error) {
	return d.answer(caller, "PutItem", in.TableName, in.returning, func(t *table) (write, []path, error) {
		w, err := in.putRequest.write(t)
		return w, nil, err
	})
}

func (d *DynamoDB) deleteItem(_ context.Context, caller cloud.Caller, in struct {
	keyRequest
	returning
}) (writeAnswer, error) {
	return d.answer(caller, "DeleteItem", in.TableName, in.returning, func(t *table) (write, []path, error) {
		w, err := in.keyRequest.write(t, remove)
		return w, nil, err
	})
}

func (d *DynamoDB) updateItem(_ context.Context, caller cloud.Caller, in struct {
	updateRequest
	returning
}) (writeAnswer, error) {
	return d.answer(caller, "UpdateItem", in.TableName, in.returning, in.updateRequest.write)
}

// answer performs an action on one item and answers what its caller wants to
// know. prepare makes the write, and names the paths that an update changes.
func (d *DynamoDB) answer(caller cloud.Caller, action, tableName string, r returning, prepare func(*table) (write, []path, error)) (writeAnswer, error) {
	t, err := d.table(caller, action, tableName)
	if err != nil {
		return writeAnswer{}, err
	}
	if err := r.check(action); err != nil {
		return writeAnswer{}, err
	}
	w, paths, err := prepare(t)
	if err != nil {
		return writeAnswer{}, err
	}
	o, err := d.write(w)
	if err != nil {
		return writeAnswer{}, err
	}
	a := writeAnswer{ConsumedCapacity: t.capacity(r.ReturnConsumedCapacity, o.units)}
	switch r.ReturnValues {
	case "ALL_OLD":
		a.Attributes = itemOf(o.old)
	case "ALL_NEW":
		a.Attributes = itemOf(o.changed)
	case "UPDATED_OLD":
		a.Attributes = updatedPart(o.old, paths)
	case "UPDATED_NEW":
		a.Attributes = updatedPart(o.changed, paths)
	}
	return a, nil
}

func updatedPart(r *row, paths []path) item {
	if r == nil || len(paths) == 0 {
		return nil
	}
	return projection(paths).of(r.item())
}

// legacy are the parameters that expressions have replaced.
type legacy struct {
	Expected            json.RawMessage
	AttributeUpdates    json.RawMessage
	AttributesToGet     json.RawMessage
	ConditionalOperator json.RawMessage
	KeyConditions       json.RawMessage
	QueryFilter         json.RawMessage
	ScanFilter          json.RawMessage
}

func (l legacy) check() error {
	for _, parameter := range []struct {
		name  string
		value json.RawMessage
	}{
		{"Expected", l.Expected},
		{"AttributeUpdates", l.AttributeUpdates},
		{"AttributesToGet", l.AttributesToGet},
		{"ConditionalOperator", l.ConditionalOperator},
		{"KeyConditions", l.KeyConditions},
		{"QueryFilter", l.QueryFilter},
		{"ScanFilter", l.ScanFilter},
	} {
		if parameter.value != nil && string(parameter.value) != "null" {
			return invalid("the local engine does not serve the legacy parameter %s: use an expression", parameter.name)
		}
	}
	return nil
}

// checkEnum refuses a value that is neither absent nor one of those allowed.
func checkEnum(member, given string, allowed ...string) error {
	if given == "" || slices.Contains(allowed, given) {
		return nil
	}
	return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy enum value set: [%s]", given, member, strings.Join(allowed, ", "))
}
