package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// transactions is how many go through the whole pipeline.
const transactions = 10_000

func measureSynth(ctx context.Context, root string) ([]result, error) {
	state, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(state)
	if _, err := laptop.Prepare(root, state); err != nil {
		return nil, err
	}
	synthesize := func() (time.Duration, error) {
		began := time.Now()
		err := laptop.Synthesize(ctx, root, filepath.Join(state, "cdk.out"), map[string]string{"partners": filepath.Join(state, "partners.json")})
		return time.Since(began), err
	}
	first, err := synthesize()
	if err != nil {
		return nil, err
	}
	warm, err := synthesize()
	if err != nil {
		return nil, err
	}
	return []result{{"synth, all functions unchanged", fmt.Sprintf("%.1f s", warm.Seconds()),
		fmt.Sprintf("the run before it took %.1f s", first.Seconds()), "10 s"}}, nil
}

func measurePipeline(ctx context.Context, root string) ([]result, error) {
	state, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(state)
	var synthesized time.Time
	l, err := laptop.Start(ctx, laptop.Options{Root: root, State: state}, func(string, ...any) { synthesized = time.Now() })
	if err != nil {
		return nil, err
	}
	defer l.Close()
	ready := time.Since(synthesized)

	var batch strings.Builder
	batch.WriteString("<Transactions>")
	for i := range transactions {
		fmt.Fprintf(&batch, `<Transaction TransactionID="bench-%d"><Notes>Transaction made between user %d and user %d.</Notes></Transaction>`, i, i, i+1)
	}
	batch.WriteString("</Transactions>")
	began := time.Now()
	acme := l.Partners["acme"]
	if err := acme.Upload("bench.xml", strings.NewReader(batch.String())); err != nil {
		return nil, err
	}
	reply, _, err := acme.Reply(ctx, "bench.xml", func(r contract.Reply) bool { return r.Status == contract.FileSettled })
	if err != nil {
		return nil, err
	}
	took := time.Since(began)
	if reply.Totals.Stored != transactions {
		return nil, fmt.Errorf("stored %d of %d: %+v", reply.Totals.Stored, transactions, reply.Totals)
	}
	return []result{
		{"engine ready after synth", fmt.Sprintf("%.2f s", ready.Seconds()), "", "1 s"},
		{"10,000 transactions, upload to reply", fmt.Sprintf("%.0f per second", transactions/took.Seconds()),
			fmt.Sprintf("%.1f s in all", took.Seconds()), "500 per second"},
	}, nil
}
