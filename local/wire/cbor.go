package wire

// This file is Smithy's RPC protocol with CBOR: a POST to
// /service/NAME/operation/ACTION.

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const smithyCBOR = "rpc-v2-cbor"

type cborRPC struct{}

func (cborRPC) begin(x *Exchange) {
	x.Writer.Header().Set("Smithy-Protocol", smithyCBOR)
	x.Writer.Header().Set("X-Amzn-RequestId", x.RequestID)
}

func (cborRPC) read(x *Exchange) (call, error) {
	if !x.speaks.CBOR {
		return call{}, x.notServed()
	}
	_, action, ok := strings.Cut(x.Request.URL.Path, "/operation/")
	if !ok {
		return call{}, x.unknownAction("UnknownOperationException", x.Request.URL.Path)
	}
	body, err := x.body(action)
	if err != nil || len(body) == 0 {
		return call{action: action, input: []byte("{}")}, err
	}
	decoded, err := cbor.Decode(body)
	if err != nil {
		return call{}, cloud.Errorf(http.StatusBadRequest, "SerializationException", "%v", err)
	}
	input, err := json.Marshal(fromCBOR(decoded))
	if err != nil {
		return call{}, cloud.Errorf(http.StatusBadRequest, "SerializationException", "%v", err)
	}
	return call{action: action, input: input}, nil
}

func (cborRPC) write(x *Exchange, c call, output any) error {
	encoded, err := toCBOR(reflect.ValueOf(output))
	if err != nil {
		return fmt.Errorf("encode the output of %s: %w", c.action, err)
	}
	if _, none := encoded.(*cbor.Nil); none {
		encoded = cbor.Map{}
	}
	x.answer(http.StatusOK, "application/cbor", cbor.Encode(encoded))
	return nil
}

func (cborRPC) fail(x *Exchange, e *cloud.Error) {
	members := cbor.Map{}
	for name, value := range e.Fields {
		if encoded, err := toCBOR(reflect.ValueOf(value)); err == nil {
			members[name] = encoded
		}
	}
	members["__type"] = cbor.String(e.Code)
	if e.Message != "" {
		members["message"] = cbor.String(e.Message)
	}
	if e.QueryCode != "" {
		x.Writer.Header().Set("x-amzn-query-error", e.QueryCode+";"+e.Fault())
	}
	x.answer(e.Status, "application/cbor", cbor.Encode(members))
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
		return encodeBase64(v)
	default: // Nil and Undefined
		return nil
	}
}

// epochTag marks a number of seconds since 1970.
const epochTag = 1

// toCBOR encodes a value of a shape.
func toCBOR(v reflect.Value) (cbor.Value, error) {
	if v = dereference(v); !v.IsValid() {
		return &cbor.Nil{}, nil
	}
	if t, ok := v.Interface().(cloud.Time); ok {
		return &cbor.Tag{ID: epochTag, Value: cbor.Float64(t.Seconds())}, nil
	}
	v, err := reduce(v)
	if err != nil {
		return nil, err
	}
	if v = dereference(v); !v.IsValid() {
		return &cbor.Nil{}, nil
	}
	switch v.Kind() {
	case reflect.String:
		return cbor.String(v.String()), nil
	case reflect.Bool:
		return cbor.Bool(v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if v.Int() < 0 {
			return cbor.NegInt(-v.Int()), nil
		}
		return cbor.Uint(v.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return cbor.Uint(v.Uint()), nil
	case reflect.Float32, reflect.Float64:
		return cbor.Float64(v.Float()), nil
	case reflect.Struct:
		object := cbor.Map{}
		for _, m := range membersOf(v.Type()) {
			if value, ok := m.get(v); ok {
				if object[m.name], err = toCBOR(value); err != nil {
					return nil, err
				}
			}
		}
		return object, nil
	case reflect.Map:
		object := cbor.Map{}
		for key, value := range v.Seq2() {
			if object[fmt.Sprint(key)], err = toCBOR(value); err != nil {
				return nil, err
			}
		}
		return object, nil
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return cbor.Slice(v.Bytes()), nil
		}
		list := make(cbor.List, v.Len())
		for i := range list {
			if list[i], err = toCBOR(v.Index(i)); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	return nil, fmt.Errorf("CBOR has no form for %s", v.Type())
}
