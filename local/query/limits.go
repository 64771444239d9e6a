// What one evaluation in the library may take: endless recursion and results that grow without end fail
// the state, and leave the process alone.

package query

import (
	"errors"
	"fmt"
	"runtime/metrics"
	"sync"
	"time"

	"github.com/dlclark/regexp2"
	"github.com/dop251/goja"
)

const (
	// maxGrowth is how much an evaluation may add to what the process holds, in bytes.
	maxGrowth = 512 << 20

	// maxDepth is how deep a result may be nested.
	maxDepth = 1000

	memoryInterval = 50 * time.Millisecond
)

var (
	errMemory = errors.New("the evaluation took too much memory and was stopped")
	errDepth  = fmt.Errorf("the result is nested more than %d levels deep", maxDepth)
)

// The regular expressions that goja cannot hand to Go's own package backtrack, and no interrupt reaches
// them; one that takes as long as a whole evaluation may has found nothing, and the evaluation is over.
func init() { regexp2.DefaultMatchTimeout = maxEvaluation }

// memoryWatch interrupts an evaluation that fills the memory. It looks every memoryInterval, so it costs
// those nothing that are over before.
type memoryWatch struct {
	js *goja.Runtime

	mu      sync.Mutex
	timer   *time.Timer
	before  uint64 // bytes that were alive when it looked first
	looked  bool
	stopped bool
	fired   bool
}

func watchMemory(js *goja.Runtime) *memoryWatch {
	w := &memoryWatch{js: js}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(memoryInterval, w.look)
	return w
}

func (w *memoryWatch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	alive := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(alive)
	now := alive[0].Value.Uint64()
	if !w.looked {
		w.before, w.looked = now, true
	}
	if now > w.before+maxGrowth {
		w.fired = true
		w.js.Interrupt(errMemory)
		return
	}
	w.timer.Reset(memoryInterval)
}

// stop ends the watch; false if it has interrupted the evaluation.
func (w *memoryWatch) stop() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	w.timer.Stop()
	return !w.fired
}
