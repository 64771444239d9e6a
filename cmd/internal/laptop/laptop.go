// Package laptop runs the Tradepost app on this machine: it prepares a state
// folder for the systems that are asked for, synthesizes the app with them, and
// starts the assembly in local/. It knows no system; what a system needs of a
// laptop, and its clients, stand in a package of their own beside this one.
// The demo and the end-to-end tests stand on it.
package laptop

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/durable"
)

// Laptop is a running assembly.
type Laptop struct {
	Engine    *local.Engine
	Endpoints local.Endpoints
	State     string // the state folder

	// HTTP sends requests. Default: http.DefaultClient, and the SDK's own to the
	// engine's APIs.
	HTTP *http.Client

	// Dial connects to SFTP servers. Default: as net.Dialer does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	addresses string // the file that tells the endpoints, as long as they are served
	claim     *durable.Claim
}

// System is a system of the app, as far as a laptop has to know it.
type System struct {
	// Name is the system's in the CDK context "systems".
	Name string

	// Prepare makes what the system needs in the state folder, and keeps what
	// is there from an earlier run. It returns what the system adds to the CDK
	// context. Default: the system needs nothing.
	Prepare func(root, state string) (map[string]string, error)

	// Mocks is a mock configuration, by its path from the module's folder: how
	// the jobs end that do not run here. Default: there is none.
	Mocks string
}

// Options say what to run.
type Options struct {
	// Root is this module's folder. Required.
	Root string

	// State is the folder for what the systems prepare, cdk.out, logs/, what
	// the engine keeps for its next run, and endpoints.json. One process at a
	// time has it. Required.
	State string

	// Systems are what is synthesized. Required.
	Systems []System

	// Context adds to the CDK context of cdk.json ("-c name=value") and to the
	// systems' own.
	Context map[string]string

	// Engine options other than Assembly, Logs, Mail and State.
	Engine local.Options

	// Progress is told what happens, in a few words. Default: nobody is told.
	Progress func(format string, arguments ...any)
}

// Start prepares, synthesizes and starts.
func Start(ctx context.Context, o Options) (*Laptop, error) {
	return o.held(func() (*local.Engine, error) {
		assembly, err := o.Synthesize(ctx)
		if err != nil {
			return nil, err
		}
		o.progress("starting the assembly")
		return o.engine(ctx, assembly)
	})
}

// Synthesize prepares what the systems need in the state folder, and synthesizes
// the app with them into its cdk.out.
func (o Options) Synthesize(ctx context.Context) (assembly string, err error) {
	values, err := o.prepare()
	if err != nil {
		return "", err
	}
	o.progress("synthesizing %s for %s", o.names(), architecture())
	assembly = filepath.Join(o.State, "cdk.out")
	return assembly, synthesize(ctx, o.Root, assembly, values)
}

// Run starts an assembly that was synthesized before, by Start in another
// state folder; this one's has to have what the systems prepared there. Without
// an assembly it starts an engine without stacks.
func Run(ctx context.Context, assembly string, o Options) (*Laptop, error) {
	return o.held(func() (*local.Engine, error) { return o.engine(ctx, assembly) })
}

// held starts an engine while the state folder is this process's own, and
// tells where the engine listens.
func (o Options) held(start func() (*local.Engine, error)) (*Laptop, error) {
	claim, err := durable.Take(o.State)
	if err != nil {
		return nil, err
	}
	l := &Laptop{State: o.State, addresses: filepath.Join(o.State, "endpoints.json"), claim: claim}
	// The addresses of a run that was killed must not look like this one's.
	if err = local.Forget(l.addresses); err == nil {
		l.Engine, err = start()
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	l.Endpoints = l.Engine.Endpoints()
	return l, nil
}

// prepare makes what the systems need, and the CDK context.
func (o Options) prepare() (map[string]string, error) {
	values := map[string]string{
		"systems":                o.names(),
		"tradepost:architecture": architecture(),
	}
	for _, system := range o.Systems {
		if system.Prepare == nil {
			continue
		}
		added, err := system.Prepare(o.Root, o.State)
		if err != nil {
			return nil, fmt.Errorf("prepare %s: %w", system.Name, err)
		}
		maps.Copy(values, added)
	}
	maps.Copy(values, o.Context)
	return values, nil
}

func (o Options) engine(ctx context.Context, assembly string) (*local.Engine, error) {
	options := o.Engine
	options.Assembly = assembly
	options.Logs = filepath.Join(o.State, "logs")
	options.Mail = filepath.Join(o.State, "mail")
	options.State = filepath.Join(o.State, "engine")
	for _, system := range o.Systems {
		if system.Mocks != "" {
			options.Mocks = append(slices.Clip(options.Mocks), filepath.Join(o.Root, system.Mocks))
		}
	}
	return local.Start(ctx, options)
}

func (o Options) names() string {
	var names []string
	for _, system := range o.Systems {
		names = append(names, system.Name)
	}
	return strings.Join(names, ",")
}

func (o Options) progress(format string, arguments ...any) {
	if o.Progress != nil {
		o.Progress(format, arguments...)
	}
}

// architecture is Lambda's name for this machine's.
func architecture() string {
	if runtime.GOARCH == "amd64" {
		return "x86_64"
	}
	return runtime.GOARCH
}

// Publish writes endpoints.json. Its being there says that all is ready, so
// whatever else a client needs of the state folder is written before.
func (l *Laptop) Publish() error { return l.Endpoints.Write(l.addresses) }

// Close stops the assembly, and removes endpoints.json first.
func (l *Laptop) Close() error {
	err := local.Forget(l.addresses)
	if l.Engine != nil {
		err = errors.Join(err, l.Engine.Close())
	}
	return errors.Join(err, l.claim.Release())
}

// AWS is a client configuration for the engine's APIs, as the account's
// administrator.
func (l *Laptop) AWS() aws.Config {
	cfg := aws.Config{
		Region:       l.Engine.Cloud.Region,
		BaseEndpoint: aws.String(l.Endpoints.AWS),
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
	}
	if l.HTTP != nil {
		cfg.HTTPClient = l.HTTP
	}
	return cfg
}

// Connect opens a connection to an address of the engine.
func (l *Laptop) Connect(ctx context.Context, address string) (net.Conn, error) {
	if l.Dial != nil {
		return l.Dial(ctx, "tcp", address)
	}
	var dialer net.Dialer
	return dialer.DialContext(ctx, "tcp", address)
}

// Stack finds the one stack whose name begins in a way: what follows is the
// stage.
func (l *Laptop) Stack(prefix string) (string, error) {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(l.Endpoints.Outputs)) {
		if strings.HasPrefix(name, prefix) {
			found = append(found, name)
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("want one stack %s..., got %q", prefix, found)
	}
	return found[0], nil
}

// Output is an output of a stack.
func (l *Laptop) Output(stack, name string) (string, error) {
	value, ok := l.Endpoints.Outputs[stack][name].(string)
	if !ok {
		return "", fmt.Errorf("stack %s has no output %s", stack, name)
	}
	return value, nil
}

// WritePrivate writes a file that only this user may read, and its folder.
func WritePrivate(path, content string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o600)
}

// Pause is how long a client waits before it looks again. It returns ctx's
// error if that ends first.
func Pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(100 * time.Millisecond):
		return nil
	}
}

// PutBack makes a message that was received visible again at once. Two who look for
// messages in one queue, and hide each other's meanwhile, may wait for ever.
func PutBack(ctx context.Context, client *sqs.Client, queue string, m types.Message) error {
	_, err := client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &queue, ReceiptHandle: m.ReceiptHandle})
	if err != nil {
		return fmt.Errorf("put message %s back: %w", *m.MessageId, err)
	}
	return nil
}
