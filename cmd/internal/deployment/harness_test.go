// Package deployment deploys the app with the CDK's own CLI, unmodified, into an
// engine that starts without stacks, and judges it as users do: by what the CLI
// says, and by partners' clients.
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

	"github.com/tradepost-dev/tradepost/cmd/internal/accounts"
	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	"github.com/tradepost-dev/tradepost/cmd/internal/instances"
	"github.com/tradepost-dev/tradepost/cmd/internal/invoices"
	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/cmd/internal/onboarding"
	"github.com/tradepost-dev/tradepost/cmd/internal/ordering"
	"github.com/tradepost-dev/tradepost/cmd/internal/policyguard"
	"github.com/tradepost-dev/tradepost/cmd/internal/training"
	"github.com/tradepost-dev/tradepost/cmd/internal/webhooks"
	"github.com/tradepost-dev/tradepost/internal/manual"
)

var root = filepath.Join("..", "..", "..")

// limit is how long one thing may take.
const limit = 3 * time.Minute

// account is an engine that the app is deployed into, as an account on AWS is,
// and the folder that it is deployed from.
type account struct {
	*laptop.Laptop
	app  laptop.Options
	list string // folder of the partners.json that is deployed
	bin  string // with the CLI
	home string // of the CLI, which remembers whose an access key is
}

func open(t *testing.T) *account {
	t.Helper()
	state := t.TempDir()
	a := &account{list: t.TempDir(), home: t.TempDir()}
	write(t, filepath.Join(a.list, "partners.json"), read(t, filepath.Join(root, "partners.json")))
	pipeline := b2b.System()
	pipeline.Prepare = func(_, state string) (map[string]string, error) { return b2b.Prepare(a.list, state) }
	a.app = laptop.Options{Root: root, State: state, Systems: []laptop.System{
		pipeline, ordering.System(), onboarding.System(), instances.System(), accounts.System(), training.System(),
		policyguard.System(), webhooks.System(), invoices.System(),
	}}
	var err error
	if a.bin, err = filepath.Abs(filepath.Join(root, "node_modules", ".bin")); err != nil {
		t.Fatal(err)
	}
	if a.Laptop, err = laptop.Run(t.Context(), "", a.app); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Errorf("close the engine: %v", err)
		}
	})
	return a
}

// synthesize writes the app's assembly where the CLI looks for it.
func (a *account) synthesize(t *testing.T, changes map[string]string) {
	t.Helper()
	a.app.Context = changes
	if _, err := a.app.Synthesize(deadline(t)); err != nil {
		t.Fatal(err)
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

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}
