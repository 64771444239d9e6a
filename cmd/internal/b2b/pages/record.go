package pages

// This file shows what became of one record: of a file, or posted.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/executions"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
	"github.com/tradepost-dev/tradepost/local/console"
)

func recordPage(id string, ordinal int) string { return fmt.Sprint(filePage(id), "/", ordinal) }

// recordView is a record's page.
type recordView struct {
	FileID     string
	Ordinal    int
	Receipt    *contract.Receipt // nil: it has no outcome yet
	CausesAt   string            // what caused its outcome
	Failure    *outcomes.Failure // nil: it has not failed
	Executions []*sfn.DescribeExecutionOutput
	Key        string // the transaction's business key, as the first of them has it; may be empty
}

// Posted tells a posted transaction from a file's.
func (v recordView) Posted() bool { return contract.Posted(v.FileID) }

func (d *desk) record(r *http.Request) (console.View, error) {
	v, err := recordOf(r)
	if err != nil {
		return console.View{}, err
	}
	if err := d.outcome(r.Context(), &v); err != nil {
		return console.View{}, err
	}
	attempts := 0
	if v.Failure != nil {
		attempts = v.Failure.Attempt
	}
	if err := d.executionsOf(r.Context(), &v, attempts); err != nil {
		return console.View{}, err
	}
	if len(v.Executions) > 0 {
		var m contract.Message
		if err := json.Unmarshal([]byte(aws.ToString(v.Executions[0].Input)), &m); err != nil {
			return console.View{}, fmt.Errorf("read the input of %s: %w", *v.Executions[0].Name, err)
		}
		v.Key = m.TransactionKey
	}
	if v.Receipt == nil && len(v.Executions) == 0 {
		return console.View{}, &console.Fault{Status: http.StatusNotFound, Text: fmt.Sprintf("Nothing is known of record %d of %s.", v.Ordinal, v.FileID)}
	}
	return console.View{Title: fmt.Sprintf("Record %d", v.Ordinal), Template: "record.html", Data: v}, nil
}

// recordOf is what an address asks for.
func recordOf(r *http.Request) (v recordView, err error) {
	v.FileID = r.PathValue("file")
	if v.Ordinal, err = strconv.Atoi(r.PathValue("ordinal")); err != nil || v.Ordinal < 1 || !isID(v.FileID) {
		return v, console.Refuse("%q of %q is no record: give the id of a file and a number from 1.", r.PathValue("ordinal"), v.FileID)
	}
	return v, nil
}

// outcome reads what is recorded of it.
func (d *desk) outcome(ctx context.Context, v *recordView) error {
	table := d.outputs["OutcomesTable"]
	key := attributes{contract.AttrOutcomeKey: attribute.Text(contract.OutcomeKey(v.FileID, v.Ordinal)), contract.AttrOrdinal: attribute.Number(v.Ordinal)}
	v.CausesAt = console.ItemCauses(table, key)
	got, err := d.tables.GetItem(ctx, &dynamodb.GetItemInput{TableName: &table, ConsistentRead: aws.Bool(true), Key: key})
	if err != nil || got.Item == nil {
		return err
	}
	receipt, err := outcomes.Receipt(got.Item)
	if err != nil {
		return err
	}
	v.Receipt = &receipt
	if !receipt.Outcome.Final() {
		failure, err := outcomes.ReadFailure(got.Item)
		if err != nil {
			return err
		}
		v.Failure = &failure
	}
	return nil
}

// lastOnes is how many executions of a record are shown: one that was replayed and
// has succeeded since does not say how often.
const lastOnes = 10

// executionsOf finds a record's executions, the first one first. One that was
// rejected before it was queued has none.
func (d *desk) executionsOf(ctx context.Context, v *recordView, attempts int) error {
	for attempt := max(0, attempts-lastOnes+1); attempt < attempts+lastOnes; attempt++ {
		arn := executions.ARN(d.outputs["WorkflowARN"], contract.ExecutionName(v.FileID, v.Ordinal, attempt))
		described, err := d.executions.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn})
		_, none := errors.AsType[*sfntypes.ExecutionDoesNotExist](err)
		_, express := errors.AsType[*sfntypes.StateMachineTypeNotSupported](err)
		if none || express { // Express keeps none
			if attempt >= attempts {
				return nil
			}
			continue
		}
		if err != nil {
			return err
		}
		v.Executions = append(v.Executions, described)
	}
	return nil
}
