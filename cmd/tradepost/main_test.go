package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestACommandLineEndsWithItsCode(t *testing.T) {
	for _, test := range []struct {
		name, line, stdout, stderr string
		code                       int
	}{
		{"nothing", "", "", "usage: tradepost VERB", exitUsage},
		{"help", "-h", "usage: tradepost VERB", "", exitDone},
		{"another verb", "retry", "", `no verb "retry"`, exitUsage},
		{"help of redrive", "redrive -h", "usage: tradepost redrive", "", exitDone},
		{"a verb's help", "replay -h", "usage: tradepost replay", "", exitDone},
		{"no condition", "replay --dry-run", "", "say what to replay", exitUsage},
		{"an unknown flag", "replay --files x", "", "-files", exitUsage},
		{"an argument too many", "replay --file x y", "", `"y" is no flag`, exitUsage},
		{"no time", "replay --since yesterday", "", `--since "yesterday" is no time`, exitUsage},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), strings.Fields(test.line), &stdout, &stderr)
			if code != test.code || !strings.Contains(stdout.String(), test.stdout) || !strings.Contains(stderr.String(), test.stderr) {
				t.Errorf("code %d, want %d\nstdout %s\nstderr %s", code, test.code, stdout.String(), stderr.String())
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
