// Package deployment deploys the app with the CDK's own CLI, unmodified, into
// engines that start without stacks or serve the app as it was, and judges it as
// users do: by what the CLI says, by partners' clients, and by what there is in
// the account. Its tests wait for the CLI most of the time, so they run side by side.
package deployment

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/internal/manual"
)

var root = filepath.Join("..", "..", "..")

// limit is how long one thing may take, on a machine that compiles all of the app
// for the first time meanwhile.
const limit = 8 * time.Minute

// account is an engine that stacks are deployed into, as an account on AWS is,
// and the folder that they are deployed from.
type account struct {
	*laptop.Laptop
	bin  string // with the CLI
	home string // of the CLI, which remembers whose an access key is
}

// open starts an engine that serves an assembly or, without one, has no stacks.
func open(t *testing.T, assembly string) *account {
	t.Helper()
	a := &account{home: t.TempDir()}
	var err error
	if a.bin, err = filepath.Abs(filepath.Join(root, "node_modules", ".bin")); err != nil {
		t.Fatal(err)
	}
	if a.Laptop, err = laptop.Run(t.Context(), assembly, laptop.Options{Root: root, State: t.TempDir(), Systems: systems(b2b.Prepare)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Errorf("close the engine: %v", err)
		}
	})
	return a
}

// step is a part of a story, and stands on those before it.
type step struct {
	name string
	run  func(*testing.T)
}

func story(t *testing.T, steps ...step) {
	t.Helper()
	for _, s := range steps {
		if !t.Run(s.name, s.run) {
			t.FailNow()
		}
	}
}

// run runs a command of the page word for word, and returns what it says.
func (a *account) run(t *testing.T, command string) string {
	t.Helper()
	said, err := a.try(deadline(t), command)
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, said)
	}
	return said
}

// says runs a command, which has to say something.
func (a *account) says(t *testing.T, want, command string) {
	t.Helper()
	if said := a.run(t, command); !strings.Contains(said, want) {
		t.Errorf("%s does not say %q:\n%s", command, want, said)
	}
}

// fails runs a command that has to fail and say why.
func (a *account) fails(t *testing.T, why, command string) {
	t.Helper()
	if said, err := a.try(deadline(t), command); err == nil || !strings.Contains(said, why) {
		t.Errorf("%s: %v, want %q\n%s", command, err, why, said)
	}
}

// try is run for a command that may fail.
func (a *account) try(ctx context.Context, command string) (said string, err error) {
	// npx runs what is installed beside the app, which is not here.
	shell := exec.CommandContext(ctx, "sh", "-c", strings.TrimPrefix(command, "npx "))
	shell.Dir = a.State
	shell.Env = append(os.Environ(), "PATH="+a.bin+string(os.PathListSeparator)+os.Getenv("PATH"), "HOME="+a.home,
		"CDK_DISABLE_CLI_TELEMETRY=true", "CI=true",
		"AWS_ENDPOINT_URL="+a.Engine.URL(), "AWS_REGION="+a.Engine.Cloud.Region, "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local")
	output, err := shell.CombinedOutput()
	return string(output), err
}

// now is the laptop with the addresses that there are by now.
func (a *account) now() *laptop.Laptop {
	a.Endpoints = a.Engine.Endpoints()
	return a.Laptop
}

// status is a stack's.
func (a *account) status(t *testing.T, stack string) string {
	t.Helper()
	described, err := cloudformation.NewFromConfig(a.AWS()).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &stack})
	if err != nil {
		t.Fatal(err)
	}
	return string(described.Stacks[0].StackStatus)
}

// command is the one of the page that has a verb of the CLI.
func command(t *testing.T, verb string) string {
	t.Helper()
	commands := manual.Commands(t, "docs/local.md", "Deploying with the CDK")
	i := slices.IndexFunc(commands, func(c string) bool { return strings.HasPrefix(c, "npx cdk "+verb) })
	if i < 0 {
		t.Fatalf("docs/local.md has no command cdk %s, only %q", verb, commands)
	}
	text, _, _ := strings.Cut(commands[i], " #")
	return strings.TrimSpace(text)
}

// of is a command with the name of a stack.
func of(stack, command string) string { return strings.ReplaceAll(command, "STACK", stack) }

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}
