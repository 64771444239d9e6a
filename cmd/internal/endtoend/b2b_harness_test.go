package endtoend

// This file has what the tests of the B2B pipeline share.

import (
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/local"
)

// anotherDesk is the pipeline in an engine of the test's own.
func anotherDesk(t *testing.T, o local.Options) *b2b.Desk {
	t.Helper()
	return connected(t, another(t, o))
}

func connected(t *testing.T, l *laptop.Laptop) *b2b.Desk {
	t.Helper()
	d, err := b2b.Connect(deadline(t), l)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// batch makes a file of transactions from their inner XML, by id.
func batch(records ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>` + "\n<Transactions>" + strings.Join(records, "\n") + "</Transactions>"
}

func record(id, notes string) string {
	return fmt.Sprintf(`<Transaction TransactionID="%s"><Notes>%s</Notes></Transaction>`, id, notes)
}

// settle uploads a file as a partner and returns its settled (or quarantined)
// reply. It checks the account that every file must come out with.
func settle(t *testing.T, partner, name, content string) contract.Reply {
	t.Helper()
	return settleAfter(t, partner, name, content, "")
}

// settleAfter is settle for a file uploaded again: it waits for a reply about
// another file id than the earlier one.
func settleAfter(t *testing.T, partner, name, content, earlier string) contract.Reply {
	t.Helper()
	p := desk.Partners[partner]
	if err := p.Upload(deadline(t), name, strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	return reply(t, p, name, earlier)
}

func reply(t *testing.T, p *b2b.Partner, name, earlier string) contract.Reply {
	t.Helper()
	r, _, err := p.Reply(deadline(t), name, func(r contract.Reply) bool {
		return r.FileID != earlier && r.Status != contract.FileOverdue
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Totals.Received != r.Totals.Accounted() {
		t.Errorf("%s: received %d, accounted for %d: %+v", name, r.Totals.Received, r.Totals.Accounted(), r.Totals)
	}
	if r.Version != contract.ReplyVersion || r.File != name {
		t.Errorf("reply of version %d about %q, want version %d about %q", r.Version, r.File, contract.ReplyVersion, name)
	}
	return r
}

func wantTotals(t *testing.T, r contract.Reply, stored, duplicate, rejected, failed int) {
	t.Helper()
	want := contract.Totals{Received: stored + duplicate + rejected + failed, Stored: stored, Duplicate: duplicate, Rejected: rejected, Failed: failed}
	if r.Totals != want {
		t.Errorf("%s: totals %+v, want %+v; not stored: %+v; reason %q", r.File, r.Totals, want, r.Transactions, r.Reason)
	}
	if others := duplicate + rejected + failed; len(r.Transactions) != others {
		t.Errorf("%s: %d receipts, want %d", r.File, len(r.Transactions), others)
	}
}

// output is an output of the B2B stack.
func output(t *testing.T, name string) string {
	t.Helper()
	value, ok := desk.Endpoints.Outputs[desk.Stack][name].(string)
	if !ok {
		t.Fatalf("no output %s in %v", name, desk.Endpoints.Outputs[desk.Stack])
	}
	return value
}

// row reads a transaction's row, or nil.
func row(t *testing.T, partner, id string) map[string]types.AttributeValue {
	t.Helper()
	got, err := dynamodb.NewFromConfig(desk.AWS()).GetItem(deadline(t), &dynamodb.GetItemInput{
		TableName: aws.String(output(t, "TransactionsTable")),
		Key: map[string]types.AttributeValue{
			contract.AttrTransactionKey: &types.AttributeValueMemberS{Value: contract.TransactionKey(partner, id)},
		},
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	return got.Item
}

// fields are the texts of a stored transaction's elements of one name.
func fields(t *testing.T, partner, id, name string) []string {
	t.Helper()
	item := row(t, partner, id)
	if status, ok := item[contract.AttrStatus].(*types.AttributeValueMemberS); !ok || status.Value != string(contract.Stored) {
		t.Fatalf("transaction %s of %s is not stored: %v", id, partner, item)
	}
	var values []string
	content := item[contract.AttrContent].(*types.AttributeValueMemberM).Value
	for _, child := range content[contract.MemberChildren].(*types.AttributeValueMemberL).Value {
		node := child.(*types.AttributeValueMemberM).Value
		if named, ok := node[contract.MemberName].(*types.AttributeValueMemberS); ok && named.Value == name {
			values = append(values, node[contract.MemberText].(*types.AttributeValueMemberS).Value)
		}
	}
	return values
}

// executions returns the names of a file's executions, sorted.
func executions(t *testing.T, fileID string) []string {
	t.Helper()
	var names []string
	pages := sfn.NewListExecutionsPaginator(sfn.NewFromConfig(desk.AWS()), &sfn.ListExecutionsInput{
		StateMachineArn: aws.String(output(t, "WorkflowARN")),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(deadline(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Executions {
			if strings.HasPrefix(*e.Name, fileID+"-") {
				names = append(names, *e.Name)
			}
		}
	}
	sort.Strings(names)
	return names
}
