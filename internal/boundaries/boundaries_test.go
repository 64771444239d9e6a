// Package boundaries holds the test that keeps the parts of this repository
// apart.
package boundaries

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/tradepost-dev/tradepost"

// A rule says what the packages below a folder may depend on, directly or not.
type rule struct {
	folder string

	// own are the folders of this module that they may import, besides their
	// own. Imports point down only.
	own []string

	// never are prefixes of import paths of other modules.
	never []string
}

var (
	cdk = []string{"github.com/aws/aws-cdk-go/", "github.com/aws/constructs-go/", "github.com/aws/jsii-runtime-go", "github.com/cdklabs/"}
	sdk = []string{"github.com/aws/aws-sdk-go"}
	// goja runs the reference implementation of JSONata, in tests only.
	goja = []string{"github.com/dop251/goja"}
)

var rules = []rule{
	{folder: "", own: []string{"stacks", "constructs", "statemachines", "internal"}, never: sdk}, // the app itself
	{folder: "stacks", own: []string{"constructs", "statemachines", "internal"}, never: sdk},
	{folder: "constructs", own: []string{"statemachines", "internal"}, never: sdk},
	{folder: "lambdas", own: []string{"internal"}, never: cdk},
	{folder: "handlers", own: []string{"lambdas", "local", "internal"}, never: slices.Concat(cdk, goja)}, // for simulations
	{folder: "statemachines"},
	{folder: "internal/contract", never: []string{"github.com/", "golang.org/"}},
	{folder: "cmd", own: []string{"local", "internal"}, never: slices.Concat(cdk, goja)},
	{folder: "local", never: slices.Concat(cdk, goja)},
}

func TestImportsPointDown(t *testing.T) {
	imports := listImports(t)
	for _, r := range rules {
		for path := range imports {
			if !r.covers(path) {
				continue
			}
			for dependency := range closure(imports, path) {
				if !r.allows(dependency) {
					t.Errorf("%s depends on %s", short(path), short(dependency))
				}
			}
		}
	}
}

// Every folder of code has a rule, so that a new one is thought about.
func TestEveryFolderHasARule(t *testing.T) {
	for path := range listImports(t) {
		if path != module && !strings.HasPrefix(path, module+"/") || strings.HasPrefix(path, module+"/internal/") {
			continue
		}
		if !slices.ContainsFunc(rules, func(r rule) bool { return r.covers(path) }) {
			t.Errorf("no rule for %s", short(path))
		}
	}
}

func (r rule) covers(path string) bool {
	if r.folder == "" {
		return path == module
	}
	return below(path, r.folder)
}

func (r rule) allows(path string) bool {
	if path != module && !strings.HasPrefix(path, module+"/") {
		return !slices.ContainsFunc(r.never, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
	}
	return r.covers(path) || slices.ContainsFunc(r.own, func(folder string) bool { return below(path, folder) })
}

func below(path, folder string) bool {
	return path == module+"/"+folder || strings.HasPrefix(path, module+"/"+folder+"/")
}

func short(path string) string { return strings.TrimPrefix(path, module+"/") }

// listImports maps every package of the build to what it imports itself.
func listImports(t *testing.T) map[string][]string {
	t.Helper()
	command := exec.Command("go", "list", "-deps", "-f", `{{if not .Standard}}{{.ImportPath}} {{join .Imports " "}}{{end}}`, module+"/...")
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, err.(*exec.ExitError).Stderr)
	}
	imports := make(map[string][]string)
	for line := range strings.Lines(string(output)) {
		if fields := strings.Fields(line); len(fields) > 0 {
			imports[fields[0]] = fields[1:]
		}
	}
	return imports
}

// closure is all that a package depends on.
func closure(imports map[string][]string, path string) map[string]bool {
	reached := make(map[string]bool)
	pending := []string{path}
	for len(pending) > 0 {
		next := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if !reached[next] {
			reached[next] = true
			pending = append(pending, imports[next]...)
		}
	}
	return reached
}
