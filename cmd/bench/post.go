package main

// This file posts transactions while a file of another partner goes through the
// pipeline.

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// postPause keeps what is posted from mattering beside the file.
const postPause = 500 * time.Millisecond

// waits are how long posted transactions took to be stored.
type waits struct {
	each []time.Duration
	err  error
}

// postMeanwhile posts one transaction after the other until ctx ends, and then
// sends how long each took that was stored by then.
func postMeanwhile(ctx context.Context, partner *b2b.Partner) <-chan waits {
	result := make(chan waits, 1)
	go func() {
		var w waits
		for i := 0; ctx.Err() == nil; i++ {
			took, err := postOne(ctx, partner, fmt.Sprintf("posted-%d", i))
			if ctx.Err() != nil {
				break
			}
			if w.err = err; err != nil {
				break
			}
			w.each = append(w.each, took)
			select {
			case <-ctx.Done():
			case <-time.After(postPause):
			}
		}
		result <- w
	}()
	return result
}

func postOne(ctx context.Context, partner *b2b.Partner, id string) (time.Duration, error) {
	began := time.Now()
	response, body, err := partner.Post(ctx, id, "posted meanwhile")
	if err != nil {
		return 0, err
	}
	if response.StatusCode != http.StatusAccepted {
		return 0, fmt.Errorf("post %s: %s: %s", id, response.Status, body)
	}
	status, err := partner.Settled(ctx, id)
	if err == nil && status.Status != string(contract.Stored) {
		err = fmt.Errorf("%s is %s", id, status.Status)
	}
	return time.Since(began), err
}
