package lambda_test

// This file kills an engine. The test binary runs itself as that engine.

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// victimVariable tells the test binary to be the victim, and where its
// function writes its process id.
const victimVariable = "LAMBDA_TEST_VICTIM"

func TestProcessesEndWithAnEngineThatIsKilled(t *testing.T) {
	if file := os.Getenv(victimVariable); file != "" {
		beVictim(t, file)
		return
	}
	folder := t.TempDir() // also of what a killed process cannot take away
	file := filepath.Join(folder, "pid")
	victim := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	victim.Env = append(os.Environ(), victimVariable+"="+file, "TMPDIR="+folder)
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	pid := 0
	eventually(t, "the engine's function is busy", func() bool {
		text, _ := os.ReadFile(file) // not there yet
		pid, _ = strconv.Atoi(string(text))
		return pid != 0
	})
	victim.Process.Kill()
	victim.Wait()
	eventually(t, "the function's process has ended", func() bool { return !running(pid) })
}

// beVictim runs a function that is busy for a minute.
func beVictim(t *testing.T, file string) {
	e := newEngine(t, nil)
	e.mustCreate(t, role(logStatement)+","+function(`, "Timeout": 90`))
	e.invoke(t, `{"Do":"hold","Text":"`+file+`"}`)
}

// running tells whether a process exists and is not just waiting to be reaped.
func running(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(stat), ") Z ")
}
