package simulation_test

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tradepost-dev/tradepost/local/lambda"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

// named is a function that is told by its handler.
func named(name string) simulation.Function {
	return func(aws.Config, lambda.Environment) (any, error) { return name, nil }
}

// built is the app with a binary for its function, which is this test's own, and what
// that was built of.
func built(t *testing.T) (assembly, pkg string) {
	t.Helper()
	assembly = app(t)
	return assembly, link(t, assembly)
}

// link puts this test's own binary beside the app, and tells what that was built of.
func link(t *testing.T, assembly string) (pkg string) {
	t.Helper()
	folder := filepath.Join(filepath.Dir(assembly), "k") // the template's S3Key
	own, err := os.Executable()
	if err == nil {
		err = os.Mkdir(folder, 0o700)
	}
	if err == nil {
		err = os.Symlink(own, filepath.Join(folder, "bootstrap"))
	}
	if err != nil {
		t.Fatal(err)
	}
	info, err := buildinfo.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	return info.Path
}

func TestAFunctionIsKnownByThePackageThatItsBinaryWasBuiltOf(t *testing.T) {
	assembly, pkg := built(t)
	byPath := map[string]simulation.Function{"app/Store": named("by path")}
	for _, row := range []struct {
		name string
		o    simulation.Options
		want string
	}{
		{"among others that the assembly does not have", simulation.Options{Packages: map[string]simulation.Function{pkg: named("by package"), "another": named("another")}}, "by package"},
		{"but what is said of it by its path goes before", simulation.Options{Packages: map[string]simulation.Function{pkg: named("by package")}, Functions: byPath}, "by path"},
		{"nobody has it", simulation.Options{Packages: map[string]simulation.Function{"another": named("another")}}, "the options have no Function for: app/Store (of " + pkg + ")"},
		{"there is no binary", simulation.Options{Assembly: app(t), Packages: map[string]simulation.Function{pkg: named("by package"), "": named("of nothing")}}, "the options have no Function for: app/Store"},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.o.Scenario = hand
			if row.o.Assembly == "" {
				row.o.Assembly = assembly
			}
			functions, _, err := simulation.Mains(row.o)
			got := fmt.Sprint(err)
			if err == nil {
				handler, err := functions["app/Store"](aws.Config{}, lambda.Environment{})
				got = fmt.Sprint(handler)
				if err != nil {
					t.Fatal(err)
				}
			}
			if got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}
