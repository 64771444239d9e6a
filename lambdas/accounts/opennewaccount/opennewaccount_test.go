package opennewaccount

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
)

func newHandler(t *testing.T) (*Handler, *dynamotest.Tables) {
	tables := dynamotest.Empty(t)
	tables.Create("Accounts", "accountNumber")
	return New(tables, "Accounts"), tables
}

func approved(id string) contract.Decided {
	return contract.Decided{ApplicationID: id, Decision: contract.Approved, Applicant: &contract.Applicant{
		Name: "Jane Roe", Address: contract.Address{Line1: "1 High St", Line2: "Flat 2", City: "Leeds", Region: "Yorkshire", PostalCode: "M1 1AE", Country: "GB"},
	}}
}

func open(t *testing.T, h *Handler, id string) string {
	t.Helper()
	got, err := h.Handle(t.Context(), approved(id))
	if err != nil || got.ApplicationID != id || got.Decision != contract.Approved || got.Reasons != nil {
		t.Fatalf("got %+v, %v", got, err)
	}
	return got.AccountNumber
}

func TestAnAccountIsOpenedOnceAndHasOneNumber(t *testing.T) {
	h, tables := newHandler(t)
	number := open(t, h, "app-1")
	before := tables.All("Accounts")
	for range 3 {
		if again := open(t, h, "app-1"); again != number {
			t.Errorf("it was %s and is %s", number, again)
		}
	}
	if other := open(t, h, "app-2"); other == number {
		t.Errorf("two applications have the account %s", number)
	}
	if len(before) != 1 || len(tables.All("Accounts")) != 2 {
		t.Fatalf("%d accounts, then %d", len(before), len(tables.All("Accounts")))
	}
	stored := before[0]
	opened, err := time.Parse(time.RFC3339, attribute.String(stored, "openedAt"))
	if err != nil || time.Since(opened).Abs() > time.Minute {
		t.Errorf("openedAt %v, %v", stored["openedAt"], err)
	}
	delete(stored, "openedAt")
	want := map[string]types.AttributeValue{
		"accountNumber": attribute.Text(number), "applicationId": attribute.Text("app-1"),
		"applicant": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
			"name": attribute.Text("Jane Roe"),
			"address": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
				"line1": attribute.Text("1 High St"), "line2": attribute.Text("Flat 2"), "city": attribute.Text("Leeds"), "region": attribute.Text("Yorkshire"),
				"postalCode": attribute.Text("M1 1AE"), "country": attribute.Text("GB"),
			}},
		}},
	}
	if !reflect.DeepEqual(stored, want) {
		t.Errorf("stored %v, want %v", stored, want)
	}
}

func TestCopiesThatRunAtOnceGetOneAccount(t *testing.T) {
	h, tables := newHandler(t)
	numbers := sync.Map{}
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			got, err := h.Handle(context.Background(), approved("app-1"))
			if err != nil {
				t.Error(err)
			}
			numbers.Store(got.AccountNumber, true)
		})
	}
	group.Wait()
	count := 0
	numbers.Range(func(any, any) bool { count++; return true })
	if count != 1 || len(tables.All("Accounts")) != 1 {
		t.Errorf("%d numbers, %d accounts", count, len(tables.All("Accounts")))
	}
}

// The first numbers of all applications are the same: each has to find one of
// its own, and to find it again.
func TestANumberThatAnotherApplicationHasIsNotGivenTwice(t *testing.T) {
	h, tables := newHandler(t)
	h.number = func(id string, try int) string {
		if try < 2 {
			return fmt.Sprint("shared-", try)
		}
		return fmt.Sprint(id, "-", try)
	}
	want := map[string]string{"app-1": "shared-0", "app-2": "shared-1", "app-3": "app-3-2"}
	for range 2 {
		for _, id := range []string{"app-1", "app-2", "app-3"} {
			if got := open(t, h, id); got != want[id] {
				t.Errorf("%s has %s, want %s", id, got, want[id])
			}
		}
	}
	if rows := tables.All("Accounts"); len(rows) != 3 {
		t.Errorf("%d accounts", len(rows))
	}
	h.number = func(string, int) string { return "shared-0" }
	if got, err := h.Handle(t.Context(), approved("app-4")); err == nil || !strings.Contains(err.Error(), "other applications'") {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestWhoWasNotApprovedGetsNoAccount(t *testing.T) {
	h, tables := newHandler(t)
	rejected := approved("app-1")
	rejected.Decision = contract.Rejected
	nobody := contract.Decided{ApplicationID: "app-1", Decision: contract.Approved}
	for _, decided := range []contract.Decided{rejected, nobody, {}} {
		if got, err := h.Handle(t.Context(), decided); err == nil || len(tables.All("Accounts")) != 0 {
			t.Errorf("got %+v, %v", got, err)
		}
	}
}

func TestATableThatIsAwayIsWaitedForAndNamed(t *testing.T) {
	busy, gone := error(&types.ProvisionedThroughputExceededException{}), error(&types.ResourceNotFoundException{})
	for name, row := range map[string]struct {
		script dynamotest.Script
		want   string // type of the error
	}{
		"for a moment":  {dynamotest.Script{busy, busy, nil}, "<nil>"},
		"for long":      {dynamotest.Script{busy}, "*patience.ServiceBusy"},
		"not answering": {dynamotest.Script{dynamotest.ErrHangs}, "*patience.ServiceBusy"},
		"not there":     {dynamotest.Script{gone, nil}, "*patience.ServiceRefused"},
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			_, err := (New(&row.script, "Accounts")).Handle(t.Context(), approved("app-1"))
			if got := fmt.Sprintf("%T", err); got != row.want || err != nil && !strings.Contains(err.Error(), "app-1") {
				t.Errorf("%s: %s %v", name, got, err)
			}
			if took := time.Since(began); took > contract.Patience {
				t.Errorf("%s: it took %v", name, took)
			}
		})
	}
}

// Numbers are what rows are found by: those of an application never change.
func TestNumbersAreAsTheyWere(t *testing.T) {
	for _, row := range []struct {
		id   string
		try  int
		want string
	}{{"app-1", 0, "65364209575573"}, {"app-1", 1, "54185347999657"}} {
		if got := Number(row.id, row.try); got != row.want {
			t.Errorf("%s, try %d: got %s, want %s", row.id, row.try, got, row.want)
		}
	}
}

func TestAWrongDigitOrTwoSwappedOnesShowInANumber(t *testing.T) {
	form := regexp.MustCompile(`^\d{14}$`)
	valid := func(number string) bool {
		n, err := strconv.ParseUint(number, 10, 64)
		return err == nil && n%97 == 1
	}
	for i := range 500 {
		number := Number(fmt.Sprint("app-", i), i%tries)
		if !form.MatchString(number) || !valid(number) {
			t.Fatalf("number %s", number)
		}
		for place := range number {
			wrong := []byte(number)
			if wrong[place] = '0' + (wrong[place]-'0'+1+byte(i%9))%10; string(wrong) != number && valid(string(wrong)) {
				t.Errorf("%s and %s are both valid", number, wrong)
			}
			if place == 0 {
				continue
			}
			swapped := []byte(number)
			if swapped[place], swapped[place-1] = swapped[place-1], swapped[place]; string(swapped) != number && valid(string(swapped)) {
				t.Errorf("%s and %s are both valid", number, swapped)
			}
		}
	}
}
