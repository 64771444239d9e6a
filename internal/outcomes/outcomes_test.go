package outcomes

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

func TestAnItemIsReadAsItWasWritten(t *testing.T) {
	want := contract.Receipt{Ordinal: 33, TransactionID: "T", Outcome: contract.Rejected, Code: "C", Message: "m"}
	item := Item("0123456789abcdef0123456789abcdef", want)
	if got, err := Receipt(item); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if key := String(item, contract.AttrOutcomeKey); key != "0123456789abcdef0123456789abcdef#01" {
		t.Errorf("key %s", key)
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
