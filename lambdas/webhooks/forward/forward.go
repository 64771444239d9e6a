// Package forward takes webhooks off the stream and runs the workflow for each,
// one after the other of those with one key.
package forward

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"golang.org/x/sync/errgroup"

	"github.com/tradepost-dev/tradepost/internal/claims"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/letters"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// concurrency bounds the keys in work at a time.
const concurrency = 20

// Claims is what the handler needs of a *claims.Table.
type Claims interface {
	Take(context.Context, claims.Claim) (claims.Verdict, error)
	Settle(context.Context, claims.Claim, contract.Outcome) error
}

// Letters is what the handler needs of a *letters.Box.
type Letters interface {
	Send(context.Context, letters.Letter) error
}

// Handler forwards the webhooks of one stream. The clients' own retries are best
// turned off: the handler decides how long to go on.
type Handler struct {
	StepFunctions StepFunctions
	WorkflowARN   string
	Claims        Claims
	Letters       Letters
	Metrics       *metrics.Emitter

	// Patience is how long a webhook is tried before it is parked: so long it
	// holds up what comes behind it. The function's timeout has to be longer.
	Patience time.Duration
}

// Handle forwards a batch of one shard, and reports the records that it could
// neither forward nor park: Lambda delivers the first of them, and all behind it,
// again. What was done before is then found done. Its error is always nil.
func (h *Handler) Handle(ctx context.Context, batch events.KinesisEvent) (events.KinesisEventResponse, error) {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	response := events.KinesisEventResponse{BatchItemFailures: []events.KinesisBatchItemFailure{}}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(concurrency)
	for _, chain := range chains(batch) {
		group.Go(func() error {
			for _, record := range chain { // behind one that failed, nothing may be done
				if err := h.forward(ctx, record); err != nil {
					slog.ErrorContext(ctx, "webhook not forwarded", "sequence", record.SequenceNumber, "key", record.PartitionKey, "error", err.Error())
					mu.Lock()
					defer mu.Unlock()
					response.BatchItemFailures = append(response.BatchItemFailures, events.KinesisBatchItemFailure{ItemIdentifier: record.SequenceNumber})
					return nil
				}
			}
			return nil
		})
	}
	_ = group.Wait() // the functions report through response
	return response, nil
}

// chains are the records of a batch by their keys, in the stream's order.
func chains(batch events.KinesisEvent) [][]events.KinesisRecord {
	var all [][]events.KinesisRecord
	places := map[string]int{}
	for _, record := range batch.Records {
		place, ok := places[record.Kinesis.PartitionKey]
		if !ok {
			place = len(all)
			places[record.Kinesis.PartitionKey], all = place, append(all, nil)
		}
		all[place] = append(all[place], record.Kinesis)
	}
	return all
}

// webhook is one that is forwarded.
type webhook struct {
	contract.Record
	input    string // of the workflow
	sequence string
}

func (w webhook) claim() claims.Claim {
	return claims.Claim{Source: w.Source, ID: w.ID, Sequence: w.sequence}
}

// read makes a webhook of a record's data. The error says why it is none of ours.
func read(record events.KinesisRecord) (webhook, error) {
	w := webhook{sequence: record.SequenceNumber, input: string(record.Data)}
	err := json.Unmarshal(record.Data, &w.Record)
	switch {
	case err != nil:
		err = fmt.Errorf("the record is not JSON of a webhook: %w", err)
	case w.Version != contract.RecordVersion:
		err = fmt.Errorf("the record is of version %d: %d is known here", w.Version, contract.RecordVersion)
	case w.Source == "" || w.ID == "":
		err = fmt.Errorf("the record has the source %q and the id %q", w.Source, w.ID)
	case len(w.input) > contract.MaxInputBytes:
		err = fmt.Errorf("the record has %d bytes: an execution takes %d", len(w.input), contract.MaxInputBytes)
	}
	if w.Source == "" || w.ID == "" { // so that it can be claimed and parked
		w.Record = contract.Record{Source: "?", ID: record.SequenceNumber, Key: record.PartitionKey, Body: record.Data}
	}
	return w, err
}

// forward brings a webhook to its end. What fails is tried again until it is
// through, or patience is at an end: then it is parked, and the next one is due.
// The error is of what could not even be parked, or not in this invocation.
func (h *Handler) forward(ctx context.Context, record events.KinesisRecord) error {
	w, fault := read(record)
	trying, cancel := context.WithTimeout(ctx, h.Patience)
	defer cancel()
	var last error
	for attempt := 0; ; attempt++ {
		err := h.attempt(trying, w, fault)
		if last == nil || trying.Err() == nil { // of an attempt that was cut off, the one before says more
			last = err
		}
		switch {
		case err == nil:
			return nil
		case trying.Err() == nil && patience.Wait(trying, attempt) == nil:
			continue
		case ctx.Err() != nil: // there is not enough time left to have been patient
			return err
		}
		return h.park(ctx, w, contract.Parked, fmt.Sprintf("given up after %d attempts in %s: %v", attempt+1, h.Patience, last))
	}
}

// attempt claims the webhook, runs the workflow, and says what has become of it.
func (h *Handler) attempt(ctx context.Context, w webhook, fault error) error {
	verdict, err := h.Claims.Take(ctx, w.claim())
	if err != nil {
		return err
	}
	switch verdict {
	case claims.Done, claims.Counted:
		return nil
	case claims.Duplicate:
		h.count(ctx, w, contract.Duplicate)
		return nil
	}
	if fault != nil {
		return h.park(ctx, w, contract.Rejected, fault.Error())
	}
	result, err := h.run(ctx, w)
	if err != nil {
		return err
	}
	if result.Outcome == contract.Rejected {
		return h.park(ctx, w, contract.Rejected, result.Reason)
	}
	return h.settle(ctx, w, contract.Published)
}

// Park puts a record among the failures that Lambda has given up, unless it was
// brought to its end before.
func (h *Handler) Park(ctx context.Context, record events.KinesisRecord, reason string) error {
	w, _ := read(record)
	var verdict claims.Verdict
	err := patience.Retry(ctx, func() (err error) {
		verdict, err = h.Claims.Take(ctx, w.claim())
		return err
	})
	switch {
	case errors.Is(err, claims.ErrBusy):
		return h.park(ctx, w, contract.Parked, reason)
	case err != nil || verdict == claims.Done || verdict == claims.Counted:
		return err
	case verdict == claims.Duplicate:
		h.count(ctx, w, contract.Duplicate)
		return nil
	}
	return h.park(ctx, w, contract.Parked, reason)
}

// park puts a webhook among the failures. If it ends between the letter and the
// claim, there will be another letter: what is sent again is published once.
func (h *Handler) park(ctx context.Context, w webhook, outcome contract.Outcome, reason string) error {
	err := patience.Retry(ctx, func() error {
		return h.Letters.Send(ctx, letters.Letter{Record: w.Record, Outcome: outcome, Reason: reason, Sequence: w.sequence})
	})
	if err != nil {
		return err
	}
	slog.WarnContext(ctx, "webhook among the failures", "outcome", outcome, "source", w.Source, "id", w.ID, "sequence", w.sequence, "reason", reason)
	if err := h.settle(ctx, w, outcome); err != nil {
		// It is safe in the queue, and the claim may be what has failed.
		slog.WarnContext(ctx, "claim not settled", "source", w.Source, "id", w.ID, "error", err.Error())
		h.count(ctx, w, outcome)
	}
	return nil
}
