package enrolment

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/partners"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

func TestAPartnerIsAddedWithATokenThatIsShownOnce(t *testing.T) {
	o := newOffice(t)
	p := partner("acme")
	p.Tier, p.SSHPublicKeys = "gold", []string{keyA + " me"}
	bearer, err := o.Add(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	row := o.row("acme")
	id, token, _ := strings.Cut(bearer, ".")
	if id != "acme" || len(token) != 64 || !row.Knows(token) || row.Version != 1 || !slices.Equal(row.SSHKeys, []string{keyA}) || len(row.Held) != len(listed) {
		t.Errorf("%s opens %+v", bearer, row)
	}
	if text := fmt.Sprint(row.Item(), row); strings.Contains(text, token) {
		t.Error("the token is stored")
	}
	if want := []string{"prod/acme/plan2"}; !slices.Equal(o.gateway.names(), want) {
		t.Errorf("API keys %q", o.gateway.names())
	}
	if _, err := o.Add(t.Context(), p); !errors.Is(err, ErrExists) || !strings.Contains(err.Error(), "acme") {
		t.Errorf("added again: %v", err)
	}
	for name, wrong := range map[string]partners.Partner{
		"an id":   {ID: "Acme", ContactEmail: "a@b.example"},
		"a tier":  {ID: "globex", ContactEmail: "a@b.example", Tier: "silver"},
		"no mail": {ID: "globex"},
	} {
		if _, err := o.Add(t.Context(), wrong); err == nil {
			t.Errorf("%s: it is added", name)
		}
	}
	if o.puts.count != 1 {
		t.Errorf("%d writes", o.puts.count)
	}
}

func TestOfTwoThatAddAPartnerAtOnceOneDoes(t *testing.T) {
	o := newOffice(t)
	var mu sync.Mutex
	var bearers []string
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			bearer, err := o.Add(t.Context(), partner("acme"))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				bearers = append(bearers, bearer)
			} else if !errors.Is(err, ErrExists) || bearer != "" {
				t.Errorf("%q, %v", bearer, err)
			}
		})
	}
	group.Wait()
	if len(bearers) != 1 || !o.row("acme").Knows(strings.TrimPrefix(bearers[0], "acme.")) {
		t.Errorf("%d have added it", len(bearers))
	}
}

// The other one comes between the look for the partner and its addition.
func TestAPartnerThatSomebodyAddsMeanwhileIsNotReplaced(t *testing.T) {
	o := newOffice(t)
	var bearer string
	o.puts.before = func(int) (err error) {
		bearer, err = o.other().Add(t.Context(), partner("acme"))
		return err
	}
	if mine, err := o.Add(t.Context(), partner("acme")); !errors.Is(err, ErrExists) || mine != "" || !o.opens(bearer) {
		t.Errorf("%q, %v", mine, err)
	}
}

func TestAnAdditionThatStoppedHalfWayIsMadeAgain(t *testing.T) {
	o := newOffice(t)
	o.puts.before = func(int) error { return errBroken }
	if _, err := o.Add(t.Context(), partner("acme")); !errors.Is(err, errBroken) {
		t.Fatal(err)
	}
	o.puts.before = nil
	if _, err := o.Add(t.Context(), partner("acme")); err != nil || len(o.gateway.names()) != 1 {
		t.Errorf("%v, API keys %q", err, o.gateway.names())
	}
}

// API Gateway refuses what counts under a key that it does not have.
func TestAnAPIKeyIsThereBeforeTheRowThatNamesIt(t *testing.T) {
	o := newOffice(t)
	o.puts.before = func(int) error {
		if len(o.gateway.names()) == 0 {
			t.Error("the row comes first")
		}
		return nil
	}
	o.apply(partner("acme"))
	o.gateway.fail = &types.ResourceNotFoundException{}
	if _, err := o.Add(t.Context(), partner("globex")); err == nil || o.row("globex").ID != "" {
		t.Errorf("without a key the partner is added: %v", err)
	}
	if _, err := o.Apply(t.Context(), []partners.Partner{partner("acme"), partner("globex")}, Options{}); err == nil || o.row("globex").ID != "" {
		t.Errorf("without a key the partner is applied: %v", err)
	}
}

func TestWhatIsChangedIsTheOperators(t *testing.T) {
	o := newOffice(t)
	o.apply(partner("acme"))
	row, err := o.Change(t.Context(), "acme", func(p *partners.Partner) error {
		if p.ContactEmail != "acme@example.com" || len(p.SSHPublicKeys) != 1 {
			t.Errorf("asked to change %+v", p)
		}
		p.SSHPublicKeys = append(p.SSHPublicKeys, keyB+" second")
		p.AddressRanges = []string{"192.0.2.9/24"}
		return nil
	})
	if err != nil || !slices.Equal(row.Held, []string{"addressRanges", "sshKeys"}) {
		t.Errorf("%+v, %v", row, err)
	}
	if row := o.row("acme"); !slices.Equal(row.SSHKeys, []string{keyA, keyB}) || !slices.Equal(row.AddressRanges, []string{"192.0.2.0/24"}) || row.Version != 2 {
		t.Errorf("got %+v", row)
	}
	if row, err = o.SetStatus(t.Context(), "acme", contract.PartnerDisabled); err != nil || !slices.Equal(row.Held, []string{"addressRanges", "sshKeys", "status"}) {
		t.Errorf("%+v, %v", row, err)
	}
	writes := o.puts.count
	for name, edit := range map[string]func(*partners.Partner) error{
		"refused": func(*partners.Partner) error { return errBroken },
		"invalid": func(p *partners.Partner) error { p.ContactEmail = ""; return nil },
		"no tier": func(p *partners.Partner) error { p.Tier = "silver"; return nil },
		"no key":  func(p *partners.Partner) error { p.SSHPublicKeys[0] = "x"; return nil },
	} {
		if _, err := o.Change(t.Context(), "acme", edit); err == nil || !strings.Contains(err.Error(), "acme") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := o.SetStatus(t.Context(), "nobody", contract.PartnerDisabled); !errors.Is(err, ErrUnknown) {
		t.Errorf("nobody: %v", err)
	}
	if o.puts.count != writes {
		t.Error("something is written")
	}
}

// An edit may change a list in place.
func TestAListThatIsEditedInPlaceIsTheOperators(t *testing.T) {
	for attribute, edit := range map[string]func(*partners.Partner){
		contract.AttrSSHKeys:       func(p *partners.Partner) { p.SSHPublicKeys[0] = keyB },
		contract.AttrAddressRanges: func(p *partners.Partner) { p.AddressRanges[0] = "192.0.2.0/24" },
	} {
		o := newOffice(t)
		p := partner("acme")
		p.AddressRanges = []string{"198.51.100.0/24"}
		o.apply(p)
		row, err := o.Change(t.Context(), "acme", func(p *partners.Partner) error {
			edit(p)
			return nil
		})
		if err != nil || !slices.Equal(row.Held, []string{attribute}) {
			t.Errorf("%s: %q are held, %v", attribute, row.Held, err)
		}
	}
}

// All do what they were told: none is lost, and none is told that it failed.
func TestChangesAtOnceAreAllMade(t *testing.T) {
	o := newOffice(t)
	o.apply(partner("acme"))
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			_, err := o.Change(t.Context(), "acme", func(p *partners.Partner) error {
				p.AddressRanges = append(p.AddressRanges, fmt.Sprintf("10.0.%d.0/24", n))
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if row := o.row("acme"); len(row.AddressRanges) != 8 || row.Version != 9 {
		t.Errorf("got %+v", row)
	}
}

func TestAnotherTierIsAnotherKeyAndTheOldOneStaysAsLongAsAPIGatewayMayAskForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		o.apply(partner("acme"), partner("globex"))
		standard := o.row("acme").UsageKey
		time.Sleep(2 * time.Hour)
		gold := partner("acme")
		gold.Tier = "gold"
		o.apply(gold, partner("globex"))
		row := o.row("acme")
		if row.UsageKey == standard || row.PreviousUsageKey != standard || !row.UsageKeySince.Equal(time.Now().UTC().Truncate(time.Second)) {
			t.Errorf("got %+v", row)
		}
		both := []string{"prod/acme/plan1", "prod/acme/plan2", "prod/globex/plan1"}
		time.Sleep(59 * time.Minute)
		if report := o.apply(gold, partner("globex")); report.KeysRemoved != 0 || !slices.Equal(o.gateway.names(), both) {
			t.Errorf("API keys %q", o.gateway.names())
		}
		time.Sleep(time.Minute)
		if report := o.apply(gold, partner("globex")); report.KeysRemoved != 1 || !slices.Equal(o.gateway.names(), both[1:]) {
			t.Errorf("%d removed, API keys %q", report.KeysRemoved, o.gateway.names())
		}
	})
}

// A region has room for 10,000 API keys, and partners come and go for years.
func TestWhoIsGoneForAnHourGivesItsKeyBackAndGetsItAgain(t *testing.T) {
	back := map[string]func(*office){
		"by a list": func(o *office) {
			check(t, o.apply(partner("acme"), partner("globex")), "0 added, 1 changed, 1 unchanged, kept [], drained []")
		},
		"by an operator": func(o *office) {
			_, err := o.Change(o.t.Context(), "acme", func(p *partners.Partner) error {
				p.ValidUntil = time.Time{}
				return nil
			})
			if err != nil {
				o.t.Error(err)
			}
		},
	}
	for name, comesBack := range back {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t)
				both := []string{"prod/acme/plan1", "prod/globex/plan1"}
				o.apply(partner("acme"), partner("globex"))
				for _, step := range []struct {
					after time.Duration
					names []string
				}{{0, both}, {DrainFor + keptFor - time.Second, both}, {time.Second, both[1:]}, {time.Hour, both[1:]}} {
					time.Sleep(step.after)
					if report := o.apply(partner("globex")); report.Unchanged != 1 || !slices.Equal(o.gateway.names(), step.names) {
						t.Errorf("after %v more, %+v, API keys %q", step.after, report, o.gateway.names())
					}
				}
				if row := o.row("acme"); row.UsageKey != "" || row.PreviousUsageKey != "" || row.Tier != "standard" {
					t.Errorf("got %+v", row)
				}
				o.puts.before = func(int) error {
					if !slices.Equal(o.gateway.names(), both) {
						t.Error("the row comes back before the key")
					}
					return nil
				}
				comesBack(o)
				if row := o.row("acme"); row.UsageKey != o.value("acme", "standard") {
					t.Errorf("got %+v", row)
				}
			})
		})
	}
}

// Usage plans are replaced with their API, and operators' partners and drained
// ones have keys in them, too.
func TestAReplacedUsagePlanHasTheKeysOfAllPartners(t *testing.T) {
	o := newOffice(t)
	o.apply(partner("acme"), partner("globex"))
	if _, err := o.Add(t.Context(), partner("initech")); err != nil {
		t.Fatal(err)
	}
	o.apply(partner("globex"))
	o.Keys.Plans = map[string]string{"standard": "plan9"}
	check(t, o.apply(partner("globex")), "0 added, 1 changed, 0 unchanged, kept [], drained []")
	for _, id := range []string{"acme", "globex", "initech"} {
		key, _ := o.Keys.Key(id, "standard")
		if row := o.row(id); row.UsageKey != key.Value || o.gateway.keys[key.Value].plan != "plan9" {
			t.Errorf("%s: %+v", id, row)
		}
	}
}

func TestAKeyThatSomebodyHasRemovedIsMadeAgain(t *testing.T) {
	o := newOffice(t)
	o.apply(partner("acme"), partner("globex"))
	delete(o.gateway.keys, o.row("acme").UsageKey)
	check(t, o.apply(partner("acme"), partner("globex")), "0 added, 0 changed, 2 unchanged, kept [], drained []")
	if want := []string{"prod/acme/plan1", "prod/globex/plan1"}; !slices.Equal(o.gateway.names(), want) {
		t.Errorf("API keys %q", o.gateway.names())
	}
}

func TestReleasingGivesAllToTheList(t *testing.T) {
	o := newOffice(t)
	o.apply(partner("globex"))
	if _, err := o.Add(t.Context(), partner("acme")); err != nil {
		t.Fatal(err)
	}
	if row, err := o.Release(t.Context(), "acme"); err != nil || len(row.Held) > 0 {
		t.Errorf("%+v, %v", row, err)
	}
	check(t, o.apply(partner("globex")), "0 added, 0 changed, 1 unchanged, kept [], drained [acme]")
	if _, err := o.Release(t.Context(), "nobody"); !errors.Is(err, ErrUnknown) {
		t.Errorf("nobody: %v", err)
	}
}

// The SDK and patience repeat what was not answered, and then find it done.
func TestAWriteWhoseAnswerIsLostIsFoundDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		lose := func() {
			var once sync.Once
			o.puts.after = func(int) (err error) {
				once.Do(func() { err = patience.Again(errors.New("the connection is broken")) })
				return err
			}
		}
		lose()
		bearer, err := o.Add(t.Context(), partner("acme"))
		if err != nil || !o.row("acme").Knows(strings.TrimPrefix(bearer, "acme.")) {
			t.Errorf("%q, %v", bearer, err)
		}
		lose()
		bearer, err = o.Rotate(t.Context(), "acme")
		if row := o.row("acme"); err != nil || !row.Knows(strings.TrimPrefix(bearer, "acme.")) || row.Version != 2 {
			t.Errorf("%q, %v: %+v", bearer, err, row)
		}
		lose()
		check(t, o.apply(partner("globex")), "1 added, 0 changed, 0 unchanged, kept [], drained []")
	})
}

// Attributes that only one of several versions of the code knows would be lost
// if it wrote whole rows; every attribute of a row must pass through.
func TestAChangeKeepsTheRestOfARow(t *testing.T) {
	o := newOffice(t)
	if _, err := o.Add(t.Context(), partner("acme")); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Rotate(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	before := o.row("acme")
	if _, err := o.SetStatus(t.Context(), "acme", contract.PartnerDraining); err != nil {
		t.Fatal(err)
	}
	after := o.row("acme")
	before.Status, before.Version = contract.PartnerDraining, before.Version+1
	if fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
}
