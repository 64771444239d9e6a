package conclude

import (
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/internal/approvals"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/approval"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

func newHandler(t *testing.T) (*Handler, *dynamotest.Tables) {
	tables := dynamotest.Empty(t)
	tables.Create("Requests", contract.AttrRequestID)
	return &Handler{DynamoDB: tables, Table: "Requests"}, tables
}

func TestWhatNobodyHasDecidedIsDeniedOnce(t *testing.T) {
	h, tables := newHandler(t)
	tables.Put("Requests", approvals.Key(approvals.ID("q")))
	first, err := h.Handle(t.Context(), contract.Concluded{Name: "q"})
	if _, bad := time.Parse(time.RFC3339, first.At); err != nil || bad != nil || first.Decision != contract.Denied || !first.TimedOut || first.By != "" {
		t.Fatalf("%+v, %v", first, err)
	}
	item := tables.All("Requests")[0]
	if attribute.String(item, contract.AttrDecision) != "DENIED" || attribute.String(item, contract.AttrToldAt) == "" {
		t.Errorf("row %v", item)
	}
	if again, err := h.Handle(t.Context(), contract.Concluded{Name: "q"}); err != nil || again != first {
		t.Errorf("again: %+v, %v", again, err)
	}
}

func TestADecisionThatTheTaskDidNotHearOfStands(t *testing.T) {
	h, tables := newHandler(t)
	item := approvals.Key(approvals.ID("q"))
	for name, value := range map[string]string{
		contract.AttrDecision: "APPROVED", contract.AttrDecidedBy: "ann@example.com", contract.AttrDecidedAt: "2026-01-02T03:04:05Z", contract.AttrComment: "fine",
	} {
		item[name] = attribute.Text(value)
	}
	tables.Put("Requests", item)
	want := contract.Decision{Decision: contract.Approved, By: "ann@example.com", At: "2026-01-02T03:04:05Z", Comment: "fine"}
	if got, err := h.Handle(t.Context(), contract.Concluded{Name: "q"}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWhatWasNeverAskedIsNoDecision(t *testing.T) {
	h, tables := newHandler(t)
	if _, err := h.Handle(t.Context(), contract.Concluded{Name: "q"}); err != (contract.RequestUnknown{Name: "q"}) || len(tables.All("Requests")) > 0 {
		t.Errorf("error %v", err)
	}
	h.Table = "Another"
	_, err := h.Handle(t.Context(), contract.Concluded{Name: "q"})
	if _, ok := err.(*patience.ServiceRefused); !ok {
		t.Errorf("error %T", err)
	}
}
