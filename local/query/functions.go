// The parts of Step Functions' own JSONata functions that are written in Go.

package query

import (
	"github.com/dop251/goja"

	"github.com/tradepost-dev/tradepost/local/query/internal/native"
)

// nativeFunctions is the object "native" of functions.js.
func nativeFunctions(js *goja.Runtime) goja.Value {
	object := js.NewObject()
	_ = object.Set("hash", func(call goja.FunctionCall) goja.Value {
		sum, ok := native.Hash(call.Argument(0).String(), call.Argument(1).String())
		if !ok {
			return goja.Null()
		}
		return js.ToValue(sum)
	})
	_ = object.Set("encode", func(call goja.FunctionCall) goja.Value {
		return js.ToValue(native.Base64Encode(call.Argument(0).String()))
	})
	_ = object.Set("decode", func(call goja.FunctionCall) goja.Value {
		return js.ToValue(native.Base64Decode(call.Argument(0).String()))
	})
	_ = object.Set("random", func(call goja.FunctionCall) goja.Value {
		return js.ToValue(native.SeededRandom(call.Argument(0).ToInteger()))
	})
	_ = object.Set("uuid", func(goja.FunctionCall) goja.Value {
		return js.ToValue(native.UUID())
	})
	return object
}
