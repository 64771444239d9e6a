// This file makes the result of a Map Run of those of its children.

package states

import (
	"context"

	"github.com/tradepost-dev/tradepost/local/states/results"
)

// result writes the results of the children where they go, and returns the Map's.
func (r *mapRun) result(ctx context.Context, b *batches) (any, *failure) {
	pending := b.unstarted(ctx)
	var broken error // what is wrong with a child that was let go of
	run := results.Run{MapRunARN: r.arn, Executions: func(yield func(results.Execution) bool) {
		for _, c := range r.all() {
			one, err := r.outcome(c)
			if err != nil {
				broken = err
				return
			}
			if !yield(one) {
				return
			}
		}
		for _, input := range pending {
			if !yield(results.Execution{Status: results.Pending, Input: input}) {
				return
			}
		}
	}}
	result, f := b.state.writer.write(ctx, b.visit, b.target, run)
	if broken != nil {
		return nil, b.visit.failed(errRuntime, "%v", broken)
	}
	return result, f
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
