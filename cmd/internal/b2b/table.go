package b2b

// This file shows what became of each transaction of a batch.

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/executions"
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
	out    *tabwriter.Writer
	lookUp func(ctx context.Context, name string) (*execution, error)
}

// execution is one of the transaction workflow.
type execution struct {
	transactionID string
	took          *time.Duration // nil as long as it runs
}

func newTable(w io.Writer, lookUp func(context.Context, string) (*execution, error)) *table {
	t := &table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0), lookUp}
	fmt.Fprintln(t.out, "FILE\tTRANSACTION\tSTATUS\tEXECUTION\tMS")
	return t
}

// row adds a transaction. Without an id it has that of the execution.
func (t *table) row(ctx context.Context, file, transaction, status, name string) error {
	e, err := t.lookUp(ctx, name)
	if err != nil {
		return err
	}
	milliseconds := "-"
	switch {
	case e == nil: // rejected before it became one
		name = "-"
	case e.took != nil: // otherwise it has stored and is about to end
		milliseconds = fmt.Sprint(e.took.Milliseconds())
	}
	if e != nil {
		transaction = cmp.Or(transaction, e.transactionID)
	}
	_, err = fmt.Fprintf(t.out, "%s\t%s\t%s\t%s\t%s\n", cell(file), cell(transaction), status, name, milliseconds)
	return err
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
func (t *table) file(ctx context.Context, reply contract.Reply) error {
	others := map[int]contract.Receipt{}
	for _, receipt := range reply.Transactions {
		others[receipt.Ordinal] = receipt
	}
	shown := 0
	for ordinal := 1; ordinal <= reply.Totals.Received && shown < maxRows; ordinal++ {
		id, status := "", string(contract.Stored)
		if receipt, other := others[ordinal]; other {
			id = cmp.Or(receipt.TransactionID, fmt.Sprintf("(record %d)", ordinal))
			status = string(receipt.Outcome) + " " + receipt.Code
		} else if reply.Totals.Received > fewRecords {
			continue
		}
		if err := t.row(ctx, reply.File, id, status, contract.ExecutionName(reply.FileID, ordinal, 0)); err != nil {
			return err
		}
		shown++
	}
	if hidden := reply.Totals.Received - shown; hidden > 0 {
		fmt.Fprintf(t.out, "%s\t(%d more)\t\t\t\n", reply.File, hidden)
	}
	return nil
}

// executionsOf looks up executions of a workflow by name; nil is one that was
// never started.
func executionsOf(client *sfn.Client, workflow string) func(context.Context, string) (*execution, error) {
	return func(ctx context.Context, name string) (*execution, error) {
		described, err := client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(executions.ARN(workflow, name))})
		var none *types.ExecutionDoesNotExist
		if errors.As(err, &none) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("describe execution %s: %w", name, err)
		}
		var message contract.Message
		if err := json.Unmarshal([]byte(aws.ToString(described.Input)), &message); err != nil {
			return nil, fmt.Errorf("read the input of execution %s: %w", name, err)
		}
		e := &execution{transactionID: message.TransactionID}
		if described.StopDate != nil {
			e.took = aws.Duration(described.StopDate.Sub(*described.StartDate))
		}
		return e, nil
	}
}
