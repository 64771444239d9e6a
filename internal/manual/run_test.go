package manual

// This file finds commands of the documentation that no test runs.

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// section is a part of a page, as Commands takes it.
type section struct{ page, heading string }

// elsewhere are sections whose commands no test takes from the page, and why.
var elsewhere = map[section]string{
	{"README.md", "Two commands"}:                                     "they are what CI is made of",
	{"README.md", "Deploy"}:                                           "they need an AWS account",
	{"docs/local.md", "The local engine"}:                             "cmd/local's tests start it on an assembly of their own",
	{"docs/local.md", "Mocks"}:                                        "cmd/local's tests start it with a mock configuration of their own",
	{"docs/local.md", "Creating, updating and deleting stacks"}:       "cmd/internal/deployment runs cdk destroy without a question, with addresses of its own",
	{"docs/operations.md", "Restoring a table"}:                       "they need AWS: the engine keeps no past of a table",
	{"docs/operations.md", "The SFTP server's address, name and key"}: "they need OpenSSH and the AWS CLI; local/transfer's tests serve with such a key",
}

var used = regexp.MustCompile(`manual\.Commands\(t, "([^"]+)", "([^"]+)"\)`)

func TestEveryCommandOfTheDocumentationIsRunByATest(t *testing.T) {
	run := map[section]bool{}
	written := map[section]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "cdk.out" || strings.HasPrefix(entry.Name(), ".") && path != root) {
			return filepath.SkipDir
		}
		switch {
		case strings.HasSuffix(path, "_test.go"):
			for _, call := range used.FindAllStringSubmatch(read(t, path), -1) {
				run[section{call[1], call[2]}] = true
			}
		case strings.HasSuffix(path, ".md"):
			page, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			for heading, text := range sections(read(t, path)) {
				if shell.MatchString(text) {
					written[section{filepath.ToSlash(page), heading}] = true
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for s := range written {
		if !run[s] && elsewhere[s] == "" {
			t.Errorf("%s, %q: no test runs its commands: take them from there by manual.Commands", s.page, s.heading)
		}
	}
	for s := range elsewhere {
		if run[s] || !written[s] {
			t.Errorf("%s, %q: has no commands, or a test that runs them: drop it from the list", s.page, s.heading)
		}
	}
}
