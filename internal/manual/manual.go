// Package manual reads the commands of the documentation, for the tests that
// run them word for word. Its own tests compare what is written with what
// there is, and find commands that no test runs.
package manual

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/internal/module"
)

var shell = regexp.MustCompile("(?ms)^```sh\n(.*?)^```")

// Commands are those of a page's section, one each, as they stand in its blocks
// for a shell. Page is a path from the root of the repository; the section goes
// by its heading.
func Commands(t testing.TB, page, section string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(module.Root(t), page))
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	for _, block := range shell.FindAllStringSubmatch(sections(string(text))[section], -1) {
		for line := range strings.Lines(strings.ReplaceAll(block[1], "\\\n", " ")) {
			commands = append(commands, strings.TrimSpace(line))
		}
	}
	if len(commands) == 0 {
		t.Fatalf("%s has no commands under %q", page, section)
	}
	return commands
}

// sections are the parts of a page by their heading, whatever its level.
func sections(page string) map[string]string {
	parts := map[string]string{}
	heading, inside := "", false
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "```") {
			inside = !inside
		}
		if title := strings.TrimLeft(line, "#"); !inside && title != line {
			heading = strings.TrimSpace(title)
		}
		parts[heading] += line
	}
	return parts
}
