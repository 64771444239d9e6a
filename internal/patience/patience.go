// Package patience says how long a handler goes on trying, and how long it
// waits in between.
package patience

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/tradepost-dev/tradepost/internal/chance"
)

const (
	base    = 50 * time.Millisecond
	longest = 5 * time.Second
	reserve = 3 * time.Second
)

// UntilShortlyBefore returns a context that ends a little before ctx's
// deadline: a tenth of the time left, at most 3 seconds. What is then still
// undone can be reported in good order, instead of being cut off by Lambda.
// A context without a deadline is returned as it is.
func UntilShortlyBefore(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(time.Until(deadline)/10, reserve)))
}

// Wait sleeps before the next attempt, for a random time of up to 50 ms times
// 2^attempt, at most 5 seconds ("full jitter"). It returns ctx's error if ctx
// ends first. Attempts count from 0.
func Wait(ctx context.Context, attempt int) error {
	limit := longest
	if attempt < 7 {
		limit = min(base<<attempt, longest)
	}
	timer := time.NewTimer(chance.N(limit))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Retry makes attempts until one succeeds, fails with an error that is not
// Transient, or ctx ends during a Wait. Calls that Retry repeats are best made
// by clients whose own retries are few: how long to go on is decided here.
func Retry(ctx context.Context, attempt func() error) error {
	for n := 0; ; n++ {
		err := attempt()
		if err == nil || !Transient(err) {
			return err
		}
		if Wait(ctx, n) != nil {
			return fmt.Errorf("gave up after %d attempts: %w", n+1, err)
		}
	}
}

// Again makes an error Transient: that of a call that succeeded for a part of
// what was asked, say.
func Again(err error) error { return again{err} }

type again struct{ error }

func (a again) Unwrap() error { return a.error }

// Transient reports whether an AWS call may succeed when it is repeated:
// throttling, a server's own trouble, a broken connection, what is made Again.
func Transient(err error) bool {
	if _, partly := errors.AsType[again](err); partly {
		return true
	}
	verdict := append(retry.IsErrorRetryables{retry.RetryableErrorCode{Codes: map[string]struct{}{
		"ExecutionLimitExceeded": {}, // Step Functions: too many running executions
		"TooManyRequests":        {},
	}}}, retry.DefaultRetryables...)
	return verdict.IsErrorRetryable(err) == aws.TrueTernary
}
