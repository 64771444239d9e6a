// Package simulation runs a whole assembly (handlers, workflows, queues, tables,
// permissions) under a virtual clock, with one seed that decides what a network and
// AWS may do to it: how long each call takes, which fail, which take effect and are
// not heard of again, what is delivered twice, which function dies in the middle.
//
// The same assembly, options and seed give the same run, byte for byte of its
// trace. Time is the scheduler: every API call waits for a time of its own, by the
// nanosecond, which follows from the seed and from what the call is, so that no two
// of them are at work at one moment and none depends on what the machine does.
package simulation

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/pipes"
)

// Options say what is simulated.
type Options struct {
	// Assembly is the folder that `cdk synth` wrote, or one template. Required.
	Assembly string

	// Functions are what runs of the assembly's functions, by their constructs'
	// paths ("Orders/Pipeline/Start") or by "<stack>/<logical id>". Every function
	// of the assembly has one, here or in Packages. Required as far as there are
	// functions.
	Functions map[string]Function

	// Packages are what runs of functions that Functions does not name, by the import
	// paths of the main packages that their binaries were built of, which a binary of
	// Go tells. There may be more of them than the assembly has: they are what comes
	// with a library of constructs, such as Tradepost's own (package handlers).
	// Default: none.
	Packages map[string]Function

	// Engine are further options of the engine: stacks, parameters, mocks. An Around
	// of these stands behind the faults. What the simulation sets itself is left empty.
	Engine local.Options

	// Faults are how often what happens. Default: nothing does.
	Faults Rates

	// Replay is a command that runs a seed again, with %d where the seed stands: a
	// failure is told with it. Default: `go test -run`, of the test that failed.
	Replay string

	// Processes is how many of them make the runs of Explore and Exhaust, side by
	// side: further ones are the test's binary, started again for the same test
	// with the flags that are not testing's own. Its TestMain sees these, too.
	// Default: one, this process.
	Processes int

	// Progress is told what has come of the runs so far, after each run of Explore
	// and of Exhaust. Default: nobody is.
	Progress func(Summary)

	// Shrinking is told how small a failing seed of Explore has been made so far, after
	// each run that this takes: it may take minutes. Default: nobody is.
	Shrinking func(Shrinking)

	// Scenario is what clients do, and what must hold then: an error is a
	// violation. Faults begin when it does. Required.
	Scenario func(ctx context.Context, w *World) error

	// Inputs are those that the scenario hands over, of all that it asks World.Keep
	// about. Default: all.
	Inputs []string

	// Reaches are how much of what happens at a site one fault of Exhaust hits.
	// Default: each of Once, Visit and Outage, by itself.
	Reaches []Reach

	plan    *plan         // of Exhaust
	later   time.Duration // than 2000, when the virtual clock begins
	sparing bool          // a kind of fault that no call can be hit by is none too many
}

// World is what a scenario has of a run.
type World struct {
	Engine    *local.Engine
	Endpoints local.Endpoints
	Mail      string // the folder with a file per mail that was sent

	run *run
}

// AWS is a client configuration of the account's administrator, whom no fault
// hits: what a scenario looks at things by.
func (w *World) AWS() aws.Config {
	return w.run.configuration(w.Engine.Cloud.Region, w.Endpoints.AWS, credentials.NewStaticCredentialsProvider("local", "local", ""))
}

// Calm ends the faults: what goes on, goes well. Properties of what has come of
// everything are looked at after it, when all retries are through.
func (w *World) Calm() {
	w.run.diary.calm()
	w.run.weather.calm()
}

// Result is what came of a run.
type Result struct {
	Seed    uint64
	Trace   []byte        // a line per API call
	Faults  []Fault       // those that hit, in their order
	Steps   []Step        // what the scenario did by its World, in their order
	Chances map[Kind]int  // how many calls a fault could hit
	Took    time.Duration // of the virtual clock, from the scenario's begin to its end
	Err     error         // what the scenario found, or nil

	inputs []string        // that were kept
	waits  []time.Duration // that were asked for
}

// Run simulates one seed. It has the process's randomness to itself, and its
// http.DefaultTransport, which reaches nothing but the engine while it runs: so t is
// a test of its own, not parallel to others. Without a Result t has failed: there was
// no run.
func Run(t *testing.T, seed uint64, o Options) Result { return simulate(t, seed, o, part{}) }

// simulate runs a part of what a seed brings.
func simulate(t *testing.T, seed uint64, o Options, p part) (result Result) {
	t.Helper()
	cryptotest.SetGlobalRandom(t, seed)
	functions, stacks, err := o.mains()
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp("", "simulation-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	r := &run{network: &pipes.Network{}, diary: diary{part: p, only: o.Inputs}}
	defer func(before http.RoundTripper) { http.DefaultTransport = before }(http.DefaultTransport)
	http.DefaultTransport = r.network.Client().Transport
	outer := t
	synctest.Test(t, func(t *testing.T) {
		r.weather = newWeather(seed, o.Faults, p.faults)
		r.weather.plan = o.plan
		time.Sleep(o.later)
		options := o.Engine
		options.Assembly, options.Mains, options.Around, options.Ports = o.Assembly, r.wire(functions), r.weather.before(o.Engine.Around), r.network
		options.Past = max(options.Past, oldest)
		options.Logs, options.Mail = folder, filepath.Join(folder, "mail")
		engine, err := local.Start(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		defer engine.Close()
		r.engine.Store(engine)
		world := &World{Engine: engine, Endpoints: engine.Endpoints(), Mail: options.Mail, run: r}
		named, err := resourcesOf(t.Context(), engine.Cloud, stacks)
		if err != nil {
			t.Fatal(err)
		}
		o.plan.start()
		synctest.Wait()                          // for what the start has begun: it may be drawing
		cryptotest.SetGlobalRandom(outer, ^seed) // whatever it took to start; and no id comes again that was drawn then
		result = r.play(engine.Cloud, named, func() error {
			err := o.Scenario(t.Context(), world)
			synctest.Wait() // for what else happens at this moment
			return err
		})
	})
	return result
}

// play lets the faults begin, and what they happen to, and tells what came of it.
func (r *run) play(c *cloud.Cloud, named resources, scenario func() error) Result {
	began := time.Now()
	r.weather.begin(c, named)
	r.diary.begin()
	err := scenario()
	result := Result{Seed: r.weather.seed, Took: time.Since(began), Err: err, Steps: r.diary.steps, inputs: r.diary.inputs, waits: r.diary.waits}
	r.weather.end(&result)
	return result
}

// run is what a run has of its own.
type run struct {
	weather *weather
	diary   diary
	network *pipes.Network               // nil in real time
	engine  atomic.Pointer[local.Engine] // nil while it starts
}
