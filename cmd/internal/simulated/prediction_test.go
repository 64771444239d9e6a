package simulated

// This file predicts what the B2B pipeline does on AWS: the README's table.

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	"github.com/tradepost-dev/tradepost/handlers"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/simulation"
	"github.com/tradepost-dev/tradepost/local/simulation/prediction"
)

var update = flag.Bool("update", false, "write what the docs show of simulations: make docs")

const (
	predictedBegins = "<!-- predicted, by make docs -->\n"
	predictedEnds   = "<!-- end -->\n"
)

func TestTheREADMETellsWhatIsPredictedOfAFile(t *testing.T) {
	only(t, "b2b")
	readme := filepath.Join("..", "..", "..", "README.md")
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), predictedBegins)
	told, after, ends := strings.Cut(rest, predictedEnds)
	if !found || !ends {
		t.Fatalf("%s has no %q, with a %q after it", readme, predictedBegins, predictedEnds)
	}
	sizes := []int{100}
	if *exhaust || *update {
		sizes = append(sizes, 1000, 10_000) // which take the engine some seconds, and a minute
	}
	rows := "| transactions of a file | settled after | cost in USD | that is per million |\n| ---: | ---: | ---: | ---: |\n"
	for _, size := range sizes {
		rows += row(t, size)
	}
	switch {
	case *update:
		if err := os.WriteFile(readme, []byte(before+predictedBegins+rows+predictedEnds+after), 0o600); err != nil {
			t.Fatal(err)
		}
	case !strings.HasPrefix(told, rows):
		t.Errorf("predicted is\n%sand the README tells\n%s`make docs` writes it anew", rows, told)
	}
}

func TestAPredictionIsTheSameOnAnyNumberOfThreads(t *testing.T) {
	only(t, "b2b")
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	traces := map[string][]int{}
	for _, threads := range []int{1, 2, 8} {
		runtime.GOMAXPROCS(threads)
		t.Run(fmt.Sprint(threads), func(t *testing.T) {
			p, err := file(t, 100)
			if err != nil {
				t.Fatal(err)
			}
			traces[string(p.Trace)] = append(traces[string(p.Trace)], threads)
		})
	}
	if len(traces) != 1 {
		t.Errorf("these numbers of threads have one trace each: %v", slices.Collect(maps.Values(traces)))
	}
}

// row tells of a file of so many transactions, as exactly as it is the same for all keys
// that partners may have.
func row(t *testing.T, transactions int) string {
	t.Helper()
	p, err := file(t, transactions)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Unpriced) > 0 {
		t.Errorf("there is no price of %v", p.Unpriced)
	}
	return message.NewPrinter(language.English).Sprintf("| %d | %v | %s | %.0f |\n",
		transactions, p.Took.Round(time.Second), strconv.FormatFloat(p.USD(), 'g', 2, 64), p.USD()/float64(transactions)*1e6)
}

// file predicts what comes of one of so many transactions, of 1 KB each.
func file(t *testing.T, transactions int) (prediction.Prediction, error) {
	t.Helper()
	return prediction.Of(t, prediction.Options{Simulation: simulation.Options{
		Assembly: assembly(), Packages: handlers.All(), Engine: local.Options{Stacks: []string{"Tradepost-B2B-dev"}},
		Scenario: atDesk(t, func(ctx context.Context, _ *simulation.World, d *b2b.Desk) error {
			var content strings.Builder
			content.WriteString("<Transactions>")
			for i := range transactions {
				fmt.Fprintf(&content, `<Transaction TransactionID="%d"><Notes>%s</Notes></Transaction>`, i, strings.Repeat("x", 900))
			}
			content.WriteString("</Transactions>")
			if err := d.Partners["acme"].Upload(ctx, "batch.xml", strings.NewReader(content.String())); err != nil {
				return err
			}
			reply, _, err := d.Partners["acme"].Reply(ctx, "batch.xml", func(r contract.Reply) bool { return r.Status == contract.FileSettled })
			if err == nil && reply.Totals.Stored != transactions {
				err = fmt.Errorf("settled with %+v", reply.Totals)
			}
			return err
		}),
	}})
}
