package main

// This file is `local test`: it runs tests of state machines that stand in files.

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/command"
	"github.com/tradepost-dev/tradepost/local/states/coverage"
	"github.com/tradepost-dev/tradepost/local/states/statetest"
)

// testing.Main is how a program simulates `go test`, whose *testing.T is what opens
// a bubble of testing/synctest: the virtual clock that executions run by.
// It exits with what the only test leaves behind.
func testWorkflows(arguments []string) error {
	o, err := readTestOptions(arguments)
	if err != nil {
		return err
	}
	os.Args = os.Args[:1] // which testing would read for flags of its own
	all := func(string, string) (bool, error) { return true, nil }
	testing.Main(all, []testing.InternalTest{{Name: "workflows", F: func(t *testing.T) {
		if err := o.run(t, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "local:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}}}, nil, nil)
	return nil
}

// testOptions are the arguments of `local test`.
type testOptions struct {
	files    []string
	assembly string
	coverage bool
	json     string
	pictures string
}

func readTestOptions(arguments []string) (*testOptions, error) {
	o := &testOptions{}
	flags := flag.NewFlagSet("local test", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), "usage: local test [flags] FILE...\n\nRuns the tests of state machines in files, with mocks and in no time.\n\n")
		flags.PrintDefaults()
	}
	flags.StringVar(&o.assembly, "assembly", "cdk.out", "`folder` or template with the state machines that the files name")
	flags.BoolVar(&o.coverage, "coverage", false, "tell which states and arms no test takes")
	flags.StringVar(&o.json, "coverage-json", "", "`file` for the coverage as JSON (default none)")
	flags.StringVar(&o.pictures, "pictures", "", "`folder` for a picture of each state machine with its coverage (default none)")
	for len(arguments) > 0 {
		if err := flags.Parse(arguments); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, command.Misused("%w", err)
		}
		if flags.NArg() == 0 {
			break
		}
		o.files, arguments = append(o.files, flags.Arg(0)), flags.Args()[1:]
	}
	if len(o.files) == 0 {
		return nil, command.Misused("test needs at least one FILE of tests")
	}
	return o, nil
}

// run runs all tests and reports them. It fails if one of them does.
func (o *testOptions) run(t *testing.T, w io.Writer) error {
	var suites []*statetest.Suite
	for _, file := range o.files {
		s, err := statetest.ReadSuite(file, o.assembly)
		if err != nil {
			return err
		}
		suites = append(suites, s)
	}
	ran, failed := 0, 0
	for i, s := range suites {
		for _, test := range s.Tests {
			run, err := s.Run(t, test)
			ran++
			if err != nil {
				failed++
				fmt.Fprintf(w, "FAIL  %s: %s\n%s\n", o.files[i], test.Name, indented(err))
				continue
			}
			fmt.Fprintf(w, "ok    %s: %s (%s)\n", o.files[i], test.Name, run.Took.Round(time.Second))
		}
	}
	if err := o.report(w, coverageOf(suites)); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d tests failed", failed, ran)
	}
	fmt.Fprintf(w, "%d tests passed\n", ran)
	return nil
}

// coverageOf is that of each state machine, whatever suites it is tested by.
func coverageOf(suites []*statetest.Suite) []coverage.Machine {
	var machines []coverage.Machine
	at := map[string]int{} // by definition
	for _, s := range suites {
		c := s.Tested().Coverage()
		i, known := at[c.Definition]
		if !known {
			i = len(machines)
			at[c.Definition], machines = i, append(machines, coverage.Machine{})
		}
		machines[i].Add(c)
	}
	return machines
}

// report tells the coverage as it is asked for.
func (o *testOptions) report(w io.Writer, machines []coverage.Machine) error {
	if o.coverage {
		if err := coverage.Report(w, machines); err != nil {
			return err
		}
	}
	if o.json != "" {
		if err := coverage.Write(o.json, machines); err != nil {
			return err
		}
	}
	if o.pictures == "" {
		return nil
	}
	if err := os.MkdirAll(o.pictures, 0o755); err != nil {
		return err
	}
	for _, m := range machines {
		picture, err := m.SVG()
		if err != nil {
			return fmt.Errorf("draw %s: %w", m.Name, err)
		}
		if err := os.WriteFile(filepath.Join(o.pictures, m.Name+".svg"), picture, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func indented(err error) string {
	return "      " + strings.ReplaceAll(err.Error(), "\n", "\n      ")
}
