package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

const (
	// fewRecords is how many a file may have for all of them to be shown; of
	// a larger one the table has those that were not stored.
	fewRecords = 60

	// maxRows bounds the table.
	maxRows = 1000
)

// table shows what became of each transaction.
type table struct {
	out        *tabwriter.Writer
	executions map[string]types.ExecutionListItem // by name
}

func newTable(w io.Writer, executions map[string]types.ExecutionListItem) *table {
	t := &table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0), executions}
	fmt.Fprintln(t.out, "FILE\tTRANSACTION\tSTATUS\tEXECUTION\tMS")
	return t
}

func (t *table) row(file, transaction, status, execution string) {
	milliseconds := "-"
	switch e, started := t.executions[execution]; {
	case !started: // rejected before it became one
		execution = "-"
	case e.StopDate != nil: // otherwise it has stored and is about to end
		milliseconds = fmt.Sprint(e.StopDate.Sub(*e.StartDate).Milliseconds())
	}
	fmt.Fprintf(t.out, "%s\t%s\t%s\t%s\t%s\n", cell(file), cell(transaction), status, execution, milliseconds)
}

// maxCell keeps the table narrower than the longest of transaction ids.
const maxCell = 40

// cell shows a partner's text on one line and without effect on the terminal.
func cell(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		text = strconv.Quote(text)
	}
	if characters := []rune(text); len(characters) > maxCell {
		text = string(characters[:maxCell-1]) + "…"
	}
	return cmp.Or(text, "-")
}

// file adds the transactions of a file.
func (t *table) file(ctx context.Context, l *laptop.Laptop, reply contract.Reply) error {
	others := map[int]contract.Receipt{}
	for _, receipt := range reply.Transactions {
		others[receipt.Ordinal] = receipt
	}
	shown := 0
	for ordinal := 1; ordinal <= reply.Totals.Received && shown < maxRows; ordinal++ {
		name := contract.ExecutionName(reply.FileID, ordinal, 0)
		receipt, other := others[ordinal]
		switch {
		case other:
			id := cmp.Or(receipt.TransactionID, fmt.Sprintf("(record %d)", ordinal))
			t.row(reply.File, id, string(receipt.Outcome)+" "+receipt.Code, name)
		case reply.Totals.Received > fewRecords:
			continue
		default:
			id, err := transactionID(ctx, l, t.executions[name])
			if err != nil {
				return err
			}
			t.row(reply.File, id, string(contract.Stored), name)
		}
		shown++
	}
	if hidden := reply.Totals.Received - shown; hidden > 0 {
		fmt.Fprintf(t.out, "%s\t(%d more)\t\t\t\n", reply.File, hidden)
	}
	return nil
}

// transactionID reads the id from an execution's input.
func transactionID(ctx context.Context, l *laptop.Laptop, e types.ExecutionListItem) (string, error) {
	described, err := sfn.NewFromConfig(l.AWS()).DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: e.ExecutionArn})
	if err != nil {
		return "", fmt.Errorf("describe execution %s: %w", aws.ToString(e.Name), err)
	}
	var message contract.Message
	if err := json.Unmarshal([]byte(aws.ToString(described.Input)), &message); err != nil {
		return "", fmt.Errorf("read the input of execution %s: %w", aws.ToString(e.Name), err)
	}
	return message.TransactionID, nil
}
