package main

// This file sends a burst of webhooks while calls fail and batches come again.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/cmd/internal/webhooks"
	"github.com/tradepost-dev/tradepost/internal/signatures"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	senders = 20 // sources
	keys    = 10 // of each, by which order is kept

	// failing is one of how many calls that fail, or whose batch comes again.
	failing = 100
)

// failable are the calls that a webhook is made of, by service.
var failable = map[string]string{
	"PutRecord": "kinesis", "Invoke": "lambda", "Checkpoint": "lambda", "StartSyncExecution": "states", "Publish": "sns", "SendMessage": "sqs",
	"PutItem": "dynamodb", "UpdateItem": "dynamodb", "TransactWriteItems": "dynamodb",
}

// measureWebhooks sends webhooks of all sources, a tenth of them twice, and
// compares what has arrived with what was sent. The baseline is a tenth of them,
// before anything fails.
func measureWebhooks(ctx context.Context, o options) (results []result, err error) {
	local.LimitMemory()
	var fails atomic.Bool
	var failed atomic.Int64
	system := webhooks.System()
	system.Prepare = writeSources
	l, stop, err := o.start(ctx, laptop.Options{
		Systems: []laptop.System{system},
		Engine: local.Options{Fault: func(_ context.Context, call cloud.Call) error {
			if !fails.Load() || failable[call.Action] != call.Service || rand.IntN(failing) > 0 {
				return nil
			}
			failed.Add(1)
			return cloud.Errorf(http.StatusServiceUnavailable, "ServiceUnavailable", "The bench has this call fail.")
		}},
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	post, err := webhooks.Connect(l)
	if err != nil {
		return nil, err
	}
	calm, err := burst(ctx, post, "calm", o.webhooks/10)
	if err != nil {
		return nil, err
	}
	fails.Store(true)
	rate, err := burst(ctx, post, "burst", o.webhooks)
	if err != nil {
		return nil, err
	}
	return []result{{fmt.Sprintf("%d webhooks of %d sources, in order, while %d calls failed", o.webhooks, senders, failed.Load()),
		fmt.Sprintf("%.0f per second", rate), fmt.Sprintf("%.2f of %.0f per second without failures", rate/calm, calm), "none lost, none twice"}}, nil
}

// source is the name of a sender.
func source(i int) string { return fmt.Sprintf("source%02d", i) }

// writeSources prepares the system for them.
func writeSources(_, state string) (map[string]string, error) {
	sources := map[string]any{}
	for i := range senders {
		sources[source(i)] = map[string]string{"scheme": "standard", "key": "/key"}
	}
	text, err := json.Marshal(map[string]any{"sources": sources})
	if err != nil {
		return nil, err
	}
	path := filepath.Join(state, "webhooks.json")
	return map[string]string{"webhooks": path}, os.WriteFile(path, text, 0o600)
}

// burst sends n webhooks, each source one after the other, waits until all have
// arrived, and returns how many there were in a second.
func burst(ctx context.Context, post *webhooks.Post, name string, n int) (rate float64, err error) {
	began := time.Now()
	each := n / senders / keys // of a key
	group, sending := errgroup.WithContext(ctx)
	for s := range senders {
		group.Go(func() error {
			sender, err := post.Sender(sending, source(s), signatures.Standard)
			if err != nil {
				return err
			}
			for i := range each * keys {
				if err := deliver(sending, sender, name, i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	for s := range senders {
		for k := range keys {
			if err := arrived(ctx, post, source(s), name, k, each); err != nil {
				return 0, err
			}
		}
	}
	return float64(each*keys*senders) / time.Since(began).Seconds(), nil
}

// deliver sends the webhook i of a source until it is taken, as senders do, and
// every tenth once more.
func deliver(ctx context.Context, sender *webhooks.Sender, name string, i int) error {
	body := fmt.Sprintf(`{"type": "bench", "key": "%s-%d", "n": %d}`, name, i%keys, i)
	for taken, wanted := 0, 1+i%10/9; taken < wanted; {
		answer, err := sender.Send(ctx, fmt.Sprintf("%s-%d", name, i), body)
		switch {
		case err != nil:
			return err
		case answer.Status == http.StatusAccepted:
			taken++
		case answer.Status < 500 && answer.Status != http.StatusTooManyRequests:
			return fmt.Errorf("webhook %d of %s was answered with %d %s", i, sender.Source, answer.Status, answer.Body)
		}
	}
	return nil
}

// arrived waits for the webhooks of a key, and compares them with those that were
// sent.
func arrived(ctx context.Context, post *webhooks.Post, source, name string, key, n int) error {
	events, err := post.Arrived(ctx, fmt.Sprintf("%s/%s-%d", source, name, key), n)
	if err != nil {
		return err
	}
	if len(events) != n {
		return fmt.Errorf("%d webhooks of key %d of %s were sent, and %d have arrived", n, key, source, len(events))
	}
	for i, event := range events {
		if want := fmt.Sprintf("%s#%s-%d", source, name, i*keys+key); event.ID != want {
			return fmt.Errorf("place %d of key %d of %s is %s, want %s", i, key, source, event.ID, want)
		}
	}
	return nil
}
