package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The test's own binary is the program when it is told so.
const asProgram = "TRADEPOST_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

func TestACommandLineEndsWithItsCode(t *testing.T) {
	const done, usage = 0, 2
	for _, test := range []struct {
		name, line, stdout, stderr string
		code                       int
	}{
		{"nothing", "", "", "usage: tradepost VERB", usage},
		{"help", "-h", "usage: tradepost VERB", "", done},
		{"another verb", "retry", "", `there is no verb "retry"`, usage},
		{"help of redrive", "redrive -h", "usage: tradepost redrive", "", done},
		{"a verb's help", "replay -h", "usage: tradepost replay", "", done},
		{"no condition", "replay --dry-run", "", "say what to replay", usage},
		{"an unknown flag", "replay --files x", "", "-files", usage},
		{"an argument too many", "replay --file x y", "", `nothing is known of the argument "y"`, usage},
		{"no time", "replay --since yesterday", "", `--since "yesterday" is no time`, usage},
		{"help of partners", "partners --help", "usage: tradepost partners VERB", "", done},
		{"another verb of partners", "partners retry acme", "", `tradepost partners: there is no verb "retry"`, usage},
		{"help of a partner's verb", "partners rotate -h", "usage: tradepost partners rotate PARTNER", "", done},
		{"no partner", "partners rotate --stack x", "", "PARTNER is missing", usage},
		{"help of clear", "clear -h", "usage: tradepost clear STACK", "", done},
		{"no stack to clear", "clear", "", "STACK is missing", usage},
		{"a partner without an address", "partners add initech", "", "--email ADDRESS", usage},
		{"a partner until when", "partners add initech --email a@b.example --until tomorrow", "", "-until", usage},
		{"no change", "partners change acme --stack x", "", "say what to change", usage},
		{"a token that is lost and given", "partners rotate acme --lost --given x", "", "not both", usage},
		{"another status", "partners list --status GONE", "", `there is no status "GONE"`, usage},
		{"help of drain", "partners drain -h", "Takes no file and no transaction from the partner any more.", "", done},
		{"no list", "partners apply", "", "FILE is missing", usage},
		{"two partners", "partners rotate acme --stack x globex", "", `the argument "globex"`, usage},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			program := exec.CommandContext(t.Context(), os.Args[0], strings.Fields(test.line)...)
			program.Env = append(os.Environ(), asProgram+"=1")
			program.Stdout, program.Stderr = &stdout, &stderr
			var exit *exec.ExitError
			if err := program.Run(); err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if code := program.ProcessState.ExitCode(); code != test.code || !strings.Contains(stdout.String(), test.stdout) || !strings.Contains(stderr.String(), test.stderr) {
				t.Errorf("code %d, want %d\nstdout %s\nstderr %s", code, test.code, stdout.String(), stderr.String())
			}
			if test.code == done && stderr.Len() > 0 || test.code == usage && stdout.Len() > 0 {
				t.Errorf("what was asked for belongs to stdout, what is wrong to stderr\nstdout %s\nstderr %s", stdout.String(), stderr.String())
			}
		})
	}
}

func TestATimeIsReadInThreeForms(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"":                     now.Add(-90 * 24 * time.Hour),
		"2h":                   now.Add(-2 * time.Hour),
		"2026-11-23":           time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC),
		"2026-11-23T09:30:00Z": time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC),
	} {
		if got, err := moment(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"-2h", "24.11.2026"} {
		if got, err := moment(text, now); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
