package simulated

// This file has the pipeline take in one of each: few calls, of every kind.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

// few are acme's files: two of their transactions have one id and other contents.
var few = map[string]string{
	"1.xml": `<Transactions><Transaction TransactionID="a"><Notes>one</Notes></Transaction><Transaction TransactionID="b"/><Transaction/></Transactions>`,
	"2.xml": `<Transactions><Transaction TransactionID="a"><Notes>another</Notes></Transaction></Transactions>`,
}

// received are how many transactions of a file there are.
var received = map[string]int{"1.xml": 3, "2.xml": 1}

func fewTransactions(t *testing.T) simulation.Options {
	o := pipeline(t)
	o.Scenario = atDesk(t, func(ctx context.Context, w *simulation.World, d *b2b.Desk) error {
		taken := map[string]bool{}
		for _, name := range slices.Sorted(maps.Keys(few)) {
			taken[name] = upload(ctx, d, name, few[name]) == nil
		}
		taken["post"] = post(ctx, d, "p") == nil
		time.Sleep(time.Hour)
		w.Calm()
		time.Sleep(time.Hour)
		return fewAccounted(ctx, d, taken)
	})
	return o
}

// fewAccounted wants what was taken to be settled, or to be among the dead letters,
// and the table to have what replies call stored, and nothing else.
func fewAccounted(ctx context.Context, d *b2b.Desk, taken map[string]bool) error {
	letters, err := undelivered(ctx, d.Laptop)
	if err != nil {
		return err
	}
	rows, err := transactions(ctx, d)
	if err != nil {
		return err
	}
	var faults []error
	stored, told := 0, 0
	for _, name := range slices.Sorted(maps.Keys(few)) {
		reply, err := settled(ctx, d, letters, name)
		if errors.Is(err, errNoReply) && !taken[name] {
			continue
		}
		if err == nil && reply != nil {
			t := reply.Totals
			told++
			stored += t.Stored
			if t.Received != received[name] || t.Received != t.Accounted() {
				err = fmt.Errorf("%s is settled with %+v", name, t)
			}
		}
		faults = append(faults, err)
	}
	if got := len(rows["acme"]); got < stored || told == len(few) && got != stored {
		faults = append(faults, fmt.Errorf("acme was told of %d stored transactions, and has %d", stored, got))
	}
	if taken["post"] && !rows["globex"]["p"] && !letters.have(`"globex/p"`) {
		faults = append(faults, errors.New("the posted transaction is neither settled nor among the dead letters"))
	}
	return errors.Join(faults...)
}
