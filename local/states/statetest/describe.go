package statetest

// This file reads what the API tells of an execution.

import (
	"encoding/json"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// description is what DescribeExecution and StartSyncExecution tell.
type description struct {
	Status, Output, Error, Cause string
	StartDate, StopDate          cloud.Time
	events                       []Event
}

func (d *description) run() *Run {
	return &Run{
		Status: d.Status, Output: d.Output, Error: d.Error, Cause: d.Cause,
		Took: time.Time(d.StopDate).Sub(time.Time(d.StartDate)), Events: d.events,
	}
}

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
	var at cloud.Time
	for name, into := range map[string]any{"id": &e.ID, "previousEventId": &e.Previous, "type": &e.Type, "timestamp": &at} {
		if err := json.Unmarshal(members[name], into); err != nil {
			return Event{}, err
		}
		delete(members, name)
	}
	e.At = time.Time(at).UTC()
	for _, details := range members {
		e.Details = details // the only one that is left
	}
	return e, nil
}
