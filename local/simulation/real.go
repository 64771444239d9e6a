package simulation

// This file runs a scenario as it runs without a simulation: in real time, with the
// binaries that the assembly has, in processes of their own, over sockets.

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local"
)

// patience is how long what is kept may take to become what it was in the
// simulation.
var patience = time.Minute

// Real runs the scenario undisturbed in the simulation, and then for each seed in
// real time, with the binaries of the assembly in processes of their own. Within a
// minute the tables have to have the same items and the buckets the same objects,
// but for what differs between two undisturbed runs as well: then what simulations
// run of functions behaves as what is deployed.
//
// Of the options' faults those happen that another process hears of and gets over
// within moments: calls of functions are Refused, Throttled or Lost (which looks like
// the service's own fault there), but not if they are tried again, and deliveries are
// Repeated within a second. What AWS's services call does not fail, for they try
// again minutes later. A seed does not give the same faults twice.
//
// The scenario does not look at anything: it hands over, and waits by World.Wait
// until all is quiet, which takes no time here.
func Real(t *testing.T, seeds []uint64, o Options) Summary {
	t.Helper()
	s := Summary{Faults: map[Kind]int{}, Chances: map[Kind]int{}}
	wanted := o.undisturbed(t)
	if t.Failed() {
		return s
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("seed=%d in real time", seed), func(t *testing.T) {
			r := o.real(t, seed, wanted)
			out := reportOf(r)
			if r.Err != nil {
				out.Story = fmt.Sprintf("seed %d in real time: %v\nafter these faults: %v", seed, r.Err, r.Faults)
				t.Error(out.Story)
			}
			s.add(seed, out)
		})
		if o.Progress != nil {
			o.Progress(s)
		}
	}
	return s
}

// real makes one run, until what is kept is what is wanted.
func (o Options) real(t *testing.T, seed uint64, wanted state) Result {
	t.Helper()
	loaded, err := o.load()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	r := &run{weather: newWeather(seed, o.Faults, nil), diary: diary{only: o.Inputs}}
	r.weather.real = true
	options := o.Engine
	options.Assembly, options.Around = o.Assembly, r.weather.before(o.Engine.Around)
	options.Logs, options.Mail = filepath.Join(folder, "logs"), filepath.Join(folder, "mail")
	engine, err := local.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	}()
	r.engine.Store(engine)
	named, err := resourcesOf(t.Context(), engine.Cloud, loaded.Stacks)
	if err != nil {
		t.Fatal(err)
	}
	world := &World{Engine: engine, Endpoints: engine.Endpoints(), Mail: options.Mail, run: r}
	return r.play(engine.Cloud, named, func() error {
		if err := o.Scenario(t.Context(), world); err != nil {
			return err
		}
		return wanted.become(t.Context(), world)
	})
}

// become waits until what is kept is what is wanted, and all has come that comes
// again.
func (s state) become(ctx context.Context, w *World) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); ; <-tick.C {
		found := state{}
		err := found.read(ctx, w)
		if err == nil {
			err = s.compare(found)
		}
		if err == nil && w.run.weather.quiet() || time.Now().After(deadline) {
			return err
		}
	}
}
