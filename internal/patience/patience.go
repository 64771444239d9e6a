// Package patience says how long a handler goes on trying, and how long it
// waits in between.
package patience

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
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
	timer := time.NewTimer(rand.N(limit))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Transient reports whether an AWS call may succeed when it is repeated:
// throttling, a server's own trouble, a broken connection.
func Transient(err error) bool {
	verdict := append(retry.IsErrorRetryables{retry.RetryableErrorCode{Codes: map[string]struct{}{
		"ExecutionLimitExceeded": {}, // Step Functions: too many running executions
		"TooManyRequests":        {},
	}}}, retry.DefaultRetryables...)
	return verdict.IsErrorRetryable(err) == aws.TrueTernary
}
