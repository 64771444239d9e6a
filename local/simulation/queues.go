package simulation

// This file is what happens to queues and to what is received from them.

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// deletes tells whether the call deletes messages of a standard queue.
func (p *passage) deletes() bool {
	return p.call.Service == "sqs" && (p.call.Action == "DeleteMessage" || p.call.Action == "DeleteMessageBatch") && !bytes.Contains(p.call.Input, []byte(".fifo"))
}

// deleted is what a queue answers to a deletion.
func (p *passage) deleted() any {
	var input struct{ Entries []struct{ Id string } }
	if json.Unmarshal(p.call.Input, &input) != nil || p.call.Action == "DeleteMessage" {
		return json.RawMessage("{}")
	}
	output, err := json.Marshal(map[string]any{"Successful": input.Entries, "Failed": []any{}})
	if err != nil {
		panic(err) // strings
	}
	return json.RawMessage(output)
}

// input is what the service gets: a receiver may get fewer messages than it asks for.
func (p *passage) input() json.RawMessage {
	if p.call.Action != "ReceiveMessage" || !p.hits(Cut) {
		return p.call.Input
	}
	var input map[string]json.RawMessage
	if json.Unmarshal(p.call.Input, &input) != nil {
		return p.call.Input
	}
	var most int
	if json.Unmarshal(input["MaxNumberOfMessages"], &most) != nil || most < 2 {
		return p.call.Input
	}
	input["MaxNumberOfMessages"] = json.RawMessage(fmt.Sprint(1 + int(p.draw("cut")*float64(most-1))))
	cut, err := json.Marshal(input)
	if err != nil {
		panic(err) // what was decoded
	}
	return cut
}
