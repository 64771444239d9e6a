package states

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// keeping lets a machine keep so many executions that have ended.
func (w *world) keeping(n int) { w.states.options.Limits.Ended = n }

func TestAnExecutionIsToldTheSameBeforeAndAfterItsEnd(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, _ := w.run(`{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"text":"<é \"quoted\">"},"Next":"B"},"B":{"Type":"Succeed"}}}`, `{"a": 1.50}`)
		archived, _ := e.machine.executions.find(e.name)
		if archived.live != nil {
			t.Fatal("an execution that has succeeded is still in memory")
		}
		live := slot{live: e}
		ask := func(s slot) string {
			description, err := s.description()
			if err != nil {
				t.Fatal(err)
			}
			events, err := s.history(func(n int) (int, int, error) { return 0, n, nil })
			if err != nil {
				t.Fatal(err)
			}
			summary, err := s.summary()
			if err != nil {
				t.Fatal(err)
			}
			text, err := jsonvalue.Encode(jsonvalue.Of(summary))
			return fmt.Sprintf("%s\n%s\n%s %v", description, events, text, err)
		}
		if was, is := ask(live), ask(archived); was != is {
			t.Errorf("in memory:\n%s\nin the archive:\n%s", was, is)
		}
	})
}

func TestTheOldestExecutionsThatEndedAreLetGo(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		w.keeping(2)
		m := w.create(`{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[
			{"Variable":"$","StringEquals":"fail","Next":"F"},{"Variable":"$","StringEquals":"wait","Next":"W"}],"Default":"S"},
			"F":{"Type":"Fail"},"W":{"Type":"Wait","Seconds":3600,"Next":"S"},"S":{"Type":"Succeed"}}}`)
		start := func(name, input string) *execution {
			text := `"` + input + `"`
			e, err := m.now().start(context.Background(), startRequestBody{Name: name, Input: &text})
			if err != nil {
				t.Fatal(err)
			}
			if input != "wait" {
				<-e.done()
			}
			return e
		}
		start("waits", "wait")
		failed, old := start("fails", "fail"), start("old", "ok")
		start("second", "ok")
		start("third", "ok")

		for _, e := range []*execution{failed, old} {
			for _, action := range []string{"DescribeExecution", "GetExecutionHistory", "RedriveExecution", "StopExecution", "DescribeStateMachineForExecution"} {
				_, err := w.call(action, map[string]any{"executionArn": e.arn})
				expectCode(t, err, "ExecutionDoesNotExist")
			}
		}
		if w.states.shelf.size != 0 {
			t.Errorf("the shelf counts %d bytes of an execution that was let go of", w.states.shelf.size)
		}
		var names []string
		for _, e := range w.mustCall("ListExecutions", map[string]any{"stateMachineArn": m.arn})["executions"].([]any) {
			names = append(names, e.(map[string]any)["name"].(string))
		}
		if got := strings.Join(names, " "); got != "third second waits" {
			t.Errorf("listed: %s", got)
		}

		again := map[string]any{"stateMachineArn": m.arn, "name": "old", "input": `"ok"`}
		_, err := w.call("StartExecution", again)
		expectCode(t, err, "ExecutionAlreadyExists")
		time.Sleep(nameLife)
		w.mustCall("StartExecution", again)
	})
}

func TestExecutionsThatMayRunOnMakeRoomForNewerOnes(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(`{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E"}}}`)
		first, _ := w.finish(m, `{"a":1}`)
		w.states.shelf.size = shelfSize
		second, _ := w.finish(m, `{}`)
		for e, status := range map[*execution]string{first: "NOT_REDRIVABLE", second: "REDRIVABLE"} {
			d := w.mustCall("DescribeExecution", map[string]any{"executionArn": e.arn})
			if d["redriveStatus"] != status || d["status"] != "FAILED" || d["error"] != "E" {
				t.Errorf("%v, want %s", d, status)
			}
			if events := w.mustCall("GetExecutionHistory", map[string]any{"executionArn": e.arn})["events"].([]any); len(events) != 3 {
				t.Errorf("history: %v", events)
			}
		}
	})
}

func TestAFileOfTheArchiveGoesWithItsLastExecution(t *testing.T) {
	a := archive{dir: t.TempDir()}
	var records []record
	for range 2 {
		r, err := a.put([]byte(`{"name":"n"}`), []byte(`{"status":"SUCCEEDED"}`), []json.RawMessage{[]byte(`{"id":1}`)})
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	a.drop(records[0])
	if text, err := records[1].summary(); err != nil || string(text) != `{"name":"n"}` {
		t.Errorf("%s, %v", text, err)
	}
	if text, err := records[1].description(); err != nil || string(text) != `{"status":"SUCCEEDED"}` {
		t.Errorf("%s, %v", text, err)
	}
	if events, err := records[1].history(0, 1); err != nil || len(events) != 1 || string(events[0]) != `{"id":1}` {
		t.Errorf("%s, %v", events, err)
	}
	a.drop(records[1])
	if _, err := records[1].description(); err != errDropped {
		t.Errorf("error %v, want %v", err, errDropped)
	}
}

func TestAnEndedExecutionTakesLittleMemory(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(passing)
		input := `{"text":"` + strings.Repeat("x", 2000) + `"}`
		w.finish(m, input) // what the first one takes is not counted, and others share a megabyte of buffers
		before := heap()
		const n = 2000
		for range n {
			w.finish(m, input)
			w.events, w.metrics = nil, nil
		}
		if each := (heap() - before) / n; each > 1500 {
			t.Errorf("%d bytes each", each)
		}
	})
}

// heap is what is reachable, in bytes.
func heap() int64 {
	runtime.GC() // what pools hold has two to live
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
