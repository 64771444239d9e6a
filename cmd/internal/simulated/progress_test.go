package simulated

// This file tells what has come of runs: on the way, and in a table in the end.

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/tradepost-dev/tradepost/local/simulation"
)

// runs are those of one test of a system.
type runs struct {
	system  string
	of      string // what is gone through: "seeds", "calls"
	summary simulation.Summary
	took    time.Duration
}

func (r *runs) String() string {
	return fmt.Sprintf("%s: %d %s, %d violations, %.0f simulated hours, %.1f per second",
		r.system, r.summary.Seeds, r.of, len(r.summary.Failed), r.summary.Virtual.Hours(), r.summary.Virtual.Hours()/r.took.Seconds())
}

// all are those that were watched.
var all []*runs

// only ends a test of another system than the one that was asked for.
func only(t *testing.T, system string) {
	t.Helper()
	if *alone != "" && *alone != system {
		t.SkipNow()
	}
}

// watched are options whose runs are made on all processors, and told of every ten
// seconds and in the end, if that was asked for.
func watched(system, of string, o simulation.Options) (simulation.Options, func()) {
	if !*loud {
		return o, func() {}
	}
	r, began := &runs{system: system, of: of}, time.Now()
	all = append(all, r)
	told := began
	tell := func(line any) {
		if time.Since(told) > 10*time.Second {
			told = time.Now()
			fmt.Println(line)
		}
	}
	o.Processes = runtime.GOMAXPROCS(0)
	o.Progress = func(s simulation.Summary) {
		r.summary, r.took = s, time.Since(began)
		tell(r)
	}
	o.Shrinking = func(s simulation.Shrinking) { tell(system + ": " + s.String()) }
	return o, func() { fmt.Println(r) }
}

// tellAll prints the table: a column for each system, and one for all.
func tellAll() {
	if len(all) == 0 {
		return
	}
	var systems []string
	faults := map[simulation.Kind]bool{}
	for _, r := range all {
		if !slices.Contains(systems, r.system) {
			systems = append(systems, r.system)
		}
		for kind := range r.summary.Faults {
			faults[kind] = true
		}
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer table.Flush()
	row := func(title string, format string, cell func(of []*runs) float64) {
		fmt.Fprintf(table, "%s\t", title)
		for _, system := range systems {
			fmt.Fprintf(table, format+"\t", cell(slices.DeleteFunc(slices.Clone(all), func(r *runs) bool { return r.system != system })))
		}
		fmt.Fprintf(table, format+"\t\n", cell(all))
	}
	fmt.Fprintf(table, "\t%s\tall\t\n", strings.Join(systems, "\t"))
	seeds := func(r *runs) float64 { return share(r.of == "seeds", r.summary.Seeds) }
	calls := func(r *runs) float64 { return share(r.of == "calls", r.summary.Seeds) }
	hours := func(r *runs) float64 { return r.summary.Virtual.Hours() }
	seconds := func(r *runs) float64 { return r.took.Seconds() }
	row("seeds", "%.0f", sum(seeds))
	row("calls", "%.0f", sum(calls))
	row("violations", "%.0f", sum(func(r *runs) float64 { return float64(len(r.summary.Failed)) }))
	row("simulated hours", "%.0f", sum(hours))
	row("hours per second", "%.1f", func(of []*runs) float64 { return sum(hours)(of) / sum(seconds)(of) })
	row("seconds", "%.0f", sum(seconds))
	for _, kind := range slices.Sorted(maps.Keys(faults)) {
		row(string(kind), "%.0f", sum(func(r *runs) float64 { return float64(r.summary.Faults[kind]) }))
	}
}

func sum(of func(*runs) float64) func([]*runs) float64 {
	return func(all []*runs) (n float64) {
		for _, r := range all {
			n += of(r)
		}
		return n
	}
}

func share(counts bool, n int) float64 {
	if !counts {
		return 0
	}
	return float64(n)
}
