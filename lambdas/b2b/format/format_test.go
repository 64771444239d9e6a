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

func message(children ...contract.Node) contract.Message {
	return contract.Message{Content: contract.Content{Children: children}}
}

// The form is what readers of the table rely on; docs/record.md describes it.
func TestContentIsStoredAsATree(t *testing.T) {
	eur := []contract.Attribute{{Name: "currency", Text: "EUR"}}
	tests := []struct {
		name    string
		content contract.Content
		want    string
	}{
		{"none", contract.Content{}, `{"M":{"children":{"L":[]}}}`},
		{"an element", contract.Content{Children: []contract.Node{{Name: "Notes", Text: "a"}}},
			`{"M":{"children":{"L":[{"M":{"name":{"S":"Notes"},"text":{"S":"a"}}}]}}}`},
		{"an empty element", contract.Content{Children: []contract.Node{{Name: "Notes"}}},
			`{"M":{"children":{"L":[{"M":{"name":{"S":"Notes"},"text":{"S":""}}}]}}}`},
		{"an attribute of an element", contract.Content{Children: []contract.Node{{Name: "Amount", Text: "1", Attributes: eur}}},
			`{"M":{"children":{"L":[{"M":{"attributes":{"L":[{"M":{"name":{"S":"currency"},"text":{"S":"EUR"}}}]},"name":{"S":"Amount"},"text":{"S":"1"}}}]}}}`},
		{"an attribute of the record", contract.Content{Attributes: eur},
			`{"M":{"attributes":{"L":[{"M":{"name":{"S":"currency"},"text":{"S":"EUR"}}}]},"children":{"L":[]}}}`},
		{"a group", contract.Content{Children: []contract.Node{{Name: "Line", Children: []contract.Node{{Name: "Sku", Text: "A"}}}}},
			`{"M":{"children":{"L":[{"M":{"children":{"L":[{"M":{"name":{"S":"Sku"},"text":{"S":"A"}}}]},"name":{"S":"Line"}}}]}}}`},
		{"text between elements", contract.Content{Children: []contract.Node{{Text: "a"}, {Name: "B"}}},
			`{"M":{"children":{"L":[{"M":{"text":{"S":"a"}}},{"M":{"name":{"S":"B"},"text":{"S":""}}}]}}}`},
		{"odd characters", contract.Content{Children: []contract.Node{{Name: "Notes", Text: "\"\\\n😀"}}},
			`{"M":{"children":{"L":[{"M":{"name":{"S":"Notes"},"text":{"S":"\"\\\n😀"}}}]}}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			formatted, err := Handle(t.Context(), contract.Message{Content: test.content})
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(formatted.Content)
			if err != nil || string(got) != test.want {
				t.Errorf("got %s, %v", got, err)
			}
		})
	}
}

// split and accept compare with what format had stored.
func TestTheHashIsTheOneOthersCompareWith(t *testing.T) {
	m := message(contract.Node{Name: "A", Text: "1"}, contract.Node{Name: "B"})
	formatted, err := Handle(t.Context(), m)
	if err != nil || formatted.ContentHash != contenthash.Of(m.Content).String() || formatted.ContentVersion != contract.ContentVersion {
		t.Errorf("hash %s, version %d, %v", formatted.ContentHash, formatted.ContentVersion, err)
	}
}

func TestTooLargeContentHasTheErrorThatTheWorkflowCatches(t *testing.T) {
	fits := contract.MaxContentBytes - len(`{"M":{"children":{"L":[{"M":{"name":{"S":"Notes"},"text":{"S":""}}}]}}}`)
	if _, err := Handle(t.Context(), message(contract.Node{Name: "Notes", Text: strings.Repeat("x", fits)})); err != nil {
		t.Errorf("the largest content: %v", err)
	}
	_, err := Handle(t.Context(), message(contract.Node{Name: "Notes", Text: strings.Repeat("x", fits+1)}))
	var large TransactionTooLarge
	if !errors.As(err, &large) || large.Bytes != contract.MaxContentBytes+1 {
		t.Fatalf("got %v", err)
	}
	// The Lambda runtime reports the name of the outermost type.
	if name := reflect.TypeOf(err).Name(); name != contract.ErrorTransactionTooLarge {
		t.Errorf("the error's type is %q", name)
	}
}
