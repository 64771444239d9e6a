// This file makes the result of a Map Run of those of its children.

package states

import (
	"context"
	"fmt"
	"iter"

	"github.com/tradepost-dev/tradepost/local/states/results"
)

// result writes the results of the children where they go, and returns the Map's.
func (r *mapRun) result(ctx context.Context, b *batches) (any, *failure) {
	o := &outcomes{run: r, pending: b.unstarted(ctx)}
	return b.state.writer.write(ctx, b.visit, b.target, results.Run{MapRunARN: r.arn, Executions: o.of})
}

// outcomes are what became of the children of a run.
type outcomes struct {
	run     *mapRun
	pending []string // inputs of those that were not started
}

// of goes through those of a kind; no other child is read. It ends with one that was
// let go of.
func (o *outcomes) of(kind string) iter.Seq2[results.Execution, error] {
	return func(yield func(results.Execution, error) bool) {
		for index, c := range o.run.all() {
			if !results.IsOf(kind, c.status) {
				continue
			}
			one, err := o.run.outcome(c)
			if err != nil {
				yield(results.Execution{}, fmt.Errorf("read the child execution %d: %w", index, err))
				return
			}
			if !yield(one, nil) {
				return
			}
		}
		for _, input := range o.pending {
			if results.IsOf(kind, results.Pending) && !yield(results.Execution{Status: results.Pending, Input: input}, nil) {
				return
			}
		}
	}
}

// outcome is what became of a child.
func (r *mapRun) outcome(c child) (results.Execution, error) {
	found := r.machine.executions.at(c.place)
	d, err := found.describe()
	if err != nil {
		return results.Execution{}, err
	}
	return results.Execution{
		ExecutionARN: d.ExecutionARN, Name: d.Name, StateMachineARN: d.StateMachineARN, Status: d.Status,
		Input: d.Input, Output: d.Output, Error: d.Error, Cause: d.Cause,
		StartDate: timeOf(d.StartDate), StopDate: timeOf(d.StopDate),
		RedriveCount: d.RedriveCount, RedriveStatus: d.RedriveStatus, RedriveStatusReason: d.RedriveStatusReason,
	}, nil
}

// unstarted are the inputs of the children that a failed run has not started, as far
// as they are known: what an ItemReader would read next is not.
func (b *batches) unstarted(ctx context.Context) []string {
	var inputs []string
	if _, known := b.source.(*listedItems); !known {
		return nil
	}
	for {
		input, n, f := b.next(ctx)
		if f != nil || n == 0 {
			return inputs // the run has failed of f, if there is one
		}
		inputs = append(inputs, input.text)
	}
}
