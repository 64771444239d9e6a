package b2b

// This file has the story of the B2B pipeline.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/cmd/internal/story"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// The single transaction of the story.
const (
	postedID      = "12"
	postedMessage = "Transaction made between user 687 and user 329."
)

// Story hands over a batch by SFTP and a single transaction by HTTPS's local
// stand-in, and accounts for every transaction.
func Story(batch string) story.Story {
	s := story.Story{System: System()}
	prepare := s.Prepare
	s.Prepare = func(root, state string) (map[string]string, error) {
		if err := checkBatch(batch); batch != "" && err != nil {
			return nil, fmt.Errorf("INPUT: %w", err)
		}
		return prepare(root, state)
	}
	s.Tell = func(ctx context.Context, l *laptop.Laptop) (string, error) {
		d, err := Connect(ctx, l)
		if err != nil {
			return "", err
		}
		return tell(ctx, d, batch)
	}
	s.Usage = func(ctx context.Context, l *laptop.Laptop) (string, error) {
		d, err := Connect(ctx, l)
		if err != nil {
			return "", err
		}
		return d.Usage()
	}
	return s
}

// checkBatch finds out, before a synth is spent on it, whether a file can be
// uploaded and will be taken for a batch.
func checkBatch(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%q is not a file", file)
	}
	name := filepath.Base(file)
	if _, _, ignored := contract.InboxFile(contract.InboxPrefix + "acme/" + name); ignored != "" {
		return fmt.Errorf("the pipeline ignores %q: %s", name, ignored)
	}
	return nil
}

// tell uploads the batch, posts the single transaction, waits until both
// are settled and accounts for them.
//
// The single transaction comes from another partner than the batch: whatever
// file is run instead of the example may have a transaction of the same id.
func tell(ctx context.Context, d *Desk, batch string) (account string, err error) {
	acme, globex := d.Partners["acme"], d.Partners["globex"]
	if acme == nil || globex == nil {
		return "", errors.New("the story needs the partners acme and globex in partners.json")
	}
	workflow, err := d.Output(d.Stack, "WorkflowARN")
	if err != nil {
		return "", err
	}
	name := filepath.Base(batch)
	file, err := os.Open(batch)
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	story.Progress("uploading %s (%s) by SFTP as acme", name, size(info.Size()))
	if err := acme.Upload(ctx, name, file); err != nil {
		return "", err
	}

	story.Progress("posting transaction %s as globex", postedID)
	posted, err := post(ctx, globex)
	if err != nil {
		return "", err
	}

	story.Progress("waiting for the reply")
	watched, stop := context.WithCancel(ctx)
	defer stop()
	go watch(watched, d, workflow)
	reply, raw, err := acme.Reply(ctx, name, func(r contract.Reply) bool { return r.Status != contract.FileOverdue })
	if err != nil {
		return "", err
	}
	status, err := globex.Settled(ctx, postedID)
	if err != nil {
		return "", err
	}
	stop()
	story.Progress("settled")

	fmt.Println()
	t := newTable(os.Stdout, executionsOf(sfn.NewFromConfig(d.AWS()), workflow))
	if err := t.file(ctx, reply); err != nil {
		return "", err
	}
	if err := t.row(ctx, "(posted)", status.TransactionID, status.Status, contract.ExecutionName(posted, 1, 0)); err != nil {
		return "", err
	}
	if err := t.out.Flush(); err != nil {
		return "", err
	}
	fmt.Printf("\noutbox/%s%s\n%s\n", name, contract.ReplySuffix, bytes.TrimSpace(raw))
	return conclude(reply, status)
}

// post sends the single transaction and returns the id of its request.
func post(ctx context.Context, partner *Partner) (fileID string, err error) {
	response, body, err := partner.Post(ctx, postedID, postedMessage)
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusAccepted {
		return "", fmt.Errorf("POST /transactions: %s: %s", response.Status, body)
	}
	return contract.RequestID(response.Header.Get("x-amzn-RequestId")), nil
}

// conclude is the account of everything that was received, and what is wrong
// with it.
func conclude(reply contract.Reply, posted Status) (account string, err error) {
	totals := reply.Totals
	totals.Received++
	totals.Count(contract.Outcome(posted.Status), 1)
	account = fmt.Sprintf("received=%d stored=%d duplicate=%d rejected=%d failed=%d",
		totals.Received, totals.Stored, totals.Duplicate, totals.Rejected, totals.Failed)
	if reply.Status == contract.FileQuarantined {
		account += " quarantined=1"
		err = fmt.Errorf("%s was quarantined", reply.File)
		if r := reply.Reason; r != nil {
			err = fmt.Errorf("%w: %s: %s", err, r.Code, r.Message)
		}
	}
	if lost := totals.Received - totals.Accounted(); lost != 0 {
		err = errors.Join(err, fmt.Errorf("%d of %d transactions are not accounted for", lost, totals.Received))
	}
	if totals.Failed > 0 {
		err = errors.Join(err, fmt.Errorf("%d transactions failed", totals.Failed))
	}
	return account, err
}

// watch tells how many executions have ended while the story waits.
func watch(ctx context.Context, d *Desk, workflow string) {
	last := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(2 * time.Second):
		}
		ended := 0
		for _, metric := range []string{"ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"} {
			count, err := d.Sum(ctx, story.Began, "AWS/States", metric, "StateMachineArn", workflow)
			if err != nil {
				return // the wait itself will tell
			}
			ended += count
		}
		if ended > last {
			last = ended
			story.Progress("%d executions have ended", ended)
		}
	}
}

func size(n int64) string {
	if n < 1e6 {
		return fmt.Sprintf("%.1f KB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
