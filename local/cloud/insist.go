package cloud

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Delays tell how long to wait after so many attempts, and whether there is one more.
type Delays func(attempts int) (delay time.Duration, more bool)

// Retry makes a call of a service again while it fails in a way that may pass, as
// often as delays say and ctx lasts. It returns the last error.
func Retry(ctx context.Context, delays Delays, call func() error) error {
	for attempts := 1; ; attempts++ {
		err := call()
		if err == nil || !Transient(err) {
			return err
		}
		if delay, more := delays(attempts); !more || !Sleep(ctx, delay) {
			return err
		}
	}
}

// Insist is Retry after 100 ms and then twice as long each time, five attempts in
// all, as the clients do that AWS's services have of each other.
func Insist(ctx context.Context, call func() error) error {
	return Retry(ctx, func(attempts int) (time.Duration, bool) {
		return 50 * time.Millisecond << attempts, attempts < 5
	}, call)
}

// Transient tells whether the same call may succeed a little later: what it calls is
// at fault or busy.
func Transient(err error) bool { return AsError(err).Status >= 500 || Throttled(err) }

// Throttled tells whether there were too many calls.
func Throttled(err error) bool {
	e := AsError(err)
	return e.Status == 429 || strings.Contains(e.Code, "Throttl") || slices.Contains(throttledCodes, e.Code)
}

// throttledCodes are those that do not say throttled, of the SDKs' list.
var throttledCodes = []string{"ProvisionedThroughputExceededException", "RequestLimitExceeded", "TooManyRequestsException"}
