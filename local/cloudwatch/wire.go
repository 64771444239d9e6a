package cloudwatch

// This file serves Smithy's RPC protocol with CBOR, which the AWS SDKs speak
// with CloudWatch. It translates to and from the JSON shapes of Call.

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	maxRequest  = 1 << 20  // bytes; PutMetricData's limit
	maxUnzipped = 16 << 20 // bytes; a longer request is cut off and so refused
)

// ServeAWS answers a request that has been authenticated: a POST to
// /service/GraniteServiceVersion20100801/operation/ACTION.
func (w *CloudWatch) ServeAWS(response http.ResponseWriter, r *http.Request, caller cloud.Caller) {
	output, err := w.serve(response, r, caller)
	status := http.StatusOK
	if err != nil {
		failure := cloud.AsError(err)
		status, output = failure.Status, cbor.Map{"__type": cbor.String(failure.Code), "message": cbor.String(failure.Message)}
	}
	response.Header().Set("Content-Type", "application/cbor")
	response.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	response.Header().Set("X-Amzn-RequestId", cloud.UUID())
	response.WriteHeader(status)
	// A write fails only when the client has gone away.
	_, _ = response.Write(cbor.Encode(output))
}

func (w *CloudWatch) serve(response http.ResponseWriter, r *http.Request, caller cloud.Caller) (cbor.Value, error) {
	_, action, ok := strings.Cut(r.URL.Path, "/operation/")
	if !ok || r.Header.Get("Smithy-Protocol") != "rpc-v2-cbor" {
		return nil, cloud.Errorf(404, "UnknownOperationException", "the local engine serves CloudWatch by JSON and by Smithy's RPC with CBOR")
	}
	body, err := readBody(response, r)
	if err != nil {
		return nil, cloud.Errorf(413, "RequestEntityTooLargeException", "read the request: %v", err)
	}
	input := json.RawMessage("{}")
	if len(body) > 0 {
		decoded, err := cbor.Decode(body)
		if err != nil {
			return nil, cloud.Errorf(400, "SerializationException", "%v", err)
		}
		if input, err = json.Marshal(fromCBOR(decoded)); err != nil {
			return nil, cloud.Errorf(400, "SerializationException", "%v", err)
		}
	}
	output, err := w.cloud.Call(r.Context(), caller, "cloudwatch", action, input)
	if err != nil {
		return nil, err
	}
	var answer any
	if err := json.Unmarshal(output, &answer); err != nil {
		return nil, fmt.Errorf("decode the output of %s: %w", action, err)
	}
	return toCBOR("", answer), nil
}

// readBody unzips what SDKs zip, which are large requests of PutMetricData.
func readBody(response http.ResponseWriter, r *http.Request) ([]byte, error) {
	var body io.Reader = http.MaxBytesReader(response, r.Body, maxRequest)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			return nil, fmt.Errorf("unzip: %w", err)
		}
		body = io.LimitReader(unzipped, maxUnzipped)
	}
	return io.ReadAll(body)
}

// fromCBOR returns the value that JSON has in its place. A time, which is a
// tagged number, becomes the number.
func fromCBOR(v cbor.Value) any {
	switch v := v.(type) {
	case cbor.Map:
		object := make(map[string]any, len(v))
		for name, member := range v {
			object[name] = fromCBOR(member)
		}
		return object
	case cbor.List:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = fromCBOR(element)
		}
		return list
	case *cbor.Tag:
		return fromCBOR(v.Value)
	case cbor.Uint:
		return uint64(v)
	case cbor.NegInt:
		return -float64(v)
	case cbor.Float32:
		return float64(v)
	case cbor.Float64:
		return float64(v)
	case cbor.Bool:
		return bool(v)
	case cbor.String:
		return string(v)
	case cbor.Slice:
		return base64.StdEncoding.EncodeToString(v)
	default: // Nil and Undefined
		return nil
	}
}

// epochTag marks a number of seconds since 1970.
const epochTag = 1

// toCBOR is the opposite of fromCBOR, for the value of a member with this
// name: the API's times are those whose names end in Timestamp or Timestamps.
func toCBOR(name string, v any) cbor.Value {
	switch v := v.(type) {
	case map[string]any:
		object := make(cbor.Map, len(v))
		for name, member := range v {
			object[name] = toCBOR(name, member)
		}
		return object
	case []any:
		list := make(cbor.List, len(v))
		for i, element := range v {
			list[i] = toCBOR(name, element)
		}
		return list
	case float64:
		return numberToCBOR(name, v)
	case bool:
		return cbor.Bool(v)
	case string:
		return cbor.String(v)
	default:
		return &cbor.Nil{}
	}
}

// numberToCBOR writes whole numbers as integers, which the SDKs take for
// doubles as well.
func numberToCBOR(name string, v float64) cbor.Value {
	switch {
	case strings.HasSuffix(strings.TrimSuffix(name, "s"), "Timestamp"):
		return &cbor.Tag{ID: epochTag, Value: cbor.Float64(v)}
	case v != math.Trunc(v) || math.Abs(v) >= 1<<53:
		return cbor.Float64(v)
	case v < 0:
		return cbor.NegInt(-v)
	default:
		return cbor.Uint(v)
	}
}
