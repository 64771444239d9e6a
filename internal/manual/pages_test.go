package manual

// This file keeps the pages and the tree together.

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// documents are the Markdown files under version control, by their path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	list := exec.Command("git", "ls-files", "*.md")
	list.Dir = root
	output, err := list.Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	texts := map[string]string{}
	for path := range strings.FieldsSeq(string(output)) {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		texts[path] = string(text)
	}
	return texts
}

var link = regexp.MustCompile(`\]\(([^)#\s]*)(#[^)\s]*)?\)`)

func TestLinksLeadSomewhere(t *testing.T) {
	for path, text := range documents(t) {
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			target := match[1]
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(path), target)); err != nil {
				t.Errorf("%s links to %s: %v", path, target, err)
			}
		}
	}
}

// What a page quotes in backticks as a path of this repository exists, but for
// what CONTRIBUTING.md takes for an example.
func TestPathsInDocumentsExist(t *testing.T) {
	quoted := regexp.MustCompile("`((?:cmd|constructs|docs|examples|internal|lambdas|local|stacks|statemachines)/[a-zA-Z0-9_./-]*)`")
	for path, text := range documents(t) {
		if path == "CONTRIBUTING.md" {
			continue
		}
		for _, match := range quoted.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(root, match[1])); err != nil {
				t.Errorf("%s speaks of %s: %v", path, match[1], err)
			}
		}
	}
}

func TestTheIndexOfDecisionsHasEveryOne(t *testing.T) {
	texts := documents(t)
	index := texts["docs/decisions/README.md"]
	title := regexp.MustCompile(`^# (\d+)\. (.*)\n`)
	seen := map[string]string{}
	for path, text := range texts {
		name, ok := strings.CutPrefix(path, "docs/decisions/")
		if !ok || name == "README.md" {
			continue
		}
		match := title.FindStringSubmatch(text)
		if match == nil || !strings.HasPrefix(name, strings.Repeat("0", 4-len(match[1]))+match[1]+"-") {
			t.Errorf("%s does not begin with its number and title", path)
			continue
		}
		if other := seen[match[1]]; other != "" {
			t.Errorf("%s and %s have one number", path, other)
		}
		seen[match[1]] = path
		if line := fmt.Sprintf("%s. [%s](%s)\n", match[1], match[2], name); !strings.Contains(index, line) {
			t.Errorf("the index lacks: %s", line)
		}
	}
}
