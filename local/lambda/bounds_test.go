package lambda_test

// This file holds the service to the machine's bounds: processes, their number
// and their age, and the size of logs.

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/lambda"
)

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still waiting: %s", what)
		}
	}
}

func gone(pid int) bool { return syscall.Kill(pid, 0) == syscall.ESRCH }

func TestInvocationsWaitWhereAFunctionHasAllItsProcesses(t *testing.T) {
	e := newEngine(t, nil, func(l *lambda.Limits) { l.Environments = 3 })
	e.mustCreate(t, role(logStatement)+","+function(`,"Timeout": 30`))
	var wait sync.WaitGroup
	var mu sync.Mutex
	pids := map[string]int{}
	for range 30 {
		wait.Go(func() {
			out, err := e.tryInvoke(`{"Do":"sleep","N":60}`)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			pids[string(out.Payload)]++
		})
	}
	wait.Wait()
	if len(pids) != 3 {
		t.Errorf("invocations by process: %v, want 3 processes", pids)
	}
}

func TestAnIdleProcessEnds(t *testing.T) {
	e := newEngine(t, nil, func(l *lambda.Limits) { l.IdleTime, l.Environments = 50*time.Millisecond, 1 })
	e.mustCreate(t, role(logStatement)+","+function(""))
	var pid int
	decode(t, e.invoke(t, `{"Do":"pid"}`).Payload, &pid)
	eventually(t, "the process has ended", func() bool { return gone(pid) })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var again invoked // in its place, of which there is one
	if err := e.Do(ctx, e.Administrator(), "lambda", "Invoke", map[string]any{"FunctionName": "worker", "Payload": json.RawMessage(`{"Do":"echo","Text":"fine"}`)}, &again); err != nil || string(again.Payload) != `"fine"` {
		t.Errorf("the next invocation: %v, %s", err, again.Payload)
	}
}

func TestALogIsPutAsideBeforeItGrowsTooLarge(t *testing.T) {
	const limit = 20_000
	e := newEngine(t, nil, func(l *lambda.Limits) { l.LogSize = limit })
	e.mustCreate(t, role(logStatement)+","+function(`,"Timeout": 30`))
	var first int
	decode(t, e.invoke(t, `{"Do":"pid"}`).Payload, &first)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 50 {
				if _, err := e.tryInvoke(`{"Do":"print","Text":"busy"}`); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	for i := range 200 {
		text := fmt.Sprintf("line %d", i)
		out := e.invoke(t, `{"Do":"print","Text":"`+text+`"}`)
		if !strings.Contains(string(out.LogResult), text) {
			t.Errorf("the tail lacks %q:\n%s", text, out.LogResult)
		}
	}
	eventually(t, "a process that logs to a file put aside has ended", func() bool { return gone(first) })
	path := filepath.Join(e.logs, "app-Worker.log")
	for _, name := range []string{path, path + ".1"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > limit+5_000 {
			t.Errorf("%s has %d bytes, want about %d", name, info.Size(), limit)
		}
	}
	if files, err := os.ReadDir(e.logs); err != nil || len(files) != 2 {
		t.Errorf("log files: %v, %v", files, err)
	}
}
