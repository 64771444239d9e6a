package endtoend

// This file changes partners while others send, and knocks as nobody.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/enrolment"
	"github.com/tradepost-dev/tradepost/internal/partners"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// While others come, change and go, no transaction of acme and globex is lost.
func TestPartnersComeAndGoUnderLoadAtNobodysCost(t *testing.T) {
	t.Parallel()
	const files, records, posts = 4, 100, 40
	d := anotherDesk(t, local.Options{})
	keeper, err := d.Keeper()
	if err != nil {
		t.Fatal(err)
	}
	known, err := partners.Load(filepath.Join(d.State, "partners.json"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, done := context.WithCancel(deadline(t))
	var changing, sending sync.WaitGroup
	turns := 0
	changing.Go(func() {
		for ; ctx.Err() == nil; turns++ {
			if err := turnover(ctx, keeper, known, turns); err != nil && ctx.Err() == nil {
				t.Errorf("turn %d: %v", turns, err)
			}
		}
	})

	acme, globex := d.Partners["acme"], d.Partners["globex"]
	for f := range files {
		sending.Go(func() {
			var all []string
			for r := range records {
				all = append(all, record(fmt.Sprintf("turnover-%d-%d", f, r), "x"))
			}
			name := fmt.Sprintf("turnover-%d.xml", f)
			if err := acme.Upload(ctx, name, strings.NewReader(batch(all...))); err != nil {
				t.Error(err)
			}
		})
	}
	for p := range posts {
		sending.Go(func() {
			id := fmt.Sprintf("turnover-posted-%d", p)
			if response, body, err := acme.Post(ctx, id, "x"); err != nil || response.StatusCode != http.StatusAccepted {
				t.Errorf("%s: %v, %v: %s", id, response, err, body)
			}
		})
	}
	sending.Go(func() {
		if err := globex.Upload(ctx, "turnover.xml", strings.NewReader(batch(record("turnover", "x"), record("turnover", "x"), record("turnover", "y")))); err != nil {
			t.Error(err)
		}
	})
	sending.Wait()
	for f := range files {
		wantTotals(t, reply(t, acme, fmt.Sprintf("turnover-%d.xml", f), ""), records, 0, 0, 0)
	}
	wantTotals(t, reply(t, globex, "turnover.xml", ""), 1, 1, 1, 0)
	for p := range posts {
		if status, err := acme.Settled(ctx, fmt.Sprintf("turnover-posted-%d", p)); err != nil || status.Status != string(contract.Stored) {
			t.Errorf("post %d: %+v, %v", p, status, err)
		}
	}
	done()
	changing.Wait()
	if turns < 2 {
		t.Errorf("partners came and went %d times only", turns)
	}
	t.Logf("partners came and went %d times", turns)
}

// turnover adds a partner, changes it, takes it away and lets a list have it back.
func turnover(ctx context.Context, keeper *enrolment.Keeper, known []partners.Partner, turn int) error {
	id := fmt.Sprintf("turn-%d", turn)
	partner := partners.Partner{ID: id, ContactEmail: "edi@turn.example"}
	if _, err := keeper.Add(ctx, partner); err != nil {
		return err
	}
	if _, err := keeper.Change(ctx, id, func(p *partners.Partner) error { p.Tier = "premium"; return nil }); err != nil {
		return err
	}
	for _, status := range []contract.PartnerStatus{contract.PartnerDraining, contract.PartnerDisabled} {
		if _, err := keeper.SetStatus(ctx, id, status); err != nil {
			return err
		}
	}
	if _, err := keeper.Release(ctx, id); err != nil {
		return err
	}
	if report, err := keeper.Apply(ctx, append([]partners.Partner{partner}, known...), enrolment.Options{}); err != nil || report.Unchanged != len(known) || report.Changed != 1 {
		return errors.Join(err, fmt.Errorf("a list with it makes %+v", report))
	}
	report, err := keeper.Apply(ctx, known, enrolment.Options{})
	if err == nil && !slices.Equal(report.Drained, []string{id}) {
		return fmt.Errorf("a list without it makes %+v", report)
	}
	return err
}

// Who knocks must not learn whether there is such a partner.
func TestAnUnknownUserADisabledPartnerAndAWrongKeyAreAnsweredAlike(t *testing.T) {
	t.Parallel()
	watch := &watchman{}
	d := anotherDesk(t, local.Options{Fault: watch.see})
	keeper, err := d.Keeper()
	if err != nil {
		t.Fatal(err)
	}
	key, stranger := newSigner(t), newSigner(t)
	bearers := map[string]string{"unknown": "nobody." + strings.Repeat("0", 64), "wrong key": "wrong-key." + strings.Repeat("0", 64)}
	add := func(p partners.Partner) string {
		p.ContactEmail, p.SSHPublicKeys = "edi@knock.example", []string{authorized(key)}
		bearer, err := keeper.Add(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		return bearer
	}
	bearers["disabled"] = add(partners.Partner{ID: "disabled", Status: contract.PartnerDisabled})
	bearers["expired"] = add(partners.Partner{ID: "expired", ValidUntil: time.Now().Add(-time.Minute)})
	bearers["elsewhere"] = add(partners.Partner{ID: "elsewhere", AddressRanges: []string{"192.0.2.0/24"}})
	add(partners.Partner{ID: "wrong-key"})

	type answer struct {
		login, request string
		calls          []string
	}
	answers := map[string]answer{}
	for who, bearer := range bearers {
		id, _, _ := strings.Cut(bearer, ".")
		signer := key
		if who == "wrong key" {
			signer = stranger
		}
		watch.start()
		_, err := d.Partner(id, bearer, signer).Dial(deadline(t))
		if err == nil {
			t.Fatalf("%s is let in", who)
		}
		response, body, requestErr := d.Partner(id, bearer, signer).Request(deadline(t), http.MethodGet, "transactions/none", nil)
		if requestErr != nil {
			t.Fatal(requestErr)
		}
		answers[who] = answer{line(strings.ReplaceAll(err.Error(), id, "ID")), fmt.Sprint(response.StatusCode, string(body)), watch.stop()}
	}
	want := answers["unknown"]
	if !strings.HasPrefix(want.request, "401") || len(want.calls) < 4 {
		t.Errorf("an unknown partner: %+v", want)
	}
	for who, got := range answers {
		if got.login != want.login || got.request != want.request || !slices.Equal(got.calls, want.calls) {
			t.Errorf("%s is answered %+v\nan unknown one %+v", who, got, want)
		}
	}
}

// line is the first line: what comes behind has ports in it.
func line(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	return first
}

// watchman notes the calls that a login and a request cause.
type watchman struct {
	mu    sync.Mutex
	calls []string
}

func (w *watchman) see(_ context.Context, call cloud.Call) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if call.Service == "dynamodb" || call.Service == "lambda" || call.Service == "sts" || call.Service == "s3" {
		w.calls = append(w.calls, call.Service+":"+call.Action)
	}
	return nil
}

func (w *watchman) start() { w.stop() }

func (w *watchman) stop() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := w.calls
	w.calls = nil
	return calls
}
