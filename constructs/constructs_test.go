// Package constructs_test holds the tests of every construct: they share one
// process and one Node, whose start costs more than most tests.
package constructs_test

import (
	"flag"
	"os"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

var update = flag.Bool("update", false, "write the files of testdata instead of comparing with them")

func TestMain(m *testing.M) {
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// templates are those that tests have in common: a synthesis costs more than
// all that is asked of it.
var templates = make(map[string]*cdktest.Template)

// synthOnce is the template of the given name, of a stack that declare fills.
// Names begin with the construct's package.
func synthOnce(t *testing.T, name string, declare func(awscdk.Stack)) *cdktest.Template {
	t.Helper()
	if templates[name] == nil {
		stack := cdktest.NewStack(t)
		declare(stack)
		templates[name] = cdktest.Synth(t, stack)
	}
	return templates[name].For(t)
}
