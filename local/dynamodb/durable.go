package dynamodb

// This file keeps items from run to run.

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"time"
)

// savedTable comes before the items of a table: what CloudFormation would
// replace the table for, and what does not change with it.
type savedTable struct {
	KeySchema  []keyElement
	Attributes map[string]string // types of the key's
	Source     string            `json:",omitempty"` // of the first items
	ID         string
	Created    time.Time
	Streams    []savedStream `json:",omitempty"`
}

// savedItem is an item, or after the items a change in one of the table's streams.
type savedItem struct {
	Item   item         `json:",omitzero"`
	Change *savedChange `json:",omitempty"`
}

func (t *table) saved() savedTable {
	s := savedTable{KeySchema: t.shape.Load().spec.KeySchema, Attributes: map[string]string{}, Source: t.source, ID: t.id, Created: t.created}
	for _, attribute := range t.schema.attributes() {
		s.Attributes[attribute.name] = string(attribute.kind)
	}
	return s
}

// durable is a table with the lock that guards its rows.
type durable struct {
	*table
	service  *DynamoDB
	restored bool
}

// keep makes a table durable, and tells whether it has the rows of an earlier run.
func (d *DynamoDB) keep(t *table) (restored bool, err error) {
	kept := &durable{table: t, service: d}
	err = d.cloud.Keep(t.arn, kept)
	return kept.restored, err
}

// Snapshot implements cloud.Durable. The rows are unpacked one by one, when
// they are encoded.
func (d *durable) Snapshot() iter.Seq[any] {
	d.service.mu.RLock()
	defer d.service.mu.RUnlock()
	first := d.saved()
	first.Streams = d.savedStreams()
	changes := d.savedChanges()
	rows := make([]*row, 0, d.rows.count)
	for _, block := range d.rows.blocks {
		for _, e := range block {
			rows = append(rows, e.row)
		}
	}
	return func(yield func(any) bool) {
		if !yield(first) {
			return
		}
		for _, r := range rows {
			if !yield(savedItem{Item: r.item()}) {
				return
			}
		}
		for _, c := range changes {
			if !yield(savedItem{Change: c.saved()}) {
				return
			}
		}
	}
}

// Restore implements cloud.Durable. The rows of a table that CloudFormation
// would replace are not taken.
func (d *durable) Restore(next func(record any) error) error {
	var first savedTable
	if err := next(&first); err != nil {
		return err
	}
	now := d.saved()
	now.ID, now.Created, now.Streams = first.ID, first.Created, first.Streams
	if !reflect.DeepEqual(first, now) {
		return fmt.Errorf("the template declares another key or other first items, so that the table is replaced: %w", errors.ErrUnsupported)
	}
	d.restoreStreams(first.Streams)
	for count := 1; ; count++ {
		var saved savedItem
		err := next(&saved)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("item %d: %w", count, err)
		}
		if saved.Change != nil {
			if err := d.restoreChange(*saved.Change); err != nil {
				return fmt.Errorf("change %d: %w", count, err)
			}
			continue
		}
		r, err := d.row(saved.Item)
		if err != nil {
			return fmt.Errorf("item %d: %w", count, err)
		}
		d.put(d.rows.get(r.key), r)
	}
	d.id, d.created, d.shape.Load().since, d.restored = first.ID, first.Created, first.Created, true
	return nil
}
