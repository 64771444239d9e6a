package directory

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// rows answers by key, or fails.
type rows struct {
	mu    sync.Mutex
	known map[string]Row
	err   error
	takes time.Duration
	calls int
}

func (r *rows) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	time.Sleep(r.takes)
	if !aws.ToBool(in.ConsistentRead) {
		return nil, errors.New("a token that was just made may be unknown")
	}
	key := in.Key["partner"].(*types.AttributeValueMemberS).Value
	row, ok := r.known[key]
	if r.err != nil || !ok {
		return &dynamodb.GetItemOutput{}, r.err
	}
	return &dynamodb.GetItemOutput{Item: row.Item()}, nil
}

func (r *rows) change(partner string, change func(*Row)) {
	row := r.known[partner]
	change(&row)
	r.known[partner] = row
}

func acme() *rows {
	return &rows{known: map[string]Row{
		"acme": {
			ID: "acme", Status: contract.PartnerEnabled, TokenHash: Hash("t"), AddressRanges: []string{"192.0.2.0/24"}, UsageKey: "k", Version: 1,
		},
		"off":  {ID: "off", Status: contract.PartnerDisabled, TokenHash: Hash("t"), Version: 1},
		"bare": {ID: "bare", Status: contract.PartnerEnabled, Version: 1},
	}}
}

const home = "192.0.2.7"

func TestAPartnerIsReadOnceInAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := acme()
		g := &Gate{DynamoDB: r, Table: table}
		for _, step := range []struct {
			after time.Duration
			calls int
		}{{0, 1}, {59 * time.Second, 1}, {time.Second, 2}, {59 * time.Second, 2}} {
			time.Sleep(step.after)
			row, refusal, err := g.Admit(t.Context(), "acme", "t", home)
			if err != nil || refusal != Welcome || row.UsageKey != "k" || r.calls != step.calls {
				t.Errorf("%+v, %q, %v after %d calls, want %d", row, refusal, err, r.calls, step.calls)
			}
		}
	})
}

// What was true when it was asked may have changed before it was answered.
func TestAMinuteBeginsWhenTheDirectoryIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := acme()
		r.takes = 20 * time.Second
		g := &Gate{DynamoDB: r, Table: table}
		for _, step := range []struct {
			after time.Duration
			calls int
		}{{0, 1}, {39 * time.Second, 1}, {time.Second, 2}} {
			time.Sleep(step.after)
			if _, refusal, err := g.Admit(t.Context(), "acme", "t", home); err != nil || refusal != Welcome || r.calls != step.calls {
				t.Errorf("%q, %v after %d calls, want %d", refusal, err, r.calls, step.calls)
			}
		}
	})
}

// Whatever is wrong, and whoever was let in before, it costs the same.
func TestEveryRefusalTakesOneReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := acme()
		g := &Gate{DynamoDB: r, Table: table}
		if _, refusal, err := g.Admit(t.Context(), "acme", "t", home); err != nil || refusal != Welcome {
			t.Fatal(refusal, err)
		}
		for name, test := range map[string]struct {
			partner, token, source string
			want                   Refusal
		}{
			"unknown":         {"nobody", "t", home, Unknown},
			"disabled":        {"off", "t", home, Disabled},
			"without a token": {"bare", "t", home, WrongToken},
			"wrong token":     {"acme", "x", home, WrongToken},
			"foreign address": {"acme", "t", "198.51.100.1", ForeignAddress},
			"all wrong":       {"acme", "x", "198.51.100.1", ForeignAddress},
		} {
			for range 3 {
				before := r.calls
				_, refusal, err := g.Admit(t.Context(), test.partner, test.token, test.source)
				if err != nil || refusal != test.want || r.calls != before+1 {
					t.Errorf("%s: %q, %v, %d calls", name, refusal, err, r.calls-before)
				}
			}
		}
		if len(g.entries) != 1 {
			t.Errorf("%d partners are remembered", len(g.entries))
		}
	})
}

func TestWhatAnOperatorDoesIsFeltWithinAMinuteAndANewTokenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := acme()
		g := &Gate{DynamoDB: r, Table: table}
		admit := func(token string) Refusal {
			_, refusal, err := g.Admit(t.Context(), "acme", token, home)
			if err != nil {
				t.Error(err)
			}
			return refusal
		}
		admit("t")
		r.change("acme", func(row *Row) { row.TokenHash, row.PreviousTokenHash = Hash("t2"), row.TokenHash })
		if admit("t2") != Welcome || admit("t") != Welcome {
			t.Error("while it rotates, a partner has not two tokens at once")
		}
		r.change("acme", func(row *Row) { row.PreviousTokenHash = nil })
		if admit("t") != Welcome {
			t.Error("what was let in within the minute is read again")
		}
		time.Sleep(freshFor)
		if admit("t") != WrongToken || admit("t2") != Welcome {
			t.Error("a revoked token is let in after a minute")
		}
		r.change("acme", func(row *Row) { row.Status = contract.PartnerDisabled })
		time.Sleep(freshFor)
		if admit("t2") != Disabled {
			t.Error("a disabled partner is let in after a minute")
		}
		r.change("acme", func(row *Row) { row.Status = contract.PartnerEnabled })
		if admit("t2") != Welcome {
			t.Error("an enabled partner has to wait")
		}
		r.change("acme", func(row *Row) { row.ValidUntil = time.Now().Add(30 * time.Second) })
		time.Sleep(freshFor)
		if admit("t2") != Expired {
			t.Error("an expired partner is let in")
		}
		delete(r.known, "acme")
		if admit("t2") != Unknown || len(g.entries) != 0 {
			t.Error("a partner that is gone is remembered")
		}
	})
}

// What is remembered is bound by the time at which a partner expires.
func TestAPartnerThatExpiresWithinTheMinuteIsRefusedThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := acme()
		r.change("acme", func(row *Row) { row.ValidUntil = time.Now().Add(30 * time.Second) })
		g := &Gate{DynamoDB: r, Table: table}
		for _, want := range []Refusal{Welcome, Expired} {
			if _, refusal, err := g.Admit(t.Context(), "acme", "t", home); err != nil || refusal != want {
				t.Errorf("%q, %v", refusal, err)
			}
			time.Sleep(30 * time.Second)
		}
	})
}

func TestAnOutageIsBridgedForThoseThatWereLetInAndForNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := acme()
		g := &Gate{DynamoDB: r, Table: table}
		if _, _, err := g.Admit(t.Context(), "acme", "t", home); err != nil {
			t.Fatal(err)
		}
		r.err = errors.New("connection refused")
		time.Sleep(15*time.Minute - time.Second)
		if _, refusal, err := g.Admit(t.Context(), "acme", "t", home); err != nil || refusal != Welcome {
			t.Errorf("%q, %v", refusal, err)
		}
		for _, test := range [][3]string{{"acme", "x", home}, {"acme", "t", "198.51.100.1"}, {"nobody", "t", home}} {
			if _, refusal, err := g.Admit(t.Context(), test[0], test[1], test[2]); err == nil || refusal != "" {
				t.Errorf("%q: %q, %v", test, refusal, err)
			}
		}
		time.Sleep(time.Second)
		if _, _, err := g.Admit(t.Context(), "acme", "t", home); err == nil {
			t.Error("it is bridged for ever")
		}
		r.err = nil
		if _, refusal, err := g.Admit(t.Context(), "acme", "t", home); err != nil || refusal != Welcome {
			t.Errorf("the outage is remembered: %q, %v", refusal, err)
		}
	})
}

func TestTheMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &rows{known: make(map[string]Row)}
		g := &Gate{DynamoDB: r, Table: table}
		admit := func(n int) {
			id := fmt.Sprintf("p%05d", n)
			r.known[id] = Row{ID: id, Status: contract.PartnerEnabled, TokenHash: Hash("t"), Version: 1}
			if _, refusal, err := g.Admit(t.Context(), id, "t", home); err != nil || refusal != Welcome {
				t.Fatal(refusal, err)
			}
		}
		for n := range maxRemembered {
			admit(n)
		}
		time.Sleep(time.Second)
		admit(maxRemembered)
		if n := len(g.entries); n != maxRemembered*9/10+1 {
			t.Errorf("%d partners are remembered", n)
		}
		if _, there := g.entries["p10000"]; !there {
			t.Error("the newest one is not remembered")
		}
		time.Sleep(bridgedFor - time.Second)
		for n := range maxRemembered {
			admit(maxRemembered + n)
		}
		if n := len(g.entries); n != maxRemembered {
			t.Errorf("%d partners are remembered", n)
		}
		for id := range g.entries {
			if id < "p10000" {
				t.Fatalf("%s is remembered, who can be let in no more without the directory, in the place of one who can", id)
			}
		}
	})
}

func TestManyAreLetInAtOnce(t *testing.T) {
	r := acme()
	g := &Gate{DynamoDB: r, Table: table}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for _, token := range []string{"t", "x", "t"} {
				if _, _, err := g.Admit(t.Context(), "acme", token, home); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}

// An answer that was on its way for long must not undo a newer one.
func TestANewerReadingStands(t *testing.T) {
	g := &Gate{}
	now := time.Now()
	g.remember("acme", entry{Row{ID: "acme", Version: 2}, now}, true)
	g.remember("acme", entry{Row{ID: "acme", Version: 1}, now.Add(-time.Second)}, true)
	if got := g.entries["acme"].row.Version; got != 2 {
		t.Errorf("version %d", got)
	}
}
