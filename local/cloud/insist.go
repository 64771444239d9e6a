package cloud

import (
	"context"
	"strings"
	"time"
)

// attempts is how often Insist makes a call.
const attempts = 5

// Insist makes a call of a service again while what it calls is at fault or busy,
// after 100 ms and then twice as long each time: five times in all, as the clients
// do that AWS's services have of each other. It returns the last error.
func Insist(ctx context.Context, call func() error) error {
	delay := 100 * time.Millisecond
	for attempt := 1; ; attempt++ {
		err := call()
		if err == nil || attempt == attempts || !Transient(err) || !Sleep(ctx, delay) {
			return err
		}
		delay *= 2
	}
}

// Transient tells whether the same call may succeed a little later.
func Transient(err error) bool {
	e := AsError(err)
	return e.Status >= 500 || e.Status == 429 || strings.HasPrefix(e.Code, "Throttl") || strings.HasSuffix(e.Code, "Throttled")
}
