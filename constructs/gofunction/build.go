package gofunction

// This file makes the binaries: each at most once per process, in parallel, and
// not at all where nothing has changed.

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"golang.org/x/sync/errgroup"

	"github.com/tradepost-dev/tradepost/internal/cache"
)

// Module is the path of the module that this package belongs to.
const Module = "github.com/tradepost-dev/tradepost"

// Handler is the package of a function of this module: lambdas/<system>/<name>.
func Handler(system, name string) string {
	return Module + "/lambdas/" + system + "/" + name + "/bootstrap"
}

// Prepare starts to build packages together, in the background, for functions
// that are declared later with the context's architecture. New waits for its
// own package, and builds it if nobody has prepared it: calling Prepare first
// only saves time. Nothing is built for a stack that the CDK CLI does not
// want bundled.
func Prepare(scope constructs.Construct, packages ...string) {
	if *awscdk.Stack_Of(scope).BundlingRequired() {
		start(goarch(contextArchitecture(scope)), packages)
	}
}

// code builds the function's package, or stands in for it where the CLI asks
// for no bundling (cdk list, another stack selected, tests).
func (p *Props) code(scope constructs.Construct, architecture awslambda.Architecture) awslambda.Code {
	if p.Code != nil {
		return p.Code
	}
	folder, err := notBuilt()
	if *awscdk.Stack_Of(scope).BundlingRequired() {
		folder, err = wait(start(goarch(architecture), []string{p.Package})[0])
	}
	if err != nil {
		panic(fmt.Sprintf("gofunction.Function %s: %v", *scope.Node().Path(), err))
	}
	return awslambda.Code_FromAsset(&folder, nil)
}

func goarch(a awslambda.Architecture) string {
	if *a.Name() == "x86_64" {
		return "amd64"
	}
	return "arm64"
}

// binary names one thing to build.
type binary struct{ pkg, goarch string }

// build is a binary on its way: done is closed when folder or err is set.
type build struct {
	binary
	done   chan struct{}
	folder string
	err    error
}

// builds remembers every build of this process: sources do not change while
// an app synthesizes, and all its stacks share the binaries.
var builds struct {
	sync.Mutex
	started map[binary]*build
}

// start begins to build the packages that nobody has started yet, and returns
// the builds of all of them.
func start(goarch string, packages []string) []*build {
	builds.Lock()
	defer builds.Unlock()
	if builds.started == nil {
		builds.started = make(map[binary]*build)
	}
	var all, fresh []*build
	for _, pkg := range packages {
		key := binary{pkg, goarch}
		b := builds.started[key]
		if b == nil {
			b = &build{binary: key, done: make(chan struct{})}
			builds.started[key] = b
			fresh = append(fresh, b)
		}
		all = append(all, b)
	}
	if len(fresh) > 0 {
		go compile(goarch, fresh)
	}
	return all
}

func wait(b *build) (string, error) {
	<-b.done
	return b.folder, b.err
}

// compile builds all of wanted, those of this module where its sources are.
func compile(goarch string, wanted []*build) {
	in := map[string][]*build{} // by the folder
	for _, b := range wanted {
		source := "" // the importing team's own package
		if strings.HasPrefix(b.pkg, Module+"/") {
			if source, b.err = moduleFolder(); b.err != nil {
				close(b.done)
				continue
			}
		}
		in[source] = append(in[source], b)
	}
	for source, builds := range in {
		compileIn(source, goarch, builds)
	}
}

// compileIn builds packages of one module. What they share is compiled first, by one
// go command that does not link, because several commands would each compile it at the
// same time.
func compileIn(source, goarch string, wanted []*build) {
	packages := make([]string, len(wanted))
	for i, b := range wanted {
		packages[i] = b.pkg
	}
	compiled := states(source, goarch, packages)
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, b := range wanted {
		group.Go(func() error {
			defer close(b.done)
			b.folder, b.err = link(source, b.binary, compiled[b.pkg])
			return nil
		})
	}
	group.Wait()
}

// states compiles packages with all that they import, and tells of each what it was
// compiled to: while that is the same, so is the binary. Of packages that do not compile
// it tells nothing; link says what is wrong with them.
func states(source, goarch string, packages []string) map[string]string {
	arguments := append([]string{"list", "-deps", "-export", "-f", "{{.ImportPath}}\t{{.BuildID}}\t{{join .Deps \"\\t\"}}"}, flags...)
	output, err := run(source, goarch, append(arguments, packages...)...)
	if err != nil {
		return nil
	}
	ids, deps := map[string]string{}, map[string][]string{}
	for line := range strings.Lines(string(output)) {
		if fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(fields) > 2 {
			ids[fields[0]], deps[fields[0]] = fields[1], fields[2:]
		}
	}
	states := map[string]string{}
	for _, pkg := range packages {
		if ids[pkg] == "" {
			continue // it was asked for by another name
		}
		state := append(slices.Clone(flags), ids[pkg])
		for _, dep := range deps[pkg] {
			state = append(state, ids[dep])
		}
		states[pkg] = strings.Join(state, "\n")
	}
	return states
}

// flags make a small binary that depends on nothing but the sources: no paths,
// no version control state, and no net/rpc (provided runtimes do not need it).
var flags = []string{"-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags=lambda.norpc"}

// link builds one binary into a folder of its own, unless the one there is of the
// same state, and returns that folder. It outlives the process, so that the CLI can
// stage it (cdk synth --no-staging).
func link(source string, b binary, state string) (string, error) {
	place := source
	if place == "" {
		var err error
		if place, err = os.Getwd(); err != nil {
			return "", fmt.Errorf("build %s: %w", b.pkg, err)
		}
	}
	folder, err := cache.Folder("functions", place, b.pkg, b.goarch)
	if err != nil {
		return "", fmt.Errorf("build %s: %w", b.pkg, err)
	}
	// What is in the folder is an asset; so the record of it is beside it.
	target, record := filepath.Join(folder, "bootstrap"), folder+".record"
	if sum, err := recorded(state, target); err == nil && state != "" {
		if old, err := os.ReadFile(record); err == nil && string(old) == sum {
			return folder, nil
		}
	}
	// Built beside and renamed: another process may be reading or building
	// the same binary.
	scratch, err := os.MkdirTemp(filepath.Dir(folder), ".new-")
	if err != nil {
		return "", fmt.Errorf("build %s: %w", b.pkg, err)
	}
	defer os.RemoveAll(scratch)
	fresh := filepath.Join(scratch, "bootstrap")
	arguments := append([]string{"build", "-o", fresh}, flags...)
	if _, err := run(source, b.goarch, append(arguments, b.pkg)...); err != nil {
		return "", err
	}
	sum, err := recorded(state, fresh)
	if err == nil {
		err = os.Rename(fresh, target)
	}
	if err != nil {
		return "", fmt.Errorf("build %s: %w", b.pkg, err)
	}
	_ = os.WriteFile(record, []byte(sum), 0o644) // without it, the next process builds again
	return folder, nil
}

// recorded is what is kept of a binary: of what state it is, and that it is this one
// and not another process's.
func recorded(state, file string) (string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	sum.Write([]byte(state + "\x00"))
	sum.Write(content)
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}

// moduleFolder finds this module's sources, as the app's own module sees them.
var moduleFolder = sync.OnceValues(func() (string, error) {
	command := exec.Command("go", "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", Module)
	command.Env = append(os.Environ(), "GOFLAGS=-mod=readonly")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	folder := strings.TrimSpace(string(output))
	if err == nil && folder == "" {
		err = fmt.Errorf("go has not downloaded it: run go mod download %s", Module)
	}
	if err != nil {
		return "", fmt.Errorf("find the sources of %s (run the app in the folder of its Go module, or give Code): %w\n%s",
			Module, err, &stderr)
	}
	return folder, nil
})

// settings are those of the environment, and of go env -w, that would change a
// binary. An empty GOFLAGS would not do: go reads it as not set.
var settings = []string{"GOWORK=off", "GOFLAGS=-mod=readonly", "GOARM64=v8.0", "GOAMD64=v1"}

// run runs go for Lambda's platform. With a source folder it runs there, free
// of the settings of the importing app's workspace and environment.
func run(source, goarch string, arguments ...string) ([]byte, error) {
	command := exec.Command("go", arguments...)
	command.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+goarch, "CGO_ENABLED=0")
	if source != "" {
		command.Dir = source
		command.Env = append(command.Env, settings...)
	}
	output, err := command.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(arguments, " "), err, output)
	}
	return output, nil
}

// notBuilt is the folder that stands in for code that is not wanted.
func notBuilt() (string, error) {
	folder, err := cache.Folder("not-built")
	if err != nil {
		return "", err
	}
	content := []byte("not built: bundling is off for this stack\n")
	return folder, cache.Replace(filepath.Join(folder, "bootstrap"), content, 0o755)
}
