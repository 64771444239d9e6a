package catalogue

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the catalogue: make docs")

const root = "../.."

func TestTheCatalogueIsWhatTheCodeSays(t *testing.T) {
	made, err := Make(root)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range made {
		file := filepath.Join(root, path)
		got, err := os.ReadFile(file)
		if bytes.Equal(got, want) && err == nil {
			continue
		}
		if !*update {
			t.Errorf("%s is stale: run make docs", path)
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	pictures, err := filepath.Glob(filepath.Join(root, Folder, "*", "*.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, picture := range pictures {
		path, err := filepath.Rel(root, picture)
		if err != nil {
			t.Fatal(err)
		}
		if made[filepath.ToSlash(path)] == nil {
			t.Errorf("%s shows a state machine that is not there: delete it", path)
		}
	}
}

func page(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// systems are the folders of state machines: whatever has one has a page.
func systems(t *testing.T) []string {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(root, "statemachines", "*", ""))
	if err != nil || len(folders) == 0 {
		t.Fatal(folders, err)
	}
	var names []string
	for _, folder := range folders {
		if info, err := os.Stat(folder); err == nil && info.IsDir() {
			names = append(names, filepath.Base(folder))
		}
	}
	return names
}

func TestEverySystemHasAPageThatSaysAllOfIt(t *testing.T) {
	readme := page(t, "README.md")
	for _, system := range systems(t) {
		path := Folder + "/" + system + ".md"
		text := page(t, path)
		if !strings.Contains(readme, "]("+path+")") {
			t.Errorf("the README does not link to %s", path)
		}
		for what, sign := range map[string]string{
			"statement that deploys": "```go\n" + system + ".New",
			"props":                  "<!-- props of constructs/" + system + ".",
			"what it exposes":        "It exposes `",
			"cost of a million":      "\n## What a million ",
		} {
			if !strings.Contains(text, sign) {
				t.Errorf("%s lacks the %s: %q", path, what, sign)
			}
		}
		definitions, err := filepath.Glob(filepath.Join(root, "statemachines", system, "*.asl.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, definition := range definitions {
			if picture := Picture(system + "/" + filepath.Base(definition)); !strings.Contains(text, "]("+picture+")") {
				t.Errorf("%s does not show %s", path, picture)
			}
		}
	}
}

// A place for a table whose comment is misspelt would stay as it is.
func TestEveryPlaceForPropsIsFilled(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(root, Folder, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range pages {
		text := page(t, Folder+"/"+filepath.Base(path))
		if begun, found := strings.Count(text, "<!-- props"), len(table.FindAllString(text, -1)); begun != found {
			t.Errorf("%s has %d comments that begin a table, and %d tables", filepath.Base(path), begun, found)
		}
		if begun, found := strings.Count(text, "<!-- states"), len(states.FindAllString(text, -1)); begun != found {
			t.Errorf("%s has %d comments that begin states, and %d that are filled", filepath.Base(path), begun, found)
		}
	}
}

func TestStatesAreShownAsTheyAreWritten(t *testing.T) {
	got, err := statesOf([]byte("{\n  \"StartAt\": \"A\",\n  \"States\": {\n    \"A\": {\n      \"Type\": \"Pass\",\n      \"End\": true\n    }\n  }\n}\n"))
	if want := "\"A\": {\n  \"Type\": \"Pass\",\n  \"End\": true\n}\n"; err != nil || string(got) != want {
		t.Errorf("%v, %q, want %q", err, got, want)
	}
	if _, err := statesOf([]byte(`{"States": {}}`)); err == nil {
		t.Error("states in one line are shown")
	}
}

func TestADocSaysWhatAPropIsAndItsDefault(t *testing.T) {
	for doc, want := range map[string][2]string{
		"A is needed. Required.\n":                        {"A is needed.", "Required"},
		"A says\nhow. Default: one of t4g.nano, made.\n":  {"A says how.", "one of t4g.nano, made"},
		"A is it. Default: two. See B.\n":                 {"A is it. See B.", "two"},
		"A adjusts it. Default of Failed: 5 in a minute.": {"A adjusts it.", "5 in a minute"},
		"A is on.": {"A is on.", ""},
		"A is so:\n\n\tx  1. Y\n\nand thus. Default: 1.5.": {"A is so: … and thus.", "1.5"},
	} {
		if about, fallback := split(doc); about != want[0] || fallback != want[1] {
			t.Errorf("%q: got %q and %q, want %q", doc, about, fallback, want)
		}
	}
}

func TestATableHasEveryFieldInItsOrder(t *testing.T) {
	folder := t.TempDir()
	source := "package p\n\n// Props are.\ntype Props struct {\n\t// A, B are a|b. Default: *none*.\n\tA, B map[string]int\n\n\t// C is. Required.\n\tC int\n\tD string\n\thidden int\n}\n"
	if err := os.WriteFile(filepath.Join(folder, "p.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := propsTable(folder, "Props")
	want := "| prop | type | default | |\n| --- | --- | --- | --- |\n" +
		"| `A`, `B` | `map[string]int` | \\*none\\* | A, B are a\\|b. |\n" +
		"| `C`<br>`D` | `int`<br>`string` | Required | C is. |\n"
	if err != nil || got != want {
		t.Errorf("%v\ngot  %q\nwant %q", err, got, want)
	}
	if _, err := propsTable(folder, "Missing"); err == nil {
		t.Error("a struct that is not there is no fault")
	}
}

// What the README shows to be deployed or imported is a name of the package.
func TestEveryConstructOfTheCatalogueIsThere(t *testing.T) {
	rows := regexp.MustCompile("(?m)^\\| \\[?`([a-z0-9]+)`.*`([a-z0-9]+)\\.(New[A-Za-z]*)` \\|$").FindAllStringSubmatch(page(t, "README.md"), -1)
	var listed []string
	for _, row := range rows {
		listed = append(listed, row[1])
		sources, err := filepath.Glob(filepath.Join(root, "constructs", row[2], "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(sources, func(source string) bool {
			text, err := os.ReadFile(source)
			return err == nil && bytes.Contains(text, []byte("\nfunc "+row[3]+"("))
		}) {
			t.Errorf("constructs/%s has no %s", row[2], row[3])
		}
	}
	for _, system := range systems(t) {
		if !slices.Contains(listed, system) {
			t.Errorf("the README's catalogue has no row of %s", system)
		}
	}
}
