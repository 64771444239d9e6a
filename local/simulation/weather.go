package simulation

// This file decides what becomes of each API call.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// weather is what happens to the calls of one run.
type weather struct {
	seed  uint64
	rates Rates
	only  func(Fault) bool // nil: all
	plan  *plan            // nil: the rates decide
	real  bool             // whether the time is

	mu      sync.Mutex
	cloud   *cloud.Cloud // nil before the scenario begins
	named   resources
	began   time.Time      // until then, when the engine was started
	ended   bool           // no more faults
	alike   map[string]int // calls so far, by what they are
	trace   bytes.Buffer
	hit     []Fault
	chances map[Kind]int         // calls that a fault could hit
	coming  int                  // deliveries that are to come again
	busy    map[string]time.Time // until when, of what has too many calls

	connections int // of clients, so far
}

func newWeather(seed uint64, rates Rates, only func(Fault) bool) *weather {
	return &weather{seed: seed, rates: rates, only: only, began: time.Now(), alike: map[string]int{}, chances: map[Kind]int{}, busy: map[string]time.Time{}}
}

// begin lets the faults begin.
func (w *weather) begin(c *cloud.Cloud, named resources) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cloud, w.named, w.began = c, named, time.Now()
}

func (w *weather) calm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
}

// inRealTime are the kinds that another process hears of and gets over within moments.
var inRealTime = []Kind{Refused, Throttled, Lost, Repeated}

// hits tells whether a fault hits that could, at its site, and writes it down.
func (w *weather) hits(fault Fault, at func() Site, due func() bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cloud == nil || w.ended || w.real && !slices.Contains(inRealTime, fault.Kind) {
		return false
	}
	w.chances[fault.Kind]++
	if !due() {
		return false
	}
	fault.Site, fault.At = at(), time.Since(w.began)
	if w.only != nil && !w.only(fault) {
		return false
	}
	w.hit = append(w.hit, fault)
	return true
}

// come counts deliveries that are to come again, and those that have.
func (w *weather) come(more int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.coming += more
}

// quiet tells whether nothing is to come again any more.
func (w *weather) quiet() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.coming == 0
}

// latest is how late a delivery comes again.
func (w *weather) latest() time.Duration {
	if w.real {
		return time.Second
	}
	return time.Minute
}

// end ends the faults, and tells what has happened.
func (w *weather) end(r *Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	r.Trace, r.Faults, r.Chances = bytes.Clone(w.trace.Bytes()), slices.Clone(w.hit), maps.Clone(w.chances)
}

// errDead is what a function's calls come to after it has died.
var errDead = cloud.Errorf(500, "ServiceUnavailable", "the function that called is no more")

// before lets calls through to what else stands around them; nil is nothing.
func (w *weather) before(next cloud.Around) cloud.Around {
	if next == nil {
		return w.around
	}
	return func(ctx context.Context, call cloud.Call, perform cloud.Perform) (any, error) {
		return w.around(ctx, call, func(ctx context.Context, input json.RawMessage) (any, error) {
			call.Input = input
			return next(ctx, call, perform)
		})
	}
}

// around lets a call through, more or less.
func (w *weather) around(ctx context.Context, call cloud.Call, perform cloud.Perform) (any, error) {
	if ctx.Err() != nil {
		return nil, errDead
	}
	if call.Caller.Root {
		return perform(ctx, call.Input)
	}
	c := w.meet(ctx, call)
	if !cloud.Sleep(ctx, c.latency("there")) {
		return nil, errDead
	}
	output, err := c.perform(cloud.WithTurn(ctx, func() { c.turn(ctx) }), perform)
	cloud.Sleep(ctx, c.latency("back"))
	return output, err
}

// inputOf is the type of a call's input, or nil.
func (w *weather) inputOf(call cloud.Call) reflect.Type {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cloud == nil {
		return nil
	}
	return w.cloud.Input(call.Service, call.Action)
}

// draw is a number from 0 to 1 that follows from the seed, an id and a purpose.
func (w *weather) draw(id, purpose string) float64 {
	var room [256]byte
	text := binary.LittleEndian.AppendUint64(room[:0], w.seed)
	sum := sha256.Sum256(append(append(append(text, id...), 0), purpose...))
	return float64(binary.LittleEndian.Uint64(sum[:])>>11) / (1 << 53)
}
