package statetest

// This file reads what the API tells of an execution.

import (
	"encoding/json"
	"math"
	"time"
)

// description is what DescribeExecution and StartSyncExecution tell.
type description struct {
	Status, Output, Error, Cause string
	StartDate, StopDate          float64 // seconds since 1970
	events                       []Event
}

func (d *description) run() *Run {
	return &Run{
		Status: d.Status, Output: d.Output, Error: d.Error, Cause: d.Cause,
		Took: at(d.StopDate).Sub(at(d.StartDate)), Events: d.events,
	}
}

func at(seconds float64) time.Time { return time.UnixMilli(int64(math.Round(seconds * 1000))).UTC() }

// history reads all events.
func (d *description) history(call func(action string, in, out any) error, arn string) error {
	request := map[string]any{"executionArn": arn, "maxResults": 1000}
	for {
		var page struct {
			Events    []map[string]json.RawMessage
			NextToken string
		}
		if err := call("GetExecutionHistory", request, &page); err != nil {
			return err
		}
		for _, members := range page.Events {
			e, err := readEvent(members)
			if err != nil {
				return err
			}
			d.events = append(d.events, e)
		}
		if page.NextToken == "" {
			return nil
		}
		request["nextToken"] = page.NextToken
	}
}

func readEvent(members map[string]json.RawMessage) (Event, error) {
	var e Event
	var seconds float64
	for name, into := range map[string]any{"id": &e.ID, "previousEventId": &e.Previous, "type": &e.Type, "timestamp": &seconds} {
		if err := json.Unmarshal(members[name], into); err != nil {
			return Event{}, err
		}
		delete(members, name)
	}
	e.At = at(seconds)
	for _, details := range members {
		e.Details = details // the only one that is left
	}
	return e, nil
}
