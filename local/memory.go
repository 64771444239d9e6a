package local

import (
	"os"
	"runtime/debug"
)

// What Go's garbage collector aims at: at most so many bytes, and below that a
// heap that grows to so many percent more than what is in use.
const (
	engineMemory = 800 << 20
	engineGrowth = 400
)

// LimitMemory is for programs that do nothing but run an engine. The garbage
// collector works hard where the engine's memory comes near to 800 MB, and seldom
// as long as little is in use. GOMEMLIMIT and GOGC, if they are set, decide.
func LimitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(engineMemory)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(engineGrowth)
	}
}
