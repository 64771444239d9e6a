package replay

// This file replays a file's transactions, from the version of the object that
// was uploaded.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	"github.com/tradepost-dev/tradepost/internal/batch"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/executions"
	"github.com/tradepost-dev/tradepost/internal/messages"
)

func (r *Replayer) file(ctx context.Context, b Batch) (started int, err error) {
	f, err := r.whole(ctx, b.FileID)
	if err != nil {
		return 0, err
	}
	f.Deadline = contract.Deadline(time.Now(), r.SettlementTimeout, r.SettlementRate, len(b.Failures))
	if err := r.takeOver(ctx, f); err != nil {
		return 0, err
	}
	attempts, err := r.markAll(ctx, b)
	if err != nil {
		return 0, err
	}
	// The settlement comes before the messages: whatever ends the replay now,
	// the file will be settled, and what was not sent is found again.
	if err := r.settle(ctx, f); err != nil {
		return 0, err
	}
	return len(attempts), r.sendAll(ctx, f, b, attempts)
}

// whole is a file that can be replayed: it has been split, and what was uploaded is
// still there.
func (r *Replayer) whole(ctx context.Context, fileID string) (*upload, error) {
	f, err := r.readFile(ctx, fileID)
	if err != nil {
		return nil, err
	}
	if f.Status != contract.FileSplit && f.Status != contract.FileOverdue && f.Status != contract.FileSettled {
		return nil, fmt.Errorf("the file is %s: wait until it is split, or see the dead letters of split", f.Status)
	}
	return f, r.locate(ctx, f)
}

// takeOver names the file's next settlement, whose turn it is from now on, and
// keeps what the last one came to.
func (r *Replayer) takeOver(ctx context.Context, f *upload) error {
	update := "SET #attempts = :next, #status = :split, #unsettled = :unsettled, #deadline = :deadline"
	names := map[string]string{
		"#attempts": contract.AttrAttempts, "#status": contract.AttrStatus,
		"#unsettled": contract.AttrUnsettled, "#deadline": contract.AttrDeadline, "#expires": contract.AttrExpiresAt,
	}
	if f.Status == contract.FileSettled {
		update += ", #previous = #totals"
		names["#previous"], names["#totals"] = contract.AttrPrevious, contract.AttrTotals
		f.Previous = &f.Totals
	}
	update += " REMOVE #expires"
	_, err := r.DynamoDB.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                aws.String(r.FilesTable),
		Key:                      map[string]types.AttributeValue{contract.AttrFileID: attribute.Text(f.FileID)},
		UpdateExpression:         aws.String(update),
		ConditionExpression:      aws.String("#status = :status AND (#attempts = :attempt OR (attribute_not_exists(#attempts) AND :attempt = :none))"),
		ExpressionAttributeNames: names,
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":status": attribute.Text(f.Status), ":split": attribute.Text(contract.FileSplit),
			":attempt": attribute.Number(f.Attempt), ":next": attribute.Number(f.Attempt + 1), ":none": attribute.Number(0),
			":unsettled": attribute.Text(contract.Unsettled), ":deadline": attribute.Number(f.Deadline.UnixMilli()),
		},
	})
	if _, changed := errors.AsType[*types.ConditionalCheckFailedException](err); changed {
		return errors.New("the file has changed at this very moment: run it again")
	}
	if err != nil {
		return fmt.Errorf("take over from settlement %s: %w", contract.SettlementName(f.FileID, f.Attempt), err)
	}
	f.Attempt++
	return nil
}

// markAll returns the attempts to be made, by ordinal.
func (r *Replayer) markAll(ctx context.Context, b Batch) (map[int]int, error) {
	ended := map[int]bool{}
	for _, f := range b.Failures { // one after the other, as there may be so many lookups a second
		red, err := r.endedRed(ctx, f)
		if err != nil {
			return nil, err
		}
		ended[f.Ordinal] = red
	}
	attempts := make(map[int]int, len(b.Failures))
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrency)
	for _, f := range b.Failures {
		group.Go(func() error {
			attempt, err := r.mark(ctx, f, ended[f.Ordinal])
			if err != nil || attempt == 0 {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			attempts[f.Ordinal] = attempt
			return nil
		})
	}
	return attempts, group.Wait()
}

func (r *Replayer) settle(ctx context.Context, f *upload) error {
	input, err := json.Marshal(f.Settlement)
	if err != nil {
		return fmt.Errorf("encode settlement: %w", err)
	}
	if err := executions.Start(ctx, r.StepFunctions, r.SettlementARN, contract.SettlementName(f.FileID, f.Attempt), string(input)); err != nil {
		return fmt.Errorf("start settlement: %w", err)
	}
	return nil
}

// errAll ends reading when there is nothing more to look for.
var errAll = errors.New("all found")

// sendAll reads the file and sends the records whose attempts are wanted.
func (r *Replayer) sendAll(ctx context.Context, f *upload, b Batch, attempts map[int]int) error {
	if len(attempts) == 0 {
		return nil
	}
	ids := make(map[int]string, len(b.Failures))
	for _, failure := range b.Failures {
		ids[failure.Ordinal] = failure.TransactionID
	}
	body, err := r.open(ctx, f)
	if err != nil {
		return err
	}
	defer body.Close()
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrency)
	sender := &messages.Sender{SQS: r.SQS, QueueURL: r.QueueURL, Group: group}
	found := 0
	err = r.Formats.Split(f.File, body, batch.Limits{}, func(record *batch.Record) error {
		if err := groupCtx.Err(); err != nil {
			return err
		}
		attempt, wanted := attempts[record.Ordinal]
		if !wanted {
			return nil
		}
		if record.Code != "" || record.TransactionID() != ids[record.Ordinal] {
			return fmt.Errorf("record %d of the file is not transaction %q any more", record.Ordinal, ids[record.Ordinal])
		}
		m := contract.Message{
			Record:  contract.NewRecord(f.FileID, record.Ordinal, f.Partner, contract.SourceSFTP, f.File, record.TransactionID()),
			Content: record.Content(),
		}
		m.Attempt = attempt
		text, err := messages.Encode(m)
		if err != nil {
			return err
		}
		sender.Add(groupCtx, text)
		if found++; found == len(attempts) {
			return errAll
		}
		return nil
	})
	sender.Flush(groupCtx)
	if sent := group.Wait(); sent != nil { // the cause, if reading ended because a send failed
		return sent
	}
	if err != nil && !errors.Is(err, errAll) {
		return fmt.Errorf("read %s: %w", f.Key, err)
	}
	if found < len(attempts) {
		return fmt.Errorf("%d of the %d transactions are not in %s", len(attempts)-found, len(attempts), f.Key)
	}
	return nil
}
