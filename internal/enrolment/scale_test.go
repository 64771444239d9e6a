package enrolment

// These tests are about many partners, and about many who work on them.

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/partners"
)

func TestAListThatStopsHalfWayGoesOnWhereItStopped(t *testing.T) {
	o := newOffice(t)
	list := many(1200)
	o.puts.before = func(n int) error {
		if n > 700 {
			return errBroken
		}
		return nil
	}
	report, err := o.Apply(t.Context(), list, Options{})
	done := report.Done()
	if !errors.Is(err, errBroken) || done > 700 || done < 700-parallel {
		t.Fatalf("%v after %d", err, done)
	}
	o.puts.before = nil
	report = o.apply(list...)
	if report.Added+report.Unchanged != 1200 || report.Unchanged < done || report.Unchanged > 700 {
		t.Errorf("again, %+v", report)
	}
	if n := len(o.gateway.names()); n != 1200 {
		t.Errorf("%d API keys", n)
	}
}

func TestAListThatRunsOutOfTimeStops(t *testing.T) {
	o := newOffice(t)
	ctx, cancel := context.WithCancel(t.Context())
	o.puts.after = func(n int) error {
		if n == 600 {
			cancel()
		}
		return nil
	}
	report, err := o.Apply(ctx, many(5000), Options{})
	if err == nil || report.Done() < 500 || report.Done() > 700 {
		t.Errorf("%v after %d", err, report.Done())
	}
}

func TestTenThousandPartnersTakeBoundedMemoryTimeAndParallelism(t *testing.T) {
	list := many(10_000)
	table := &shelf{items: make(map[string]map[string]types.AttributeValue)}
	o := newOffice(t)
	o.DynamoDB = table
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	check(t, o.apply(list...), "10000 added, 0 changed, 0 unchanged, kept [], drained []")
	if o.gateway.imports != 20 || table.puts != 10_000 || table.most > parallel {
		t.Errorf("%d imports, %d writes, %d of them at once", o.gateway.imports, table.puts, table.most)
	}
	check(t, o.apply(list...), "0 added, 0 changed, 10000 unchanged, kept [], drained []")
	if o.gateway.imports != 20 || table.puts != 10_000 {
		t.Errorf("again, %d imports, %d writes", o.gateway.imports, table.puts)
	}
	runtime.ReadMemStats(&after)
	if grown := (int64(after.HeapSys) - int64(before.HeapSys)) >> 20; grown > 256 {
		t.Errorf("it takes %d MB, of which the table is a part", grown)
	}
}

// shelf is a table without the engine, which would take most of the time.
type shelf struct {
	mu            sync.Mutex
	items         map[string]map[string]types.AttributeValue
	puts          int
	current, most int
}

func (s *shelf) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	s.mu.Lock()
	s.puts++
	s.current++
	s.most = max(s.most, s.current)
	s.items[in.Item["partner"].(*types.AttributeValueMemberS).Value] = in.Item
	s.mu.Unlock()
	runtime.Gosched() // so that others come in
	s.mu.Lock()
	s.current--
	s.mu.Unlock()
	return &dynamodb.PutItemOutput{}, nil
}

func (s *shelf) Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &dynamodb.ScanOutput{Items: slices.Collect(maps.Values(s.items))}, nil
}

func (s *shelf) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &dynamodb.GetItemOutput{Item: s.items[in.Key["partner"].(*types.AttributeValueMemberS).Value]}, nil
}

// CloudFormation and an operator may both be at it, with the same list or with
// another one.
func TestTwoThatApplyAtOnceDoNoHarm(t *testing.T) {
	o := newOffice(t)
	list := many(300)
	second := slices.Clone(list)
	for i := range second {
		second[i].Name = "Second"
	}
	o.apply(list[:100]...)
	for _, id := range []string{"p00000", "p00299"} {
		if _, err := o.Rotate(t.Context(), id); err != nil && !errors.Is(err, ErrUnknown) {
			t.Fatal(err)
		}
	}
	token := o.row("p00000").TokenHash
	var group sync.WaitGroup
	for _, some := range [][]partners.Partner{list, second, list, second} {
		group.Go(func() {
			if _, err := o.Apply(t.Context(), some, Options{}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	n := 0
	for row, err := range o.directory().List(t.Context()) {
		if n++; err != nil || row.Name != "Second" && row.Name != row.ID || row.Status != contract.PartnerEnabled {
			t.Errorf("%+v, %v", row, err)
		}
	}
	if n != 300 || !slices.Equal(o.row("p00000").TokenHash, token) {
		t.Errorf("%d rows, or the token is lost", n)
	}
}

// Somebody changes a partner between the list's reading and its writing.
func TestWhatAnOperatorSetsWhileAListIsAppliedStays(t *testing.T) {
	o := newOffice(t)
	o.apply(partner("acme"), partner("globex"))
	p := partner("acme")
	p.Name = "Acme"
	o.meanwhile(func() error {
		_, err := o.other().SetStatus(t.Context(), "acme", contract.PartnerDisabled)
		return err
	})
	check(t, o.apply(p, partner("globex")), "0 added, 1 changed, 1 unchanged, kept [acme], drained []")
	if row := o.row("acme"); row.Name != "Acme" || row.Status != contract.PartnerDisabled {
		t.Errorf("got %+v", row)
	}
}
