package simulated

// This file proves the B2B pipeline: whatever happens, what partners handed over
// is accounted for.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	"github.com/tradepost-dev/tradepost/handlers"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

const (
	files  = 3
	good   = 10 // transactions of a file, besides one that is there twice and one without an id
	posted = 6
)

// fileOf is what acme uploads.
func fileOf(file int) (name, content string) {
	var records []string
	for i := range good {
		records = append(records, fmt.Sprintf(`<Transaction TransactionID="%d-%d"><Notes>note %d</Notes></Transaction>`, file, i, i))
	}
	records = append(records, records[0], `<Transaction><Notes>nameless</Notes></Transaction>`)
	return fmt.Sprintf("%d.xml", file), "<Transactions>" + strings.Join(records, "\n") + "</Transactions>"
}

// pipeline is what happens to it.
func pipeline(t *testing.T) simulation.Options {
	return simulation.Options{
		Assembly: assembly(), Packages: handlers.All(), Faults: simulation.Storm(),
		Engine: local.Options{Stacks: []string{"Tradepost-B2B-dev"}},
		Scenario: func(ctx context.Context, w *simulation.World) error {
			d, err := b2b.Connect(ctx, here(w, prepared(t)))
			if err != nil {
				return err
			}
			if err := handOver(ctx, w, d); err != nil {
				return err
			}
			w.Wait(2 * time.Hour)
			w.Calm()
			w.Wait(2 * time.Hour)
			return account(ctx, w, d)
		},
	}
}

func TestEveryTransactionIsAccountedForWhateverHappens(t *testing.T) { explore(t, "b2b", pipeline(t)) }

func TestRedeliveriesChangeNothingOfWhatThePipelineStores(t *testing.T) {
	only(t, "b2b")
	o := pipeline(t)
	o.Scenario = func(ctx context.Context, w *simulation.World) error {
		d, err := b2b.Connect(ctx, here(w, prepared(t)))
		if err != nil {
			return err
		}
		err = handOver(ctx, w, d)
		w.Wait(2 * time.Hour)
		return err
	}
	simulation.Idempotent(t, []uint64{1, 2}, o)
}

// handOver uploads and posts as partners do: what fails, they do again.
func handOver(ctx context.Context, w *simulation.World, d *b2b.Desk) error {
	for file := range files {
		name, content := fileOf(file)
		if !w.Keep(name) {
			continue
		}
		if err := upload(ctx, d, name, content); err != nil {
			return err
		}
	}
	for i := range posted {
		if !w.Keep(posting(i)) {
			continue
		}
		if err := post(ctx, d, fmt.Sprint(i)); err != nil {
			return err
		}
	}
	return nil
}

func posting(i int) string { return fmt.Sprint("posted transaction ", i) }

func upload(ctx context.Context, d *b2b.Desk, name, content string) error {
	return again(func() error { return d.Partners["acme"].Upload(ctx, name, strings.NewReader(content)) })
}

func post(ctx context.Context, d *b2b.Desk, id string) error {
	return again(func() error { return postOnce(ctx, d, id) })
}

func postOnce(ctx context.Context, d *b2b.Desk, id string) error {
	response, body, err := d.Partners["globex"].Post(ctx, id, "a message")
	if err == nil && response.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("POST /transactions: %s: %s", response.Status, body)
	}
	return err
}

// again makes attempts, a minute apart.
func again(attempt func() error) error { return every(time.Minute, attempt) }

// every makes attempts until one succeeds.
func every(pause time.Duration, attempt func() error) (err error) {
	for range 10 {
		if err = attempt(); err == nil {
			return nil
		}
		time.Sleep(pause)
	}
	return err
}

// account wants each file and each posted transaction to be settled, or to be among
// the dead letters that an operator is told of, and every stored row to be one that
// partners were told of.
func account(ctx context.Context, w *simulation.World, d *b2b.Desk) error {
	letters, err := undelivered(ctx, d.Laptop)
	if err != nil {
		return err
	}
	rows, err := transactions(ctx, d)
	if err != nil {
		return err
	}
	var faults []error
	stored := 0
	for file := range files {
		name, _ := fileOf(file)
		if !w.Keep(name) {
			continue
		}
		totals, err := settled(ctx, d, letters, name)
		if t := totals; err == nil && t != nil {
			stored += t.Stored
			if t.Received != good+2 || t.Received != t.Accounted() || t.Rejected != 1 || t.Duplicate != 1 {
				err = fmt.Errorf("%s is settled with %+v", name, *t)
			}
		}
		faults = append(faults, err)
	}
	if got := len(rows["acme"]); got < stored {
		faults = append(faults, fmt.Errorf("acme was told of %d stored transactions, and has %d", stored, got))
	}
	for i := range posted {
		if id := fmt.Sprint(i); w.Keep(posting(i)) && !rows["globex"][id] && !letters.have(`"globex/`+id+`"`) {
			faults = append(faults, fmt.Errorf("posted transaction %s is neither stored nor among the dead letters", id))
		}
	}
	return errors.Join(faults...)
}

var errNoReply = errors.New("has no reply")

// settled are the totals of acme's file, which is settled, or among the dead letters:
// then there are none.
func settled(ctx context.Context, d *b2b.Desk, letters letters, name string) (*contract.Totals, error) {
	reply, err := replyTo(ctx, d, name)
	switch {
	case err != nil && !letters.have("inbox/acme/"+name):
		return nil, fmt.Errorf("%s %w (%w), and is not among the dead letters", name, errNoReply, err)
	case err == nil && reply.Status == contract.FileSettled:
		return &reply.Totals, nil
	case err == nil && !letters.have(reply.FileID):
		return nil, fmt.Errorf("%s is %s, and nothing of it is among the dead letters", name, reply.Status)
	}
	return nil, nil
}

// replyTo is the reply to a file of acme's that is there now.
func replyTo(ctx context.Context, d *b2b.Desk, name string) (contract.Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	reply, _, err := d.Partners["acme"].Reply(ctx, name, func(contract.Reply) bool { return true })
	return reply, err
}

// transactions are the ids of those that are settled, by partner.
func transactions(ctx context.Context, d *b2b.Desk) (map[string]map[string]bool, error) {
	table, err := d.Output(d.Stack, "TransactionsTable")
	if err != nil {
		return nil, err
	}
	ids := map[string]map[string]bool{"acme": {}, "globex": {}}
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(d.AWS()), &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, row := range page.Items {
			key := row[contract.AttrTransactionKey].(*types.AttributeValueMemberS).Value
			partner, id, _ := strings.Cut(key, "/")
			if status := row[contract.AttrStatus].(*types.AttributeValueMemberS).Value; status != contract.StatusReceived {
				ids[partner][id] = true
			}
		}
	}
	return ids, nil
}

func TestARunOfThePipelineIsTheSameByteForByte(t *testing.T) {
	only(t, "b2b")
	var traces [2][]byte
	for i := range traces {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			traces[i] = simulation.Run(t, *first, pipeline(t)).Trace
		})
	}
	if len(traces[0]) == 0 || !bytes.Equal(traces[0], traces[1]) {
		t.Errorf("seed %d: traces of %d and %d bytes differ", *first, len(traces[0]), len(traces[1]))
	}
}
