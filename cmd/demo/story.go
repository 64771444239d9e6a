package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/internal/contract"
)

// The single transaction of the story.
const (
	postedID      = "12"
	postedMessage = "Transaction made between user 687 and user 329."
)

// tell uploads the batch, posts the single transaction, waits until both are
// settled and accounts for them. The error says what is not accounted for.
func tell(ctx context.Context, l *laptop.Laptop, batch string) error {
	acme := l.Partners["acme"]
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

	progress("posting transaction %s as acme", postedID)
	posted, err := post(ctx, acme)
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
	status, err := acme.Settled(ctx, postedID)
	if err != nil {
		return err
	}
	stop()
	progress("settled")

	rows, err := executions(ctx, l)
	if err != nil {
		return err
	}
	fmt.Println()
	printTable(reply, posted, status, rows)
	fmt.Printf("\noutbox/%s%s\n%s\n", name, contract.ReplySuffix, shorten(string(raw), 60))
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

// execution is what the table shows of a transaction's execution.
type execution struct {
	name         string
	milliseconds int64
}

// executions lists the finished executions of the transaction workflow by name.
func executions(ctx context.Context, l *laptop.Laptop) (map[string]execution, error) {
	arn, ok := l.Endpoints.Outputs[l.Stack]["WorkflowARN"].(string)
	if !ok {
		return nil, errors.New("the stack has no output WorkflowARN")
	}
	found := map[string]execution{}
	pages := sfn.NewListExecutionsPaginator(sfn.NewFromConfig(l.AWS()), &sfn.ListExecutionsInput{StateMachineArn: aws.String(arn)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list executions: %w", err)
		}
		for _, e := range page.Executions {
			if e.StopDate != nil {
				found[*e.Name] = execution{*e.Name, e.StopDate.Sub(*e.StartDate).Milliseconds()}
			}
		}
	}
	return found, nil
}

// maxRows bounds the table: of a large file, only what was not stored is shown.
const maxRows = 60

func printTable(reply contract.Reply, postedFileID string, posted laptop.Status, executions map[string]execution) {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintln(table, "FILE\tTRANSACTION\tSTATUS\tEXECUTION\tMS")
	row := func(file, id, status string, e execution) {
		ms := "-"
		if e.name != "" {
			ms = fmt.Sprint(e.milliseconds)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", file, cmp.Or(id, "-"), status, cmp.Or(e.name, "-"), ms)
	}
	others := map[int]contract.Receipt{}
	for _, receipt := range reply.Transactions {
		others[receipt.Ordinal] = receipt
	}
	shown := 0
	for ordinal := 1; ordinal <= reply.Totals.Received && shown < maxRows; ordinal++ {
		receipt, other := others[ordinal]
		if !other && reply.Totals.Received > maxRows {
			continue
		}
		status := string(contract.Stored)
		if other {
			status = string(receipt.Outcome) + " " + receipt.Code
		}
		row(reply.File, label(ordinal, receipt.TransactionID), status, executions[contract.ExecutionName(reply.FileID, ordinal)])
		shown++
	}
	if hidden := reply.Totals.Received - shown; hidden > 0 {
		fmt.Fprintf(table, "%s\t... %d more\t\t\t\n", reply.File, hidden)
	}
	row("(posted)", posted.TransactionID, posted.Status, executions[contract.ExecutionName(postedFileID, 1)])
}

func label(ordinal int, id string) string {
	if id == "" {
		return fmt.Sprintf("#%d", ordinal)
	}
	return fmt.Sprintf("#%d %s", ordinal, id)
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
		done, err := executions(ctx, l)
		if err == nil && len(done) > last {
			last = len(done)
			progress("%d executions have ended", last)
		}
	}
}

func size(bytes int64) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%.1f KB", float64(bytes)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}

// shorten keeps the first lines of a text.
func shorten(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	if len(all) <= lines {
		return strings.Join(all, "\n")
	}
	return strings.Join(all[:lines], "\n") + fmt.Sprintf("\n... %d more lines", len(all)-lines)
}
