// Package results is what becomes of the results of a distributed Map's child
// executions: files in a bucket with a manifest of them, or the Map's own result.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// The values of Transformation, and of OutputType.
const (
	None    = "NONE"    // executions as they are described
	Compact = "COMPACT" // their outputs
	Flatten = "FLATTEN" // their outputs, and of those that are arrays the elements

	JSON  = "JSON"
	JSONL = "JSONL"
)

// A Format is how results are written.
type Format struct{ Transformation, OutputType string }

// The statuses that tell executions apart; any other one has failed.
const (
	Succeeded = "SUCCEEDED"
	Failed    = "FAILED"
	Pending   = "PENDING"
)

// An Execution is a child execution, or an item for which none was started.
type Execution struct {
	ExecutionARN, Name, StateMachineARN string
	Status                              string
	Input, Output                       string // JSON texts; empty: there is none
	Error, Cause                        string
	StartDate, StopDate                 time.Time
	RedriveCount                        int
	RedriveStatus, RedriveStatusReason  string
}

// IsOf tells whether an execution of a status goes into the files of a kind:
// Succeeded, Failed or Pending. All are of the kind that is empty.
func IsOf(kind, status string) bool {
	own := Failed
	if status == Succeeded || status == Pending {
		own = status
	}
	return kind == "" || kind == own
}

// A Run is the executions of a Map Run.
type Run struct {
	MapRunARN string

	// Executions are those of a kind (IsOf), in the order of their items, until one
	// cannot be read: then nothing of the run is to be told as if it were all.
	Executions func(kind string) iter.Seq2[Execution, error]
}

// described is an execution as AWS describes it there, in AWS's order.
type described struct {
	Cause               string    `json:",omitempty"`
	Error               string    `json:",omitempty"`
	ExecutionArn        string    `json:",omitempty"`
	Input               string    `json:",omitempty"`
	InputDetails        *included `json:",omitempty"`
	Name                string    `json:",omitempty"`
	Output              string    `json:",omitempty"`
	OutputDetails       *included `json:",omitempty"`
	RedriveCount        *int      `json:",omitempty"`
	RedriveStatus       string    `json:",omitempty"`
	RedriveStatusReason string    `json:",omitempty"`
	StartDate           date      `json:",omitzero"`
	StateMachineArn     string    `json:",omitempty"`
	Status              string
	StopDate            date `json:",omitzero"`
}

type included struct{ Included bool }

// date is a time to the millisecond.
type date struct{ time.Time }

func (d date) MarshalJSON() ([]byte, error) {
	return json.Marshal(d.UTC().Format("2006-01-02T15:04:05.000Z"))
}

func (e *Execution) described() described {
	d := described{
		Cause: e.Cause, Error: e.Error, ExecutionArn: e.ExecutionARN, Input: e.Input, Name: e.Name, Output: e.Output,
		RedriveStatus: e.RedriveStatus, RedriveStatusReason: e.RedriveStatusReason,
		StartDate: date{e.StartDate}, StateMachineArn: e.StateMachineARN, Status: e.Status, StopDate: date{e.StopDate},
	}
	if e.Input != "" {
		d.InputDetails = &included{true}
	}
	if e.ExecutionARN != "" { // also of one without an output
		d.OutputDetails, d.RedriveCount = &included{true}, &e.RedriveCount
	}
	return d
}

// entries are the JSON texts that a result gives: one, or those of the elements
// of an array that is flattened. What did not succeed is always described.
func (f Format) entries(e *Execution) ([]json.RawMessage, error) {
	if e.Status != Succeeded || f.Transformation == None {
		text, err := encode(e.described())
		return []json.RawMessage{text}, err
	}
	if f.Transformation == Flatten && bytes.HasPrefix(bytes.TrimSpace([]byte(e.Output)), []byte("[")) {
		var elements []json.RawMessage
		err := json.Unmarshal([]byte(e.Output), &elements)
		return elements, err
	}
	return []json.RawMessage{json.RawMessage(e.Output)}, nil
}

// encode writes a value as it is, without the escapes that HTML would need.
func encode(value any) (json.RawMessage, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}

// Output is the results of executions as the Map's own: an array.
func (f Format) Output(executions iter.Seq2[Execution, error]) ([]any, error) {
	output := []any{}
	for e, err := range executions {
		if err != nil {
			return nil, err
		}
		entries, err := f.entries(&e)
		if err != nil {
			return nil, fmt.Errorf("format the result of %s: %w", e.ExecutionARN, err)
		}
		for _, entry := range entries {
			value, err := jsonvalue.Decode(entry)
			if err != nil {
				return nil, fmt.Errorf("format the result of %s: %w", e.ExecutionARN, err)
			}
			output = append(output, value)
		}
	}
	return output, nil
}
