package endtoend

import (
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/accounts"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
)

// applicant is an application that stands both checks.
func applicant(id string) contract.Application {
	return contract.Application{ApplicationID: id, Name: "Jane Roe",
		Address: contract.Address{Line1: "10 Downing Street", City: "London", PostalCode: "SW1A 2AA", Country: "GB"}}
}

func apply(t *testing.T, application contract.Application) accounts.Answer {
	t.Helper()
	answer, err := bank.Apply(deadline(t), application)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// opened are the accounts of an application.
func opened(t *testing.T, id string) []map[string]types.AttributeValue {
	t.Helper()
	rows, err := bank.Opened(deadline(t), id)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func decision(t *testing.T, id string) map[string]types.AttributeValue {
	t.Helper()
	row, err := bank.Decision(deadline(t), id)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func codes(answer accounts.Answer) []contract.Code {
	var codes []contract.Code
	for _, reason := range answer.Reasons {
		codes = append(codes, reason.Code)
	}
	return codes
}

func TestAnApplicationOpensOneAccountHoweverOftenItIsSent(t *testing.T) {
	t.Parallel()
	application := contract.Application{ApplicationID: "often", Name: " José  O’Neill", Address: contract.Address{
		Line1: "350 Fifth Ave", Line2: "c/o \"Roe\"", City: "New York", Region: "new york", PostalCode: "101180001", Country: "us"}}
	first := apply(t, application)
	if first.Status != 200 || first.Decision != contract.Approved || first.ApplicationID != "often" || len(first.AccountNumber) != 14 || first.Reasons != nil {
		t.Fatalf("got %+v", first)
	}
	for range 3 {
		if again := apply(t, application); !reflect.DeepEqual(again, first) {
			t.Errorf("again: got %+v, want %+v", again, first)
		}
	}
	accounts := opened(t, "often")
	if len(accounts) != 1 || attribute.String(accounts[0], "accountNumber") != first.AccountNumber {
		t.Fatalf("accounts %v", accounts)
	}
	want := &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
		"name": attribute.Text("José O’Neill"),
		"address": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
			"line1": attribute.Text("350 Fifth Ave"), "line2": attribute.Text(`c/o "Roe"`), "city": attribute.Text("New York"), "region": attribute.Text("NY"),
			"postalCode": attribute.Text("10118-0001"), "country": attribute.Text("US"),
		}},
	}}
	if got := accounts[0]["applicant"]; !reflect.DeepEqual(got, want) {
		t.Errorf("applicant %v", got)
	}
	if other := apply(t, applicant("often-2")); other.AccountNumber == first.AccountNumber || other.Status != 200 {
		t.Errorf("another application: %+v", other)
	}
}

func TestARejectionTellsTheReasonsOfBothChecksAndOpensNothing(t *testing.T) {
	t.Parallel()
	application := applicant("both")
	application.Name, application.Address.PostalCode, application.Address.Line1 = "AUSSENSEITER, Maximilian", "10118", "PO Box 1"
	first := apply(t, application)
	want := []contract.Code{contract.NameRefused, contract.AddressPOBox, contract.PostalCodeInvalid}
	if first.Status != 200 || first.Decision != contract.Rejected || first.AccountNumber != "" || !slices.Equal(codes(first), want) {
		t.Errorf("got %+v, want %q", first, want)
	}
	if again := apply(t, application); !reflect.DeepEqual(again, first) {
		t.Errorf("again: got %+v, want %+v", again, first)
	}
	if accounts := opened(t, "both"); len(accounts) != 0 {
		t.Errorf("accounts %v", accounts)
	}
	if row := decision(t, "both"); attribute.String(row, "decision") != "REJECTED" || row["applicant"] != nil {
		t.Errorf("row %v", row)
	}
}

func TestAnotherApplicantUnderTheSameIDIsAConflict(t *testing.T) {
	t.Parallel()
	first := apply(t, applicant("taken"))
	other := applicant("taken")
	other.Name = "John Doe"
	if got := apply(t, other); got.Status != 409 || got.Error != contract.ErrorApplicationConflict || got.Message == "" || got.AccountNumber != "" {
		t.Errorf("got %+v", got)
	}
	if again := apply(t, applicant("taken")); !reflect.DeepEqual(again, first) {
		t.Errorf("the first one again: got %+v, want %+v", again, first)
	}
	if accounts := opened(t, "taken"); len(accounts) != 1 {
		t.Errorf("accounts %v", accounts)
	}
}
