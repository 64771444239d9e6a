package cloud

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestACallIsMadeAgainWhileWhatItCallsIsAtFault(t *testing.T) {
	broken, throttled, refused := Errorf(500, "InternalFailure", "no"), Errorf(400, "ThrottlingException", "no"), Errorf(400, "ValidationException", "no")
	for _, row := range []struct {
		name     string
		answers  []error // the last one stands for all that follow
		want     error
		attempts int
		took     time.Duration
	}{
		{"at once", []error{nil}, nil, 1, 0},
		{"after two faults", []error{broken, throttled, nil}, nil, 3, 300 * time.Millisecond},
		{"a code for too many requests", []error{Errorf(429, "TooManyRequestsException", "no"), Errorf(400, "RequestThrottled", "no"), nil}, nil, 3, 300 * time.Millisecond},
		{"a code of a stream or a table", []error{Errorf(400, "ProvisionedThroughputExceededException", "no"), Errorf(400, "RequestLimitExceeded", "no"), nil}, nil, 3, 300 * time.Millisecond},
		{"its own failure", []error{errors.New("no"), nil}, nil, 2, 100 * time.Millisecond},
		{"refused", []error{refused}, refused, 1, 0},
		{"never", []error{broken}, broken, 5, 1500 * time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began, n := time.Now(), 0
				err := Insist(t.Context(), func() error {
					n++
					return row.answers[min(n, len(row.answers))-1]
				})
				if err != row.want || n != row.attempts || time.Since(began) != row.took {
					t.Errorf("%v after %d attempts in %v, want %v, %d, %v", err, n, time.Since(began), row.want, row.attempts, row.took)
				}
			})
		})
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := Insist(ended, func() error { return broken }); err != broken {
		t.Errorf("%v of a context that has ended", err)
	}
}
