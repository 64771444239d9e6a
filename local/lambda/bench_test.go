package lambda_test

import (
	"encoding/json"
	"testing"
)

// BenchmarkInvoke calls a warm function with the real binary, from as many
// callers as there are cores.
func BenchmarkInvoke(b *testing.B) {
	e := newEngine(b, nil)
	if _, err := e.create(role(logStatement) + "," + function("")); err != nil {
		b.Fatal(err)
	}
	input := json.RawMessage(`{"FunctionName":"worker","Payload":{"Do":"echo","Text":"hello"}}`)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := e.Call(b.Context(), e.Administrator(), "lambda", "Invoke", input); err != nil {
				b.Error(err)
			}
		}
	})
}
