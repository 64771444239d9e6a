package dynamodb

// Pages: what Query and Scan have in common, which is reading entries of a
// table or an index between two keys.

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxPage is the size of the items that one Query or Scan reads, in bytes.
const maxPage = 1 << 20

// readRequest is what Query and Scan have in common.
type readRequest struct {
	TableName                 string
	IndexName                 string
	FilterExpression          *string
	ProjectionExpression      *string
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues map[string]value
	ExclusiveStartKey         item
	Limit                     *int
	Select                    string
	ConsistentRead            bool
	capacityRequest

	attributesToGet
	ConditionalOperator string
}

type readAnswer struct {
	Items            []item `json:",omitzero"`
	Count            int
	ScannedCount     int
	LastEvaluatedKey item              `json:",omitzero"`
	ConsumedCapacity *consumedCapacity `json:",omitzero"`
}

// A reading is a prepared Query or Scan.
type reading struct {
	table    *table
	index    *index // nil for the table itself
	low      string // first key
	high     string // key after the last one, or empty for no end
	backward bool
	limit    int // items to evaluate, or 0
	filter   condition
	part     projection
	fetch    bool    // attributes that a local index does not hold
	count    bool    // only
	single   bool    // at most one row can be read
	entries  *sorted // that it reads, while it does
	segments string  // which part of how many a scan reads, for errors
}

// authorizeIndexed returns the name of the table, if the caller may do so with it
// or, if one is named, with its index.
func (d *DynamoDB) authorizeIndexed(caller cloud.Caller, action, table, index string) (string, error) {
	name, err := tableName(table)
	if err != nil {
		return "", err
	}
	resource := d.tableARN(name)
	if index != "" {
		resource += "/index/" + index
	}
	return name, d.cloud.Authorize(caller, "dynamodb:"+action, resource)
}

// bind finds the table and, if one is named, the index, for what is parsed.
func (d *DynamoDB) bindRead(r *reading, name string, in readRequest) error {
	var err error
	if r.table, err = d.lookUp(name); err != nil {
		return err
	}
	r.index = r.table.shape.Load().index(in.IndexName)
	switch {
	case in.IndexName != "" && r.index == nil:
		return invalid("The table does not have the specified index: %s", in.IndexName)
	case r.index != nil && r.index.global && in.ConsistentRead:
		return invalid("Consistent reads are not supported on global secondary indexes")
	}
	return r.choose(in)
}

func (r *reading) schema() schema {
	if r.index != nil {
		return r.index.schema
	}
	return r.table.schema
}

// parse takes over everything but the bounds, which differ between Query
// and Scan, and returns the paths that the filter uses. legacy are the filter's
// conditions without an expression, in the parameter of that name.
func (r *reading) parse(in readRequest, legacy attributeConditions, parameter string, p *placeholders) (filtered []path, err error) {
	for _, check := range []error{
		checkEnum("select", in.Select, "SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"),
		in.capacityRequest.check(),
	} {
		if check != nil {
			return nil, check
		}
	}
	if err := r.limitTo(in.Limit); err != nil {
		return nil, err
	}
	if in.FilterExpression != nil {
		r.filter, filtered, err = parseCondition("FilterExpression", *in.FilterExpression, p)
	} else {
		r.filter, err = legacy.parse(parameter, in.ConditionalOperator)
		for _, name := range slices.Sorted(maps.Keys(legacy)) {
			filtered = append(filtered, path{{name: name}})
		}
	}
	if err != nil {
		return nil, err
	}
	if in.ProjectionExpression != nil {
		r.part, err = parseProjection(*in.ProjectionExpression, p)
	} else {
		r.part, err = in.attributesToGet.parse()
	}
	if err != nil {
		return nil, err
	}
	return filtered, p.checkUsed()
}

// limitTo takes over the limit of a request, if it has one.
func (r *reading) limitTo(items *int) error {
	if items == nil {
		return nil
	}
	if *items < 1 {
		return invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1", *items)
	}
	r.limit = *items
	return nil
}

// choose honours Select.
func (r *reading) choose(in readRequest) error {
	partial := r.index != nil && r.index.projection != "ALL"
	switch {
	case in.ProjectionExpression != nil && in.Select != "" && in.Select != "SPECIFIC_ATTRIBUTES":
		return invalid("Cannot specify the ProjectionExpression when choosing to get %s", in.Select)
	case in.AttributesToGet != nil && in.Select != "" && in.Select != "SPECIFIC_ATTRIBUTES":
		return invalid("Cannot specify the AttributesToGet when choosing to get %s", in.Select)
	case in.Select == "SPECIFIC_ATTRIBUTES" && r.part == nil:
		return invalid("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
	case in.Select == "ALL_PROJECTED_ATTRIBUTES" && r.index == nil:
		return invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	case in.Select == "ALL_ATTRIBUTES" && partial && r.index.global:
		return invalid("One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index %s because its projection type is not ALL", r.index.name)
	}
	if unprojected := r.unprojected(); len(unprojected) > 0 && r.index.global {
		return invalid("One or more parameter values were invalid: Global secondary index %s does not project [%s]", r.index.name, strings.Join(unprojected, ", "))
	}
	r.count = in.Select == "COUNT"
	r.fetch = partial && !r.index.global && (in.Select == "ALL_ATTRIBUTES" || len(r.unprojected()) > 0)
	return nil
}

// unprojected are the attributes to return that the index does not hold.
func (r *reading) unprojected() []string {
	if r.index == nil || r.index.projection == "ALL" {
		return nil
	}
	var names []string
	for _, p := range r.part {
		if !r.index.included[p.attribute()] {
			names = append(names, p.attribute())
		}
	}
	return names
}

// startAfter narrows the bounds to what follows an ExclusiveStartKey.
func (r *reading) startAfter(start item) error {
	if start == nil {
		return nil
	}
	key, err := r.startKey(start)
	switch {
	case err != nil:
		return err
	case r.segments != "" && (key < r.low || r.high != "" && key >= r.high):
		return invalid("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. %s", r.segments)
	case r.single:
		return invalid("The provided exclusive start key is invalid: ExclusiveStartKey: %s", describeKey(start))
	}
	if key < r.low || r.high != "" && key >= r.high {
		return invalid("The provided starting key is outside query boundaries based on provided conditions")
	}
	if r.backward {
		r.high = key
	} else {
		r.low = key + "\x00" // no key is a prefix of another one
	}
	return nil
}

// describeKey writes a key as errors of AWS do.
func describeKey(key item) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(key)) {
		parts = append(parts, name+"=AttributeValue: {"+string(key[name].kind)+":"+key[name].text+"}")
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (r *reading) startKey(start item) (string, error) {
	attributes := r.table.schema.attributes()
	if r.index != nil {
		for _, attribute := range r.index.schema.attributes() {
			if !r.table.schema.has(attribute.name) {
				attributes = append(attributes, attribute)
			}
		}
	}
	if len(start) != len(attributes) {
		return "", invalid("The provided starting key is invalid")
	}
	for _, attribute := range attributes {
		if v, ok := start[attribute.name]; !ok || v.kind != attribute.kind {
			return "", invalid("The provided starting key is invalid: The provided key element does not match the schema")
		}
	}
	key, _ := r.table.schema.storageKey(start)
	if r.index != nil {
		key, _ = r.index.entryKey(key, start)
	}
	return key, nil
}

// page reads up to the limit, or to the size of a page. Bytes is what it read.
func (r *reading) page() (answer readAnswer, bytes int) {
	if !r.count {
		answer.Items = []item{}
	}
	for e, p, ok := r.first(); ok; e, p, ok = r.following(p) {
		whole := e.row.item()
		seen := whole
		if !r.fetch {
			seen = r.index.view(whole)
		}
		answer.ScannedCount++
		bytes += r.sizeOf(e.row, seen)
		if r.filter == nil || r.filter.holds(seen) {
			answer.Count++
			if !r.count {
				answer.Items = append(answer.Items, r.part.of(seen))
			}
		}
		if answer.ScannedCount == r.limit || bytes >= maxPage && r.hasMore(p) {
			answer.LastEvaluatedKey = r.keyOf(whole)
			break
		}
	}
	return answer, bytes
}

func (r *reading) hasMore(p position) bool {
	_, _, ok := r.following(p)
	return ok
}

func (r *reading) sizeOf(stored *row, seen item) int {
	if r.index == nil || r.fetch || r.index.projection == "ALL" {
		return stored.size
	}
	return seen.size()
}

func (r *reading) first() (entry, position, bool) {
	if !r.backward {
		return r.within(r.entries.seek(r.low))
	}
	end := r.entries.end()
	if r.high != "" {
		end = r.entries.seek(r.high)
	}
	return r.before(end)
}

func (r *reading) following(p position) (entry, position, bool) {
	if r.backward {
		return r.before(p)
	}
	return r.within(r.entries.next(p))
}

func (r *reading) before(p position) (entry, position, bool) {
	p, ok := r.entries.previous(p)
	if !ok {
		return entry{}, p, false
	}
	return r.within(p)
}

// within returns the entry at a position if it is there and in the bounds.
func (r *reading) within(p position) (entry, position, bool) {
	e, ok := r.entries.at(p)
	return e, p, ok && e.key >= r.low && (r.high == "" || e.key < r.high)
}

func (r *reading) keyOf(i item) item {
	key := r.table.schema.of(i)
	if r.index != nil {
		maps.Copy(key, r.index.schema.of(i))
	}
	return key
}

// perform reads a page and completes the answer.
func (d *DynamoDB) perform(ctx context.Context, r *reading, in readRequest) (readAnswer, error) {
	then, err := seenBy(ctx, in.ConsistentRead)
	if err != nil {
		return readAnswer{}, err
	}
	answer, bytes, err := d.lockedPage(r, then)
	if err != nil {
		return readAnswer{}, err
	}
	units := readUnits(bytes, in.ConsistentRead)
	d.metrics.read.Observe(r.table.dimensions, units)
	consumed := writeUnits{table: units}
	if r.index != nil {
		consumed = writeUnits{indexes: map[*index]float64{r.index: units}}
	}
	answer.ConsumedCapacity = r.table.capacity(in.ReturnConsumedCapacity, consumed)
	return answer, nil
}

func (d *DynamoDB) lockedPage(r *reading, then time.Time) (answer readAnswer, bytes int, err error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if r.entries, err = r.entriesAt(then); err != nil {
		return answer, 0, err
	}
	answer, bytes = r.page()
	return answer, bytes, nil
}

// placeholders is that of a write; names are those of the expressions with values.
func (r readRequest) placeholders(names string, expressions ...*string) (*placeholders, error) {
	c := conditional{ExpressionAttributeNames: r.ExpressionAttributeNames, ExpressionAttributeValues: r.ExpressionAttributeValues}
	if r.ProjectionExpression != nil { // which has names only
		if _, err := (conditional{ExpressionAttributeValues: r.ExpressionAttributeValues}).placeholders(names, expressions...); err != nil {
			return nil, err
		}
		expressions = append(expressions, r.ProjectionExpression)
	}
	return c.placeholders(names, expressions...)
}
