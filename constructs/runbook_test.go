package constructs_test

// What an alarm means and what to do stands in the runbook.

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// wantRunbook compares a template's alarms with the rows of
// docs/operations.md under "Those of `<system>`:".
func wantRunbook(t *testing.T, system string, template *cdktest.Template) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rows, found := strings.Cut(string(text), "\nThose of `"+system+"`:\n\n")
	if !found {
		t.Fatalf("docs/operations.md has no table of %s", system)
	}
	rows, _, _ = strings.Cut(rows, "\n\n")
	var want, got []string
	for line := range strings.Lines(rows) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		want = append(want, regexp.MustCompile(`\b[A-Z]\w+Alarm\b`).FindAllString(cell, -1)...)
	}
	for _, alarm := range template.OfType("AWS::CloudWatch::Alarm") {
		got = append(got, path.Base(alarm.Path))
	}
	slices.Sort(want)
	slices.Sort(got)
	if want, got = slices.Compact(want), slices.Compact(got); !slices.Equal(want, got) {
		t.Errorf("there are %q\ndocs/operations.md has %q", got, want)
	}
}
