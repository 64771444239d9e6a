package format

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/internal/contenthash"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

func fields(pairs ...string) contract.Message {
	var m contract.Message
	for i := 0; i < len(pairs); i += 2 {
		m.Fields = append(m.Fields, contract.Field{Name: pairs[i], Value: pairs[i+1]})
	}
	return m
}

func TestFieldsAreGroupedByNameInOrder(t *testing.T) {
	tests := []struct {
		name    string
		message contract.Message
		want    string
	}{
		{"none", fields(), `{"M":{}}`},
		{"one", fields("Notes", "a"), `{"M":{"Notes":{"L":[{"S":"a"}]}}}`},
		{"empty value", fields("Notes", ""), `{"M":{"Notes":{"L":[{"S":""}]}}}`},
		{"several", fields("A", "1", "B", "2", "A", "3"), `{"M":{"A":{"L":[{"S":"1"},{"S":"3"}]},"B":{"L":[{"S":"2"}]}}}`},
		{"odd characters", fields("Notes", "\"\\\n😀"), `{"M":{"Notes":{"L":[{"S":"\"\\\n😀"}]}}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			formatted, err := Handle(t.Context(), test.message)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(formatted.Fields)
			if err != nil || string(got) != test.want {
				t.Errorf("got %s, %v", got, err)
			}
		})
	}
}

// split and accept compare with what format had stored.
func TestTheHashIsTheOneOthersCompareWith(t *testing.T) {
	message := fields("A", "1", "B", "2", "A", "3")
	formatted, err := Handle(t.Context(), message)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := contenthash.Of(message.Fields); err != nil || formatted.ContentHash != want.String() {
		t.Errorf("hash %s, want %s, %v", formatted.ContentHash, want, err)
	}
}

func TestTooLargeFieldsHaveTheErrorThatTheWorkflowCatches(t *testing.T) {
	fits := contract.MaxFieldsBytes - len(`{"M":{"Notes":{"L":[{"S":""}]}}}`)
	if _, err := Handle(t.Context(), fields("Notes", strings.Repeat("x", fits))); err != nil {
		t.Errorf("the largest fields: %v", err)
	}
	_, err := Handle(t.Context(), fields("Notes", strings.Repeat("x", fits+1)))
	var large TransactionTooLarge
	if !errors.As(err, &large) || large.Bytes != contract.MaxFieldsBytes+1 {
		t.Fatalf("got %v", err)
	}
	// The Lambda runtime reports the name of the outermost type.
	if name := reflect.TypeOf(err).Name(); name != contract.ErrorTransactionTooLarge {
		t.Errorf("the error's type is %q", name)
	}
}
