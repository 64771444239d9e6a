package manual

// This file compares the documentation's commands with what there is.

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var root = filepath.Join("..", "..")

// command is a command of the documentation, and where it stands.
type command struct{ page, text string }

var inline = regexp.MustCompile("`([^`\n]+)`")

// commands are what the pages have between backticks and in shell blocks, of
// one kind.
func commands(t *testing.T, prefix string) []command {
	t.Helper()
	var pages []string
	for _, folder := range []string{"", "docs", "docs/catalogue"} {
		found, err := filepath.Glob(filepath.Join(root, folder, "*.md"))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	var found []command
	for _, page := range pages {
		text := read(t, page)
		add := func(line string) {
			line, _, _ = strings.Cut(line, " #")
			if line = strings.TrimSpace(line); strings.HasPrefix(line, prefix) {
				found = append(found, command{filepath.Base(page), line})
			}
		}
		for _, block := range shell.FindAllStringSubmatch(text, -1) {
			for line := range strings.Lines(strings.ReplaceAll(block[1], "\\\n", " ")) {
				add(line)
			}
		}
		for _, word := range inline.FindAllStringSubmatch(shell.ReplaceAllString(text, ""), -1) {
			add(word[1])
		}
	}
	if len(found) == 0 {
		t.Fatalf("no command of the documentation begins with %q", prefix)
	}
	return found
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	target   = regexp.MustCompile(`(?m)^([a-z]+):.*## `)
	variable = regexp.MustCompile(`(?m)^([A-Z]+) *\?=`)
)

func names(pattern *regexp.Regexp, text string) []string {
	var all []string
	for _, match := range pattern.FindAllStringSubmatch(text, -1) {
		all = append(all, match[1])
	}
	return all
}

func TestMakeAloneListsEveryVerb(t *testing.T) {
	makefile := read(t, filepath.Join(root, "Makefile"))
	phony := regexp.MustCompile(`(?m)^\.PHONY: (.*)$`).FindStringSubmatch(makefile)
	if phony == nil {
		t.Fatal("the Makefile names no verbs")
	}
	c := exec.Command("make", "--no-print-directory")
	c.Dir, c.Env = root, slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "MAKE") })
	output, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, verb := range append(strings.Fields(phony[1]), names(target, makefile)...) {
		if !regexp.MustCompile(`(?m)^make ` + verb + ` +\S`).Match(output) {
			t.Errorf("make %s is not explained in\n%s", verb, output)
		}
	}
}

func TestALinkedNodeModulesIsUsedAsItIs(t *testing.T) {
	install := func(node string) bool {
		t.Helper()
		folder := t.TempDir()
		for _, file := range []string{"Makefile", "package.json", "package-lock.json"} {
			if err := os.WriteFile(filepath.Join(folder, file), []byte(read(t, filepath.Join(root, file))), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if node != "" {
			if err := os.Symlink(node, filepath.Join(folder, "node_modules")); err != nil {
				t.Fatal(err)
			}
		}
		c := exec.Command("make", "--dry-run", "test")
		c.Dir, c.Env = folder, slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "MAKE") })
		output, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		return strings.Contains(string(output), "npm ci")
	}
	if install(t.TempDir()) {
		t.Error("make installs into another checkout's node_modules")
	}
	if !install("") {
		t.Error("make does not install node_modules where there is none")
	}
}

func TestEveryVerbOfTheDocumentationIsInTheMakefile(t *testing.T) {
	makefile := read(t, filepath.Join(root, "Makefile"))
	verbs, variables := names(target, makefile), names(variable, makefile)
	for _, c := range commands(t, "make ") {
		for _, word := range strings.Fields(c.text)[1:] {
			if name, _, set := strings.Cut(word, "="); set {
				if !slices.Contains(variables, name) {
					t.Errorf("%s: `%s`: the Makefile takes no %s, only %s", c.page, c.text, name, variables)
				}
			} else if !slices.Contains(verbs, word) {
				t.Errorf("%s: `%s`: the Makefile has no %s, only %s", c.page, c.text, word, verbs)
			}
		}
	}
}

func TestEveryProgramOfTheDocumentationHasTheFlagsItIsGiven(t *testing.T) {
	for _, prefix := range []string{"go run ", ".local/bin/"} {
		for _, c := range commands(t, prefix) {
			words := strings.Fields(strings.TrimPrefix(c.text, "go run "))
			program := filepath.Base(words[0])
			sources, err := filepath.Glob(filepath.Join(root, "cmd", program, "*.go"))
			if err != nil || len(sources) == 0 {
				t.Errorf("%s: `%s`: there is no program %s: %v", c.page, c.text, program, err)
			}
			var code strings.Builder
			for _, source := range sources {
				code.WriteString(read(t, source))
			}
			for _, word := range words[1:] {
				flag, _, _ := strings.Cut(strings.Trim(word, "[]"), "=")
				if name := strings.TrimLeft(flag, "-"); name != flag && !strings.Contains(code.String(), `"`+name+`"`) {
					t.Errorf("%s: `%s`: %s has no flag %s", c.page, c.text, program, flag)
				}
			}
		}
	}
}

// The context table of the README is complete, and the app reads what it names.
func TestEveryContextOfTheDocumentationIsRead(t *testing.T) {
	var code strings.Builder
	for _, folder := range []string{"stacks", "constructs/*"} {
		sources, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, source := range sources {
			code.WriteString(read(t, source))
		}
	}
	table := names(regexp.MustCompile("(?m)^\\| `([A-Za-z:]+)` \\|.*\\|$"), between(t, read(t, filepath.Join(root, "README.md")), "| context | meaning |", "\n\n"))
	for _, key := range table {
		if !strings.Contains(code.String(), `"`+key+`"`) {
			t.Errorf("README.md: the app reads no context %s", key)
		}
	}
	for _, prefix := range []string{"npx cdk", "-c "} {
		for _, c := range commands(t, prefix) {
			for _, given := range regexp.MustCompile(`-c ([A-Za-z:]+)=`).FindAllStringSubmatch(c.text, -1) {
				if !slices.Contains(table, given[1]) {
					t.Errorf("%s: `%s`: the README's table of contexts has no %s, only %s", c.page, c.text, given[1], table)
				}
			}
		}
	}
}

func between(t *testing.T, text, from, to string) string {
	t.Helper()
	_, text, found := strings.Cut(text, from)
	if !found {
		t.Fatalf("README.md has no %q", from)
	}
	text, _, _ = strings.Cut(text, to)
	return text
}
