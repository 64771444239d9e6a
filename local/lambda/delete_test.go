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
	answers := make(chan string, 2)
	begin := func() {
		out, err := e.tryInvoke(`{"Do":"sleep","N":500}`)
		if err != nil {
			t.Error(err)
		}
		answers <- string(out.Payload)
	}
	go begin()
	go begin()
	first, second := <-answers, <-answers
	if first == second {
		t.Fatalf("process %s had both invocations", first)
	}
	go begin()
	eventually(t, "the third invocation has begun", func() bool {
		text, err := os.ReadFile(filepath.Join(e.logs, "app-Worker.log"))
		return err == nil && strings.Count(string(text), "START RequestId") == 3
	})
	if err := created.Handles["Worker"].Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := e.tryInvoke(`{"Do":"pid"}`); err == nil || !strings.Contains(err.Error(), "ResourceNotFoundException") {
		t.Errorf("the function is invoked: %v", err)
	}
	if busy := <-answers; busy != first && busy != second {
		t.Errorf("the invocation under way ends in process %s, want %s or %s", busy, first, second)
	}
	for _, process := range []string{first, second} {
		pid, err := strconv.Atoi(process)
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "process "+process+" has ended", func() bool { return gone(pid) })
	}
}
