package simulated

// This file goes through each call of each system with each fault, and writes what
// came of it into the docs.

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/simulation"
)

var exhaust = flag.Bool("exhaust", false, "try each call of each system with each fault, and write docs/simulation-matrix.md")

var matrixPage = filepath.Join("..", "..", "..", "docs", "simulation-matrix.md")

// each are the systems, with scenarios that are small: few calls of each kind.
var each = []struct {
	title   string
	system  string
	options func(t *testing.T) simulation.Options
}{
	{"The B2B pipeline", "b2b", fewTransactions},
	{"Order placement", "ordering", orderPlacement},
	{"Accounts", "accounts", small(bank)},
	{"Instances", "instances", small(switched)},
	{"Onboarding", "onboarding", small(func() simulation.Options { return club(simulation.Storm(), announced) }, "cem", "nobody")},
	{"Invoices", "invoices", small(func() simulation.Options { return office(30*time.Minute, 0) }, "doubtful.pdf", "broken.pdf")},
	{"Policy guard", "policyguard", small(func() simulation.Options { return guarded(0) }, "approved")},
	// Two rounds take the jobs that end badly out of the way of the calm ones, whichever fails.
	{"Training", "training", small(lab, "round 0", "round 1", "round 5", "round 6", "round 7")},
	{"Webhooks", "webhooks", small(func() simulation.Options { return mail(6 * time.Minute) }, "acme-one-0", "acme-one-1", "no-object")},
}

// columns are the kinds of faults that the matrix has: those that are of one call,
// and leave nothing about it to chance. All others are met by the seeds.
var columns = []simulation.Kind{
	simulation.Lost, simulation.Cut, simulation.Forgotten, simulation.Repeated, simulation.DiedAfter, simulation.Died, simulation.Refused,
	simulation.Slow, simulation.Throttled, simulation.Unheard,
}

// columned are the options with no fault but those of the columns.
func columned(o simulation.Options) simulation.Options {
	o.Faults = maps.Clone(o.Faults)
	maps.DeleteFunc(o.Faults, func(kind simulation.Kind, _ float64) bool { return !slices.Contains(columns, kind) })
	return o
}

// small is a system to which few inputs are handed over, or all if none is named, and
// whose clients and operators do not wait out an outage.
func small(system func() simulation.Options, inputs ...string) func(*testing.T) simulation.Options {
	return func(*testing.T) simulation.Options {
		o := system()
		o.Inputs, o.Reaches = inputs, []simulation.Reach{simulation.Once, simulation.Visit}
		return o
	}
}

const matrixHead = `# Each call with each fault

From the code, by ` + "`make simulate`" + `. A small scenario of each system is run undisturbed, which tells the calls; and then once for each call and each fault that
can hit it, with this fault and no other. After each run [what the system promises](simulation.md#what-the-systems-promise) is looked at.

A row is where calls are made: a function, a state of a state machine, or an AWS service on behalf of a resource. Resources are named by
their constructs' paths in the stack. A cell is a [kind of fault](simulation.md#what-is-simulated), with how many runs there were: the first of the site's calls is hit
by itself, and so is the last; where a function can try again, so are all of one invocation; and in the first two systems, all from the
first on until the faults end, an hour later. An empty cell is a fault that cannot hit the call: an answer that is an error cannot be lost, an AWS service does not die.
`

// TestTheMatrixIsWhatItsPageSays runs every system undisturbed, which tells the rows;
// that each cell holds is only known with -exhaust.
func TestTheMatrixIsWhatItsPageSays(t *testing.T) {
	page, told := bytes.NewBufferString(matrixHead), 0
	for _, system := range each {
		t.Run(system.title, func(t *testing.T) {
			only(t, system.system)
			var m simulation.Matrix
			o := columned(system.options(t))
			if *exhaust {
				o, done := watched(system.system, "calls", o)
				defer done()
				m = simulation.Exhaust(t, 1, o)
			} else {
				m = simulation.Survey(t, 1, o)
			}
			all, _ := m.Runs()
			fmt.Fprintf(page, "\n## %s\n\n%d runs.\n\n%s", system.title, all, m.Markdown())
			told++
		})
	}
	if told < len(each) {
		return // only some were asked for, or a test has failed
	}
	if *exhaust {
		if err := os.WriteFile(matrixPage, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(matrixPage); err != nil || !bytes.Equal(got, page.Bytes()) {
		t.Error("docs/simulation-matrix.md is not what comes of each call with each fault: make simulate")
	}
}
