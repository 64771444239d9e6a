// Package simulated proves the systems of the app: the whole synthesized assembly,
// under a virtual clock and faults that a seed decides (local/simulation), against
// the properties that each system promises.
package simulated

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

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
	"github.com/tradepost-dev/tradepost/local/simulation"
)

// Flags of `make simulate`.
var (
	seeds = flag.Int("seeds", 4, "how many seeds, from -seed on")
	first = flag.Uint64("seed", 1, "the first seed")
	alone = flag.String("system", "", "the only system whose seeds are run, and whose calls are gone through (default: each)")
	loud  = flag.Bool("progress", false, "run seeds on all processors, print what has come of them so far, and in the end a table")
	built = flag.String("assembly", "", "a folder for the synthesized app, with the keys that belong to it: what is there is simulated, as it is, and is synthesized only if nothing is (default: a new one each time)")
)

var root = filepath.Join("..", "..", "..") // of the repository

var systems = []laptop.System{
	b2b.System(), ordering.System(), onboarding.System(), instances.System(), accounts.System(), training.System(), policyguard.System(),
	webhooks.System(), invoices.System(),
}

// state is what the app was synthesized into: its cdk.out, and the keys and lists
// of the systems' clients.
var state string

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "prepare the app to be simulated:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if *alone != "" && !slices.ContainsFunc(systems, func(s laptop.System) bool { return s.Name == *alone }) {
		return 0, fmt.Errorf("there is no system %q", *alone)
	}
	slog.SetDefault(slog.New(slog.NewJSONHandler(io.Discard, nil))) // of handlers
	if state = *built; state == "" {
		scratch, err := os.MkdirTemp("", "simulated-")
		if err != nil {
			return 0, err
		}
		defer os.RemoveAll(scratch)
		state = filepath.Join(scratch, "app")               // which is not there yet
		if err := flag.Set("assembly", state); err != nil { // for other processes of the simulation
			return 0, err
		}
	}
	if _, err := os.Stat(assembly()); errors.Is(err, fs.ErrNotExist) {
		err = synthesizeInto(state)
		if err != nil {
			return 0, err
		}
	} else if err != nil {
		return 0, err
	}
	code = m.Run()
	if *loud {
		tellAll()
	}
	return code, nil
}

// synthesizeInto makes a folder of the app and the keys that belong to it, which is
// whole or not there: another process may be at the same.
func synthesizeInto(folder string) error {
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return err
	}
	making, err := os.MkdirTemp(filepath.Dir(folder), "synthesizing-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(making)
	if err := writeKeys(making); err != nil {
		return err
	}
	options := laptop.Options{Root: root, State: making, Systems: systems}
	if _, err := options.Synthesize(context.Background()); err != nil {
		return err
	}
	if err := os.Rename(making, folder); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	_, err = os.Stat(filepath.Join(folder, "cdk.out")) // by whomever
	return err
}

// assembly is what was synthesized.
func assembly() string { return filepath.Join(state, "cdk.out") }

// here is a laptop that runs what is simulated, with what was prepared for it, or
// with its mails if nothing was.
func here(w *simulation.World, folder string) *laptop.Laptop {
	if folder == "" {
		folder = filepath.Dir(w.Mail)
	}
	return &laptop.Laptop{Engine: w.Engine, Endpoints: w.Endpoints, State: folder, HTTP: w.HTTP(), Dial: w.Dial}
}

// prepared is a new folder with what the systems prepared for their clients.
func prepared(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"keys", "partners.json"} {
		from := filepath.Join(state, name)
		info, err := os.Stat(from)
		if err == nil && info.IsDir() {
			err = os.CopyFS(filepath.Join(folder, name), os.DirFS(from))
		} else if err == nil {
			err = os.Link(from, filepath.Join(folder, name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// consumed are the kinds that hit whoever consumes messages of a queue, or a stream.
var consumed = []simulation.Kind{simulation.Forgotten, simulation.Cut, simulation.Shuffled, simulation.Expired, simulation.Unheard, simulation.Starved}

// without is the storm without what cannot happen to a system. explore sees to it that
// it cannot: a read that is no longer consistent, say, is one that Stale can hit.
func without(kinds ...simulation.Kind) simulation.Rates {
	rates := simulation.Storm()
	for _, kind := range kinds {
		delete(rates, kind)
	}
	if rates[simulation.Broken] == 0 {
		delete(rates, simulation.Unnoticed) // of what does not break off
	}
	return rates
}

// explore goes through the seeds that were asked for.
func explore(t *testing.T, system string, o simulation.Options) {
	t.Helper()
	only(t, system)
	o.Replay = "make simulate SYSTEM=" + system + " SEED=%d"
	o, done := watched(system, "seeds", o)
	defer done()
	var chosen []uint64
	for i := range uint64(*seeds) {
		chosen = append(chosen, *first+i)
	}
	s := simulation.Explore(t, chosen, o)
	for kind := range simulation.Storm() {
		if _, known := o.Faults[kind]; !known && s.Chances[kind] > 0 {
			t.Errorf("%q can hit %d calls, and is left out of what happens to %s", kind, s.Chances[kind], system)
		}
	}
}

// sample goes through so many seeds, unless others were asked for: the time of the
// tests is short.
func sample(t *testing.T, system string, n int, o simulation.Options) {
	t.Helper()
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "seeds" })
	if !asked {
		defer func(before int) { *seeds = before }(*seeds)
		*seeds = n
	}
	explore(t, system, o)
}
