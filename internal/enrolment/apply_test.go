package enrolment

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/directory"
	"github.com/tradepost-dev/tradepost/internal/partners"
)

func TestAListIsAppliedAndAgainToNoEffect(t *testing.T) {
	o := newOffice(t)
	until := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	acme := partners.Partner{
		ID: "acme", Name: "Acme", ContactEmail: "edi@acme.example", SSHPublicKeys: []string{keyA + " me", keyB},
		AddressRanges: []string{"192.0.2.7/24"}, Tier: "gold", ValidUntil: until, Status: contract.PartnerDraining,
	}
	check(t, o.apply(acme, partner("globex")), "2 added, 0 changed, 0 unchanged, kept [], drained []")
	row := o.row("acme")
	gold, _ := o.Keys.Key("acme", "gold")
	want := directory.Row{
		ID: "acme", Name: "Acme", ContactEmail: "edi@acme.example", SSHKeys: []string{keyA, keyB},
		AddressRanges: []string{"192.0.2.0/24"}, Tier: "gold", ValidUntil: until, Status: contract.PartnerDraining,
		UsageKey: gold.Value, UsageKeySince: row.UsageKeySince, Version: 1,
	}
	if !reflect.DeepEqual(row, want) || row.UsageKeySince.IsZero() {
		t.Errorf("got %+v", row)
	}
	if globex := o.row("globex"); globex.Name != "globex" || globex.Tier != "standard" || globex.Status != contract.PartnerEnabled {
		t.Errorf("got %+v", globex)
	}
	writes, imports := o.puts.count, o.gateway.imports
	check(t, o.apply(partner("globex"), acme), "0 added, 0 changed, 2 unchanged, kept [], drained []")
	if o.puts.count != writes || o.gateway.imports != imports {
		t.Errorf("%d writes and %d imports more", o.puts.count-writes, o.gateway.imports-imports)
	}
	if want := []string{"prod/acme/plan2", "prod/globex/plan1"}; !slices.Equal(o.gateway.names(), want) {
		t.Errorf("API keys %q", o.gateway.names())
	}
}

func TestEachAttributeOfAListIsFollowed(t *testing.T) {
	for name, change := range map[string]func(*partners.Partner){
		contract.AttrName:          func(p *partners.Partner) { p.Name = "Another" },
		contract.AttrContactEmail:  func(p *partners.Partner) { p.ContactEmail = "another@example.com" },
		contract.AttrSSHKeys:       func(p *partners.Partner) { p.SSHPublicKeys = append(p.SSHPublicKeys, keyB) },
		contract.AttrAddressRanges: func(p *partners.Partner) { p.AddressRanges = []string{"192.0.2.0/24"} },
		contract.AttrTier:          func(p *partners.Partner) { p.Tier = "gold" },
		contract.AttrValidUntil:    func(p *partners.Partner) { p.ValidUntil = time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC) },
		contract.AttrStatus:        func(p *partners.Partner) { p.Status = contract.PartnerDisabled },
	} {
		o := newOffice(t)
		o.apply(partner("acme"), partner("globex"))
		if _, err := o.Rotate(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		before := o.row("acme")
		p := partner("acme")
		change(&p)
		check(t, o.apply(p, partner("globex")), "0 added, 1 changed, 1 unchanged, kept [], drained []")
		after := o.row("acme")
		if got := differing(before, after); !slices.Equal(got, []string{name}) {
			t.Errorf("%s: %q differ", name, got)
		}
		if !slices.Equal(after.TokenHash, before.TokenHash) || after.Version != before.Version+1 {
			t.Errorf("%s: token or version is not kept: %+v", name, after)
		}
		check(t, o.apply(partner("acme"), partner("globex")), "0 added, 1 changed, 1 unchanged, kept [], drained []")
		if got := differing(before, o.row("acme")); len(got) > 0 {
			t.Errorf("%s: back again, %q differ", name, got)
		}
	}
}

// A partner that leaves the list keeps its history and sees its replies for 30
// days; one that comes back is as before.
func TestAPartnerThatLeavesTheListIsDrainedAndComesBackWithItsToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		soon := time.Now().UTC().Truncate(time.Second).Add(time.Hour)
		limited := partner("limited")
		limited.ValidUntil = soon
		distant := partner("distant")
		distant.ValidUntil = soon.Add(365 * 24 * time.Hour)
		draining := partner("draining")
		draining.Status = contract.PartnerDraining
		disabled := partner("disabled")
		disabled.Status = contract.PartnerDisabled
		o.apply(partner("acme"), partner("globex"), limited, distant, draining, disabled)
		if _, err := o.Rotate(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		token := o.row("acme").TokenHash
		check(t, o.apply(partner("globex")), "0 added, 0 changed, 1 unchanged, kept [], drained [acme distant draining limited]")
		month := time.Now().UTC().Truncate(time.Second).Add(30 * 24 * time.Hour)
		for id, until := range map[string]time.Time{"acme": month, "distant": month, "draining": month, "limited": soon} {
			if row := o.row(id); row.Status != contract.PartnerDraining || !row.ValidUntil.Equal(until) || row.ContactEmail == "" {
				t.Errorf("%s is %+v", id, row)
			}
		}
		if row := o.row("disabled"); row.Status != contract.PartnerDisabled || !row.ValidUntil.IsZero() {
			t.Errorf("a disabled partner is %+v", row)
		}
		time.Sleep(24 * time.Hour)
		writes := o.puts.count
		check(t, o.apply(partner("globex")), "0 added, 0 changed, 1 unchanged, kept [], drained []")
		if row := o.row("acme"); o.puts.count != writes+1 || !row.ValidUntil.Equal(month) { // the one who is gone by now gives back its key
			t.Errorf("the days begin again with each list: %d writes, %+v", o.puts.count-writes, row)
		}
		check(t, o.apply(partner("globex"), partner("acme")), "0 added, 1 changed, 1 unchanged, kept [], drained []")
		if row := o.row("acme"); row.Status != contract.PartnerEnabled || !row.ValidUntil.IsZero() || !slices.Equal(row.TokenHash, token) {
			t.Errorf("back again it is %+v", row)
		}
	})
}

func TestAListThatLacksMostPartnersIsRefusedUnlessThatIsMeant(t *testing.T) {
	o := newOffice(t)
	list := many(40)
	o.apply(list...)
	for _, id := range []string{"p00038", "p00039"} { // an operator's do not count
		if _, err := o.SetStatus(t.Context(), id, contract.PartnerEnabled); err != nil {
			t.Fatal(err)
		}
	}
	writes := o.puts.count
	_, err := o.Apply(t.Context(), append(list[:18:18], partner("new")), Options{})
	mass, ok := errors.AsType[*Mass](err)
	if !ok || *mass != (Mass{Gone: 20, Enrolled: 38}) || !strings.Contains(err.Error(), "lacks 20 of the 38 partners") || o.puts.count != writes {
		t.Fatalf("got %v, %d writes", err, o.puts.count-writes)
	}
	if report := o.apply(list[:19]...); len(report.Drained) != 19 {
		t.Errorf("half of them are not drained: %+v", report)
	}
	if report := o.apply(list[:9]...); len(report.Drained) != 10 { // more than half of 19, but few
		t.Errorf("ten are too many: %+v", report)
	}
	o.apply(list...)
	report, err := o.Apply(t.Context(), list[:1], Options{DrainAny: true})
	if err != nil || len(report.Drained) != 37 {
		t.Errorf("meant so: %v, %+v", err, report)
	}
}

// Who drains its partners by the list itself means it.
func TestAListThatSaysOfMostPartnersThatTheyDrainIsApplied(t *testing.T) {
	o := newOffice(t)
	list := many(30)
	o.apply(list...)
	for i := range list[:29] {
		list[i].Status = contract.PartnerDraining
	}
	check(t, o.apply(list...), "0 added, 29 changed, 1 unchanged, kept [], drained []")
}

func TestAReportIsInOrderHoweverTheRowsWereWritten(t *testing.T) {
	o := newOffice(t)
	list := many(120)
	o.apply(list...)
	var kept, drained []string
	for i := range list {
		if i%2 == 0 {
			drained = append(drained, list[i].ID)
			continue
		}
		kept = append(kept, list[i].ID)
		if _, err := o.SetStatus(t.Context(), list[i].ID, contract.PartnerDisabled); err != nil {
			t.Fatal(err)
		}
	}
	left := slices.DeleteFunc(slices.Clone(list), func(p partners.Partner) bool { return slices.Contains(drained, p.ID) })
	slices.Reverse(left)
	report, err := o.Apply(t.Context(), left, Options{DrainAny: true})
	if err != nil || !slices.Equal(report.Kept, kept) || !slices.Equal(report.Drained, drained) {
		t.Errorf("kept %q, drained %q, %v", report.Kept, report.Drained, err)
	}
}

func TestWhatAnOperatorHasSetIsHisUntilHeReleasesIt(t *testing.T) {
	o := newOffice(t)
	o.apply(partner("acme"), partner("globex"))
	_, err := o.Change(t.Context(), "acme", func(p *partners.Partner) error {
		p.SSHPublicKeys = []string{keyB}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	next := partner("acme")
	next.Name, next.SSHPublicKeys = "Acme", []string{keyA, keyB}
	check(t, o.apply(next, partner("globex")), "0 added, 1 changed, 1 unchanged, kept [acme], drained []")
	check(t, o.apply(next, partner("globex")), "0 added, 0 changed, 2 unchanged, kept [acme], drained []")
	if row := o.row("acme"); row.Name != "Acme" || !slices.Equal(row.SSHKeys, []string{keyB}) || !slices.Equal(row.Held, []string{"sshKeys"}) {
		t.Errorf("got %+v", row)
	}
	if _, err := o.Release(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	check(t, o.apply(next, partner("globex")), "0 added, 1 changed, 1 unchanged, kept [], drained []")
	if row := o.row("acme"); !slices.Equal(row.SSHKeys, []string{keyA, keyB}) || len(row.Held) > 0 {
		t.Errorf("released it is %+v", row)
	}
}

func TestAStatusThatAnOperatorHasSetOutlivesLists(t *testing.T) {
	for _, status := range []contract.PartnerStatus{contract.PartnerEnabled, contract.PartnerDraining, contract.PartnerDisabled} {
		o := newOffice(t)
		o.apply(partner("acme"), partner("globex"))
		if _, err := o.SetStatus(t.Context(), "acme", status); err != nil {
			t.Fatal(err)
		}
		o.apply(partner("acme"), partner("globex"))
		report := o.apply(partner("globex"))
		if row := o.row("acme"); row.Status != status || !row.ValidUntil.IsZero() || len(report.Drained) > 0 {
			t.Errorf("%s: %+v, drained %v", status, row, report.Drained)
		}
	}
}

func TestAValidityThatAnOperatorHasSetOutlivesTheList(t *testing.T) {
	o := newOffice(t)
	o.apply(partner("acme"), partner("globex"))
	until := time.Now().UTC().Truncate(time.Second).Add(400 * 24 * time.Hour)
	_, err := o.Change(t.Context(), "acme", func(p *partners.Partner) error {
		p.ValidUntil = until
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	check(t, o.apply(partner("globex")), "0 added, 0 changed, 1 unchanged, kept [], drained [acme]")
	if row := o.row("acme"); row.Status != contract.PartnerDraining || !row.ValidUntil.Equal(until) {
		t.Errorf("got %+v", row)
	}
}

func TestAPartnerThatAnOperatorHasAddedIsHisInAll(t *testing.T) {
	o := newOffice(t)
	o.apply(partner("globex"))
	if _, err := o.Add(t.Context(), partner("acme")); err != nil {
		t.Fatal(err)
	}
	before := o.row("acme")
	other := partners.Partner{
		ID: "acme", Name: "Other", ContactEmail: "other@example.com", AddressRanges: []string{"192.0.2.0/24"}, Tier: "gold",
		ValidUntil: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC), Status: contract.PartnerDisabled,
	}
	check(t, o.apply(partner("globex")), "0 added, 0 changed, 1 unchanged, kept [], drained []")
	check(t, o.apply(partner("globex"), other), "0 added, 0 changed, 2 unchanged, kept [acme], drained []")
	if got := o.row("acme"); !reflect.DeepEqual(got, before) {
		t.Errorf("got %+v", got)
	}
	if _, err := o.Release(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	check(t, o.apply(partner("globex"), other), "0 added, 1 changed, 1 unchanged, kept [], drained []")
}

func TestAListWithATierThatThereIsNotChangesNothing(t *testing.T) {
	o := newOffice(t)
	p, q := partner("globex"), partner("initech")
	p.Tier, q.Tier = "silver", "bronze"
	_, err := o.Apply(t.Context(), []partners.Partner{partner("acme"), p, q}, Options{})
	for _, part := range []string{`"globex" has the tier "silver"`, `"initech" has the tier "bronze"`, "there is gold, standard"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("no %s in %v", part, err)
		}
	}
	if o.puts.count > 0 || o.gateway.imports > 0 {
		t.Error("something is written")
	}
}

// A tier must not go while an operator's partner is in it, and may go with the
// partners that left the list.
func TestATierIsNotTakenFromUnderAnOperatorsPartner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { testTierThatGoes(t, newOffice(t)) })
}

func testTierThatGoes(t *testing.T, o *office) {
	p, q := partner("acme"), partner("globex")
	p.Tier, q.Tier = "gold", "gold"
	o.apply(p, partner("initech"))
	if _, err := o.Add(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	delete(o.Keys.Plans, "gold")
	_, err := o.Apply(t.Context(), []partners.Partner{partner("initech")}, Options{})
	if !errors.Is(err, errNoTier) || !strings.Contains(err.Error(), `"globex" has the tier "gold"`) || strings.Contains(err.Error(), "acme") {
		t.Errorf("got %v", err)
	}
	_, err = o.Change(t.Context(), "globex", func(p *partners.Partner) error {
		p.Tier = "standard"
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Hour)
	check(t, o.apply(partner("initech")), "0 added, 0 changed, 1 unchanged, kept [], drained [acme]")
	if names := o.gateway.names(); !slices.Contains(names, "prod/acme/plan2") || slices.Contains(names, "prod/globex/plan2") {
		t.Errorf("the key that a row names is removed, or one that none does is not: %q", names)
	}
}

func TestWithoutAnAPIThereAreNoKeys(t *testing.T) {
	o := newOffice(t)
	o.apply(partner("acme"))
	o.Keys = nil
	p := partner("globex")
	p.Tier = "whatever"
	check(t, o.apply(partner("acme"), p), "1 added, 1 changed, 0 unchanged, kept [], drained []")
	if row := o.row("acme"); row.UsageKey != "" {
		t.Errorf("got %+v", row)
	}
	if bearer, err := o.Add(t.Context(), partner("initech")); err != nil || bearer != "" {
		t.Errorf("%q, %v", bearer, err)
	}
}

func TestADirectoryThatCannotBeReadChangesNothing(t *testing.T) {
	o := newOffice(t)
	o.Table = "Nowhere"
	if _, err := o.Apply(t.Context(), many(1), Options{}); err == nil || o.gateway.imports > 0 || o.puts.count > 0 {
		t.Errorf("got %v", err)
	}
}
