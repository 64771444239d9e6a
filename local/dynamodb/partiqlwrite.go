package dynamodb

// Writes of PartiQL: INSERT, UPDATE and DELETE.

import (
	"context"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// bind makes the write of a statement that is none of a SELECT, and tells which paths
// it changes. An INSERT is of a new item, an UPDATE of one that there is; a DELETE is
// of one or none.
func (s *statement) bind(t *table) (w write, changed []path, err error) {
	if s.index != "" {
		return w, nil, invalid("Index is not supported in %s statements", s.verb)
	}
	if s.verb == "INSERT" {
		w, err = s.insertion(t)
		return w, nil, err
	}
	key, more := s.keyed(t.schema)
	if len(key) < len(t.schema.attributes()) {
		return w, nil, invalid("Where clause does not contain a mandatory equality on all key attributes")
	}
	w = write{table: t, partition: schema{partition: t.schema.partition}.of(key)}
	if w.key, err = t.key(key); err != nil {
		return w, nil, err
	}
	there := existence{path{{name: t.schema.partition[0].name}}, true}
	switch s.verb {
	case "UPDATE":
		changed = s.update.paths()
		if i := slices.IndexFunc(changed, func(p path) bool { return t.schema.has(p.attribute()) }); i >= 0 {
			return w, nil, invalid("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", changed[i].attribute())
		}
		w.condition = and{there, s.where}
		w.change = func(old *row) (*row, error) { return t.updated(old, key, s.update) }
	case "DELETE":
		w.condition = or{not{there}, s.where}
		w.change = remove
	default:
		if !more {
			return w, nil, invalid("EXISTS() must contain a single item read with additional condition")
		}
		w.condition = and{there, s.where}
		w.change = keep
	}
	return w, changed, nil
}

func (s *statement) insertion(t *table) (write, error) {
	for name := range s.item {
		if err := checkName(name); err != nil {
			return write{}, err
		}
	}
	put, err := t.row(s.item)
	if err != nil {
		return write{}, err
	}
	return write{table: t, key: put.key, partition: schema{partition: t.schema.partition}.of(s.item), change: func(old *row) (*row, error) {
		if old != nil {
			return nil, cloud.Errorf(400, "DuplicateItemException", "Duplicate primary key exists in table")
		}
		return put, nil
	}}, nil
}

// written performs a write of a table, and tells of the item what RETURNING asks
// for: of what was changed, only the paths.
func (d *DynamoDB) written(ctx context.Context, t *table, s *statement, onFailure string) (items []item, o outcome, err error) {
	w, changed, err := s.bind(t)
	if err != nil {
		return nil, o, err
	}
	w.onFailure = onFailure
	if o, err = d.write(ctx, w); err != nil {
		return nil, o, err
	}
	var told item
	switch s.returning {
	case "ALL_OLD":
		told = itemOf(o.old)
	case "ALL_NEW":
		told = itemOf(o.changed)
	case "UPDATED_OLD":
		told = updatedPart(o.old, changed)
	case "UPDATED_NEW":
		told = updatedPart(o.changed, changed)
	}
	items = []item{}
	if len(told) > 0 {
		items = append(items, told)
	}
	return items, o, nil
}
