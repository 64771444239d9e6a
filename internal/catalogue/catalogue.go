// Package catalogue makes what the pages of docs/catalogue show of the code: a
// picture of each state machine, and the tables of props. `make docs` writes
// them, and a test fails while they are not what the code says.
package catalogue

// This file finds what there is to make.

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/tradepost-dev/tradepost/local/states/graph"
)

// Folder is where the pages are, from the root of the repository.
const Folder = "docs/catalogue"

// Make makes pictures and pages, by their paths from the root.
func Make(root string) (map[string][]byte, error) {
	made := make(map[string][]byte)
	if err := drawAll(root, made); err != nil {
		return nil, err
	}
	pages, err := filepath.Glob(filepath.Join(root, Folder, "*.md"))
	if err != nil {
		return nil, err
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			return nil, err
		}
		if text, err = fill(root, text); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(page), err)
		}
		made[Folder+"/"+filepath.Base(page)] = text
	}
	return made, nil
}

// Picture is the path of a machine's picture, below Folder: b2b/settlement.svg
// is that of b2b/settlement.asl.json.
func Picture(definition string) string {
	return strings.TrimSuffix(definition, ".asl.json") + ".svg"
}

func drawAll(root string, made map[string][]byte) error {
	machines := os.DirFS(filepath.Join(root, "statemachines"))
	return fs.WalkDir(machines, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".asl.json") {
			return err
		}
		text, err := fs.ReadFile(machines, name)
		if err != nil {
			return err
		}
		m, err := graph.Read(text)
		if err != nil {
			return fmt.Errorf("statemachines/%s: %w", name, err)
		}
		made[Folder+"/"+Picture(name)] = m.SVG()
		return nil
	})
}

// table is the place of a table in a page: between a comment that names the
// struct, as constructs/onboarding.Props, and one that ends it.
var table = regexp.MustCompile(`(?ms)^<!-- props of ([a-z0-9/]+)\.([A-Z][A-Za-z0-9]*), by make docs -->\n(.*?)^<!-- end -->\n`)

// states is the place of a machine's states in a page, which others copy.
var states = regexp.MustCompile(`(?ms)^<!-- states of ([a-z0-9/]+\.asl\.json), by make docs -->\n(.*?)^<!-- end -->\n`)

// fill writes the tables and states of a page anew.
func fill(root string, page []byte) ([]byte, error) {
	var fault error
	page = states.ReplaceAllFunc(page, func(place []byte) []byte {
		name := string(states.FindSubmatch(place)[1])
		text, err := os.ReadFile(filepath.Join(root, "statemachines", name))
		if err == nil {
			text, err = statesOf(text)
		}
		if err != nil && fault == nil {
			fault = fmt.Errorf("states of %s: %w", name, err)
		}
		return fmt.Appendf(nil, "<!-- states of %s, by make docs -->\n```json\n%s```\n<!-- end -->\n", name, text)
	})
	filled := table.ReplaceAllFunc(page, func(place []byte) []byte {
		match := table.FindSubmatch(place)
		rows, err := propsTable(filepath.Join(root, string(match[1])), string(match[2]))
		if err != nil && fault == nil {
			fault = err
		}
		return fmt.Appendf(nil, "<!-- props of %s.%s, by make docs -->\n%s<!-- end -->\n", match[1], match[2], rows)
	})
	return filled, fault
}

// statesOf is what stands between the braces of a definition's States, as it is
// written there but for the indent.
func statesOf(definition []byte) ([]byte, error) {
	_, after, found := bytes.Cut(definition, []byte("\n  \"States\": {\n"))
	inner, _, closed := bytes.Cut(after, []byte("\n  }"))
	if !found || !closed {
		return nil, errors.New("its States are not written as those of Workflow Studio")
	}
	return append(bytes.ReplaceAll(bytes.TrimPrefix(inner, []byte("    ")), []byte("\n    "), []byte("\n")), '\n'), nil
}
