package approveapplication

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
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
	tables.Create("Applications", "applicationId")
	return &Handler{DynamoDB: tables, Table: "Applications"}, tables
}

var (
	application = contract.Application{ApplicationID: "app-1", Name: "jane  roe",
		Address: contract.Address{Line1: "1 High St", City: "Leeds", PostalCode: "m11ae", Country: "GB"}}
	applicant = contract.Applicant{Name: "jane roe", Address: contract.Address{Line1: "1 High St", City: "Leeds", PostalCode: "M1 1AE", Country: "GB"}}
	reasons   = []contract.Reason{{Code: contract.NameRefused, Message: "no"}, {Code: contract.PostalCodeInvalid, Message: "it's \"x\" 😀"}}

	sound    = contract.Checked{Application: application, Applicant: applicant}
	rejected = contract.Checked{Application: application, Reasons: reasons, Applicant: contract.Applicant{Name: "jane roe"}}

	approval  = contract.Decided{ApplicationID: "app-1", Decision: contract.Approved, Applicant: &applicant}
	rejection = contract.Decided{ApplicationID: "app-1", Decision: contract.Rejected, Reasons: reasons}
)

func TestAnApplicationIsApprovedUnlessThereIsAReason(t *testing.T) {
	for name, row := range map[string]struct {
		checked contract.Checked
		want    contract.Decided
		stored  map[string]types.AttributeValue
	}{
		"nothing": {sound, approval, map[string]types.AttributeValue{
			"applicationId": attribute.Text("app-1"), "decision": attribute.Text("APPROVED"),
			"applicant": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
				"name": attribute.Text("jane roe"),
				"address": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
					"line1": attribute.Text("1 High St"), "city": attribute.Text("Leeds"), "postalCode": attribute.Text("M1 1AE"), "country": attribute.Text("GB"),
				}},
			}},
		}},
		"two reasons": {rejected, rejection, map[string]types.AttributeValue{
			"applicationId": attribute.Text("app-1"), "decision": attribute.Text("REJECTED"),
			"reasons": &types.AttributeValueMemberL{Value: []types.AttributeValue{
				&types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"code": attribute.Text("NAME_REFUSED"), "message": attribute.Text("no")}},
				&types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"code": attribute.Text("POSTAL_CODE_INVALID"), "message": attribute.Text("it's \"x\" 😀")}},
			}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			h, tables := newHandler(t)
			got, err := h.Handle(t.Context(), row.checked)
			if err != nil || !reflect.DeepEqual(got, row.want) {
				t.Errorf("got %+v, %v", got, err)
			}
			stored := tables.All("Applications")[0]
			decided, err := time.Parse(time.RFC3339, attribute.String(stored, "decidedAt"))
			if err != nil || time.Since(decided).Abs() > time.Minute {
				t.Errorf("decidedAt %v, %v", stored["decidedAt"], err)
			}
			if print := attribute.String(stored, "fingerprint"); len(print) != 64 {
				t.Errorf("fingerprint %q", print)
			}
			delete(stored, "decidedAt")
			delete(stored, "fingerprint")
			if !reflect.DeepEqual(stored, row.stored) {
				t.Errorf("stored %s\nwant %s", text(stored), text(row.stored))
			}
		})
	}
}

func text(value any) string {
	text, _ := json.Marshal(value)
	return string(text)
}

// The rules may have changed in between: an application is decided on once.
func TestTheFirstDecisionOnAnApplicationStands(t *testing.T) {
	for name, row := range map[string]struct {
		first, second contract.Checked
		want          contract.Decided
	}{
		"approved twice":         {sound, sound, approval},
		"rejected twice":         {rejected, rejected, rejection},
		"approved, then refused": {sound, rejected, approval},
		"refused, then approved": {rejected, sound, rejection},
	} {
		h, tables := newHandler(t)
		for _, checked := range []contract.Checked{row.first, row.second} {
			got, err := h.Handle(t.Context(), checked)
			if err != nil || !reflect.DeepEqual(got, row.want) {
				t.Errorf("%s: got %+v, %v, want %+v", name, got, err, row.want)
			}
		}
		if rows := tables.All("Applications"); len(rows) != 1 || attribute.String(rows[0], "decision") != string(row.want.Decision) {
			t.Errorf("%s: rows %s", name, text(rows))
		}
	}
}

func TestAnotherApplicationUnderTheSameIDIsAConflict(t *testing.T) {
	for name, change := range map[string]func(*contract.Application){
		"another name":        func(a *contract.Application) { a.Name = "John Doe" },
		"another line1":       func(a *contract.Application) { a.Address.Line1 += "a" },
		"another line2":       func(a *contract.Application) { a.Address.Line2 = "Flat 2" },
		"another city":        func(a *contract.Application) { a.Address.City = "York" },
		"another region":      func(a *contract.Application) { a.Address.Region = "Yorkshire" },
		"another postal code": func(a *contract.Application) { a.Address.PostalCode = "M1 1AF" },
		"another country":     func(a *contract.Application) { a.Address.Country = "US" },
		"parts moved":         func(a *contract.Application) { a.Name, a.Address.Line1 = a.Name+a.Address.Line1, "" },
	} {
		for _, first := range []contract.Checked{sound, rejected} {
			h, tables := newHandler(t)
			if _, err := h.Handle(t.Context(), first); err != nil {
				t.Fatal(err)
			}
			before := tables.All("Applications")
			other := sound
			change(&other.Application)
			_, err := h.Handle(t.Context(), other)
			if _, ok := err.(contract.ApplicationConflict); !ok {
				t.Errorf("%s: %T %v", name, err, err)
			}
			if after := tables.All("Applications"); !reflect.DeepEqual(before, after) {
				t.Errorf("%s: the row was %s and is %s", name, text(before), text(after))
			}
		}
	}
}

func TestOfManyAtOnceUnderOneIDOneApplicantIsDecidedOn(t *testing.T) {
	h, tables := newHandler(t)
	other := sound
	other.Application.Name = "John Doe"
	var group sync.WaitGroup
	var mu sync.Mutex
	names := map[string]int{}
	for i := range 50 {
		group.Go(func() {
			checked := sound
			if i%2 == 0 {
				checked = other
			}
			_, err := h.Handle(context.Background(), checked)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				names[checked.Application.Name]++
			} else if _, ok := err.(contract.ApplicationConflict); !ok {
				t.Errorf("%T %v", err, err)
			}
		})
	}
	group.Wait()
	if len(names) != 1 || len(tables.All("Applications")) != 1 {
		t.Errorf("decided on %v", names)
	}
}

func TestWhatIsNoIDIsRefusedByName(t *testing.T) {
	for _, id := range []string{"", " ", "a b", "a/b", "ü", "a\n", "\u200b", strings.Repeat("a", 65)} {
		h, tables := newHandler(t)
		checked := sound
		checked.Application.ApplicationID = id
		_, err := h.Handle(t.Context(), checked)
		if _, ok := err.(contract.ApplicationInvalid); !ok || len(tables.All("Applications")) != 0 {
			t.Errorf("%q: %T %v", id, err, err)
		}
	}
}

// A check that a team has replaced may answer with nothing at all.
func TestNobodyIsApprovedWhomACheckHasNotAnsweredFor(t *testing.T) {
	for name, applicant := range map[string]contract.Applicant{
		"neither": {}, "no name": {Address: applicant.Address}, "no address": {Name: "jane roe"},
	} {
		h, tables := newHandler(t)
		_, err := h.Handle(t.Context(), contract.Checked{Application: application, Applicant: applicant})
		if err == nil || !strings.Contains(err.Error(), "a check has answered neither") || len(tables.All("Applications")) != 0 {
			t.Errorf("%s: %v", name, err)
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
			_, err := (&Handler{DynamoDB: &row.script}).Handle(t.Context(), sound)
			if got := fmt.Sprintf("%T", err); got != row.want || err != nil && !strings.Contains(err.Error(), "app-1") {
				t.Errorf("%s: %s %v", name, got, err)
			}
			if took := time.Since(began); took > contract.Patience {
				t.Errorf("%s: it took %v", name, took)
			}
		})
	}
}
