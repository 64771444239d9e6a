// This file is a Map with a mock in the place of its iterations: what comes before
// and after them is done all the same.

package states

import (
	"context"
	"math"
	"strings"

	"github.com/tradepost-dev/tradepost/local/mock"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/states/items"
)

// answered is an attempt of a Map that a mock answers for. count finds the items,
// and says how many there are.
func (s *mapping) answered(ctx context.Context, v *visit, mock *mock.Counter, count func(input any) (int, *failure)) (exit, *failure) {
	input, f := s.inputPath.apply(ctx, v, v.input.value)
	if f != nil {
		return exit{}, f
	}
	v.inspect(afterInputPath, input)
	items, f := count(input)
	if f != nil {
		return exit{}, f
	}
	tolerated, f := s.bounds(ctx, v, input)
	if f != nil {
		return exit{}, f
	}
	v.record("MapStateStarted", &mapStartedDetails{items})
	result, f := v.mocked(mock)
	if f != nil {
		return exit{}, f
	}
	if v.execution.trial.exceeds(tolerated, items) {
		return exit{}, v.tooManyFailures()
	}
	v.note("MapStateSucceeded", nil)
	v.succeed(result)
	return s.flow.leave(ctx, v, result.value)
}

// bounds evaluates what bounds the iterations.
func (s *mapping) bounds(ctx context.Context, v *visit, input any) (failureLimits, *failure) {
	concurrency, f := s.concurrency.whole(ctx, v, input, 0, 0, math.MaxInt32)
	if f != nil {
		return failureLimits{}, f
	}
	tolerated, f := s.tolerated.limits(ctx, v, input)
	if f == nil {
		v.execution.trial.boundBy(concurrency, tolerated)
	}
	return tolerated, f
}

// selected finds the items and evaluates ItemSelector for each. It returns how many
// there are.
func (s *mapping) selected(ctx context.Context, v *visit, input any) (int, *failure) {
	items, f := s.list(ctx, v, input)
	if f != nil {
		return 0, f
	}
	v.inspectItems(items)
	if s.itemFrom == nil {
		return len(items), nil
	}
	i := &iterations{mapping: s, visit: v, items: items, input: input}
	inputs := make([]any, len(items))
	for index := range items {
		d, f := i.inputOf(ctx, index)
		if f != nil {
			return 0, f
		}
		inputs[index] = d.value
	}
	v.inspect(afterItemSelector, inputs)
	return len(items), nil
}

// batched finds the items, evaluates ItemSelector for each and makes the batches.
func (s *distributed) batched(ctx context.Context, v *visit, input any) (int, *failure) {
	list, f := s.mockedItems(ctx, v, input)
	if f != nil || list == nil {
		return 0, f
	}
	b := &batches{state: s, visit: v, input: input, source: &listedItems{items: list}}
	if s.itemFrom != nil {
		inputs, f := gather(func() (data, bool, *failure) { return b.item(ctx) })
		if f != nil {
			return 0, f
		}
		v.inspect(afterItemSelector, inputs)
		b = &batches{state: s, visit: v, input: input, source: &listedItems{items: list}}
	}
	if s.batcher == nil {
		return len(list), nil
	}
	if b.limits, f = s.batcher.limits(ctx, v, input); f != nil {
		return 0, f
	}
	inputs, f := gather(func() (data, bool, *failure) {
		d, n, f := b.next(ctx)
		return d, n > 0, f
	})
	v.inspect(afterItemBatcher, inputs)
	return len(list), f
}

// gather returns the values of all that next gives.
func gather(next func() (data, bool, *failure)) ([]any, *failure) {
	values := []any{}
	for {
		d, ok, f := next()
		if f != nil || !ok {
			return values, f
		}
		values = append(values, d.value)
	}
}

// mockedItems are the items of the state itself, or those that its ItemReader is
// said to have read. Otherwise they are not known, and there are none.
func (s *distributed) mockedItems(ctx context.Context, v *visit, input any) ([]items.Item, *failure) {
	if s.reader == nil {
		value, f := s.value(ctx, v, input)
		if f != nil {
			return nil, f
		}
		l, f := s.listOf(v, value)
		if f != nil {
			return nil, f
		}
		if list, ok := value.([]any); ok {
			v.inspectItems(list)
			return l.items, nil
		}
		values := make([]any, len(l.items))
		for i, item := range l.items {
			values[i] = item.Value
		}
		v.inspect(afterItemsPath, values)
		return l.items, nil
	}
	place, f := s.reader.place(ctx, v, input)
	if f != nil {
		return nil, f
	}
	text := v.execution.trial.readerData()
	if text == nil {
		return nil, nil
	}
	source := s.reader.source
	if source.Lists || source.ManifestType == items.Inventory {
		source = items.Source{InputType: items.JSON} // what is listed is given as a list
	}
	source.ManifestType = "" // what the files of a manifest hold is given as one of them
	stream := streamOf(source.Read(ctx, givenObject(*text), v.execution.machine.states.cloud.Account, items.Place{Max: place.Max}))
	defer stream.close()
	list := []items.Item{}
	for {
		item, ok, f := stream.next()
		if f != nil || !ok {
			return list, f
		}
		list = append(list, item)
	}
}

// givenObject is the text of an object that an ItemReader is said to have read.
type givenObject string

func (o givenObject) Get(context.Context, string, string, string) (*s3.Object, error) {
	return &s3.Object{Size: int64(len(o)), Body: strings.NewReader(string(o))}, nil
}

func (o givenObject) List(context.Context, s3.ListInput) (s3.Page, error) { return s3.Page{}, nil }

// readerData is what an ItemReader is said to have read, or nil.
func (t *trial) readerData() *string {
	if t == nil {
		return nil
	}
	return t.read
}

// exceeds tells whether more iterations are said to have failed than may.
func (t *trial) exceeds(tolerated failureLimits, items int) bool {
	return t != nil && tolerated.given() && tolerated.exceeded(t.failedIterations, items)
}

// boundBy takes down what bounds the iterations.
func (t *trial) boundBy(concurrency int, tolerated failureLimits) {
	if t != nil {
		t.concurrency, t.tolerated = &concurrency, tolerated
	}
}
