package wire

// This file is AWS JSON 1.0 and 1.1: the action is the last part of
// X-Amz-Target, and both bodies are the action's shapes.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const jsonType = "application/x-amz-json-1.0"

type awsJSON struct{}

func (awsJSON) begin(x *Exchange) { x.Writer.Header().Set("X-Amzn-RequestId", x.RequestID) }

func (awsJSON) read(x *Exchange) (call, error) {
	target := x.Request.Header.Get("X-Amz-Target")
	if target == "" {
		return call{}, x.notServed()
	}
	action := target[strings.LastIndexByte(target, '.')+1:]
	input, err := x.body(action)
	switch {
	case len(input) == 0:
		input = []byte("{}")
	case err == nil && string(bytes.TrimSpace(input)) == "null":
		err = cloud.Errorf(http.StatusBadRequest, "SerializationException", "the input is null")
	}
	return call{action: action, input: input}, err
}

func (awsJSON) write(x *Exchange, c call, output any) error {
	body, err := encodeJSON(c.action, output)
	if err != nil {
		return err
	}
	x.answer(200, jsonTypeOf(x), body)
	return nil
}

// encodeJSON encodes an output; a service without one answers an empty object.
func encodeJSON(action string, output any) ([]byte, error) {
	body, err := cloud.Encode(output)
	if err != nil {
		return nil, fmt.Errorf("encode the output of %s: %w", action, err)
	}
	if string(body) == "null" {
		body = []byte("{}")
	}
	return body, nil
}

func (awsJSON) fail(x *Exchange, e *cloud.Error) {
	if e.QueryCode != "" {
		x.Writer.Header().Set("x-amzn-query-error", e.QueryCode+";"+e.Fault())
	}
	x.answer(e.Status, jsonTypeOf(x), ErrorJSON(e))
}

// ErrorJSON is the body of an error in AWS JSON.
func ErrorJSON(e *cloud.Error) []byte {
	members := map[string]any{}
	maps.Copy(members, e.Fields)
	members["__type"] = e.Code
	if e.Message != "" && members["Message"] == nil { // without one, AWS tells none
		members["message"] = e.Message
	}
	if e.Code == "SerializationException" { // which is of AWS's framework, not of a service
		members["__type"] = "com.amazon.coral.service#" + e.Code
	}
	return encodeMembers(members)
}

// encodeMembers encodes the members of an error, of which those that services add
// are left out should they be no JSON, or nil.
func encodeMembers(members map[string]any) []byte {
	for name, value := range members {
		if _, err := json.Marshal(value); err != nil || value == nil {
			delete(members, name)
		}
	}
	body, _ := json.Marshal(members)
	return body
}

// jsonTypeOf answers in the version that the request has.
func jsonTypeOf(x *Exchange) string {
	if given := x.Request.Header.Get("Content-Type"); strings.HasPrefix(given, "application/x-amz-json") {
		return given
	}
	return jsonType
}
