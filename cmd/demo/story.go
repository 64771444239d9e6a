package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// The single transaction of the story.
const (
	postedID      = "12"
	postedMessage = "Transaction made between user 687 and user 329."
)

// tell uploads the batch, posts the single transaction, waits until both are
// settled and accounts for them. The error says what is not accounted for.
//
// The single transaction comes from another partner than the batch: whatever
// file is run instead of the example may have a transaction of the same id.
func tell(ctx context.Context, l *laptop.Laptop, batch string) error {
	acme, globex := l.Partners["acme"], l.Partners["globex"]
	if acme == nil || globex == nil {
		return errors.New("the story needs the partners acme and globex in partners.json")
	}
	name := filepath.Base(batch)
	file, err := os.Open(batch)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	progress("uploading %s (%s) by SFTP as acme", name, size(info.Size()))
	if err := acme.Upload(name, file); err != nil {
		return err
	}

	progress("posting transaction %s as globex", postedID)
	posted, err := post(ctx, globex)
	if err != nil {
		return err
	}

	progress("waiting for the reply")
	watched, stop := context.WithCancel(ctx)
	defer stop()
	go watch(watched, l)
	reply, raw, err := acme.Reply(ctx, name, func(r contract.Reply) bool { return r.Status != contract.FileOverdue })
	if err != nil {
		return err
	}
	status, err := globex.Settled(ctx, postedID)
	if err != nil {
		return err
	}
	stop()
	progress("settled")

	all, err := executions(ctx, l)
	if err != nil {
		return err
	}
	fmt.Println()
	t := newTable(os.Stdout, all)
	if err := t.file(ctx, l, reply); err != nil {
		return err
	}
	t.row("(posted)", status.TransactionID, status.Status, contract.ExecutionName(posted, 1, 0))
	if err := t.out.Flush(); err != nil {
		return err
	}
	fmt.Printf("\noutbox/%s%s\n%s\n", name, contract.ReplySuffix, bytes.TrimSpace(raw))
	if reply.Status == contract.FileQuarantined {
		fmt.Printf("\n%s was quarantined: %s\n", name, reply.Reason)
	}
	return conclude(reply.Totals, status)
}

// post sends the single transaction and returns the id of its request.
func post(ctx context.Context, partner *laptop.Partner) (fileID string, err error) {
	response, body, err := partner.Post(ctx, postedID, postedMessage)
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusAccepted {
		return "", fmt.Errorf("POST /transactions: %s: %s", response.Status, body)
	}
	return contract.RequestID(response.Header.Get("x-amzn-RequestId")), nil
}

// conclude prints the account of everything that was received.
func conclude(totals contract.Totals, posted laptop.Status) error {
	totals.Received++
	totals.Count(contract.Outcome(posted.Status), 1)
	fmt.Printf("\ndemo: received=%d stored=%d duplicate=%d rejected=%d failed=%d\n",
		totals.Received, totals.Stored, totals.Duplicate, totals.Rejected, totals.Failed)
	switch {
	case totals.Received != totals.Accounted():
		return fmt.Errorf("%d of %d transactions are not accounted for", totals.Received-totals.Accounted(), totals.Received)
	case totals.Failed > 0:
		return fmt.Errorf("%d transactions failed", totals.Failed)
	}
	return nil
}

// executions lists the executions of the transaction workflow by name.
func executions(ctx context.Context, l *laptop.Laptop) (map[string]types.ExecutionListItem, error) {
	arn, ok := l.Endpoints.Outputs[l.Stack]["WorkflowARN"].(string)
	if !ok {
		return nil, errors.New("the stack has no output WorkflowARN")
	}
	all := map[string]types.ExecutionListItem{}
	pages := sfn.NewListExecutionsPaginator(sfn.NewFromConfig(l.AWS()), &sfn.ListExecutionsInput{
		StateMachineArn: aws.String(arn),
		MaxResults:      1000,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list executions: %w", err)
		}
		for _, e := range page.Executions {
			all[*e.Name] = e
		}
	}
	return all, nil
}

// watch tells how many executions have ended while the story waits.
func watch(ctx context.Context, l *laptop.Laptop) {
	last := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(2 * time.Second):
		}
		all, err := executions(ctx, l)
		if err != nil {
			continue
		}
		ended := 0
		for _, e := range all {
			if e.StopDate != nil {
				ended++
			}
		}
		if ended > last {
			last = ended
			progress("%d executions have ended", ended)
		}
	}
}

func size(n int64) string {
	if n < 1e6 {
		return fmt.Sprintf("%.1f KB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
