// Command local runs a synthesized CDK assembly on this machine until it is
// interrupted, and writes where everything listens to .local/endpoints.json. As
// `local test` it runs tests of state machines instead, and as `local watch` it shows what
// an engine does.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/cmd/internal/command"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/console"
	"github.com/tradepost-dev/tradepost/local/durable"
	"github.com/tradepost-dev/tradepost/local/iam"
	"github.com/tradepost-dev/tradepost/local/states/coverage"
)

func main() {
	local.LimitMemory()
	command.Main("local", run)
}

func run(ctx context.Context, arguments []string) error {
	if len(arguments) > 0 {
		switch arguments[0] {
		case "test":
			return testWorkflows(arguments[1:])
		case "watch":
			return watch(ctx, arguments[1:])
		}
	}
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), "usage: local [flags] [ASSEMBLY]\n       local test [flags] FILE...\n       local watch [flags]\n\nRuns the assembly in a folder (default cdk.out), or a single template, until interrupted; or tests of state machines; or shows what an engine does.\n\n")
		flags.PrintDefaults()
	}
	out := flags.String("out", ".local", "`folder` for endpoints.json, logs/ and mail/")
	state := flags.String("state", "", "`folder` that keeps ports, keys, secrets and data for the next run (default nothing is kept)")
	port := flags.Int("port", 0, "port of the AWS APIs; SFTP servers and REST APIs have those after it (default what -state remembers, or any)")
	account := flags.String("account", "", "account the engine pretends to be (default the stacks' own, or 000000000000)")
	region := flags.String("region", "", "region the engine pretends to be in (default the stacks' own, or us-east-1)")
	parameters := parameterFlag{}
	flags.Var(parameters, "parameter", "value of a template parameter, as `STACK:NAME=VALUE`; may be repeated")
	var mocks []string
	flags.Func("mocks", "mock configuration `file` of Step Functions Local: what tasks answer in test cases, and how jobs end; may be repeated", func(path string) error {
		mocks = append(mocks, path)
		return nil
	})
	testCases := map[string]string{}
	flags.Func("test-case", "test case of executions that name none, as `MACHINE=CASE`; may be repeated", func(text string) error {
		machine, title, ok := strings.Cut(text, "=")
		if !ok {
			return fmt.Errorf("want MACHINE=CASE, got %q", text)
		}
		testCases[machine] = title
		return nil
	})
	empty := flags.Bool("empty", false, "start without stacks: cdk bootstrap and cdk deploy make them")
	dir := ""
	if err := command.Parse(flags, arguments, command.Operand{Name: "ASSEMBLY", Value: &dir, Optional: true}); err != nil {
		return err
	}
	switch {
	case *empty && dir != "":
		return command.Misused("with -empty there is no ASSEMBLY, got %q", dir)
	case !*empty:
		dir = cmp.Or(dir, "cdk.out")
	}
	if *state != "" && sameFolder(*state, *out) {
		return command.Misused("-state and -out must be different folders, got %q for both", *out)
	}
	return serve(ctx, *out, local.Options{
		Assembly:   dir,
		Account:    *account,
		Region:     *region,
		Parameters: parameters,
		Port:       *port,
		State:      *state,
		Mocks:      mocks,
		TestCases:  testCases,
		Past:       console.Past,
		Causes:     true,
		Notice:     func(text string) { fmt.Fprintln(os.Stderr, "local:", text) },
	})
}

func sameFolder(a, b string) bool {
	x, errX := filepath.Abs(a)
	y, errY := filepath.Abs(b)
	return errX == nil && errY == nil && x == y
}

// serve runs the engine until ctx ends. The folder is its own meanwhile: what
// lies there already is of a run that was killed.
func serve(ctx context.Context, out string, o local.Options) (err error) {
	claim, err := durable.Take(out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, claim.Release()) }()
	file := filepath.Join(out, "endpoints.json")
	if err := local.Forget(file); err != nil {
		return err
	}
	o.Logs = filepath.Join(out, "logs")
	o.Mail = filepath.Join(out, "mail")
	o.Changed = func(endpoints local.Endpoints) {
		if err := endpoints.Write(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	engine, err := local.Start(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, engine.Close(), reportPrivileges(engine.Privileges(), filepath.Join(out, "privileges.json")),
			coverage.Write(filepath.Join(out, "coverage.json"), engine.Coverage()))
	}()
	c, err := console.Serve(engine)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	endpoints := engine.Endpoints()
	if err := endpoints.Write(file); err != nil {
		return err
	}
	defer local.Forget(file)
	report(endpoints, file)
	<-ctx.Done()
	return nil
}

func report(endpoints local.Endpoints, file string) {
	fmt.Printf("aws   %s   (AWS_ENDPOINT_URL; any access key)\n", endpoints.AWS)
	for _, addresses := range []map[string]map[string]string{endpoints.SFTP, endpoints.APIs} {
		for _, stack := range slices.Sorted(maps.Keys(addresses)) {
			for _, id := range slices.Sorted(maps.Keys(addresses[stack])) {
				fmt.Printf("%s/%s   %s\n", stack, id, addresses[stack][id])
			}
		}
	}
	fmt.Printf("logs  %s\nconsole   %s\nready: %s has all of it; Ctrl-C stops\n", endpoints.Logs, endpoints.Console, file)
}

// reportPrivileges tells how the policies fit what the run did, if they do not.
func reportPrivileges(p iam.Privileges, file string) error {
	if err := p.Write(file); err != nil {
		return err
	}
	if len(p.Unused)+len(p.Refused) > 0 {
		fmt.Printf("policies: grants never needed %d, calls refused %d: see %s\n", len(p.Unused), len(p.Refused)+p.Dropped, file)
	}
	return nil
}

// parameterFlag collects STACK:NAME=VALUE.
type parameterFlag map[string]map[string]string

func (p parameterFlag) String() string { return "" }

func (p parameterFlag) Set(text string) error {
	stack, rest, ok := strings.Cut(text, ":")
	name, value, ok2 := strings.Cut(rest, "=")
	if !ok || !ok2 {
		return fmt.Errorf("want STACK:NAME=VALUE, got %q", text)
	}
	if p[stack] == nil {
		p[stack] = map[string]string{}
	}
	p[stack][name] = value
	return nil
}
