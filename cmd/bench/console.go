package main

// This file measures what it costs the engine that somebody looks at it.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/console"
)

// runs is how often the pipeline runs with the console and without, one after the other.
const runs = 3

// measureConsole compares the pipeline with the console open, in an engine that keeps
// the past and causes for it, with one that has neither.
func measureConsole(ctx context.Context, o options) ([]result, error) {
	took := map[bool][]time.Duration{}
	for range runs {
		for _, o.watched = range []bool{false, true} {
			m, err := o.inAProcess(ctx)
			if err != nil {
				return nil, err
			}
			took[o.watched] = append(took[o.watched], m.Took)
		}
	}
	plain, watched := medianOf(took[false]), medianOf(took[true])
	perSecond := func(took time.Duration) float64 { return float64(o.transactions) / took.Seconds() }
	return []result{{
		fmt.Sprintf("%d transactions with the console open", o.transactions), fmt.Sprintf("%.0f per second, %.2f of the time", perSecond(watched), watched.Seconds()/plain.Seconds()),
		fmt.Sprintf("%.0f per second without, medians of %d", perSecond(plain), runs), "1.03 of the time",
	}}, nil
}

// seen is what the console asks of an engine.
func (o options) seen() local.Options {
	if !o.watched {
		return local.Options{}
	}
	return local.Options{Past: console.Past, Causes: true}
}

// look opens the console's page of the pipeline, and renews it as a browser does until
// the context ends.
func (o options) look(ctx context.Context, l *laptop.Laptop) (done chan error, err error) {
	done = make(chan error, 1)
	if !o.watched {
		done <- nil
		return done, nil
	}
	server, err := console.Serve(l.Engine)
	if err != nil {
		return nil, err
	}
	go func() {
		var err error
		for err == nil {
			err = renew(ctx, server.URL+"stacks/Tradepost-B2B-dev")
		}
		if ctx.Err() != nil {
			err = nil
		}
		done <- errors.Join(err, server.Close())
	}()
	return done, nil
}

// renew asks for a page, two seconds before it is to be asked for again.
func renew(ctx context.Context, page string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s is answered with %s", page, answer.Status)
	}
	select {
	case <-time.After(2 * time.Second):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
