package boundaries

import (
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// startCDK are the packages whose tests start the CDK: each costs a Node of
// its own, some seconds, and a link of everything that the CDK is.
var startCDK = []string{"", "constructs"}

func TestNoFurtherPackageStartsTheCDK(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	// A test or an output makes what a file declares run; what is only
	// compiled starts nothing.
	run := regexp.MustCompile(`(?m)^func (Test|Benchmark|Fuzz)[A-Z]|^\s*// (Unordered o|O)utput:`)
	found := make(map[string]bool)
	for _, file := range testFiles(t, root) {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		if !importsCDK(t, file, text) || !run.Match(text) {
			continue
		}
		folder := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(file)), ".")
		found[folder] = true
		if !slices.Contains(startCDK, folder) {
			t.Errorf("%s starts the CDK once more: move the test to constructs/, in a file named after the package; an example has no output", file)
		}
	}
	for _, folder := range startCDK {
		if !found[folder] {
			t.Errorf("%q does not start the CDK: take it off the list", folder)
		}
	}
}

// testFiles are the paths of this module's tests, from its root.
func testFiles(t *testing.T, root string) []string {
	t.Helper()
	command := exec.Command("go", "list", "-f", `{{$dir := .Dir}}{{range .TestGoFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}{{range .XTestGoFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}`, module+"/...")
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, err.(*exec.ExitError).Stderr)
	}
	var files []string
	for _, path := range strings.Fields(string(output)) {
		file, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

func importsCDK(t *testing.T, file string, text []byte) bool {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range parsed.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if path == module+"/internal/cdktest" || slices.ContainsFunc(cdk, func(prefix string) bool { return strings.HasPrefix(path, prefix) }) {
			return true
		}
	}
	return false
}
