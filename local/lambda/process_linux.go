package lambda

import (
	"os/exec"
	"syscall"
)

// isolate puts a process into a group of its own, which is killed as a whole,
// and lets it die with the engine even if that is killed.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
