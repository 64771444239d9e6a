package bootstrap

import (
	"math"
	"runtime/debug"
	"testing"
)

func TestMemoryIsCollectedSeldomWithinWhatTheFunctionHas(t *testing.T) {
	for _, row := range []struct {
		name                      string
		memory, percent, maximum  string // of the environment
		wantPercent, wantMegabyte int64
	}{
		{"on Lambda", "256", "", "", 300, 192},
		{"elsewhere", "", "", "", 300, math.MaxInt64 >> 20},
		{"settings of the team's own", "256", "50", "100MiB", 100, math.MaxInt64 >> 20}, // which the runtime reads, not we
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", row.memory)
			t.Setenv("GOGC", row.percent)
			t.Setenv("GOMEMLIMIT", row.maximum)
			defer debug.SetGCPercent(debug.SetGCPercent(100))
			defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
			collectSeldom()
			percent := debug.SetGCPercent(100)
			if limit := debug.SetMemoryLimit(-1) >> 20; int64(percent) != row.wantPercent || limit != row.wantMegabyte {
				t.Errorf("%d percent, %d MiB; want %d and %d", percent, limit, row.wantPercent, row.wantMegabyte)
			}
		})
	}
}
