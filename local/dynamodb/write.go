package dynamodb

// Writes: PutItem, UpdateItem and DeleteItem, and the conditional write that
// they share with batches and transactions.

import (
	"context"
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
	partition item      // the key's attributes that make the collection

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
		failure.Fields = map[string]any{"Item": old.item(), "Message": failure.Message} // beside an item with a capital
	}
	return failure
}

const codeConditionFailed = "ConditionalCheckFailedException"

// write performs one write.
func (d *DynamoDB) write(ctx context.Context, w write) (outcome, error) {
	o, err := d.tryWrite(ctx, w)
	switch {
	case err == nil:
		d.metrics.written.Observe(w.table.dimensions, o.units.total())
	case cloud.AsError(err).Code == codeConditionFailed:
		d.metrics.conditionFailed.Observe(w.table.dimensions, 1)
	}
	return o, err
}

func (d *DynamoDB) tryWrite(ctx context.Context, w write) (outcome, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	old, changed, err := w.try()
	if err != nil {
		return outcome{}, err
	}
	return outcome{old, changed, w.table.replace(old, changed, d.made(ctx, w.table))}, nil
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

// A binding makes the write of a request that is right in itself, for the table
// that it names, and tells which paths an update changes.
type binding func(t *table) (write, []path, error)

// parse reads the condition; the write still lacks its table, key and change.
func (c conditional) parse(l legacyCondition, p *placeholders) (write, error) {
	if err := checkEnum("returnValuesOnConditionCheckFailure", c.ReturnValuesOnConditionCheckFailure, "ALL_OLD", "NONE"); err != nil {
		return write{}, err
	}
	w := write{onFailure: c.ReturnValuesOnConditionCheckFailure}
	var err error
	if c.ConditionExpression == nil {
		w.condition, err = l.parse()
		return w, err
	}
	w.condition, _, err = parseCondition("ConditionExpression", *c.ConditionExpression, p)
	return w, err
}

// placeholders of a request with these expressions, of which nil ones are
// absent; names is what errors call those that have values.
func (c conditional) placeholders(names string, expressions ...*string) (*placeholders, error) {
	none := !slices.ContainsFunc(expressions, func(e *string) bool { return e != nil })
	switch {
	case none && c.ExpressionAttributeNames != nil:
		return nil, invalid("ExpressionAttributeNames can only be specified when using expressions")
	case none && c.ExpressionAttributeValues != nil:
		return nil, invalid("ExpressionAttributeValues can only be specified when using expressions: %s null", names)
	}
	return newPlaceholders(c.ExpressionAttributeNames, c.ExpressionAttributeValues)
}

// parseOnly is parse for a request that has no other expression.
func (c conditional) parseOnly(l legacyCondition) (write, error) {
	err := checkMixed(
		[]parameter{{"Expected", l.Expected != nil}},
		[]parameter{{"ConditionExpression", c.ConditionExpression != nil}})
	if err != nil {
		return write{}, err
	}
	p, err := c.placeholders("ConditionExpression is", c.ConditionExpression)
	if err != nil {
		return write{}, err
	}
	w, err := c.parse(l, p)
	if err != nil {
		return write{}, err
	}
	return w, p.checkUsed()
}

func (r putRequest) parse(l legacyCondition) (binding, error) {
	if r.Item == nil {
		return nil, missingMember("item")
	}
	for name := range r.Item {
		if err := checkName(name); err != nil {
			return nil, err
		}
	}
	w, err := r.parseOnly(l)
	return func(t *table) (write, []path, error) {
		put, err := t.row(r.Item)
		if err != nil {
			return write{}, nil, err
		}
		w.table, w.key, w.partition = t, put.key, schema{partition: t.schema.partition}.of(r.Item)
		w.change = func(*row) (*row, error) { return put, nil }
		return w, nil, nil
	}, err
}

func (r keyRequest) parse(l legacyCondition, change func(old *row) (*row, error)) (binding, error) {
	if r.Key == nil {
		return nil, missingMember("key")
	}
	w, err := r.parseOnly(l)
	return func(t *table) (write, []path, error) {
		w.table, w.change, w.partition = t, change, schema{partition: t.schema.partition}.of(r.Key)
		var err error
		w.key, err = t.key(r.Key)
		return w, nil, err
	}, err
}

func remove(*row) (*row, error) { return nil, nil }

func keep(old *row) (*row, error) { return old, nil }

func (r updateRequest) parse(l legacyCondition, a attributeUpdates) (binding, error) {
	if r.Key == nil {
		return nil, missingMember("key")
	}
	w, changes, err := r.parseExpressions(l, a)
	return func(t *table) (write, []path, error) {
		for _, target := range changes.paths() {
			if t.schema.has(target.attribute()) {
				return write{}, nil, invalid("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", target.attribute())
			}
		}
		w.table, w.partition = t, schema{partition: t.schema.partition}.of(r.Key)
		w.change = func(old *row) (*row, error) { return t.updated(old, r.Key, changes) }
		var err error
		w.key, err = t.key(r.Key)
		return w, changes.paths(), err
	}, err
}

func (r updateRequest) parseExpressions(l legacyCondition, a attributeUpdates) (write, *update, error) {
	err := checkMixed(
		[]parameter{{"AttributeUpdates", a.AttributeUpdates != nil}, {"Expected", l.Expected != nil}},
		[]parameter{{"UpdateExpression", r.UpdateExpression != nil}, {"ConditionExpression", r.ConditionExpression != nil}})
	if err != nil {
		return write{}, nil, err
	}
	p, err := r.placeholders("UpdateExpression and ConditionExpression are", r.UpdateExpression, r.ConditionExpression)
	if err != nil {
		return write{}, nil, err
	}
	var changes *update
	if r.UpdateExpression != nil {
		changes, err = parseUpdate(*r.UpdateExpression, p)
	} else {
		changes, err = a.parse()
	}
	if err != nil {
		return write{}, nil, err
	}
	w, err := r.conditional.parse(l, p)
	if err != nil {
		return write{}, nil, err
	}
	return w, changes, p.checkUsed()
}

func missingMember(name string) error {
	return invalid("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", name)
}

// updated applies an update to a row, or to an item of only its key.
func (t *table) updated(old *row, key item, changes *update) (*row, error) {
	if old == nil && !changes.creates() {
		return nil, nil // whatever the paths are
	}
	before := itemOf(old)
	if old == nil {
		before = key
	}
	after, err := changes.apply(before)
	if err != nil {
		return nil, err
	}
	changed, err := t.row(after)
	if err != nil && after.size() > maxItemSize {
		return nil, invalid("Item size to update has exceeded the maximum allowed size")
	}
	return changed, err
}

// writeAnswer is the answer to PutItem, UpdateItem and DeleteItem.
type writeAnswer struct {
	Attributes            item               `json:",omitempty"`
	ConsumedCapacity      *consumedCapacity  `json:",omitzero"`
	ItemCollectionMetrics *collectionMetrics `json:",omitzero"`
}

// returning are the parameters that say what to answer.
type returning struct {
	ReturnValues string
	capacityRequest
	collectionRequest
}

// check refuses values of the parameters that the API does not know.
func (r returning) check(action string) error {
	if err := r.capacityRequest.check(); err != nil {
		return err
	}
	if err := checkEnum("returnValues", r.ReturnValues, "ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"); err != nil {
		return err
	}
	if action != "UpdateItem" && r.ReturnValues != "" && r.ReturnValues != "NONE" && r.ReturnValues != "ALL_OLD" {
		return invalid("ReturnValues can only be ALL_OLD or NONE")
	}
	return r.collectionRequest.check()
}

func (d *DynamoDB) putItem(ctx context.Context, caller cloud.Caller, in struct {
	putRequest
	legacyCondition
	returning
}) (writeAnswer, error) {
	return d.answer(ctx, caller, "PutItem", in.TableName, in.returning, func() (binding, error) {
		return in.putRequest.parse(in.legacyCondition)
	})
}

func (d *DynamoDB) deleteItem(ctx context.Context, caller cloud.Caller, in struct {
	keyRequest
	legacyCondition
	returning
}) (writeAnswer, error) {
	return d.answer(ctx, caller, "DeleteItem", in.TableName, in.returning, func() (binding, error) {
		return in.keyRequest.parse(in.legacyCondition, remove)
	})
}

func (d *DynamoDB) updateItem(ctx context.Context, caller cloud.Caller, in struct {
	updateRequest
	legacyCondition
	attributeUpdates
	returning
}) (writeAnswer, error) {
	return d.answer(ctx, caller, "UpdateItem", in.TableName, in.returning, func() (binding, error) {
		return in.updateRequest.parse(in.legacyCondition, in.attributeUpdates)
	})
}

// answer performs an action on one item and answers what its caller wants to
// know. What is wrong with the request in itself is found by parse, and told
// before what is wrong for the table.
func (d *DynamoDB) answer(ctx context.Context, caller cloud.Caller, action, tableName string, r returning, parse func() (binding, error)) (writeAnswer, error) {
	name, err := d.authorize(caller, action, tableName)
	if err != nil {
		return writeAnswer{}, err
	}
	if err := r.check(action); err != nil {
		return writeAnswer{}, err
	}
	bind, err := parse()
	if err != nil {
		return writeAnswer{}, err
	}
	t, err := d.lookUp(name)
	if err != nil {
		return writeAnswer{}, err
	}
	w, paths, err := bind(t)
	if err != nil {
		return writeAnswer{}, err
	}
	o, err := d.write(ctx, w)
	if err != nil {
		return writeAnswer{}, err
	}
	a := writeAnswer{ConsumedCapacity: t.capacity(r.ReturnConsumedCapacity, o.units), ItemCollectionMetrics: d.collection(r.collectionRequest, w)}
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

// checkEnum refuses a value that is neither absent nor one of those allowed.
func checkEnum(member, given string, allowed ...string) error {
	if given == "" || slices.Contains(allowed, given) {
		return nil
	}
	return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy enum value set: [%s]", given, member, strings.Join(allowed, ", "))
}
