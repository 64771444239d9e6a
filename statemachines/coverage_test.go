package statemachines

// This file tells what of the state machines no test of this package takes.

import (
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/states"
	"github.com/tradepost-dev/tradepost/local/states/coverage"
)

// taken is what all tests took, by the names of a machine's states.
var taken struct {
	sync.Mutex
	machines map[string]*coverage.Machine
}

// newStates is a Step Functions for a test whose executions count.
func newStates(t *testing.T, c *cloud.Cloud) *states.StepFunctions {
	s := states.New(c, states.Options{})
	t.Cleanup(func() {
		for _, m := range s.Coverage() {
			count(m)
		}
	})
	return s
}

// count counts what a test took.
func count(m coverage.Machine) {
	taken.Lock()
	defer taken.Unlock()
	if taken.machines == nil {
		taken.machines = map[string]*coverage.Machine{}
	}
	key := statesOf(m)
	if taken.machines[key] == nil {
		taken.machines[key] = &coverage.Machine{}
	}
	taken.machines[key].Add(m)
}

func statesOf(m coverage.Machine) string {
	var names []string
	for _, s := range m.States {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	return strings.Join(names, "\n")
}

// open are the ways that no test takes yet, by the machine's file; all stands for
// those of a machine of which only a part is tested here, or none. Retries are not asked
// for: TestMain prints what is missing of them with -v.
var open = map[string][]string{
	"approval/question.asl.json":  {all}, // constructs/approval_lab_test.go runs it
	"instances/express.asl.json":  {"Start Instance: Catch[0]"},
	"instances/standard.asl.json": {all},
	"invoices/invoice.asl.json":   {"Save Result: Catch[0]", "Process Invoices: Catch[0]"},
	"training/endpoint.asl.json":  {"Delete Endpoint: Catch[0]"},
	"training/training.asl.json":  {"Is There Another Run?: Choices[0]"},
	"workflowapi/start.asl.json":  {all}, // constructs/workflowapi_asynchronous_test.go runs it
}

const all = "all"

// TestMain fails a run of all tests in which a state is not entered, or a way not
// taken, that is not open, or which runs a machine not at all.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == "" {
		unrun := wanted()
		for _, m := range taken.machines {
			file := fileOf(*m)
			delete(unrun, file)
			if testing.Verbose() {
				_ = coverage.Report(os.Stdout, []coverage.Machine{*m})
			}
			if untaken := missing(*m); len(untaken) > 0 {
				fmt.Fprintf(os.Stderr, "%s: no test takes %s\n", m.Name, strings.Join(untaken, "; "))
				code = 1
			}
		}
		if len(unrun) > 0 {
			fmt.Fprintf(os.Stderr, "no test runs %s\n", strings.Join(slices.Sorted(maps.Keys(unrun)), ", "))
			code = 1
		}
	}
	os.Exit(code)
}

// wanted are the machines that a test has to run, and those of the list that there
// are no more, which no test can.
func wanted() map[string]bool {
	there := fileNames()
	names := map[string]bool{}
	for _, file := range slices.Concat(there, slices.Collect(maps.Keys(open))) {
		if !slices.Contains(open[file], all) || !slices.Contains(there, file) {
			names[file] = true
		}
	}
	return names
}

// missing is what is not taken and not open, and what is open and taken.
func missing(m coverage.Machine) []string {
	known := open[fileOf(m)]
	if slices.Contains(known, all) {
		return nil
	}
	var untaken []string
	for _, one := range m.Missing() {
		if one.Arm != nil && strings.HasPrefix(one.Arm.Place, "Retry") {
			continue
		}
		way := one.State
		if one.Arm != nil {
			way += ": " + one.Arm.Place
		}
		if !slices.Contains(known, way) {
			untaken = append(untaken, way)
		}
		known = slices.DeleteFunc(slices.Clone(known), func(k string) bool { return k == way })
	}
	for _, way := range known {
		untaken = append(untaken, way+", which is not open any more: take it off the list")
	}
	return untaken
}

// fileOf finds the machine's file by the names of its states.
func fileOf(m coverage.Machine) string {
	for _, file := range fileNames() {
		definition := Definition(file)
		if !slices.ContainsFunc(m.States, func(s coverage.State) bool { return !strings.Contains(definition, `"`+s.Name+`"`) }) {
			return file
		}
	}
	return m.Name
}

func fileNames() []string {
	names, err := fs.Glob(files, "*/*")
	if err != nil {
		panic(err) // the pattern is sound
	}
	return names
}
