package lambda

import (
	"testing"
	"time"
)

func TestAnInvocationBelongsToTheTraceOfWhoCalls(t *testing.T) {
	at := time.Unix(0x6b0ae8c8, 0)
	const id = "01234567-89ab-cdef-0123-456789abcdef"
	for trace, want := range map[string]string{
		"": "Root=1-6b0ae8c8-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0",
		"Root=1-67f4141f-e1cd7672871da115129f8b19;Parent=53995c3f42cd8ad8;Sampled=1": "Root=1-67f4141f-e1cd7672871da115129f8b19;Parent=0123456789abcdef;Sampled=1",
		"Sampled=0; Root=1-67f4141f-e1cd7672871da115129f8b19":                        "Root=1-67f4141f-e1cd7672871da115129f8b19;Parent=0123456789abcdef;Sampled=0",
	} {
		if got := traceOf(trace, id, at); got != want {
			t.Errorf("of %q it is %s, want %s", trace, got, want)
		}
	}
}
