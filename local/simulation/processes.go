package simulation

// This file has several processes make runs side by side: a run has the randomness
// of its process to itself. As with `go test -fuzz`, a worker is the test's binary
// once more. It comes to the same place in the same test, and is given there, one by
// one, which runs to make.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// errand is a run to be made: of a seed, or of a trial of Exhaust.
type errand struct {
	Seed  uint64
	Trial *trial `json:",omitempty"`
	Twice bool   `json:",omitempty"` // to see whether it is the same
}

// String is a test's name. It has no slash, at which -test.run takes names apart.
func (e errand) String() string {
	if e.Trial != nil {
		return strings.ReplaceAll(e.Trial.String(), "/", ".")
	}
	return fmt.Sprintf("seed=%d", e.Seed)
}

// report is what came of an errand.
type report struct {
	Took    time.Duration // of the virtual clock
	Faults  map[Kind]int  // how many hit
	Chances map[Kind]int  // how many calls they could hit
	Story   string        // of a violation; empty: there is none
}

func reportOf(r Result) report {
	o := report{Took: r.Took, Faults: map[Kind]int{}, Chances: r.Chances}
	for _, f := range r.Faults {
		o.Faults[f.Kind]++
	}
	return o
}

// performer makes a run, and tells of those that follow if it fails.
type performer func(t *testing.T, e errand, tell func(Shrinking)) report

// run makes runs, in as many processes as the options say. Each is a test, which is
// told of a violation, and then done is told what came of it. A run that could not
// be made fails its test, and nobody else is told.
func (o Options) run(t *testing.T, errands []errand, perform performer, done func(int, report)) {
	t.Helper()
	tell := o.Shrinking
	if tell == nil {
		tell = func(Shrinking) {}
	}
	conclude := func(t *testing.T, i int, out report) {
		if out.Story != "" {
			t.Error(out.Story)
		}
		done(i, out)
	}
	at := os.Getenv(servesAt)
	if o.Processes < 2 && at == "" {
		for i, e := range errands {
			t.Run(e.String(), func(t *testing.T) { conclude(t, i, perform(t, e, tell)) })
		}
		return
	}
	t.Run("side by side", func(t *testing.T) { // which gives each place in a test a name
		switch at {
		case "":
			made := 0
			for r := range o.delegate(t, errands) {
				if r.shrinking != nil {
					tell(*r.shrinking)
					continue
				}
				made++
				t.Run(errands[r.errand].String(), func(t *testing.T) {
					if r.err != nil {
						t.Fatal(r.err)
					}
					conclude(t, r.errand, r.report)
				})
			}
			if made < len(errands) {
				t.Errorf("%d of %d runs were not made", len(errands)-made, len(errands))
			}
		case t.Name():
			serve(t, perform)
		}
	})
}

// servesAt is the environment variable that tells a worker where it is to serve, as a
// test's name.
const servesAt = "TRADEPOST_SIMULATION_PLACE"

// serve makes the runs that a worker is given until there is none left, and ends the
// process: nothing else of the tests is its own.
func serve(t *testing.T, perform performer) {
	given, told := json.NewDecoder(os.Stdin), json.NewEncoder(os.NewFile(3, "outcomes"))
	tell := func(w word) {
		if err := told.Encode(w); err != nil {
			os.Exit(1) // nobody hears it
		}
	}
	for {
		var e errand
		if err := given.Decode(&e); errors.Is(err, io.EOF) {
			os.Exit(0)
		} else if err != nil {
			t.Log(err)
			os.Exit(1)
		}
		var out *report
		t.Run(e.String(), func(t *testing.T) {
			made := perform(t, e, func(s Shrinking) { tell(word{Shrinking: &s}) })
			out = &made
		})
		if out == nil { // what it was, the test has said
			os.Exit(1)
		}
		tell(word{Report: out})
	}
}

// word is what a worker says: what has come of its errand, or before that how far it is.
type word struct {
	Report    *report    `json:",omitempty"`
	Shrinking *Shrinking `json:",omitempty"`
}

// delegated is an errand that a worker has done, or that ended it, or how far it is.
type delegated struct {
	errand    int
	report    report
	err       error
	shrinking *Shrinking
}

// delegate gives errands to workers. One that ends has another one in its place,
// unless it was its first: then none would get farther.
func (o Options) delegate(t *testing.T, errands []errand) <-chan delegated {
	all := make(chan delegated)
	var next atomic.Int64
	var working sync.WaitGroup
	for range min(o.Processes, len(errands)) {
		folder := t.TempDir()
		working.Go(func() {
			var w *worker
			first := true
			for i := int(next.Add(1)) - 1; i < len(errands); i = int(next.Add(1)) - 1 {
				if w == nil {
					w, first = newWorker(t.Context(), t.Name(), folder), true
				}
				out, err := w.do(errands[i], func(s Shrinking) { all <- delegated{errand: i, shrinking: &s} })
				all <- delegated{errand: i, report: out, err: err}
				if err != nil && first {
					return
				}
				if first = false; err != nil {
					w = nil
				}
			}
			w.stop()
		})
	}
	go func() {
		working.Wait()
		close(all)
	}()
	return all
}

// worker is a process that makes runs.
type worker struct {
	process *exec.Cmd
	given   io.WriteCloser
	told    *json.Decoder
	said    bytes.Buffer
	err     error // it did not start
}

// newWorker starts a worker for a place in a test, with a folder for what it leaves
// behind.
func newWorker(ctx context.Context, name, folder string) *worker {
	w := &worker{}
	w.err = func() error {
		binary, err := os.Executable()
		if err != nil {
			return err
		}
		test := name[:strings.LastIndexByte(name, '/')]
		w.process = exec.CommandContext(ctx, binary, append(own(), "-test.run="+exactly(test), "-test.v", "-test.timeout=0")...)
		// A run does one thing at a time, and leaves little behind.
		w.process.Env = append(os.Environ(), servesAt+"="+name, "TMPDIR="+folder, "GOMAXPROCS=1", "GOGC=400")
		w.process.Stdout, w.process.Stderr = &w.said, &w.said
		if w.given, err = w.process.StdinPipe(); err != nil {
			return err
		}
		told, telling, err := os.Pipe()
		if err != nil {
			return err
		}
		defer telling.Close()
		w.told, w.process.ExtraFiles = json.NewDecoder(told), []*os.File{telling}
		return w.process.Start()
	}()
	return w
}

// own are the flags that this process was given which are not testing's.
func own() (flags []string) {
	flag.Visit(func(f *flag.Flag) {
		if !strings.HasPrefix(f.Name, "test.") {
			flags = append(flags, fmt.Sprintf("-%s=%s", f.Name, f.Value))
		}
	})
	return flags
}

// exactly is a pattern of -test.run for one test.
func exactly(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}

// do has the worker make a run. With an error it has ended.
func (w *worker) do(e errand, tell func(Shrinking)) (report, error) {
	if w.err != nil {
		return report{}, fmt.Errorf("start a process: %w", w.err)
	}
	for err := json.NewEncoder(w.given).Encode(e); err == nil; {
		var said word
		switch err = w.told.Decode(&said); {
		case said.Shrinking != nil:
			tell(*said.Shrinking)
		case said.Report != nil:
			return *said.Report, nil
		}
	}
	w.given.Close()
	return report{}, fmt.Errorf("the process that made the run has ended (%v):\n%s", w.process.Wait(), w.said.Bytes())
}

// stop lets a worker that has nothing more to do end.
func (w *worker) stop() {
	if w != nil && w.err == nil {
		w.given.Close()
		w.process.Wait()
	}
}
