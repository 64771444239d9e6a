package laptop_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// The app is synthesized once, and one engine serves the tests: each has file
// names and transaction ids of its own, so they run side by side as partners do.
var (
	root  = filepath.Join("..", "..", "..")
	state string
	keys  laptop.Keys
	desk  *laptop.Laptop
	fault switchboard
)

// limit is how long a test waits for the pipeline before it calls it stuck.
const limit = 90 * time.Second

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if state, err = os.MkdirTemp("", "laptop-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(state)
	options := laptop.Options{Root: root, State: state, Engine: local.Options{Fault: fault.decide}}
	if keys, err = laptop.Prepare(root, state); err == nil {
		desk, err = laptop.Start(context.Background(), options, func(string, ...any) {})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "start the app on this machine:", err)
		return 1
	}
	defer desk.Close()
	return m.Run()
}

// switchboard lets a test break calls that concern it: every fault is asked,
// and should answer nil for what is not its own.
type switchboard struct{ faults atomic.Pointer[[]cloud.Fault] }

func (s *switchboard) decide(ctx context.Context, call cloud.Call) error {
	if faults := s.faults.Load(); faults != nil {
		for _, f := range *faults {
			if err := f(ctx, call); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *switchboard) add(f cloud.Fault) {
	for {
		old := s.faults.Load()
		var faults []cloud.Fault
		if old != nil {
			faults = append(faults, *old...)
		}
		faults = append(faults, f)
		if s.faults.CompareAndSwap(old, &faults) {
			return
		}
	}
}

// about tells whether a call mentions a text.
func about(call cloud.Call, text string) bool { return bytes.Contains(call.Input, []byte(text)) }

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
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
	if err := p.Upload(name, strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	return reply(t, p, name, earlier)
}

func reply(t *testing.T, p *laptop.Partner, name, earlier string) contract.Reply {
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

// eventually waits for a condition that has no reply file to wait for.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx := deadline(t)
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: %v", what, errors.Join(errors.New("did not happen"), ctx.Err()))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// sum is what CloudWatch makes of a metric in all; 0 if it has none.
func sum(t *testing.T, l *laptop.Laptop, namespace, name, dimension, value string) int {
	t.Helper()
	got, err := cloudwatch.NewFromConfig(l.AWS()).GetMetricStatistics(deadline(t), &cloudwatch.GetMetricStatisticsInput{
		Namespace:  aws.String(namespace),
		MetricName: aws.String(name),
		Dimensions: []cwtypes.Dimension{{Name: aws.String(dimension), Value: aws.String(value)}},
		StartTime:  aws.Time(time.Now().Add(-time.Hour)),
		EndTime:    aws.Time(time.Now().Add(time.Hour)),
		Period:     aws.Int32(60),
		Statistics: []cwtypes.Statistic{cwtypes.StatisticSum},
	})
	if err != nil {
		t.Fatal(err)
	}
	total := 0.0
	for _, point := range got.Datapoints {
		total += *point.Sum
	}
	return int(total)
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
