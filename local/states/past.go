// This file tells of executions as they were a moment ago: what DescribeExecution and
// ListExecutions answer is eventually consistent.

package states

import (
	"encoding/json"
	"fmt"
	"time"
)

// describedAt is the description of an execution as it was at a moment, from the
// present one. It fails with errDropped if it had not begun. A redrive is seen at once.
func describedAt(description json.RawMessage, then time.Time) (json.RawMessage, error) {
	if then.IsZero() {
		return description, nil
	}
	var members map[string]any
	if err := json.Unmarshal(description, &members); err != nil {
		return nil, fmt.Errorf("decode the description of an execution: %w", err)
	}
	if !asOf(members, then) {
		return nil, errDropped
	}
	if members["status"] == statusRunning {
		members["redriveStatus"], members["redriveStatusReason"] = "NOT_REDRIVABLE", unredrivable(statusRunning)
	}
	return json.Marshal(members)
}

// asOf makes what is told of an execution what was told at a moment, unless it had
// not begun.
func asOf(members map[string]any, then time.Time) (begun bool) {
	if then.IsZero() {
		return true
	}
	if stopped, _ := members["stopDate"].(float64); stopped > apiTime(then) {
		members["status"] = statusRunning
		for _, name := range []string{"stopDate", "output", "outputDetails", "error", "cause"} {
			delete(members, name)
		}
	}
	began, _ := members["startDate"].(float64)
	return began <= apiTime(then)
}

// statusAt is the status that the execution had at a moment, if it had begun.
func (s *slot) statusAt(then time.Time) string {
	status, stopped := s.outcome()
	if !then.IsZero() && stopped.After(then) {
		return statusRunning
	}
	return status
}

// recordedBy are those of the events of a history that were recorded by a moment.
func recordedBy(then time.Time, events []json.RawMessage) ([]json.RawMessage, error) {
	for i, text := range events {
		var event struct{ Timestamp float64 }
		if err := json.Unmarshal(text, &event); err != nil {
			return nil, fmt.Errorf("decode an event: %w", err)
		}
		if event.Timestamp > apiTime(then) {
			return events[:i], nil
		}
	}
	return events, nil
}
