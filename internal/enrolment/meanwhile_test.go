package enrolment

// These tests are about what others do to a row between its reading and its writing.

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/partners"
	"github.com/tradepost-dev/tradepost/internal/usagekeys"
)

// other is somebody else at the same directory.
func (o *office) other() *Keeper { return &Keeper{DynamoDB: o.tables, Table: table, Keys: o.Keys} }

// meanwhile does something once, before the next write.
func (o *office) meanwhile(do func() error) {
	var once sync.Once
	o.puts.before = func(int) (err error) {
		once.Do(func() { err = do() })
		return err
	}
}

// One that always comes first must not keep an operator for ever, nor be raced in
// a tight loop.
func TestAChangeThatOthersAlwaysComeBeforeGivesUpInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.apply(partner("acme"))
		o.puts.count = 0
		o.puts.before = func(n int) error {
			if n > 100 {
				return errBroken
			}
			_, err := o.other().Release(t.Context(), "acme")
			return err
		}
		began := time.Now()
		if _, err := o.SetStatus(t.Context(), "acme", contract.PartnerDisabled); !errors.Is(err, errChanged) || o.puts.count != attempts+1 {
			t.Errorf("after %d attempts: %v", o.puts.count, err)
		}
		if waited := time.Since(began); waited < time.Second || waited > attempts*5*time.Second {
			t.Errorf("it took %v", waited)
		}
	})
}

func (o *office) erase(id string) error {
	_, err := o.tables.DeleteItem(o.t.Context(), &dynamodb.DeleteItemInput{
		TableName: aws.String(table), Key: map[string]types.AttributeValue{contract.AttrPartner: &types.AttributeValueMemberS{Value: id}},
	})
	return err
}

func (o *office) ids() (ids []string) {
	o.t.Helper()
	for row, err := range o.directory().List(o.t.Context()) {
		if err != nil {
			o.t.Fatal(err)
		}
		ids = append(ids, row.ID)
	}
	slices.Sort(ids)
	return ids
}

func TestARowThatIsErasedMeanwhileComesBackOnlyIfItIsListed(t *testing.T) {
	o := newOffice(t)
	o.apply(partner("acme"), partner("globex"))
	o.meanwhile(func() error { return o.erase("globex") })
	check(t, o.apply(partner("acme")), "0 added, 0 changed, 1 unchanged, kept [], drained []")
	if ids := o.ids(); !slices.Equal(ids, []string{"acme"}) {
		t.Errorf("the directory has %q", ids)
	}
	p := partner("acme")
	p.Name = "Acme"
	o.meanwhile(func() error { return o.erase("acme") })
	check(t, o.apply(p), "1 added, 0 changed, 0 unchanged, kept [], drained []")
	if row := o.row("acme"); row.Name != "Acme" || row.Version != 1 || row.UsageKey == "" {
		t.Errorf("got %+v", row)
	}
}

// An operator of a later version of the stack knows a tier that this list's does not.
func TestATierThatIsSetMeanwhileAndIsNotKnownStopsTheList(t *testing.T) {
	o := newOffice(t)
	o.apply(partner("acme"))
	p := partner("acme")
	p.Name = "Acme"
	o.meanwhile(func() error {
		later := o.other()
		later.Keys = &usagekeys.Ring{APIGateway: o.gateway, Prefix: "prod/", Plans: map[string]string{"standard": "plan1", "platinum": "plan3"}}
		_, err := later.Change(t.Context(), "acme", func(p *partners.Partner) error {
			p.Tier = "platinum"
			return nil
		})
		return err
	})
	if _, err := o.Apply(t.Context(), []partners.Partner{p}, Options{}); !errors.Is(err, errNoTier) {
		t.Errorf("got %v", err)
	}
	if row := o.row("acme"); row.Tier != "platinum" || row.Name == "Acme" {
		t.Errorf("got %+v", row)
	}
}

// A key whose usage plan a later deployment has replaced cannot be made any more, and
// nobody needs it: the row names another one by then.
func TestAKeyThatARowDoesNotNameAnyMoreIsNotMadeAgain(t *testing.T) {
	o := newOffice(t)
	o.apply(partner("acme"))
	p := partner("acme")
	p.Name = "Acme"
	var once sync.Once
	o.puts.after = func(int) (err error) {
		once.Do(func() {
			later := o.other()
			later.Keys = &usagekeys.Ring{APIGateway: o.gateway, Prefix: "prod/", Plans: map[string]string{"standard": "plan9"}}
			_, err = later.SetStatus(t.Context(), "acme", contract.PartnerDraining)
			o.gateway.mu.Lock()
			defer o.gateway.mu.Unlock()
			delete(o.gateway.keys, o.value("acme", "standard"))
		})
		return err
	}
	check(t, o.apply(p), "0 added, 1 changed, 0 unchanged, kept [], drained []")
	if names := o.gateway.names(); !slices.Equal(names, []string{"prod/acme/plan9"}) {
		t.Errorf("API keys %q", names)
	}
}

// value is that of a partner's API key.
func (o *office) value(partner, tier string) string {
	key, _ := o.Keys.Key(partner, tier)
	return key.Value
}

// What is returned is what is stored, to the fraction of a second.
func TestARowIsReturnedAsItIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(1500 * time.Millisecond)
		o := newOffice(t)
		o.apply(partner("acme"))
		row, err := o.Change(t.Context(), "acme", func(p *partners.Partner) error {
			p.Tier = "gold"
			return nil
		})
		if got, want := fmt.Sprintf("%+v", row), fmt.Sprintf("%+v", o.row("acme")); err != nil || got != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	})
}
