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

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	"github.com/tradepost-dev/tradepost/handlers"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

const (
	files  = 3
	good   = 10 // transactions of a file, besides one that is there twice, one without an id, and one that all files have
	posted = 6
)

// fileOf is what acme uploads.
func fileOf(file int) (name, content string) {
	var records []string
	for _, r := range recordsOf(file) {
		id := ""
		if r.id != "" {
			id = fmt.Sprintf(" TransactionID=%q", r.id)
		}
		records = append(records, fmt.Sprintf(`<Transaction%s><Notes>%s</Notes></Transaction>`, id, r.note))
	}
	return fmt.Sprintf("%d.xml", file), "<Transactions>" + strings.Join(records, "\n"+wide) + "</Transactions>"
}

// wide makes a file several of the packets that SFTP clients send, 32 KiB each: a
// connection breaks off between them.
var wide = strings.Repeat(" ", 6<<10)

// record is a transaction of a file.
type record struct{ id, note string }

// recordsOf are a file's, in their order: of the one that all files have, the last
// file has other content.
func recordsOf(file int) (all []record) {
	for i := range good {
		all = append(all, record{idOfRecord(file, i), fmt.Sprint("note ", i)})
	}
	return append(all, all[0], record{"", "nameless"}, record{shared, fmt.Sprint("shared ", file/(files-1))})
}

const shared = "shared"

func idOfRecord(file, i int) string { return fmt.Sprint(file, "-", i) }

// pipeline is what happens to it.
func pipeline(t *testing.T) simulation.Options {
	faults := without(simulation.Twice)
	faults[simulation.Burst] = 0.01 // longer than SDKs insist, so that handlers hear of it
	return simulation.Options{
		Assembly: assembly(), Packages: handlers.All(), Faults: faults,
		Engine: local.Options{Stacks: []string{"Tradepost-B2B-dev"}},
		Scenario: atDesk(t, func(ctx context.Context, w *simulation.World, d *b2b.Desk) error {
			if err := handOver(ctx, w, d, func() error { return stop(ctx, d) }); err != nil {
				return err
			}
			w.Wait(time.Hour)
			replayedAtOnce(ctx, d)
			w.Wait(time.Hour)
			w.Calm()
			w.Wait(2 * time.Hour)
			if err := workUp(ctx, d); err != nil {
				return err
			}
			if err := errors.Join(atOnce(ctx, d), postedOtherwise(ctx, w, d)); err != nil {
				return err
			}
			return account(ctx, w, d)
		}),
	}
}

// atDesk is a scenario of who has the pipeline's clients.
func atDesk(t *testing.T, do func(context.Context, *simulation.World, *b2b.Desk) error) func(context.Context, *simulation.World) error {
	return func(ctx context.Context, w *simulation.World) error {
		d, err := b2b.Connect(ctx, here(w, prepared(t)))
		if err != nil {
			return err
		}
		return do(ctx, w, d)
	}
}

func TestEveryTransactionIsAccountedForWhateverHappens(t *testing.T) { explore(t, "b2b", pipeline(t)) }

func TestRedeliveriesChangeNothingOfWhatThePipelineStores(t *testing.T) {
	only(t, "b2b")
	o := pipeline(t)
	o.Inputs = []string{"0.xml", broken} // of other files, whose the transaction is that all have goes by the order
	for i := range posted {
		o.Inputs = append(o.Inputs, posting(i))
	}
	o.Scenario = atDesk(t, func(ctx context.Context, w *simulation.World, d *b2b.Desk) error {
		err := handOver(ctx, w, d, func() error { return nil })
		w.Wait(2 * time.Hour)
		return err
	})
	simulation.Idempotent(t, []uint64{1, 2}, o)
}

// A policy forbids what all attempts to split a file do when they have claimed it, and
// that Lambda puts anywhere what it has given up: nobody has the file's notice any more.
func TestAFileWhoseNoticeIsLostIsSettledAndRingsBothAlarms(t *testing.T) {
	forbids := func(call cloud.Call) bool { return call.Action == "SendMessageBatch" || sends(call, "Undelivered") }
	forbidden(t, forbids, 20*time.Minute, []string{"AbandonedAlarm", "UntoldAlarm"}, func(ctx context.Context, _ *simulation.World, d *b2b.Desk, file string) error {
		reply, err := replyTo(ctx, d, file)
		if err == nil && (reply.Status != contract.FileSettled || reply.Totals.Received != len(recordsOf(0)) || reply.Totals.Stored != good+1) {
			t.Errorf("the reply is %+v", reply)
		}
		return err
	})
}

// Policies forbid anyone to record what came of a transaction, and Lambda to put anywhere
// what it has given up. When they are mended, an operator tells conclude what Step
// Functions tells of executions, as docs/operations.md says, and replays what has failed.
func TestEndsThatNobodyHasRecordedRingAndAreToldByHand(t *testing.T) {
	forbids := func(call cloud.Call) bool {
		return (call.Action == "TransactWriteItems" || call.Action == "PutItem") && strings.Contains(string(call.Input), "Outcomes") || sends(call, "Unrecorded")
	}
	forbidden(t, forbids, untilAlarms, []string{"ConcludeUntoldAlarm", "OverdueAlarm"}, func(ctx context.Context, w *simulation.World, d *b2b.Desk, file string) error {
		if err := tellEnds(ctx, d); err != nil {
			return err
		}
		for _, want := range []contract.Totals{
			{Received: len(recordsOf(0)), Failed: good + 1, Duplicate: 1, Rejected: 1},
			{Received: len(recordsOf(0)), Stored: good + 1, Duplicate: 1, Rejected: 1},
		} {
			w.Wait(time.Hour)
			reply, err := replyTo(ctx, d, file)
			if err != nil {
				return err
			}
			if reply.Status != contract.FileSettled || reply.Totals != want {
				t.Errorf("the reply is %+v, not %+v", reply, want)
			}
			if err := replayed(ctx, d, "one"); err != nil {
				return err
			}
		}
		return nil
	})
}

// sends tells whether a call sends a message to a queue of such a name.
func sends(call cloud.Call, queue string) bool {
	return call.Action == "SendMessage" && strings.Contains(string(call.Input), queue)
}

// untilAlarms is by when what is forbidden has rung its alarms.
const untilAlarms = 2 * time.Hour

// forbidden uploads a file while policies forbid some calls, for so long. It wants alarms to
// have rung, and then has what came of the file looked at.
func forbidden(t *testing.T, forbids func(cloud.Call) bool, long time.Duration, alarms []string, then func(ctx context.Context, w *simulation.World, d *b2b.Desk, file string) error) {
	t.Helper()
	only(t, "b2b")
	o := pipeline(t)
	o.Faults = nil
	var began time.Time
	o.Engine.Fault = func(_ context.Context, call cloud.Call) error {
		if forbids(call) && time.Since(began) < long {
			return cloud.Errorf(403, "AccessDenied", "not by this policy")
		}
		return nil
	}
	o.Scenario = atDesk(t, func(ctx context.Context, w *simulation.World, d *b2b.Desk) error {
		topic, err := d.Output(d.Stack, "AlarmTopicARN")
		if err != nil {
			return err
		}
		ringing, err := subscribe(ctx, d.Laptop, topic)
		if err != nil {
			return err
		}
		began = time.Now()
		name, content := fileOf(0)
		if err := upload(ctx, d, name, content); err != nil {
			return err
		}
		w.Wait(untilAlarms)
		heard, err := ringing.all(ctx)
		if err != nil {
			return err
		}
		for _, alarm := range alarms {
			if !heard.have(alarm) {
				t.Errorf("%s has not rung, but %v", alarm, heard)
			}
		}
		return then(ctx, w, d, name)
	})
	if r := simulation.Run(t, *first, o); r.Err != nil {
		t.Error(r.Story())
	}
}

// handOver uploads and posts as partners do: what fails, they do again. What comes
// between is done while the first file is processed, and the first transaction.
func handOver(ctx context.Context, w *simulation.World, d *b2b.Desk, between func() error) error {
	for file := range files {
		name, content := fileOf(file)
		if !w.Keep(name) {
			continue
		}
		if err := upload(ctx, d, name, content); err != nil {
			return err
		}
		if file == 0 {
			if err := between(); err != nil {
				return err
			}
		}
	}
	if w.Keep(broken) {
		if err := upload(ctx, d, broken, brokenContent); err != nil {
			return err
		}
	}
	for i := range posted {
		if !w.Keep(posting(i)) {
			continue
		}
		if err := post(ctx, d, idOfRecord(0, i)); err != nil {
			return err
		}
		if i == 0 {
			if err := between(); err != nil {
				return err
			}
		}
	}
	return nil
}

// broken is a file that cannot be read.
const (
	broken        = "broken.xml"
	brokenContent = "<Transactions><Transaction>"
)

// atOnce wants a file that comes when nothing happens any more to be settled soon.
func atOnce(ctx context.Context, d *b2b.Desk) error {
	if err := upload(ctx, d, "calm.xml", "<Transactions/>"); err != nil {
		return err
	}
	time.Sleep(10 * time.Minute)
	_, err := replyTo(ctx, d, "calm.xml")
	return err
}

// postedOtherwise wants posted transactions that are stored not to be overwritten.
func postedOtherwise(ctx context.Context, w *simulation.World, d *b2b.Desk) error {
	globex := d.Partners["globex"]
	for i := range posted {
		if !w.Keep(posting(i)) {
			continue
		}
		time.Sleep(10 * time.Second) // the usage plan does not allow more
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		status, err := globex.Settled(ctx, idOfRecord(0, i))
		if err != nil {
			return err
		}
		if status.Status != string(contract.Stored) {
			continue
		}
		if response, body, err := globex.Post(ctx, idOfRecord(0, i), "another message"); err != nil || response.StatusCode != http.StatusConflict {
			return fmt.Errorf("%s comes with other content, and is answered with %s (%w)", posting(i), body, err)
		}
	}
	return nil
}

// posting is the posted transaction that has the id of one of acme's first file.
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

// every makes attempts until one succeeds: so many that a storm does not outlast them.
// Of ten, all failed in one of 5,000 seeds.
func every(pause time.Duration, attempt func() error) (err error) {
	for range 20 {
		if err = attempt(); err == nil {
			return nil
		}
		time.Sleep(pause)
	}
	return err
}

var errNoReply = errors.New("has no reply")

// settled is the reply to acme's file, which is settled, or among the dead letters:
// then there is none.
func settled(ctx context.Context, d *b2b.Desk, letters letters, name string) (*contract.Reply, error) {
	reply, err := replyTo(ctx, d, name)
	switch {
	case err != nil && !letters.have("inbox/acme/"+name):
		return nil, fmt.Errorf("%s %w (%w), and is not among the dead letters", name, errNoReply, err)
	case err == nil && reply.Status == contract.FileSettled:
		return &reply, nil
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
	rows, err := scan(ctx, d, "TransactionsTable")
	ids := map[string]map[string]bool{"acme": {}, "globex": {}}
	for _, row := range rows {
		partner, id, _ := strings.Cut(attribute.String(row, contract.AttrTransactionKey), "/")
		if attribute.String(row, contract.AttrStatus) != contract.StatusReceived {
			ids[partner][id] = true
		}
	}
	return ids, err
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
