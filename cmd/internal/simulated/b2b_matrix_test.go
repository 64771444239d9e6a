package simulated

// This file has the pipeline take in one of each: few calls, of every kind.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
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
	o.Scenario = func(ctx context.Context, w *simulation.World) error {
		d, err := b2b.Connect(ctx, here(w, prepared(t)))
		if err != nil {
			return err
		}
		taken := map[string]bool{}
		for name, content := range few {
			taken[name] = again(func() error { return d.Partners["acme"].Upload(ctx, name, strings.NewReader(content)) }) == nil
		}
		taken["post"] = again(func() error {
			response, body, err := d.Partners["globex"].Post(ctx, "p", "a message")
			if err == nil && response.StatusCode != http.StatusAccepted {
				err = fmt.Errorf("POST /transactions: %s: %s", response.Status, body)
			}
			return err
		}) == nil
		time.Sleep(time.Hour)
		w.Calm()
		time.Sleep(time.Hour)
		return fewAccounted(ctx, d, taken)
	}
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
	stored, settled := 0, 0
	for name := range few {
		reply, err := replyTo(ctx, d, name)
		switch {
		case err != nil && taken[name] && !letters.have("inbox/acme/"+name):
			faults = append(faults, fmt.Errorf("%s has no reply (%w), and is not among the dead letters", name, err))
		case err != nil:
		case reply.Status == contract.FileSettled:
			settled++
			stored += reply.Totals.Stored
			if t := reply.Totals; t.Received != received[name] || t.Received != t.Accounted() {
				faults = append(faults, fmt.Errorf("%s is settled with %+v", name, t))
			}
		case !letters.have(reply.FileID):
			faults = append(faults, fmt.Errorf("%s is %s, and nothing of it is among the dead letters", name, reply.Status))
		}
	}
	if got := len(rows["acme"]); got < stored || settled == len(few) && got != stored {
		faults = append(faults, fmt.Errorf("acme was told of %d stored transactions, and has %d", stored, got))
	}
	if taken["post"] && !rows["globex"]["p"] && !letters.have(`"globex/p"`) {
		faults = append(faults, errors.New("the posted transaction is neither settled nor among the dead letters"))
	}
	return errors.Join(faults...)
}
