package b2b

import (
	"testing"
	"time"
)

// 500,000 transactions at 300 a second need 28 minutes: they are not overdue
// while all is well.
func TestTheDeadlineGrowsWithTheTransactions(t *testing.T) {
	now := time.Date(2026, 11, 27, 1, 0, 0, 999, time.UTC)
	for transactions, want := range map[int]time.Duration{
		0:       15 * time.Minute,
		99:      15 * time.Minute,
		100:     15*time.Minute + time.Second,
		500_000: 15*time.Minute + 5000*time.Second,
	} {
		if got := Deadline(now, 15*time.Minute, 100, transactions); !got.Equal(now.Truncate(time.Second).Add(want)) {
			t.Errorf("%d transactions are due at %v", transactions, got)
		}
	}
}
