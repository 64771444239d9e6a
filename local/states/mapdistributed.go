// This file is the distributed Map: a Map Run (maprun.go) starts an execution of its
// own for every item, or for every batch of items.

package states

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/states/items"
)

// maxLabel is in characters.
const maxLabel = 40

// maxDistributedConcurrency is how many children of a Map Run run at once.
// https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
const maxDistributedConcurrency = 10_000

type distributed struct {
	mapping
	express bool // its children are Express executions
	label   string
	text    string      // of the item processor
	reader  *itemReader // nil: the items are the state's
	batcher *batcher
	writer  *resultWriter // nil: the results are the state's
}

// isExpress reads ExecutionType.
func (f fields) isExpress() bool {
	switch kind := f.required("ExecutionType"); kind {
	case "STANDARD", "":
		return false
	case "EXPRESS":
		return true
	default:
		f.complain("ExecutionType", "must be STANDARD or EXPRESS, not %q", kind)
		return false
	}
}

func (p *parser) distributed(f fields, m *mapping, processor fields, mode processorMode) state {
	s := &distributed{mapping: *m, express: mode.express, label: p.label(f, m.name)}
	if p.express {
		processor.complain("ProcessorConfig/Mode", "an Express state machine does not support a distributed Map")
	}
	s.processor = p.childGraph(processor, m.language, mode.express)
	s.text = withoutConfig(processor.values)
	s.batcher = f.batcher(m.language)
	s.reader, s.writer = p.itemReader(f, m.language), p.resultWriter(f, m.language)
	if other, ok := p.maps[s.label]; ok {
		f.complain("Label", "is the label of the state %q too", other.name)
	}
	p.maps[s.label] = s
	return s
}

// withoutConfig is an item processor as the definition of a machine.
func withoutConfig(processor *jsonvalue.Object) string {
	definition := processor.Clone()
	definition.Delete("ProcessorConfig")
	return definition.String()
}

// childGraph reads the states of children. They see no variables of the outside.
func (p *parser) childGraph(processor fields, in language, express bool) *graph {
	outer := p.express
	defer func() { p.express = outer }()
	p.express = outer || express
	return p.processorGraph(processor, in, nil)
}

// label reads Label, or makes one out of the state's name.
func (p *parser) label(f fields, state string) string {
	if !f.has("Label") {
		return generatedLabel(state)
	}
	label := f.text("Label")
	switch n := len([]rune(label)); {
	case n == 0:
		f.complain("Label", "must not be empty")
	case n > maxLabel:
		f.complain("Label", "must have at most %d characters, not %d", maxLabel, n)
	case strings.ContainsFunc(label, isForbidden):
		f.complain("Label", "%q has a character that a label must not have", label)
	}
	return label
}

// generatedLabel looks like a UUID. It is always the same for a state, so that
// children of earlier runs of the engine are found.
func generatedLabel(state string) string {
	sum := sha256.Sum256([]byte(state))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

func (s *distributed) run(ctx context.Context, v *visit) (exit, *failure) {
	return s.protect(ctx, v,
		func() (exit, *failure) { return s.attempt(ctx, v) },
		func(f *failure) { v.gaveUp(f) })
}

func (s *distributed) attempt(ctx context.Context, v *visit) (exit, *failure) {
	if mock := v.mock(); mock != nil {
		return s.answered(ctx, v, mock, func(input any) (int, *failure) { return s.batched(ctx, v, input) })
	}
	if f := v.unmocked(); f != nil && (s.reader != nil || s.writer != nil) {
		return exit{}, f
	}
	input, f := s.inputPath.apply(ctx, v, v.input.value)
	if f != nil {
		return exit{}, f
	}
	b, f := s.prepare(ctx, v, input)
	if f != nil {
		return exit{}, f
	}
	started := v.last
	result, f := v.run.perform(ctx, v, b)
	switch {
	case f == nil:
	case f.aborted:
		v.cut = func(after int) { v.execution.history.add("MapRunAborted", after, nil) }
		return exit{}, f
	default:
		v.record("MapRunFailed", &mapRunFailedDetails{f.name, f.cause})
		return exit{}, f
	}
	v.record("MapRunSucceeded", nil)
	v.note("MapStateSucceeded", nil)
	v.last = started // as AWS does since 2024: the exit follows the start of the run
	v.succeed(data{value: result})
	return s.flow.leave(ctx, v, result)
}

// prepare evaluates the fields, and starts the Map Run or lets the one of before a
// redrive run on. AWS evaluates what is tolerated only when the state has started.
func (s *distributed) prepare(ctx context.Context, v *visit, input any) (*batches, *failure) {
	concurrency, f := s.concurrency.whole(ctx, v, input, 0, 0, math.MaxInt32)
	if f != nil {
		return nil, f
	}
	b := &batches{state: s, visit: v, input: input}
	length := 0 // AWS does not tell that of what is read
	if s.reader == nil {
		b.source, length, f = s.listed(ctx, v, input)
	} else {
		b.source, f = s.reader.open(ctx, v, input)
	}
	if f != nil {
		return nil, f
	}
	if v.run == nil {
		v.record("MapStateStarted", &mapStartedDetails{length})
	}
	if f := s.begin(ctx, b, concurrency); f != nil {
		b.source.close()
		return nil, f
	}
	return b, nil
}

// begin starts the Map Run, or lets it run on.
func (s *distributed) begin(ctx context.Context, b *batches, concurrency int) *failure {
	v := b.visit
	tolerated, f := s.tolerated.limits(ctx, v, b.input)
	if f != nil {
		return f
	}
	if b.limits, f = s.batcher.limits(ctx, v, b.input); f != nil {
		return f
	}
	run := v.run
	if run != nil {
		if f := run.announceRedrive(v); f != nil {
			return f
		}
	} else if run, f = s.newRun(v, concurrency, tolerated); f != nil {
		return f
	}
	if b.target, f = s.writer.open(ctx, v, b.input, run.arn); f != nil {
		return f
	}
	if v.run != nil {
		run.redrive()
		return nil
	}
	v.run = run
	run.machine.outer.maps.add(run)
	v.record("MapRunStarted", &mapRunStartedDetails{run.arn})
	return nil
}

// listed evaluates the items that the state has itself: the elements of an array, or
// the members of an object.
func (s *distributed) listed(ctx context.Context, v *visit, input any) (*listedItems, int, *failure) {
	value, f := s.value(ctx, v, input)
	if f != nil {
		return nil, 0, f
	}
	l, f := s.listOf(v, value)
	if f != nil {
		return nil, 0, f
	}
	return l, len(l.items), nil
}

// listOf are the elements of a list, or the members of an object.
func (s *distributed) listOf(v *visit, value any) (*listedItems, *failure) {
	l := &listedItems{}
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			l.items = append(l.items, items.Item{Value: item, Source: fromState})
		}
	case *jsonvalue.Object:
		for key, member := range value.All() {
			l.items = append(l.items, items.Item{Value: member, Key: key, Member: true, Source: fromState})
		}
	default:
		return nil, s.notList(v, value)
	}
	return l, nil
}

// fromState is the source of items that no ItemReader has read.
const fromState = "STATE_DATA"

// listedItems are items that are all there.
type listedItems struct {
	items []items.Item
	at    int
}

// next returns one item after the other.
func (l *listedItems) next() (item items.Item, ok bool, f *failure) {
	if l.at == len(l.items) {
		return items.Item{}, false, nil
	}
	l.at++
	return l.items[l.at-1], true, nil
}

// left is how many items are still to come.
func (l *listedItems) left() int { return len(l.items) - l.at }

func (l *listedItems) close() {}

// distributedItem is the context object's Map.Item.
func distributedItem(index int, item items.Item) *jsonvalue.Object {
	o := jsonvalue.NewObject(4).Set("Index", float64(index)).Set("Value", item.Value)
	if item.Member {
		o.Set("Key", item.Key)
	}
	return o.Set("Source", item.Source)
}
