package lambda_test

// This file kills an engine. The test binary runs itself as that engine.

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const victimVariable = "LAMBDA_TEST_VICTIM"

func TestProcessesEndWithAnEngineThatIsKilled(t *testing.T) {
	if os.Getenv(victimVariable) != "" {
		beVictim(t)
		return
	}
	victim := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	victim.Env = append(os.Environ(), victimVariable+"=1")
	output, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	pid := 0
	for lines := bufio.NewScanner(output); pid == 0 && lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "pid "); ok {
			if pid, err = strconv.Atoi(text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if pid == 0 {
		t.Fatal("the engine did not start a process")
	}
	victim.Process.Kill()
	victim.Wait()
	for deadline := time.Now().Add(5 * time.Second); running(pid); {
		if time.Now().After(deadline) {
			t.Fatalf("process %d outlives its engine", pid)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// beVictim starts a function that is busy for a minute, tells its process, and
// waits for the end.
func beVictim(t *testing.T) {
	e := newEngine(t, nil)
	e.mustCreate(t, role(logStatement)+","+function(`, "Timeout": 60`))
	os.Stdout.WriteString("pid " + string(e.invoke(t, `{"Do":"pid"}`).Payload) + "\n")
	e.invoke(t, `{"Do":"sleep","N":60000}`)
}

// running tells whether a process exists and is not just waiting to be reaped.
func running(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(stat), ") Z ")
}
