// This file is the Map state, whose iterations run in the same execution (INLINE).

package states

import (
	"context"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// maxInlineConcurrency is how many iterations of an inline Map run at once.
// https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
const maxInlineConcurrency = 40

type mapping struct {
	base
	flow
	guard
	items       *setting    // Items or ItemsPath
	itemFrom    *expression // ItemSelector
	processor   *graph
	concurrency *setting
	tolerated   tolerance
}

func (p *parser) mapping(f fields, b base, variables []string) state {
	b.retryable = true
	s := &mapping{base: b, guard: f.guard(b.language)}
	s.flow = f.flow(b.language, passage{result: true, selector: true})
	processor, mode := p.processor(f)
	s.items = f.items(b.language, mode.distributed)
	s.itemFrom = f.itemSelector(b.language)
	s.concurrency = f.setting("MaxConcurrency", b.language, wholeNumber(0, math.MaxInt32))
	s.tolerated = f.tolerance(b.language)
	if mode.distributed {
		return p.distributed(f, s, processor, mode)
	}
	s.processor = p.processorGraph(processor, b.language, variables)
	for _, name := range []string{"ItemReader", "ItemBatcher", "ResultWriter", "Label"} {
		if _, ok := f.take(name); ok {
			f.complain(name, "belongs to a distributed Map: the ProcessorConfig does not say that this is one")
		}
	}
	return s
}

// items reads what a Map iterates over; a distributed one takes objects too. It
// returns nil for the whole input.
func (f fields) items(in language, orObject bool) *setting {
	if in == jsonPathLanguage {
		if path := f.jsonPath("ItemsPath"); path != nil {
			return &setting{name: "ItemsPath", expression: path}
		}
		return nil
	}
	value, _ := f.values.Get("Items")
	if kind := jsonvalue.KindOf(value); kind == "array" || orObject && kind == "object" { // whose expressions are evaluated
		return &setting{name: "Items", expression: f.template("Items", in)}
	}
	return f.setting("Items", in, func(value any) string {
		if _, ok := value.([]any); !ok {
			return "must be an array or an expression, not " + jsonvalue.KindOf(value)
		}
		return ""
	})
}

// itemSelector reads ItemSelector, or Parameters as it was called before.
func (f fields) itemSelector(in language) *expression {
	if in == jsonPathLanguage && f.has("Parameters") {
		f.atMostOne("ItemSelector", "Parameters")
		return f.template("Parameters", in)
	}
	return f.template("ItemSelector", in)
}

// processorMode is what ProcessorConfig says.
type processorMode struct {
	distributed bool
	express     bool // its children are Express executions
}

// processor finds ItemProcessor, or Iterator as it was called before, and reads its
// ProcessorConfig.
func (p *parser) processor(f fields) (fields, processorMode) {
	name := "ItemProcessor"
	if f.has("Iterator") {
		f.atMostOne("ItemProcessor", "Iterator")
		name = "Iterator"
	}
	value, ok := f.take(name)
	if !ok {
		f.lacks(name)
		return fields{}, processorMode{}
	}
	processor := object(&p.faults, f.at(name), value)
	config, ok := processor.take("ProcessorConfig")
	if !ok {
		return processor, processorMode{}
	}
	c := object(&p.faults, processor.at("ProcessorConfig"), config)
	var m processorMode
	switch mode := c.text("Mode"); mode {
	case "INLINE", "":
	case "DISTRIBUTED":
		m = processorMode{distributed: true, express: c.isExpress()}
	default:
		c.complain("Mode", "must be INLINE or DISTRIBUTED, not %q", mode)
	}
	c.done("a ProcessorConfig")
	return processor, m
}

// processorGraph reads the states of an item processor; there are none without one.
func (p *parser) processorGraph(processor fields, in language, variables []string) *graph {
	if processor.faults == nil {
		return nil
	}
	g := p.graph(processor, in, variables)
	processor.done("an item processor")
	return g
}

func (s *mapping) run(ctx context.Context, v *visit) (exit, *failure) {
	return s.protect(ctx, v,
		func() (exit, *failure) { return s.attempt(ctx, v) },
		func(f *failure) { v.gaveUp(f) })
}

func (s *mapping) attempt(ctx context.Context, v *visit) (exit, *failure) {
	if mock := v.mock(); mock != nil {
		return s.answered(ctx, v, mock, func(input any) (int, *failure) { return s.selected(ctx, v, input) })
	}
	input, f := s.inputPath.apply(ctx, v, v.input.value)
	if f != nil {
		return exit{}, f
	}
	items, f := s.list(ctx, v, input)
	if f != nil {
		return exit{}, f
	}
	concurrency, f := s.concurrency.whole(ctx, v, input, 0, 0, math.MaxInt32)
	if f != nil {
		return exit{}, f
	}
	if concurrency == 0 || concurrency > maxInlineConcurrency {
		concurrency = maxInlineConcurrency
	}
	tolerated, f := s.tolerated.limits(ctx, v, input)
	if f != nil {
		return exit{}, f
	}
	v.record("MapStateStarted", &mapStartedDetails{len(items)})
	i := &iterations{mapping: s, visit: v, items: items, input: input, tolerated: tolerated, results: make([]data, len(items)), failed: map[int]bool{}}
	i.plan()
	if f := i.run(ctx, concurrency); f != nil {
		return exit{}, f
	}
	v.note("MapStateSucceeded", nil)
	result := joined(i.successes())
	v.succeed(result)
	return s.flow.leave(ctx, v, result.value)
}

// list evaluates the items.
func (s *mapping) list(ctx context.Context, v *visit, input any) ([]any, *failure) {
	value, f := s.value(ctx, v, input)
	if f != nil {
		return nil, f
	}
	items, ok := value.([]any)
	if !ok {
		return nil, s.notList(v, value)
	}
	return items, nil
}

// value evaluates Items or ItemsPath.
func (s *mapping) value(ctx context.Context, v *visit, input any) (any, *failure) {
	if s.items == nil {
		return input, nil
	}
	return s.items.value(ctx, v, input)
}

// notList is the failure of a value that there is nothing to iterate over in.
func (s *mapping) notList(v *visit, value any) *failure {
	text, err := jsonvalue.Encode(value)
	switch {
	case err != nil:
		return v.failed(errRuntime, "%v", err)
	case v.state.language == jsonataLanguage && s.items == nil:
		return v.evaluationFailed("", "Map state input must be an array but was: %s", text)
	case v.state.language == jsonataLanguage:
		return s.items.unexpected(v, value, "array")
	case s.items == nil:
		return v.failed(errRuntime, "Reference path \"$\" must point to array.")
	default:
		return v.failed(errRuntime, "Reference path %q must point to array.", withinContext(s.items.source()))
	}
}

// withinContext is a path as AWS names it here: one into the context object by
// what it is within that.
func withinContext(path string) string {
	if strings.HasPrefix(path, "$$") {
		return path[1:]
	}
	return path
}

// iterations is one run over the items.
type iterations struct {
	*mapping
	visit     *visit
	items     []any
	input     any
	tolerated failureLimits
	pending   []int // indices of the items that are to be run
	results   []data
	failed    map[int]bool
}

// plan sorts out the items that are still to be run: all of them, but for those
// that had succeeded before a redrive.
func (i *iterations) plan() {
	for index := range i.items {
		if t := i.visit.inner[index]; t != nil && t.finished() {
			i.results[index] = t.input
		} else {
			i.pending = append(i.pending, index)
		}
	}
}

// run starts iterations, as many at a time as may be, until all have ended.
func (i *iterations) run(ctx context.Context, concurrency int) *failure {
	g := newGroup(ctx, i.visit)
	defer g.cancel()
	next := min(concurrency, len(i.pending))
	if f := i.start(ctx, g, i.pending[:next]); f != nil {
		return f
	}
	for len(g.running) > 0 {
		r := g.wait()
		if f := i.end(g, r); f != nil {
			return f
		}
		if next < len(i.pending) {
			ended := i.visit.last
			i.visit.last = r.thread.last // the next iteration follows what this one did
			if f := i.start(ctx, g, i.pending[next:next+1]); f != nil {
				i.abandon(g)
				return f
			}
			next++
			i.visit.last = ended
		}
	}
	return nil
}

// start records iterations as started and then starts them, in this order, so
// that the first events of a Map are those of its iterations.
func (i *iterations) start(ctx context.Context, g *group, indices []int) *failure {
	v := i.visit
	inputs := make([]data, len(indices))
	for at, index := range indices {
		var f *failure
		if inputs[at], f = i.inputOf(ctx, index); f != nil {
			return f
		}
	}
	after := v.last
	ids := make([]int, len(indices))
	for at, index := range indices {
		ids[at] = i.note("Started", index, after)
	}
	for at, index := range indices {
		v.last = ids[at]
		g.start(index, i.processor, inputs[at], i.item(index))
	}
	v.last = after
	return nil
}

// item is the context object's Map.Item.
func (i *iterations) item(index int) *jsonvalue.Object {
	return jsonvalue.NewObject(2).Set("Index", float64(index)).Set("Value", i.items[index])
}

// inputOf makes the input of an iteration: the item, or what ItemSelector makes of it.
func (i *iterations) inputOf(ctx context.Context, index int) (data, *failure) {
	v := i.visit
	value := i.items[index]
	if i.itemFrom != nil {
		outer := v.item
		v.item, v.context = i.item(index), nil
		defer func() { v.item, v.context = outer, nil }()
		var f *failure
		if value, f = i.itemFrom.eval(ctx, v, i.input); f != nil {
			return data{}, f
		}
	}
	return v.document(value)
}

// note records what became of an iteration.
func (i *iterations) note(what string, index, after int) int {
	kind := "MapIteration" + what
	return i.visit.execution.history.add(kind, after, &mapIterationDetails{Name: i.visit.state.name, Index: index, as: memberOf(kind)})
}

// end takes an iteration's output, or its failure if it is not tolerated.
func (i *iterations) end(g *group, r ended) *failure {
	v := i.visit
	switch {
	case r.failure == nil:
		i.results[r.index] = r.output
		v.last = i.note("Succeeded", r.index, r.thread.last)
		return nil
	case r.failure.aborted || !i.tolerated.given():
		return i.fail(g, r)
	}
	i.failed[r.index] = true
	if !i.tolerated.exceeded(len(i.failed), len(i.items)) {
		v.last = i.note("Failed", r.index, r.thread.last)
		r.thread.abort(v.last)
		return nil
	}
	i.fail(g, r)
	return v.tooManyFailures()
}

// abandon cuts all iterations off, because another one could not be started.
func (i *iterations) abandon(g *group) {
	cut := g.drain()
	for _, index := range slices.Sorted(maps.Keys(cut)) {
		i.note("Aborted", index, i.visit.last)
		cut[index].abort(i.visit.last)
	}
}

func (i *iterations) fail(g *group, r ended) *failure {
	return g.fail(r, func(index, after int, failed bool) {
		if failed {
			i.note("Failed", index, after)
		} else {
			i.note("Aborted", index, after)
		}
	})
}

// successes returns the outputs without the failed iterations' ones.
func (i *iterations) successes() []data {
	if len(i.failed) == 0 {
		return i.results
	}
	var results []data
	for index, result := range i.results {
		if !i.failed[index] {
			results = append(results, result)
		}
	}
	return results
}
