package pay

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
)

var payment = contract.Payment{PaymentID: "p1", FileID: "f1", Vendor: "Acme", Number: "17", Total: contract.Amount{Value: "5.00", Currency: "EUR"}, Date: "2026-11-27", Due: "2026-12-27"}

func TestAPaymentIsOrderedOnce(t *testing.T) {
	tables := dynamotest.Empty(t)
	tables.Create("Payments", contract.AttrPaymentID)
	h := &Handler{DynamoDB: tables, Table: "Payments"}
	again := payment
	again.FileID = "f2"
	for _, each := range []contract.Payment{payment, payment, again} {
		if got, err := h.Handle(t.Context(), each); err != nil || got.Reference != "p1" {
			t.Errorf("%+v, %v", got, err)
		}
	}
	rows := tables.All("Payments")
	if len(rows) != 1 {
		t.Fatalf("rows %v", rows)
	}
	for name, want := range map[string]string{"paymentId": "p1", "fileId": "f1", "vendor": "Acme", "number": "17", "total": "5.00", "currency": "EUR", "date": "2026-11-27", "due": "2026-12-27"} {
		if got := attribute.String(rows[0], name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if attribute.String(rows[0], "orderedAt") == "" {
		t.Error("it has no time")
	}
	for _, other := range []contract.Amount{{Value: "5.01", Currency: "EUR"}, {Value: "5.00", Currency: "USD"}} {
		conflict := payment
		conflict.Total = other
		if _, err := h.Handle(t.Context(), conflict); fmt.Sprintf("%T", err) != "*invoices.PaymentConflict" || !strings.Contains(err.Error(), "of 5.00 EUR, not of "+other.String()) {
			t.Errorf("%T %v", err, err)
		}
	}
	if rows := tables.All("Payments"); len(rows) != 1 || attribute.String(rows[0], "total") != "5.00" {
		t.Errorf("rows %v", rows)
	}
}

func TestWhatHasNoTotalIsNotPaid(t *testing.T) {
	for _, bad := range []contract.Payment{{}, {PaymentID: "p"}, {Total: payment.Total}, {PaymentID: "p", Total: contract.Amount{Value: "5.00"}}} {
		if _, err := (&Handler{}).Handle(t.Context(), bad); fmt.Sprintf("%T", err) != "*invoices.PaymentConflict" {
			t.Errorf("%+v: %T %v", bad, err, err)
		}
	}
	if name := reflect.TypeFor[contract.PaymentConflict]().Name(); name != contract.ErrorPaymentConflict {
		t.Errorf("the error is named %s", name)
	}
}

func TestErrorsHaveNames(t *testing.T) {
	for _, row := range []struct {
		errs dynamotest.Script
		want string
	}{
		{dynamotest.Script{&smithy.GenericAPIError{Code: "ThrottlingException"}, nil}, "<nil>"},
		{dynamotest.Script{&smithy.GenericAPIError{Code: "AccessDeniedException"}}, "*patience.ServiceRefused"},
	} {
		synctest.Test(t, func(t *testing.T) {
			if _, err := (&Handler{DynamoDB: &row.errs}).Handle(t.Context(), payment); fmt.Sprintf("%T", err) != row.want {
				t.Errorf("%T %v", err, err)
			}
		})
	}
}
