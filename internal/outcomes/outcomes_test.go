package outcomes

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

func TestAnItemIsReadAsItWasWritten(t *testing.T) {
	want := contract.Receipt{Ordinal: 33, TransactionID: "T", Outcome: contract.Rejected, Code: "C", Message: "m"}
	item := Item("0123456789abcdef0123456789abcdef", time.Unix(1_800_000_000, 0), want)
	if got, err := Receipt(item); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if key := attribute.String(item, contract.AttrOutcomeKey); key != "0123456789abcdef0123456789abcdef#01" {
		t.Errorf("key %s", key)
	}
	if expires, err := attribute.Int(item, contract.AttrExpiresAt); err != nil || expires != 1_800_000_000 {
		t.Errorf("expires at %d, %v", expires, err)
	}
}

func TestAFailureIsReadAsItWasWritten(t *testing.T) {
	want := Failure{
		Receipt: contract.Receipt{Ordinal: 33, TransactionID: "T", Outcome: contract.Failed, Code: "C", Message: "m"},
		FileID:  "0123456789abcdef0123456789abcdef", Partner: "acme", Error: "States.Timeout", Attempt: 2,
		FailedAt: time.Date(2026, 11, 24, 23, 59, 59, 5e6, time.UTC),
	}
	item := want.Item(time.Now().Add(time.Hour))
	if got, err := ReadFailure(item); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if day := attribute.String(item, contract.AttrFailedDay); day != "2026-11-24#00" { // (15 + 33) modulo 16
		t.Errorf("the index's key is %s", day)
	}
	for _, name := range []string{contract.AttrFailedAt, contract.AttrOrdinal} {
		broken := want.Item(time.Now().Add(time.Hour))
		delete(broken, name)
		if _, err := ReadFailure(broken); err == nil {
			t.Errorf("a failure without %s is read", name)
		}
	}
}

func TestAnItemThatIsNoOutcomeIsAnError(t *testing.T) {
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	for name, item := range map[string]map[string]types.AttributeValue{
		"no ordinal":        {contract.AttrOutcome: text("STORED")},
		"ordinal as a text": {contract.AttrOutcome: text("STORED"), contract.AttrOrdinal: text("1")},
		"odd ordinal":       {contract.AttrOutcome: text("STORED"), contract.AttrOrdinal: &types.AttributeValueMemberN{Value: "1.5"}},
		"no outcome":        {contract.AttrOrdinal: &types.AttributeValueMemberN{Value: "1"}},
	} {
		if _, err := Receipt(item); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
