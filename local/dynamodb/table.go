package dynamodb

// Tables: keys, rows, and the indexes that follow them.

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// A row is a stored item, packed (pack.go).
type row struct {
	key    string
	names  *names
	packed string
	size   int // of the item in bytes, as DynamoDB counts
	cause  *cloud.Cause
}

func (r *row) item() item { return r.names.unpack(r.packed) }

// itemOf returns the item of a row that may be nil.
func itemOf(r *row) item {
	if r == nil {
		return nil
	}
	return r.item()
}

func keyOfRow(r *row) string {
	if r == nil {
		return ""
	}
	return r.key
}

func sizeOfRow(r *row) int {
	if r == nil {
		return 0
	}
	return r.size
}

// An index holds the rows that have all attributes of its key.
type index struct {
	name       string
	global     bool
	schema     schema
	projection string          // ALL, KEYS_ONLY or INCLUDE
	included   map[string]bool // attributes, unless the projection is ALL
	entries    sorted
}

// entryKey returns where an item, stored under a key of its table, stands in the
// index, if it does.
func (x *index) entryKey(stored string, i item) (string, bool) {
	if x.check(i) != nil {
		return "", false // it was there before the index
	}
	key, ok := x.schema.storageKey(i)
	return key + stored, ok
}

// view returns what the index holds of an item.
func (x *index) view(i item) item {
	if x == nil || x.projection == "ALL" {
		return i
	}
	part := make(item, len(x.included))
	for name := range x.included {
		if v, ok := i[name]; ok {
			part[name] = v
		}
	}
	return part
}

// A shape is what an update may change of a table. It does not change itself:
// another one takes its place, while the service's lock is held.
type shape struct {
	spec      tableSpec
	indexes   []*index
	ttl       string // attribute with the time of expiry, or empty
	protected bool   // against deletion
	view      string // of its stream, or empty

	encryption *encryption // with a key of KMS, or nil
	since      time.Time   // when its billing mode was set
}

func (s *shape) index(name string) *index {
	for _, x := range s.indexes {
		if x.name == name {
			return x
		}
	}
	return nil
}

// A table's description does not change once it is made, but for its shape; its
// rows are guarded by the service's lock.
type table struct {
	cloud.Changes // of the rows

	name       string
	arn        string
	id         string
	dimensions map[string]string // of its metrics
	created    time.Time
	schema     schema
	source     string // of the first items, or empty
	tags       map[string]string
	shape      atomic.Pointer[shape]

	past    cloud.Past[delta] // guarded as the rows are
	stream  *stream           // the latest one, or nil
	streams []*stream         // of which there may still be changes

	names    *names // of the rows' attributes
	rows     sorted
	bytes    int
	expiries sorted // rows by time of expiry
}

// key checks a request's Key and returns the storage key.
func (t *table) key(key item) (string, error) {
	attributes := t.schema.attributes()
	if len(key) != len(attributes) {
		return "", errKeySchema()
	}
	for _, attribute := range attributes {
		v, ok := key[attribute.name]
		if !ok || v.kind != attribute.kind {
			return "", errKeySchema()
		}
	}
	if err := t.schema.check(key); err != nil {
		return "", err
	}
	storage, _ := t.schema.storageKey(key)
	return storage, nil
}

func errKeySchema() error {
	return invalid("The provided key element does not match the schema")
}

// row checks an item that is to be stored, and makes it a row.
func (t *table) row(i item) (*row, error) {
	for _, attribute := range t.schema.attributes() {
		v, ok := i[attribute.name]
		switch {
		case !ok:
			return nil, invalid("One or more parameter values were invalid: Missing the key %s in the item", attribute.name)
		case v.kind != attribute.kind:
			return nil, invalid("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s", attribute.name, attribute.kind, v.kind)
		}
	}
	if err := t.schema.check(i); err != nil {
		return nil, err
	}
	for _, x := range t.shape.Load().indexes {
		if err := x.check(i); err != nil {
			return nil, err
		}
	}
	size := i.size()
	if size > maxItemSize {
		return nil, invalid("Item size has exceeded the maximum allowed size")
	}
	key, _ := t.schema.storageKey(i)
	return &row{key: key, names: t.names, packed: t.names.pack(i), size: size}, nil
}

// replace is put for those who write, of which a stream tells.
func (t *table) replace(old, changed *row, cause *cloud.Cause) writeUnits {
	if changed != nil && changed != old {
		changed.cause = cause
	}
	t.note(delta{old: old, changed: changed, cause: cause})
	return t.put(old, changed)
}

// note tells of a change whoever wants to know it later.
func (t *table) note(c delta) {
	if c.old != c.changed {
		t.past.Note(time.Now(), c)
	}
	if t.streaming() {
		t.stream.note(c)
	}
}

// put puts a row in the place of another; either may be nil. It returns
// what the write consumes.
func (t *table) put(old, changed *row) writeUnits {
	if old == changed {
		return writeUnits{table: 1}
	}
	t.Changed()
	switch {
	case changed != nil:
		t.rows.put(changed.key, changed)
	default:
		t.rows.remove(old.key)
	}
	t.bytes += sizeOfRow(changed) - sizeOfRow(old)
	units := writeUnits{table: unitsOf(max(sizeOfRow(old), sizeOfRow(changed)), writeUnit)}
	s := t.shape.Load()
	if s.ttl == "" && len(s.indexes) == 0 {
		return units
	}
	before, after := itemOf(old), itemOf(changed)
	t.replaceExpiry(s.ttl, old, changed, before, after)
	for _, x := range s.indexes {
		units.add(x, x.replace(old, changed, before, after))
	}
	return units
}

// replace moves the entry of a row, whose item was before and is after, and
// returns the write units of doing so.
func (x *index) replace(old, changed *row, before, after item) float64 {
	from, had := x.entryKey(keyOfRow(old), before)
	to, has := x.entryKey(keyOfRow(changed), after)
	units := 0.0
	if had && (!has || from != to) {
		x.entries.remove(from)
		units += unitsOf(x.view(before).size(), writeUnit)
	}
	if has {
		x.entries.put(to, changed)
		view := x.view(after)
		if !had || from != to || !view.equal(x.view(before)) {
			units += unitsOf(view.size(), writeUnit)
		}
	}
	return units
}

func (i item) equal(j item) bool {
	return value{kind: kindMap, fields: i}.equal(value{kind: kindMap, fields: j})
}

func (t *table) replaceExpiry(ttl string, old, changed *row, before, after item) {
	if ttl == "" {
		return
	}
	if key, ok := expiryKey(ttl, keyOfRow(old), before); ok {
		t.expiries.remove(key)
	}
	if key, ok := expiryKey(ttl, keyOfRow(changed), after); ok {
		t.expiries.put(key, changed)
	}
}

// expiryKey sorts rows by their time of expiry. Rows without one, or with one
// that is not a number of seconds since 1970, never expire.
func expiryKey(ttl, stored string, i item) (string, bool) {
	v, ok := i[ttl]
	if !ok || v.kind != kindNumber || v.number().sign() <= 0 {
		return "", false
	}
	whole, _, _ := strings.Cut(v.text, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return "", false
	}
	return expiryPrefix(seconds) + stored, true
}

func expiryPrefix(seconds int64) string {
	return string(binary.BigEndian.AppendUint64(nil, uint64(seconds)))
}

// ttlAge is the age beyond which DynamoDB takes a time of expiry for a
// mistake and leaves the item alone.
const ttlAge = 5 * 365 * 24 * time.Hour

// expire deletes at most limit rows whose time has come and returns how many.
func (t *table) expire(now time.Time, limit int) int {
	oldest := expiryPrefix(max(0, now.Add(-ttlAge).Unix()))
	due := expiryPrefix(now.Unix())
	for deleted := range limit {
		e, ok := t.expiries.at(t.expiries.seek(oldest))
		if !ok || e.key >= due {
			return deleted
		}
		t.note(delta{old: e.row, expired: true})
		t.put(e.row, nil)
	}
	return limit
}

// unitsOf returns how many units of a size a number of bytes takes, at least one.
func unitsOf(bytes, unit int) float64 {
	return max(1, math.Ceil(float64(bytes)/float64(unit)))
}

// table returns a table by its name or ARN, if the caller may perform the
// action on it. Call it without holding the lock.
func (d *DynamoDB) table(caller cloud.Caller, action, name string) (*table, error) {
	name, err := d.authorize(caller, action, name)
	if err != nil {
		return nil, err
	}
	return d.lookUp(name)
}

// authorize returns the name of the table that has a name or an ARN, if the
// caller may perform the action on it, whether there is one or not.
func (d *DynamoDB) authorize(caller cloud.Caller, action, nameOrARN string) (string, error) {
	name, err := tableName(nameOrARN)
	if err != nil {
		return "", err
	}
	return name, d.cloud.Authorize(caller, "dynamodb:"+action, d.tableARN(name))
}

func (d *DynamoDB) lookUp(name string) (*table, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	t, ok := d.tables[name]
	if !ok {
		return nil, notFound()
	}
	return t, nil
}

func notFound() error {
	return cloud.Errorf(400, "ResourceNotFoundException", "Requested resource not found")
}

func (d *DynamoDB) tableARN(name string) string { return d.cloud.ARN("dynamodb", "table/"+name) }

func tableName(nameOrARN string) (string, error) {
	if strings.HasPrefix(nameOrARN, "arn:") {
		_, nameOrARN, _ = strings.Cut(nameOrARN, ":table/")
	}
	switch {
	case nameOrARN == "":
		return "", missingMember("tableName")
	case len(nameOrARN) < 3:
		return "", invalid("1 validation error detected: Value '%s' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3", nameOrARN)
	case len(nameOrARN) > 255:
		return "", invalid("1 validation error detected: Value '%s' at 'tableName' failed to satisfy constraint: Member must have length less than or equal to 255", nameOrARN)
	}
	return nameOrARN, checkIdentifier("tableName", nameOrARN)
}
