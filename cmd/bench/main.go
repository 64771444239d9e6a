// Command bench measures what Tradepost promises about speed and prints it as
// a table, each figure beside a baseline measured in the same run: absolute
// times differ from machine to machine, ratios less.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/command"
)

// result is one line of the table.
type result struct {
	what     string
	figure   string
	baseline string // measured in this run
	promise  string
}

// medianOf is the median of times; 0 of none.
func medianOf(times []time.Duration) time.Duration {
	if len(times) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(times))[len(times)/2]
}

type section struct {
	name    string
	measure func(ctx context.Context, o options) ([]result, error)
}

// options say what to measure.
type options struct {
	root         string // this module's folder
	transactions int    // that go through the whole pipeline
	webhooks     int    // that are sent in a burst
	cpu, heap    string // files that take profiles of the pipeline, or empty
	watched      bool   // somebody looks at the pipeline by the console meanwhile
}

var sections = []section{
	{"split", measureSplit},
	{"bootstrap", measureBootstraps},
	{"synth", measureSynth},
	{"jsonata", measureJSONata},
	{"pipeline", measurePipeline},
	{"console", measureConsole},
	{"partners", measurePartners},
	{"orders", measureOrders},
	{"applications", measureApplications},
	{"webhooks", measureWebhooks},
}

func main() { command.Main("bench", run) }

func run(ctx context.Context, arguments []string) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := flags.String("only", "", "run the one `section` of this name: split, bootstrap, synth, jsonata, pipeline, console, partners, orders, applications or webhooks")
	var o options
	flags.IntVar(&o.transactions, "transactions", 10_000, "how many transactions go through the whole pipeline, in one file")
	flags.IntVar(&o.webhooks, "webhooks", 50_000, "how many webhooks are sent in a burst")
	flags.StringVar(&o.cpu, "cpu", "", "write a CPU profile of the pipeline to a `file`")
	flags.StringVar(&o.heap, "heap", "", "write a heap profile of the pipeline to a `file`")
	resident := flags.Int64("resident", 0, "split `megabytes` of generated input and print the peak of resident memory (used by the split section)")
	through := flags.Bool("through", false, "run the pipeline and print what it took, as JSON (used by the pipeline and console sections)")
	flags.BoolVar(&o.watched, "watched", false, "look at the pipeline by the console meanwhile (used by the console section)")
	if err := command.Parse(flags, arguments); err != nil {
		return err
	}
	if *resident > 0 {
		return printResident(*resident << 20)
	}
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/tradepost-dev/tradepost").Output()
	if err != nil {
		return fmt.Errorf("find the module's folder: %w", err)
	}
	o.root = strings.TrimSpace(string(root))
	if *through {
		return runThrough(ctx, o)
	}
	var results []result
	for _, s := range sections {
		if *only != "" && s.name != *only {
			continue
		}
		fmt.Fprintf(os.Stderr, "measuring %s\n", s.name)
		measured, err := s.measure(ctx, o)
		if err != nil {
			return fmt.Errorf("measure %s: %w", s.name, err)
		}
		results = append(results, measured...)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "WHAT\tFIGURE\tBASELINE IN THIS RUN\tPROMISE")
	for _, r := range results {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", r.what, r.figure, r.baseline, r.promise)
	}
	return table.Flush()
}
