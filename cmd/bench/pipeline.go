package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/local"
)

// measured is what a run of the whole pipeline yields.
type measured struct {
	Ready     time.Duration // from the synthesized app to served addresses
	Took      time.Duration // from the upload to the reply
	Posted    int           // transactions that another partner posted meanwhile
	Waited    time.Duration // from such a post to STORED, the median
	Engine    int64         // bytes of resident memory at the peak
	Functions int64         // of all function processes together
	Processes int           // at the most
}

// measurePipeline runs the pipeline in a process of its own, so that nothing
// else counts as the engine's memory.
func measurePipeline(ctx context.Context, o options) ([]result, error) {
	n := o.transactions
	m, err := o.inAProcess(ctx)
	if err != nil {
		return nil, err
	}
	const megabyte = 1e6
	return []result{
		{"engine ready after synth", fmt.Sprintf("%.2f s", m.Ready.Seconds()), "", "1 s"},
		{fmt.Sprintf("%d transactions, upload to reply", n), fmt.Sprintf("%.0f per second", float64(n)/m.Took.Seconds()),
			fmt.Sprintf("%.1f s in all", m.Took.Seconds()), "500 per second"},
		{"a transaction posted meanwhile, until it is stored", fmt.Sprintf("%.2f s", m.Waited.Seconds()), fmt.Sprintf("median of %d", m.Posted), "1 s"},
		{fmt.Sprintf("engine's resident memory, %d transactions", n), fmt.Sprintf("%.0f MB", float64(m.Engine)/megabyte), "", "1000 MB up to 500,000"},
		{"functions' resident memory together", fmt.Sprintf("%.0f MB", float64(m.Functions)/megabyte), fmt.Sprintf("%d processes", m.Processes), "1000 MB"},
	}, nil
}

// inAProcess runs the pipeline in a process of its own.
func (o options) inAProcess(ctx context.Context) (m measured, err error) {
	self, err := os.Executable()
	if err != nil {
		return m, err
	}
	c := exec.CommandContext(ctx, self, "-through", "-transactions", strconv.Itoa(o.transactions), "-cpu", o.cpu, "-heap", o.heap, fmt.Sprintf("-watched=%t", o.watched))
	c.Stderr = os.Stderr
	output, err := c.Output()
	if err != nil {
		return m, fmt.Errorf("run the pipeline in a process of its own: %w", err)
	}
	return m, json.Unmarshal(output, &m)
}

// runThrough sends transactions through the whole pipeline, in one file, and
// prints what that took.
func runThrough(ctx context.Context, o options) (err error) {
	local.LimitMemory()
	var synthesized time.Time
	l, stop, err := o.start(ctx, laptop.Options{
		Systems:  []laptop.System{b2b.System()},
		Progress: func(string, ...any) { synthesized = time.Now() },
		Engine:   o.seen(),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	desk, err := b2b.Connect(ctx, l)
	if err != nil {
		return err
	}
	m := measured{Ready: time.Since(synthesized)}

	profiled, err := profile(o.cpu, o.heap)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, profiled()) }()
	following, arrived := context.WithCancel(ctx)
	defer arrived()
	peak := followChildren(following)
	looking, err := o.look(following, l)
	if err != nil {
		return err
	}
	posted := postMeanwhile(following, desk.Partners["acme"])
	began := time.Now()
	if err := sendThrough(ctx, desk.Partners["globex"], o.transactions); err != nil {
		return err
	}
	m.Took = time.Since(began)
	arrived()
	if err := <-looking; err != nil {
		return err
	}
	waits := <-posted
	if waits.err != nil {
		return waits.err
	}
	m.Posted, m.Waited = len(waits.each), medianOf(waits.each)
	functions := <-peak
	m.Functions, m.Processes = functions.resident, functions.count
	if m.Engine, err = peakResident(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(m)
}

func sendThrough(ctx context.Context, partner *b2b.Partner, n int) error {
	if err := partner.Upload(ctx, "bench.xml", newBatch(n)); err != nil {
		return err
	}
	reply, _, err := partner.Reply(ctx, "bench.xml", func(r contract.Reply) bool { return r.Status == contract.FileSettled })
	if err != nil {
		return err
	}
	if reply.Totals.Stored != n {
		return fmt.Errorf("stored %d of %d: %+v", reply.Totals.Stored, n, reply.Totals)
	}
	return nil
}

// newBatch is a file of n transactions that is made while it is read.
func newBatch(n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		_, err := io.WriteString(w, "<Transactions>")
		for i := 0; i < n && err == nil; i++ {
			_, err = fmt.Fprintf(w, `<Transaction TransactionID="bench-%d"><Notes>Transaction made between user %d and user %d.</Notes></Transaction>`, i, i, i+1)
		}
		if err == nil {
			_, err = io.WriteString(w, "</Transactions>")
		}
		w.CloseWithError(err) // nil: the end
	}()
	return r
}
