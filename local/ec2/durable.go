package ec2

// This file keeps the states of instances from run to run.

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"
)

type savedInstance struct {
	State    state
	Since    time.Time
	Launched time.Time
	Reason   *stateReason `json:",omitempty"`
	Comment  string       `json:",omitempty"`
}

// Snapshot implements cloud.Durable.
func (i *instance) Snapshot() iter.Seq[any] {
	i.service.mu.Lock()
	defer i.service.mu.Unlock()
	return slices.Values([]any{savedInstance{i.state, i.since, i.launched, i.reason, i.comment}})
}

// Restore implements cloud.Durable. What was under way has come to its end
// meanwhile. An instance that was terminated is launched anew.
func (i *instance) Restore(next func(record any) error) error {
	var saved savedInstance
	if err := next(&saved); err != nil {
		return err
	}
	if under, ok := passing[saved.State]; ok {
		saved.State, saved.Since = under.next, saved.Since.Add(under.after)
	}
	if saved.State == terminated {
		return fmt.Errorf("the instance was terminated, and is launched anew: %w", errors.ErrUnsupported)
	}
	i.service.mu.Lock()
	defer i.service.mu.Unlock()
	i.state, i.since, i.launched, i.reason, i.comment = saved.State, saved.Since, saved.Launched, saved.Reason, saved.Comment
	return nil
}
