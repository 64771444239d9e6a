// This file puts events on event buses.

package integration

import (
	"errors"
	"maps"

	"github.com/tradepost-dev/tradepost/local/states/internal/jsontext"
)

func eventBridge() *Integration {
	return &Integration{
		Service: "events", Action: "PutEvents", Callback: true,
		naming:  naming{prefix: "EventBridge", general: "AmazonEventBridgeException", service: "AmazonEventBridge"},
		prepare: ofObject(eventEntries), answer: allEventsTaken,
	}
}

// eventEntries prepares the entries of PutEvents: details may be JSON values, and
// the execution and its machine are added to the resources.
func eventEntries(t Task, parameters map[string]any) (map[string]any, error) {
	entries, _ := parameters["Entries"].([]any)
	prepared := make([]any, len(entries))
	for i, value := range entries {
		entry, ok := value.(map[string]any)
		if !ok {
			return nil, errors.New("the value of the field 'Entries' has an invalid format")
		}
		entry, err := texts("Detail")(t, entry)
		if err != nil {
			return nil, err
		}
		resources, _ := entry["Resources"].([]any)
		entry["Resources"] = append(resources[:len(resources):len(resources)], t.Execution(), t.Machine())
		prepared[i] = entry
	}
	request := maps.Clone(parameters)
	request["Entries"] = prepared
	return request, nil
}

// allEventsTaken fails the task if any entry of PutEvents failed.
func allEventsTaken(result any) (any, error) {
	answer, _ := result.(map[string]any)
	if n, _ := answer["FailedEntryCount"].(float64); n == 0 {
		return result, nil
	}
	cause, err := jsontext.Encode(result)
	if err != nil {
		cause = err.Error()
	}
	return nil, &Failure{Name: "EventBridge.FailedEntry", Cause: cause}
}
