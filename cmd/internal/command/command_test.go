package command_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// All programs below cmd/ are tried, so a new one is as soon as it is there.
func TestEveryProgramExplainsItselfAndRefusesWhatItDoesNotKnow(t *testing.T) {
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", bin+string(filepath.Separator), "./...")
	build.Dir = filepath.Join("..", "..")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	programs, err := os.ReadDir(bin)
	if err != nil {
		t.Fatal(err)
	}
	if len(programs) < 3 {
		t.Fatalf("only %v", programs)
	}
	for _, program := range programs {
		t.Run(program.Name(), func(t *testing.T) {
			for _, help := range []string{"-h", "--help"} {
				out, errors, code := run(t, filepath.Join(bin, program.Name()), help)
				if code != 0 || !strings.Contains(out, "\n  ") || errors != "" {
					t.Errorf("%s: exit code %d, printed %q and as errors %q: want 0 and what it takes", help, code, out, errors)
				}
			}
			out, errors, code := run(t, filepath.Join(bin, program.Name()), "-no-such-flag")
			if code != 2 || !strings.Contains(errors, "-no-such-flag") || !strings.Contains(errors, "\n  ") || out != "" {
				t.Errorf("an unknown flag: exit code %d, printed %q and as errors %q: want 2, the flag and what it takes", code, out, errors)
			}
			out, errors, code = run(t, filepath.Join(bin, program.Name()), "no", "such", "arguments")
			if code != 2 || !strings.Contains(errors, "\n  ") || out != "" {
				t.Errorf("unknown arguments: exit code %d, printed %q and as errors %q: want 2 and what it takes", code, out, errors)
			}
		})
	}
}

func TestAnUnknownSystemIsRefusedWithTheList(t *testing.T) {
	program := filepath.Join(t.TempDir(), "demo")
	if output, err := exec.Command("go", "build", "-o", program, "../../demo").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	_, errors, code := run(t, program, "-system", "b2b,b2c")
	if code != 2 || !strings.HasPrefix(errors, "demo: there is no system \"b2c\": give some of b2b") {
		t.Errorf("exit code %d, errors %q", code, errors)
	}
}

func run(t *testing.T, program string, arguments ...string) (out, errs string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c := exec.Command(program, arguments...)
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String(), c.ProcessState.ExitCode()
}
