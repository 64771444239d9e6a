package local

import (
	"os"
	"runtime/debug"
)

// engineMemory is what Go's garbage collector aims at, in bytes.
const engineMemory = 800 << 20

// LimitMemory is for programs that do nothing but run an engine: the garbage
// collector works harder where the engine's memory comes near to 800 MB, instead
// of letting it grow to twice what is in use. GOMEMLIMIT, if it is set, decides.
func LimitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(engineMemory)
	}
}
