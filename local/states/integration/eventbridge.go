// This file puts events on event buses.

package integration

import (
	"errors"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

func eventBridge() *Integration {
	return &Integration{
		Service: "events", Action: "PutEvents", Callback: true,
		naming:  naming{api: "eventbridge", prefix: "EventBridge", general: "AmazonEventBridgeException", service: "AmazonEventBridge"},
		prepare: ofObject(eventEntries), answer: allEventsTaken,
	}
}

// eventEntries prepares the entries of PutEvents: details may be JSON values, and
// the execution and its machine are added to the resources.
func eventEntries(t Task, parameters *jsonvalue.Object) (*jsonvalue.Object, error) {
	value, _ := parameters.Get("Entries")
	entries, _ := value.([]any)
	prepared := make([]any, len(entries))
	for i, value := range entries {
		entry, ok := value.(*jsonvalue.Object)
		if !ok {
			return nil, errors.New("the value of the field 'Entries' has an invalid format")
		}
		entry, err := texts("Detail")(t, entry)
		if err != nil {
			return nil, err
		}
		value, _ := entry.Get("Resources")
		resources, _ := value.([]any)
		entry.Set("Resources", append(resources[:len(resources):len(resources)], t.Machine(), t.Execution()))
		prepared[i] = entry
	}
	return parameters.Clone().Set("Entries", prepared), nil
}

// allEventsTaken fails the task if any entry of PutEvents failed.
func allEventsTaken(result any) (any, error) {
	answer, _ := result.(*jsonvalue.Object)
	count, _ := answer.Get("FailedEntryCount")
	if n, _ := jsonvalue.Float(count); n == 0 {
		return result, nil
	}
	cause, err := jsonvalue.Encode(result)
	if err != nil {
		cause = err.Error()
	}
	return nil, &Failure{Name: "EventBridge.FailedEntry", Cause: cause}
}
