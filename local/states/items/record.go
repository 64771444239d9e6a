// This file assembles rows of Parquet, whose values are kept by columns: how deep
// in the schema something is defined, and at which depth it is repeated, is
// written beside each value.
// https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#nested-types

package items

import (
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// A record is what is left of a row, by leaf columns.
type record [][]parquet.Value

// assemble makes an object of a row, in the order of its columns.
func assemble(root *parquet.Column, row parquet.Row) any {
	var r record
	row.Range(func(_ int, values []parquet.Value) bool {
		r = append(r, values)
		return true
	})
	return r.group(root, depth{})
}

// depth is how far down something is: what may be absent counts for defined,
// and what is repeated for both.
type depth struct{ defined, repeated int }

// value takes the next value of a column whose parent is at a depth.
func (r record) value(c *parquet.Column, d depth) any {
	switch {
	case c.Repeated():
		return r.list(c, d, r.present)
	case c.Optional():
		d.defined++
		if r.isAbsent(c, d) {
			return nil
		}
	}
	return r.present(c, d)
}

// list takes all values of a repeated column.
func (r record) list(c *parquet.Column, d depth, element func(*parquet.Column, depth) any) []any {
	d.defined++
	d.repeated++
	list := []any{}
	if r.isAbsent(c, d) {
		return list
	}
	for {
		list = append(list, element(c, d))
		if next, ok := r.head(c); !ok || next.RepetitionLevel() != d.repeated {
			return list
		}
	}
}

// present takes the next value of a column that is there.
func (r record) present(c *parquet.Column, d depth) any {
	if c.Leaf() {
		return leafValue(r.take(c.Index()), c.Type())
	}
	switch kind, inner := containerOf(c); kind.(type) {
	case *format.ListType:
		return r.list(inner, d, r.element)
	case *format.MapType:
		return r.mapping(inner, d)
	default:
		return r.group(c, d)
	}
}

// containerOf tells whether a group is a list or a map: then it has one column,
// which is repeated.
func containerOf(c *parquet.Column) (kind format.LogicalTypeValue, inner *parquet.Column) {
	logical := c.Type().LogicalType()
	if logical == nil || len(c.Columns()) != 1 || !c.Columns()[0].Repeated() {
		return nil, nil
	}
	inner = c.Columns()[0]
	if _, isMap := logical.Value.(*format.MapType); isMap && (inner.Leaf() || len(inner.Columns()) != 2) {
		return nil, nil
	}
	return logical.Value, inner
}

// element takes an element of a list. Lists by old writers have no group around
// the element.
func (r record) element(c *parquet.Column, d depth) any {
	if c.Leaf() || len(c.Columns()) != 1 || c.Name() == "array" || strings.HasSuffix(c.Name(), "_tuple") {
		return r.present(c, d)
	}
	return r.value(c.Columns()[0], d)
}

// mapping takes a map, as an object.
func (r record) mapping(c *parquet.Column, d depth) any {
	o := jsonvalue.NewObject(0)
	r.list(c, d, func(c *parquet.Column, d depth) any {
		key := r.value(c.Columns()[0], d)
		name, isText := key.(string)
		if !isText {
			name = jsonvalue.Text(key)
		}
		o.Set(name, r.value(c.Columns()[1], d))
		return nil
	})
	return o
}

func (r record) group(c *parquet.Column, d depth) any {
	o := jsonvalue.NewObject(len(c.Columns()))
	for _, member := range c.Columns() {
		o.Set(member.Name(), r.value(member, d))
	}
	return o
}

// isAbsent tells whether a column has no value here, and if so skips the marks of
// that.
func (r record) isAbsent(c *parquet.Column, d depth) bool {
	if next, ok := r.head(c); ok && next.DefinitionLevel() >= d.defined {
		return false
	}
	r.skip(c)
	return true
}

// head is the next value of the first leaf of a column.
func (r record) head(c *parquet.Column) (v parquet.Value, ok bool) {
	for !c.Leaf() {
		if len(c.Columns()) == 0 {
			return v, false
		}
		c = c.Columns()[0]
	}
	if i := c.Index(); i < len(r) && len(r[i]) > 0 {
		return r[i][0], true
	}
	return v, false
}

// take takes the next value of a leaf column.
func (r record) take(i int) parquet.Value {
	v := r[i][0]
	r[i] = r[i][1:]
	return v
}

// skip takes one value of each leaf of a column.
func (r record) skip(c *parquet.Column) {
	if c.Leaf() {
		if i := c.Index(); i < len(r) && len(r[i]) > 0 {
			r.take(i)
		}
		return
	}
	for _, member := range c.Columns() {
		r.skip(member)
	}
}
