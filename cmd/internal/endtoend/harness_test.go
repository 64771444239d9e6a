// Package endtoend runs all systems of the app on this machine, and judges
// them from outside: by real clients, against the engine's wire protocols. The
// app is synthesized once and one engine serves all tests, a file per system:
// each test has names and ids of its own, so they run side by side as users do.
package endtoend

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
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
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

var (
	root   = filepath.Join("..", "..", "..")
	here   *laptop.Laptop
	desk   *b2b.Desk
	shop   *ordering.Shop
	club   *onboarding.Club
	power  *instances.Switch
	bank   *accounts.Bank
	model  *training.Lab
	guard  *policyguard.Guard
	post   *webhooks.Post
	fault  switchboard
	office *invoices.Office
)

// system is one under test. Its clients are connected once it runs.
type system struct {
	laptop.System
	connect func(context.Context, *laptop.Laptop) error
}

func systems() []system {
	return []system{
		{b2b.System(), func(ctx context.Context, l *laptop.Laptop) (err error) { desk, err = b2b.Connect(ctx, l); return err }},
		{ordering.System(), func(_ context.Context, l *laptop.Laptop) (err error) { shop, err = ordering.Connect(l); return err }},
		{onboarding.System(), func(_ context.Context, l *laptop.Laptop) (err error) { club, err = onboarding.Connect(l); return err }},
		{instances.System(), func(_ context.Context, l *laptop.Laptop) (err error) { power, err = instances.Connect(l); return err }},
		{accounts.System(), func(_ context.Context, l *laptop.Laptop) (err error) { bank, err = accounts.Connect(l); return err }},
		{training.System(), func(_ context.Context, l *laptop.Laptop) (err error) { model, err = training.Connect(l); return err }},
		{policyguard.System(), func(_ context.Context, l *laptop.Laptop) (err error) { guard, err = policyguard.Connect(l); return err }},
		{webhooks.System(), func(_ context.Context, l *laptop.Laptop) (err error) { post, err = webhooks.Connect(l); return err }},
		{invoices.System(), func(_ context.Context, l *laptop.Laptop) (err error) { office, err = invoices.Connect(l); return err }},
	}
}

// limit is how long a test waits for a system before it calls it stuck.
const limit = 90 * time.Second

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "the app on this machine:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	state, err := os.MkdirTemp("", "endtoend-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(state)
	options := laptop.Options{Root: root, State: state, Engine: local.Options{Fault: fault.decide, Causes: true}}
	for _, s := range systems() {
		options.Systems = append(options.Systems, s.System)
	}
	here, err = laptop.Start(context.Background(), options)
	if err != nil {
		return 0, err
	}
	defer here.Close()
	for _, s := range systems() {
		if err := s.connect(context.Background(), here); err != nil {
			return 0, fmt.Errorf("connect to %s: %w", s.Name, err)
		}
	}
	if code = m.Run(); code == 0 && whole() {
		return 0, checkGrants(here.Engine.Privileges(), spares)
	}
	return code, nil
}

// assembly is what was synthesized.
func assembly() string { return filepath.Join(here.State, "cdk.out") }

// another starts an engine of the test's own on the assembly.
func another(t *testing.T, o local.Options) *laptop.Laptop {
	t.Helper()
	l, err := laptop.Run(t.Context(), assembly(), laptop.Options{State: prepared(t), Engine: o})
	return mine(t, l, err)
}

// prepared is a new state folder with what the systems prepared for the
// assembly.
func prepared(t *testing.T) string {
	t.Helper()
	state := t.TempDir()
	err := filepath.WalkDir(here.State, func(path string, entry fs.DirEntry, err error) error {
		name, relErr := filepath.Rel(here.State, path)
		if err = errors.Join(err, relErr); err != nil {
			return err
		}
		to := filepath.Join(state, name)
		switch {
		case name == "cdk.out" || name == "logs" || name == "engine": // not the systems'
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(to, 0o700)
		case name == "engine.lock":
			return nil
		}
		return laptop.WritePrivate(to, read(t, path))
	})
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// mine is a laptop that ends with the test.
func mine(t *testing.T, l *laptop.Laptop, err error) *laptop.Laptop {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("how things stand on the test's own laptop:\n%s", standing(l))
		}
		if err := l.Close(); err != nil {
			t.Errorf("close the test's own laptop: %v", err)
		}
	})
	return l
}

// standing says how things stand, if it can be found out soon.
func standing(l *laptop.Laptop) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return l.Standing(ctx)
}

// switchboard lets a test break calls that concern it: every fault is asked,
// and should answer nil for what is not its own.
type switchboard struct{ faults atomic.Pointer[[]cloud.Fault] }

func (s *switchboard) decide(ctx context.Context, call cloud.Call) error {
	if faults := s.faults.Load(); faults != nil {
		for _, f := range *faults {
			if err := f(ctx, call); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *switchboard) add(f cloud.Fault) {
	for {
		old := s.faults.Load()
		var faults []cloud.Fault
		if old != nil {
			faults = append(faults, *old...)
		}
		faults = append(faults, f)
		if s.faults.CompareAndSwap(old, &faults) {
			return
		}
	}
}

// about tells whether a call mentions a text.
func about(call cloud.Call, text string) bool { return bytes.Contains(call.Input, []byte(text)) }

// deadline is how long a test waits for one thing. A test that fails as it
// waited in vain says how things stand.
func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(func() {
		if t.Failed() && errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			if _, told := stuck.LoadOrStore(t.Name(), true); !told {
				t.Logf("how things stand after %v:\n%s", limit, standing(here))
			}
		}
		cancel()
	})
	return ctx
}

// stuck are the tests that have said how things stand.
var stuck sync.Map

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx := deadline(t)
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("this did not happen within %v: %s", limit, what)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// sum is the sum of a metric over the life of this test binary.
func sum(t *testing.T, l *laptop.Laptop, namespace, metric, dimension, value string) int {
	t.Helper()
	total, err := l.Sum(deadline(t), began, namespace, metric, dimension, value)
	if err != nil {
		t.Fatal(err)
	}
	return total
}

var began = time.Now()

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
