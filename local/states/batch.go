// This file makes the inputs of a distributed Map's children: an item each, or a
// batch of items.

package states

import (
	"context"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/states/items"
	"github.com/tradepost-dev/tradepost/local/states/results"
)

// A batcher is the field ItemBatcher.
type batcher struct {
	items, bytes *setting
	input        *expression // BatchInput
}

func (f fields) batcher(in language) *batcher {
	value, ok := f.take("ItemBatcher")
	if !ok {
		return nil
	}
	fields := object(f.faults, f.at("ItemBatcher"), value)
	b := &batcher{
		items: fields.setting("MaxItemsPerBatch", in, wholeNumber(1, maxSeconds)),
		bytes: fields.setting("MaxInputBytesPerBatch", in, wholeNumber(1, maxPayload)),
		input: fields.template("BatchInput", in),
	}
	if b.items == nil && b.bytes == nil {
		fields.complain("", "must have MaxItemsPerBatch or MaxInputBytesPerBatch")
	}
	fields.done("an ItemBatcher")
	return b
}

// batchLimits are what a batch may have. The zero value is for items one by one.
type batchLimits struct {
	items  int // 0: one by one
	bytes  int
	common *jsonvalue.Object // what the input has beside the items
}

// limits evaluates the fields; b may be nil.
func (b *batcher) limits(ctx context.Context, v *visit, input any) (batchLimits, *failure) {
	var l batchLimits
	if b == nil {
		return l, nil
	}
	var f *failure
	if l.items, f = b.items.whole(ctx, v, input, maxSeconds, 1, maxSeconds); f != nil {
		return l, f
	}
	if l.bytes, f = b.bytes.whole(ctx, v, input, maxPayload, 1, maxPayload); f != nil {
		return l, f
	}
	l.common = jsonvalue.NewObject(1)
	if b.input != nil {
		common, f := b.input.eval(ctx, v, input)
		if f != nil {
			return l, f
		}
		l.common.Set("BatchInput", common)
	}
	return l, nil
}

// itemSource gives the items of a Map. A failure of it is one of the Map Run.
type itemSource interface {
	next() (item items.Item, ok bool, f *failure)
	close()
}

// batches are the inputs of children that were not started yet.
type batches struct {
	state  *distributed
	visit  *visit
	input  any // of the Map, after InputPath
	source itemSource
	limits batchLimits
	target *results.Target // nil: the results are the state's

	index int   // of the next item
	ahead *data // an item that did not fit into the last batch
	ended bool  // there are no more items
}

// skip leaves out items that were given before a redrive.
func (b *batches) skip(n int) *failure {
	for ; b.index < n; b.index++ {
		if _, ok, f := b.source.next(); f != nil || !ok {
			return f
		}
	}
	return nil
}

// next makes the next input, out of so many items: 0 when there are no more.
func (b *batches) next(ctx context.Context) (input data, items int, f *failure) {
	if b.state.batcher == nil {
		item, ok, f := b.item(ctx)
		if f != nil || !ok {
			return data{}, 0, f
		}
		return item, 1, nil
	}
	return b.batch(ctx)
}

// item is the next item, as ItemSelector makes it.
func (b *batches) item(ctx context.Context) (d data, ok bool, f *failure) {
	if b.ahead != nil {
		d, b.ahead = *b.ahead, nil
		return d, true, nil
	}
	one, ok, f := b.source.next()
	if f != nil || !ok {
		b.ended = f == nil
		return data{}, false, f
	}
	value := one.Input()
	if b.state.itemFrom != nil {
		if value, f = b.selected(ctx, one); f != nil {
			return data{}, false, f
		}
	}
	b.index++
	d, f = b.visit.document(value)
	return d, f == nil, f
}

// selected evaluates ItemSelector for an item.
func (b *batches) selected(ctx context.Context, item items.Item) (any, *failure) {
	v := b.visit
	outer := v.item
	v.item, v.context = distributedItem(b.index, item), nil
	defer func() { v.item, v.context = outer, nil }()
	return b.state.itemFrom.eval(ctx, v, b.input)
}

// batch gathers items until there are enough, or until one does not fit any more.
func (b *batches) batch(ctx context.Context) (input data, items int, f *failure) {
	var list []any
	envelope, f := b.envelope(nil)
	if f != nil {
		return data{}, 0, f
	}
	size := len(envelope.text)
	for len(list) < b.limits.items {
		item, ok, f := b.item(ctx)
		if f != nil {
			return data{}, 0, f
		}
		if !ok {
			break
		}
		comma := min(1, len(list))
		if size += comma + len(item.text); size > b.limits.bytes {
			if len(list) == 0 {
				return data{}, 0, b.visit.oversized(b.visit.state.name)
			}
			b.ahead = &item
			break
		}
		list = append(list, item.value)
	}
	if len(list) == 0 {
		return data{}, 0, nil
	}
	input, f = b.envelope(list)
	return input, len(list), f
}

// envelope is the input with these items.
func (b *batches) envelope(items []any) (data, *failure) {
	if items == nil {
		items = []any{}
	}
	return b.visit.document(b.limits.common.Clone().Set("Items", items))
}

// pending is how many items are still to come, and how many children they will
// take, if that is known: of a list it is, and of a source that has ended.
func (b *batches) pending() (executions, items int, known bool) {
	list, ok := b.source.(*listedItems)
	if !ok {
		return 0, 0, b.ended
	}
	items = list.left()
	if b.ahead != nil {
		items++
	}
	if b.state.batcher == nil {
		return items, items, true
	}
	return (items + b.limits.items - 1) / b.limits.items, items, true
}
