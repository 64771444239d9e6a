package endtoend

// This file breaks what applications for accounts depend on, and has many of
// them at once.

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tradepost-dev/tradepost/cmd/internal/accounts"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// applyAtOnce sends applications at the same time.
func applyAtOnce(t *testing.T, applications []contract.Application) []accounts.Answer {
	t.Helper()
	ctx := deadline(t)
	answers, errs := make([]accounts.Answer, len(applications)), make([]error, len(applications))
	var group sync.WaitGroup
	for i, application := range applications {
		group.Go(func() { answers[i], errs[i] = bank.Apply(ctx, application) })
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return answers
}

func TestFiftyCopiesAtOnceOpenOneAccountUnderOneNumber(t *testing.T) {
	t.Parallel()
	copies := make([]contract.Application, 50)
	for i := range copies {
		copies[i] = applicant("copies")
	}
	answers := applyAtOnce(t, copies)
	for _, answer := range answers {
		if answer.Status != 200 || answer.AccountNumber == "" || !reflect.DeepEqual(answer, answers[0]) {
			t.Errorf("got %+v, another got %+v", answer, answers[0])
		}
	}
	if accounts := opened(t, "copies"); len(accounts) != 1 || attribute.String(accounts[0], "accountNumber") != answers[0].AccountNumber {
		t.Errorf("accounts %v", accounts)
	}
}

func TestOfTwoApplicantsAtOnceUnderOneIDOneGetsTheAccount(t *testing.T) {
	t.Parallel()
	copies := make([]contract.Application, 20)
	for i := range copies {
		copies[i] = applicant("two")
		copies[i].Name = []string{"Jane Roe", "John Doe"}[i%2]
	}
	numbers := map[string]map[string]int{}
	for i, answer := range applyAtOnce(t, copies) {
		what := answer.AccountNumber
		if answer.Status == 409 && answer.Error == contract.ErrorApplicationConflict {
			what = "conflict"
		} else if answer.Status != 200 {
			t.Errorf("got %+v", answer)
		}
		if numbers[what] == nil {
			numbers[what] = map[string]int{}
		}
		numbers[what][copies[i].Name]++
	}
	if len(numbers) != 2 || len(numbers["conflict"]) != 1 {
		t.Errorf("answers %v: want a number for one, and conflicts for the other", numbers)
	}
	if accounts := opened(t, "two"); len(accounts) != 1 {
		t.Errorf("accounts %v", accounts)
	}
}

// outage makes calls about a text fail, as long as there are failures left.
type outage struct{ left atomic.Int32 }

func breakCalls(failures int32, action string, err error, mention ...string) *outage {
	o := &outage{}
	o.left.Store(failures)
	fault.add(func(_ context.Context, call cloud.Call) error {
		if call.Action != action {
			return nil
		}
		for _, text := range mention {
			if !about(call, text) {
				return nil
			}
		}
		if o.left.Add(-1) < 0 {
			return nil
		}
		return err
	})
	return o
}

func (o *outage) end() { o.left.Store(0) }

const lasting = 1 << 20

var away = cloud.Errorf(500, "InternalServerError", "the table is away")

// wantNotProcessed sends an application in vain.
func wantNotProcessed(t *testing.T, application contract.Application) {
	t.Helper()
	got := apply(t, application)
	if got.Status != 503 || got.Error != contract.ErrorApplicationNotProcessed || got.RetryAfter == "" || got.Decision != "" || strings.Contains(got.Message, "away") {
		t.Errorf("got %+v", got)
	}
}

func TestATableThatIsAwayIsAServiceUnavailableAndTheNextTryCompletesIt(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, table string
		decided     bool
	}{
		{"decisions", bank.Applications, false},
		{"accounts", bank.Accounts, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			application := applicant("away-" + row.name)
			broken := breakCalls(lasting, "PutItem", away, application.ApplicationID, row.table)
			wantNotProcessed(t, application)
			if accounts := opened(t, application.ApplicationID); len(accounts) != 0 {
				t.Errorf("accounts %v", accounts)
			}
			if row := decision(t, application.ApplicationID); (row != nil) != (attribute.String(row, "decision") == "APPROVED") {
				t.Errorf("decision %v", row)
			}
			if got := decision(t, application.ApplicationID) != nil; got != row.decided {
				t.Errorf("it is decided: %v", got)
			}
			broken.end()
			first := apply(t, application)
			if again := apply(t, application); first.Status != 200 || first.AccountNumber == "" || !reflect.DeepEqual(again, first) {
				t.Errorf("got %+v, then %+v", first, again)
			}
			if accounts := opened(t, application.ApplicationID); len(accounts) != 1 {
				t.Errorf("accounts %v", accounts)
			}
		})
	}
}

// By the handlers themselves, within one try of the task.
func TestATableThatIsAwayForAMomentIsWaitedFor(t *testing.T) {
	t.Parallel()
	decisions := breakCalls(4, "PutItem", away, "moment", bank.Applications)
	numbers := breakCalls(4, "PutItem", away, "moment", bank.Accounts)
	if got := apply(t, applicant("moment")); got.Status != 200 || got.AccountNumber == "" {
		t.Errorf("got %+v", got)
	}
	if decisions.left.Load() >= 0 || numbers.left.Load() >= 0 {
		t.Errorf("%d and %d failures are left", decisions.left.Load(), numbers.left.Load())
	}
}

// The first write of each table succeeds, and its answer is lost: the next try
// finds its own row.
func TestAWriteWhoseAnswerIsLostIsFoundAgain(t *testing.T) {
	t.Parallel()
	for _, table := range []string{bank.Applications, bank.Accounts} {
		var lost atomic.Bool
		fault.add(func(ctx context.Context, call cloud.Call) error {
			if call.Action != "PutItem" || !about(call, `"lost"`) || !about(call, table) || !lost.CompareAndSwap(false, true) {
				return nil
			}
			if _, err := here.Engine.Cloud.Call(ctx, here.Engine.Cloud.Administrator(), "dynamodb", "PutItem", call.Input); err != nil {
				t.Error(err)
			}
			return away
		})
		defer func() {
			if !lost.Load() {
				t.Errorf("no answer of %s was lost", table)
			}
		}()
	}
	got := apply(t, applicant("lost"))
	accounts := opened(t, "lost")
	if got.Status != 200 || len(accounts) != 1 || attribute.String(accounts[0], "accountNumber") != got.AccountNumber {
		t.Errorf("got %+v, accounts %v", got, accounts)
	}
}

func TestACheckThatFailsIsTriedAgainAndIsNoRejection(t *testing.T) {
	t.Parallel()
	busy := cloud.Errorf(429, "TooManyRequestsException", "slow down: away")
	for _, check := range []string{"CheckName", "CheckAddress"} {
		t.Run(check, func(t *testing.T) {
			t.Parallel()
			// The other check rejects: that is not told without this one's word.
			application := applicant("busy-" + check)
			application.Name, application.Address.PostalCode = "Jane 3", "1"
			function := fmt.Sprint("Accounts", check)
			broken := breakCalls(lasting, "Invoke", busy, application.ApplicationID, function)
			wantNotProcessed(t, application)
			if row := decision(t, application.ApplicationID); row != nil {
				t.Errorf("decided: %v", row)
			}
			broken.left.Store(2)
			if got := apply(t, application); got.Status != 200 || got.Decision != contract.Rejected || len(got.Reasons) != 2 {
				t.Errorf("got %+v", got)
			}
			if left := broken.left.Load(); left != -1 {
				t.Errorf("%d failures are left: the check is called until it works, and no more", left)
			}
		})
	}
}
