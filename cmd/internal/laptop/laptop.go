// Package laptop runs the Tradepost app on this machine: it makes keys for the
// example partners, synthesizes the app, starts the assembly in local/, and
// gives each partner the clients a partner has. The demo and the end-to-end
// tests stand on it.
package laptop

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local"
)

// Laptop is a running assembly with its partners.
type Laptop struct {
	Engine    *local.Engine
	Endpoints local.Endpoints
	Stack     string // the B2B stack's name
	Partners  map[string]*Partner

	addresses string // the file that tells them, as long as they are served
}

// Options say what to run.
type Options struct {
	// Root is this module's folder. Required.
	Root string

	// State is the folder for keys/, tokens/, logs/, partners.json, cdk.out
	// and endpoints.json. Required.
	State string

	// Context adds to the CDK context of cdk.json ("-c name=value").
	Context map[string]string

	// Engine options other than Assembly and Logs.
	Engine local.Options
}

// Start prepares, synthesizes and starts. Progress is told in a few words.
func Start(ctx context.Context, o Options, progress func(format string, arguments ...any)) (*Laptop, error) {
	// The addresses of a run that was killed must not look like this one's.
	if err := local.Forget(o.addresses()); err != nil {
		return nil, err
	}
	keys, err := Prepare(o.Root, o.State)
	if err != nil {
		return nil, err
	}
	progress("synthesizing the app for %s", architecture())
	assembly := filepath.Join(o.State, "cdk.out")
	if err := Synthesize(ctx, o.Root, assembly, o.context()); err != nil {
		return nil, err
	}
	progress("starting the assembly")
	return Run(ctx, assembly, o, keys)
}

func (o Options) context() map[string]string {
	values := map[string]string{
		"partners":               filepath.Join(o.State, "partners.json"),
		"tradepost:architecture": architecture(),
	}
	maps.Copy(values, o.Context)
	return values
}

func (o Options) addresses() string { return filepath.Join(o.State, "endpoints.json") }

// architecture is Lambda's name for this machine's.
func architecture() string {
	if runtime.GOARCH == "amd64" {
		return "x86_64"
	}
	return runtime.GOARCH
}

// Run starts an assembly that has been synthesized for the keys before.
func Run(ctx context.Context, assembly string, o Options, keys Keys) (*Laptop, error) {
	options := o.Engine
	options.Assembly = assembly
	options.Logs = filepath.Join(o.State, "logs")
	engine, err := local.Start(ctx, options)
	if err != nil {
		return nil, err
	}
	l := &Laptop{
		Engine: engine, Endpoints: engine.Endpoints(), Partners: map[string]*Partner{},
		addresses: o.addresses(),
	}
	if err := l.connect(ctx, o.State, keys); err != nil {
		return nil, fmt.Errorf("%w (closing: %v)", err, engine.Close())
	}
	return l, nil
}

// connect finds the addresses and tokens of the partners and writes them into
// the state folder.
func (l *Laptop) connect(ctx context.Context, state string, keys Keys) error {
	var err error
	if l.Stack, err = only(l.Endpoints.SFTP, "SFTP server"); err != nil {
		return err
	}
	server := l.Endpoints.SFTP[l.Stack]
	address := server[slices.Sorted(maps.Keys(server))[0]]
	api, err := l.output("RESTURL")
	if err != nil {
		return err
	}
	for id, key := range keys {
		token, err := l.token(ctx, id)
		if err != nil {
			return err
		}
		if err := writePrivate(filepath.Join(state, "tokens", id), token+"\n"); err != nil {
			return err
		}
		l.Partners[id] = &Partner{ID: id, Token: token, SFTP: address, API: strings.TrimSuffix(api, "/"), key: key}
	}
	return l.Endpoints.Write(l.addresses)
}

// Close stops the assembly, and removes endpoints.json first.
func (l *Laptop) Close() error { return errors.Join(local.Forget(l.addresses), l.Engine.Close()) }

func only(byStack map[string]map[string]string, what string) (string, error) {
	stacks := slices.Sorted(maps.Keys(byStack))
	if len(stacks) != 1 {
		return "", fmt.Errorf("want one stack with an %s, got %q", what, stacks)
	}
	return stacks[0], nil
}

func writePrivate(path, content string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o600)
}
