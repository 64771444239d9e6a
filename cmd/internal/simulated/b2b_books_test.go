package simulated

// This file compares what partners were told with what the pipeline's tables have,
// row by row.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

type attributes = map[string]types.AttributeValue

// account wants each file and each posted transaction to be settled; replies to say of
// each transaction what the tables have; nothing to be stored that nobody handed over;
// and nothing to have failed or to be under way, after an operator has replayed it.
func account(ctx context.Context, w *simulation.World, d *b2b.Desk) error {
	b, err := tablesOf(ctx, d)
	if err != nil {
		return err
	}
	var faults []error
	for file := range files {
		if name, content := fileOf(file); w.Keep(name) {
			faults = append(faults, b.answered(ctx, d, name, content, recordsOf(file)))
		}
	}
	if w.Keep(broken) {
		faults = append(faults, b.answered(ctx, d, broken, brokenContent, nil))
	}
	for i := range posted {
		key := contract.TransactionKey("globex", idOfRecord(0, i))
		if !w.Keep(posting(i)) {
			continue
		}
		if status := attribute.String(b.transactions[key], contract.AttrStatus); status != string(contract.Stored) {
			faults = append(faults, fmt.Errorf("%s is not stored: %q", posting(i), status))
		}
	}
	return errors.Join(append(faults, b.handedOver(w), b.balance())...)
}

// tables are the pipeline's in the end.
type tables struct {
	uploads      map[string][]record                 // of those that are whole, by their ids
	transactions map[string]attributes               // by key
	outcomes     map[string]map[int]contract.Receipt // by file and ordinal
	files        map[string]attributes               // by id
}

func tablesOf(ctx context.Context, d *b2b.Desk) (b tables, err error) {
	b = tables{map[string][]record{}, map[string]attributes{}, map[string]map[int]contract.Receipt{}, map[string]attributes{}}
	transactions, err := scan(ctx, d, "TransactionsTable")
	for _, item := range transactions {
		b.transactions[attribute.String(item, contract.AttrTransactionKey)] = item
	}
	if err != nil {
		return b, err
	}
	all, err := scan(ctx, d, "OutcomesTable")
	for _, item := range all {
		receipt, err := outcomes.Receipt(item)
		if err != nil {
			return b, err
		}
		file, _, _ := strings.Cut(attribute.String(item, contract.AttrOutcomeKey), "#")
		if b.outcomes[file] == nil {
			b.outcomes[file] = map[int]contract.Receipt{}
		}
		b.outcomes[file][receipt.Ordinal] = receipt
	}
	if err != nil {
		return b, err
	}
	rows, err := scan(ctx, d, "FilesTable")
	for _, item := range rows {
		b.files[attribute.String(item, contract.AttrFileID)] = item
	}
	return b, err
}

// scan is all of a table.
func scan(ctx context.Context, d *b2b.Desk, output string) (rows []attributes, err error) {
	table, err := d.Output(d.Stack, output)
	if err != nil {
		return nil, err
	}
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(d.AWS()), &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		rows = append(rows, page.Items...)
	}
	return rows, nil
}

// tell wants a reply to say what is recorded of each transaction of its file, and
// this to be what its content deserves.
func (b tables) tell(records []record, reply contract.Reply) error {
	recorded := b.outcomes[reply.FileID]
	receipts := map[int]contract.Receipt{}
	var totals contract.Totals
	for _, receipt := range reply.Transactions {
		receipts[receipt.Ordinal] = receipt
		totals.Count(receipt.Outcome, 1)
	}
	totals.Received = len(records)
	totals.Stored = totals.Received - totals.Accounted()
	var faults []error
	if totals != reply.Totals || len(receipts) != len(reply.Transactions) || len(recorded) != len(records) {
		faults = append(faults, fmt.Errorf("%s is settled with %+v, and tells of %+v; %d outcomes are recorded", reply.File, reply.Totals, reply.Transactions, len(recorded)))
	}
	if status := attribute.String(b.files[reply.FileID], contract.AttrStatus); status != string(contract.FileSettled) || b.files[reply.FileID][contract.AttrUnsettled] != nil {
		faults = append(faults, fmt.Errorf("%s is settled, and its row is %s", reply.File, status))
	}
	for i, r := range records {
		ordinal := i + 1
		told, rejected := receipts[ordinal]
		if !rejected {
			told.Outcome = contract.Stored
		}
		if told.Outcome != recorded[ordinal].Outcome {
			faults = append(faults, fmt.Errorf("transaction %d of %s is told as %s, and is %s", ordinal, reply.File, told.Outcome, recorded[ordinal].Outcome))
		}
		stored := b.transactions[contract.TransactionKey("acme", r.id)]
		ours := attribute.String(stored, contract.AttrFileID) == reply.FileID && intOf(stored, contract.AttrOrdinal) == ordinal
		want := contract.Stored
		switch {
		case r.id == "":
			want, ours = contract.Rejected, false
		case slices.Index(records, r) < i:
			want = contract.Duplicate
		case !ours && stored != nil && noteOf(stored) == r.note: // of another upload of the file, or of the one that all have
			want = contract.Duplicate
		case !ours && stored != nil:
			want = contract.Rejected
		}
		if told.Outcome != want || ours != (told.Outcome == contract.Stored) {
			faults = append(faults, fmt.Errorf("transaction %d of %s is told as %s, not %s; its row is %v", ordinal, reply.File, told.Outcome, want, attribute.String(stored, contract.AttrFileID)))
		}
	}
	return errors.Join(faults...)
}

// setAside wants a broken file to be told as such, and a copy of it to be kept.
func (b tables) setAside(ctx context.Context, d *b2b.Desk, name string, reply contract.Reply) error {
	client, bucket, err := landing(d)
	if err != nil {
		return err
	}
	kept, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: &bucket, Prefix: aws.String(contract.QuarantineKey("acme", reply.FileID, name)),
	})
	if err != nil {
		return err
	}
	row := b.files[reply.FileID]
	if status := attribute.String(row, contract.AttrStatus); reply.Status != contract.FileQuarantined || reply.Totals != (contract.Totals{}) || status != string(reply.Status) || row[contract.AttrUnsettled] != nil || len(kept.Contents) != 1 {
		return fmt.Errorf("%s is told as %s, its row is %s, and %d copies of it are kept", name, reply.Status, status, len(kept.Contents))
	}
	return nil
}

// balance wants each outcome to be a last one, and each that says STORED to be of the
// row that says the same, one by one.
func (b tables) balance() error {
	var faults []error
	rows := map[string]string{} // what is stored, by outcomes
	for _, key := range slices.Sorted(maps.Keys(b.transactions)) {
		if item := b.transactions[key]; attribute.String(item, contract.AttrStatus) == string(contract.Stored) {
			rows[contract.ExecutionName(attribute.String(item, contract.AttrFileID), intOf(item, contract.AttrOrdinal), 0)] = key
		}
	}
	for _, file := range slices.Sorted(maps.Keys(b.outcomes)) {
		for _, ordinal := range slices.Sorted(maps.Keys(b.outcomes[file])) {
			outcome, name := b.outcomes[file][ordinal].Outcome, contract.ExecutionName(file, ordinal, 0)
			if !outcome.Final() || (outcome == contract.Stored) != (rows[name] != "") {
				faults = append(faults, fmt.Errorf("the outcome of %s is %s, and its row is %q", name, outcome, rows[name]))
			}
			delete(rows, name)
		}
	}
	if len(rows) > 0 {
		faults = append(faults, fmt.Errorf("what is stored has no outcome: %v", rows))
	}
	return errors.Join(faults...)
}

func intOf(item attributes, name string) int {
	n, err := attribute.Int(item, name)
	if err != nil {
		return -1
	}
	return int(n)
}

// noteOf is the note of a transaction whose content is stored, or empty.
func noteOf(item attributes) string {
	content, _ := item[contract.AttrContent].(*types.AttributeValueMemberM)
	if content == nil {
		return ""
	}
	children, _ := content.Value[contract.MemberChildren].(*types.AttributeValueMemberL)
	if children == nil || len(children.Value) != 1 {
		return ""
	}
	note, _ := children.Value[0].(*types.AttributeValueMemberM)
	if note == nil {
		return ""
	}
	return attribute.String(note.Value, contract.MemberText)
}

// has tells whether a transaction's row is of an upload that has it.
func (b tables) has(item attributes, id string) bool {
	records, i := b.uploads[attribute.String(item, contract.AttrFileID)], intOf(item, contract.AttrOrdinal)-1
	return i >= 0 && i < len(records) && records[i].id == id
}

// handedOver wants each row to be of a transaction that its partner handed over.
func (b tables) handedOver(w *simulation.World) error {
	notes := map[string][]string{} // by keys
	for file := range files {
		if name, _ := fileOf(file); w.Keep(name) {
			for _, r := range recordsOf(file) {
				key := contract.TransactionKey("acme", r.id)
				notes[key] = append(notes[key], r.note)
			}
		}
	}
	for i := range posted {
		if w.Keep(posting(i)) {
			notes[contract.TransactionKey("globex", idOfRecord(0, i))] = []string{"a message"}
		}
	}
	var faults []error
	for _, key := range slices.Sorted(maps.Keys(b.transactions)) {
		item := b.transactions[key]
		partner, _, _ := strings.Cut(key, "/")
		if attribute.String(item, contract.AttrPartner) != partner {
			faults = append(faults, fmt.Errorf("%s is of partner %s", key, attribute.String(item, contract.AttrPartner)))
		}
		if attribute.String(item, contract.AttrStatus) == string(contract.Stored) && !slices.Contains(notes[key], noteOf(item)) {
			faults = append(faults, fmt.Errorf("%s is stored with %q, and was handed over with %q", key, noteOf(item), notes[key]))
		} else if notes[key] == nil {
			faults = append(faults, fmt.Errorf("%s was not handed over", key))
		}
		if partner == "acme" && !b.has(item, strings.TrimPrefix(key, "acme/")) {
			faults = append(faults, fmt.Errorf("%s is said to be number %d of upload %s, and is not", key, intOf(item, contract.AttrOrdinal), attribute.String(item, contract.AttrFileID)))
		}
	}
	return errors.Join(faults...)
}
