package lambda_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A function that is deleted is not called again, and its processes end: idle
// ones at once, busy ones with their invocation.
func TestTheProcessesOfADeletedFunctionEnd(t *testing.T) {
	e := newEngine(t, nil)
	created := e.mustCreate(t, role(logStatement)+","+function(`,"Timeout": 30`))
	first, second := begin(t, e), begin(t, e)
	idle, busy := first.process(t), second.process(t)
	first.end(t)
	if err := created.Handles["Worker"].Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := e.tryInvoke(`{"Do":"pid"}`); err == nil || !strings.Contains(err.Error(), "ResourceNotFoundException") {
		t.Errorf("the function is invoked: %v", err)
	}
	eventually(t, "the idle process has ended", func() bool { return gone(idle) })
	second.end(t)
	eventually(t, "the busy process has ended", func() bool { return gone(busy) })
}

// held is an invocation under way, which ends when its file is taken away.
type held struct {
	file   string
	answer chan string
}

func begin(t *testing.T, e *engine) held {
	h := held{filepath.Join(t.TempDir(), "held"), make(chan string, 1)}
	go func() {
		out, err := e.tryInvoke(`{"Do":"hold","Text":"` + h.file + `"}`)
		if err != nil {
			t.Error(err)
		}
		h.answer <- string(out.Payload)
	}()
	return h
}

// process waits for the process that has taken the invocation.
func (h held) process(t *testing.T) (pid int) {
	t.Helper()
	eventually(t, "the invocation has begun", func() bool {
		text, _ := os.ReadFile(h.file)
		pid, _ = strconv.Atoi(string(text))
		return pid != 0
	})
	return pid
}

// end lets the invocation end, and sees that its process is the one that answers.
func (h held) end(t *testing.T) {
	t.Helper()
	want := h.process(t)
	if err := os.Remove(h.file); err != nil {
		t.Fatal(err)
	}
	if got := <-h.answer; got != strconv.Itoa(want) {
		t.Errorf("%s answers, want process %d", got, want)
	}
}
