package lambda_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-lambda-go/events"
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

// BenchmarkFollow leads records of 1 KB from the four shards of a stream to a
// function in this process, in batches of 100. An operation is a record.
func BenchmarkFollow(b *testing.B) {
	for _, factor := range []string{"1", "10"} {
		b.Run("lanes="+factor, func(b *testing.B) {
			var got atomic.Int64
			all := make(chan struct{})
			e := newEngine(b, worker(func(_ context.Context, in events.KinesisEvent) {
				if got.Add(int64(len(in.Records))) == int64(b.N) {
					close(all)
				}
			}))
			if _, err := e.create(strings.TrimPrefix(stream(`, "ShardCount": 4`), ",")); err != nil {
				b.Fatal(err)
			}
			data := bytes.Repeat([]byte("x"), 1<<10)
			for i := 0; i < b.N; i += 500 {
				var records []any
				for j := i; j < min(i+500, b.N); j++ {
					records = append(records, map[string]any{"PartitionKey": strconv.Itoa(j), "Data": data})
				}
				if err := e.Do(b.Context(), e.Administrator(), "kinesis", "PutRecords", map[string]any{"StreamName": "clicks", "Records": records}, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(len(data)))
			b.ResetTimer()
			if _, err := e.create(lateStack(`, "ParallelizationFactor": ` + factor)); err != nil {
				b.Fatal(err)
			}
			<-all
		})
	}
}
