// This file holds the shapes of history events, as GetExecutionHistory gives them.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html

package states

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// An event is one entry of a history. Most strings in it are shared with the
// events before and after it.
type event struct {
	id, previous int
	at           int64 // milliseconds since 1970
	kind         string
	details      details // nil for kinds without
}

// details are a kind's own members; member is what the event calls them.
type details interface{ member() string }

// truncated says that a payload is complete, as it always is here.
type truncated struct {
	Truncated bool `json:"truncated"`
}

type (
	executionStartedDetails struct {
		Input   string `json:"input"`
		RoleARN string `json:"roleArn"`
	}
	stateEnteredDetails struct {
		Name  string `json:"name"`
		Input string `json:"input"`
	}
	stateExitedDetails struct {
		Name              string            `json:"name"`
		Output            string            `json:"output"`
		AssignedVariables map[string]string `json:"assignedVariables,omitempty"`
	}
	executionRedrivenDetails struct {
		RedriveCount int `json:"redriveCount"`
	}
	executionSucceededDetails struct {
		Output string `json:"output"`
	}
	executionEndedDetails struct { // failed, timed out, aborted
		Error string `json:"error,omitempty"`
		Cause string `json:"cause,omitempty"`
		as    string // "executionFailedEventDetails"
	}
	taskScheduledDetails struct {
		ResourceType       string `json:"resourceType"`
		Resource           string `json:"resource"`
		Region             string `json:"region"`
		Parameters         string `json:"parameters"`
		TimeoutInSeconds   int    `json:"timeoutInSeconds,omitempty"`
		HeartbeatInSeconds int    `json:"heartbeatInSeconds,omitempty"`

		TaskCredentials *taskCredentials `json:"taskCredentials,omitempty"`
	}
	taskDetails struct { // all other events of a task
		ResourceType string  `json:"resourceType"`
		Resource     string  `json:"resource"`
		Output       *string `json:"output,omitempty"`
		Error        string  `json:"error,omitempty"`
		Cause        string  `json:"cause,omitempty"`
		as           string
	}
	lambdaScheduledDetails struct {
		Resource         string `json:"resource"`
		Input            string `json:"input"`
		TimeoutInSeconds int    `json:"timeoutInSeconds,omitempty"`

		TaskCredentials *taskCredentials `json:"taskCredentials,omitempty"`
	}
	lambdaSucceededDetails struct {
		Output string `json:"output"`
	}
	lambdaEndedDetails struct { // failed, timed out
		Error string `json:"error,omitempty"`
		Cause string `json:"cause,omitempty"`
		as    string
	}
	activityScheduledDetails struct {
		Resource           string `json:"resource"`
		Input              string `json:"input"`
		TimeoutInSeconds   int    `json:"timeoutInSeconds,omitempty"`
		HeartbeatInSeconds int    `json:"heartbeatInSeconds,omitempty"`
	}
	activityStartedDetails struct {
		WorkerName string `json:"workerName,omitempty"`
	}
	activitySucceededDetails struct {
		Output string `json:"output"`
	}
	activityEndedDetails struct { // failed, timed out
		Error string `json:"error,omitempty"`
		Cause string `json:"cause,omitempty"`
		as    string
	}
	mapStartedDetails struct {
		Length int `json:"length"`
	}
	mapRunStartedDetails struct {
		MapRunARN string `json:"mapRunArn"`
	}
	mapRunRedrivenDetails struct {
		MapRunARN    string `json:"mapRunArn"`
		RedriveCount int    `json:"redriveCount"`
	}
	mapRunFailedDetails struct {
		Error string `json:"error,omitempty"`
		Cause string `json:"cause,omitempty"`
	}
	mapIterationDetails struct {
		Name  string `json:"name"`
		Index int    `json:"index"`
		as    string
	}
	evaluationFailedDetails struct {
		Error    string `json:"error"`
		Cause    string `json:"cause"`
		Location string `json:"location,omitempty"`
		State    string `json:"state"`
	}
)

func (*executionStartedDetails) member() string   { return "executionStartedEventDetails" }
func (*stateEnteredDetails) member() string       { return "stateEnteredEventDetails" }
func (*stateExitedDetails) member() string        { return "stateExitedEventDetails" }
func (*executionRedrivenDetails) member() string  { return "executionRedrivenEventDetails" }
func (*executionSucceededDetails) member() string { return "executionSucceededEventDetails" }
func (d *executionEndedDetails) member() string   { return d.as }
func (*taskScheduledDetails) member() string      { return "taskScheduledEventDetails" }
func (d *taskDetails) member() string             { return d.as }
func (*lambdaScheduledDetails) member() string    { return "lambdaFunctionScheduledEventDetails" }
func (*lambdaSucceededDetails) member() string    { return "lambdaFunctionSucceededEventDetails" }
func (d *lambdaEndedDetails) member() string      { return d.as }
func (*activityScheduledDetails) member() string  { return "activityScheduledEventDetails" }
func (*activityStartedDetails) member() string    { return "activityStartedEventDetails" }
func (*activitySucceededDetails) member() string  { return "activitySucceededEventDetails" }
func (d *activityEndedDetails) member() string    { return d.as }
func (*mapStartedDetails) member() string         { return "mapStateStartedEventDetails" }
func (*mapRunStartedDetails) member() string      { return "mapRunStartedEventDetails" }
func (*mapRunRedrivenDetails) member() string     { return "mapRunRedrivenEventDetails" }
func (*mapRunFailedDetails) member() string       { return "mapRunFailedEventDetails" }
func (d *mapIterationDetails) member() string     { return d.as }
func (*evaluationFailedDetails) member() string   { return "evaluationFailedEventDetails" }

// memberOf returns the name of a kind's details: "taskFailedEventDetails".
func memberOf(kind string) string {
	return strings.ToLower(kind[:1]) + kind[1:] + "EventDetails"
}

// payloadMembers returns the members of details that hold execution data, each
// with the member that says whether it is complete.
func payloadMembers() map[string]string {
	return map[string]string{
		"input": "inputDetails", "output": "outputDetails", "assignedVariables": "assignedVariablesDetails",
	}
}

// encode returns the event as JSON, as the API gives it but for what present adds.
func (e *event) encode() ([]byte, error) {
	text := make([]byte, 0, 256)
	text = strconv.AppendInt(append(text, `{"id":`...), int64(e.id), 10)
	text = strconv.AppendInt(append(text, `,"previousEventId":`...), int64(e.previous), 10)
	text = append(append(text, `,"type":"`...), e.kind...)
	text = strconv.AppendInt(append(text, `","timestamp":`...), e.at/1000, 10)
	text = append(text, '.', byte('0'+e.at/100%10), byte('0'+e.at/10%10), byte('0'+e.at%10))
	if e.details != nil {
		details, err := json.Marshal(e.details)
		if err != nil {
			return nil, err
		}
		text = append(append(text, `,"`...), e.details.member()...)
		text = append(append(text, `":`...), details...)
	}
	return append(text, '}'), nil
}

func encodeAll(events []event) ([]json.RawMessage, error) {
	texts := make([]json.RawMessage, 0, len(events))
	for i := range events {
		text, err := events[i].encode()
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// present returns an encoded event as the API gives it.
func present(text []byte, withData bool) (map[string]any, error) {
	var event map[string]any
	if err := json.Unmarshal(text, &event); err != nil {
		return nil, fmt.Errorf("decode an event: %w", err)
	}
	for _, value := range event {
		members, ok := value.(map[string]any) // the details are the only one
		if !ok {
			continue
		}
		for member, about := range payloadMembers() {
			if _, ok := members[member]; ok {
				members[about] = truncated{}
				if !withData {
					delete(members, member)
				}
			}
		}
		if !withData {
			delete(members, "parameters")
		}
	}
	return event, nil
}

// size estimates how much memory the event keeps alive that is not counted with
// another event: an input is the output of the event before.
func (e *event) size() int {
	const overhead = 160
	switch d := e.details.(type) {
	case *executionStartedDetails:
		return overhead + len(d.Input)
	case *stateExitedDetails:
		return overhead + len(d.Output)
	case *taskScheduledDetails:
		return overhead + len(d.Parameters)
	case *taskDetails:
		if d.Output != nil {
			return overhead + len(*d.Output) + len(d.Cause)
		}
		return overhead + len(d.Cause)
	case *lambdaSucceededDetails:
		return overhead + len(d.Output)
	case *activitySucceededDetails:
		return overhead + len(d.Output)
	default:
		return overhead
	}
}
