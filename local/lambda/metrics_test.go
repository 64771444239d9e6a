package lambda_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// exactMeter keeps the largest value of each metric, by its name and the values
// of its dimensions.
type exactMeter struct {
	mu      sync.Mutex
	largest map[string]float64
}

func (m *exactMeter) Observe(d cloud.Datum) {
	m.mu.Lock()
	defer m.mu.Unlock()
	name := d.Name
	for _, dimension := range slices.Sorted(maps.Keys(d.Dimensions)) {
		name += fmt.Sprintf(" %s=%s", dimension, d.Dimensions[dimension])
	}
	m.largest[name] = max(m.largest[name], d.Value)
}

func TestFunctionsTheirVersionsAndAllOfThemAreMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, worker(func() error { time.Sleep(time.Second); return errors.New("no") }))
		m := &exactMeter{largest: map[string]float64{}}
		e.Meter = m
		e.mustCreate(t, role(logStatement)+","+function(`,"ReservedConcurrentExecutions": 2`))
		invoke := func(kind, qualifier string) {
			in := map[string]string{"FunctionName": "worker", "InvocationType": kind, "Qualifier": qualifier}
			err := e.Do(t.Context(), e.Administrator(), "lambda", "Invoke", in, nil)
			if err != nil && cloud.AsError(err).Status != 429 {
				t.Error(err)
			}
		}
		invoke("Event", "")
		time.Sleep(time.Hour) // until its retries have failed too
		var callers sync.WaitGroup
		for range 3 {
			callers.Go(func() { invoke("RequestResponse", "$LATEST") })
		}
		callers.Wait()
		for metric, want := range map[string]float64{
			"Invocations": 1, "Errors": 1, "Throttles": 1, "Duration": 1000, "ConcurrentExecutions": 2,
			"AsyncEventsReceived": 1, "AsyncEventsDropped": 1, "AsyncEventAge": 182000, // of the second retry
		} {
			for _, dimensions := range []string{"", " FunctionName=worker"} {
				if got := m.largest[metric+dimensions]; got != want {
					t.Errorf("%s: %v, want %v", metric+dimensions, got, want)
				}
			}
			byVersion := m.largest[metric+" FunctionName=worker Resource=worker:$LATEST"]
			if strings.HasPrefix(metric, "Async") {
				want = 0
			}
			if byVersion != want {
				t.Errorf("%s of the version: %v, want %v", metric, byVersion, want)
			}
		}
	})
}
