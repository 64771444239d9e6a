package boundaries

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shown are the packages that other modules import: their examples are the
// first thing that a reader of pkg.go.dev sees.
var shown = []string{
	"constructs/*", "handlers", "statemachines", "local", "local/*", "local/states/*",
}

// An example runs if it has an output. Those of constructs need not: what they
// declare, the tests of constructs/ synthesize.
func TestWhatOthersImportHasAnExample(t *testing.T) {
	example := regexp.MustCompile(`(?m)^func Example[A-Za-z_]*\(\) \{`)
	for _, pattern := range shown {
		folders, err := filepath.Glob(filepath.Join("..", "..", pattern))
		if err != nil || len(folders) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, folder := range folders {
			files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
			if err != nil {
				t.Fatal(err)
			}
			sources, err := filepath.Glob(filepath.Join(folder, "*.go"))
			if err != nil {
				t.Fatal(err)
			}
			if len(sources) == len(files) { // it is no package that can be imported
				continue
			}
			runs := !strings.HasPrefix(pattern, "constructs/")
			if !slices.ContainsFunc(files, func(file string) bool {
				text, err := os.ReadFile(file)
				return err == nil && example.Match(text) && (!runs || strings.Contains(string(text), "// Output:"))
			}) {
				t.Errorf("%s has no example, or none with an output", filepath.Base(folder))
			}
		}
	}
}
