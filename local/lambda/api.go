package lambda

// This file is the Invoke action.

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type invokeInput struct {
	FunctionName   string
	Qualifier      string
	InvocationType string // RequestResponse (default), Event, DryRun
	LogType        string // None (default), Tail
	ClientContext  string // base64 of JSON
	Payload        json.RawMessage
}

// payload is what a function answers. A custom runtime may answer anything; in
// JSON, what is none is a string.
type payload []byte

func (p payload) MarshalJSON() ([]byte, error) {
	if json.Valid(p) {
		return p, nil
	}
	return json.Marshal(string(p))
}

type invokeOutput struct {
	StatusCode      int
	FunctionError   string  `json:",omitempty"`
	LogResult       string  `json:",omitempty"`
	ExecutedVersion string  `json:",omitempty"`
	Payload         payload `json:",omitempty"`
}

// EncodeJSON keeps the bytes of the payload.
func (o invokeOutput) EncodeJSON() ([]byte, error) {
	payload := o.Payload
	o.Payload = nil
	text, err := json.Marshal(plainOutput(o))
	if err != nil || len(payload) == 0 {
		return text, err
	}
	if payload, err = payload.MarshalJSON(); err != nil {
		return nil, err
	}
	text = append(text[:len(text)-1], `,"Payload":`...)
	return append(append(text, payload...), '}'), nil
}

// plainOutput is an invokeOutput that encoding/json writes.
type plainOutput invokeOutput

// AWS's limits of a payload, in bytes.
const (
	maxSyncRequest  = 6 << 20
	maxAsyncRequest = 1 << 20
	maxResponse     = 6<<20 + 100
)

// invoke is the Invoke action.
func (l *Lambda) invoke(ctx context.Context, caller cloud.Caller, in invokeInput) (invokeOutput, error) {
	target, err := l.open(caller, "lambda:InvokeFunction", in.FunctionName, in.Qualifier)
	if err != nil {
		return invokeOutput{}, err
	}
	if len(in.Payload) == 0 {
		in.Payload = json.RawMessage("{}")
	}
	clientContext, err := base64.StdEncoding.DecodeString(in.ClientContext)
	if err != nil || len(clientContext) > 0 && !json.Valid(clientContext) {
		return invokeOutput{}, cloud.Errorf(400, "InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object.")
	}
	origin := cloud.OriginOf(ctx)
	id := origin.RequestID
	if id == "" { // of a call that came over no wire
		id = cloud.UUID()
	}
	request := request{
		id:            id,
		trace:         traceOf(origin.Trace, id, time.Now()),
		target:        target,
		payload:       in.Payload,
		clientContext: string(clientContext),
		tail:          in.LogType == "Tail",
		cause:         l.cloud.Made(ctx, "invocation", target.function.arn, id),
	}
	switch in.InvocationType {
	case "", "RequestResponse":
		if err := checkSize(in.Payload, maxSyncRequest); err != nil {
			return invokeOutput{}, err
		}
		answer, err := l.run(ctx, request)
		if err != nil {
			return invokeOutput{}, err
		}
		output := invokeOutput{StatusCode: 200, ExecutedVersion: answer.version, Payload: answer.payload, LogResult: answer.logTail}
		if answer.failed {
			output.FunctionError = "Unhandled"
		}
		return output, nil
	case "Event":
		if err := checkSize(in.Payload, maxAsyncRequest); err != nil {
			return invokeOutput{}, err
		}
		request.clientContext = "" // is for synchronous invocations only
		l.enqueue(request)
		return invokeOutput{StatusCode: 202}, nil
	case "DryRun":
		return invokeOutput{StatusCode: 204}, nil
	}
	return invokeOutput{}, cloud.Errorf(400, "InvalidParameterValueException", "InvocationType %q is not one of Event, RequestResponse, DryRun", in.InvocationType)
}

func checkSize(payload []byte, limit int) error {
	if len(payload) > limit {
		return cloud.Errorf(413, "RequestTooLargeException", "Request must be smaller than %d bytes for the InvokeFunction operation", limit)
	}
	return nil
}
