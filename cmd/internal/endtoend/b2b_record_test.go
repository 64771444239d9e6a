package endtoend

// This file looks at the whole row that a transaction is stored as.

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/contenthash"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

func TestTheSameValuesInOtherGroupsAreAConflict(t *testing.T) {
	t.Parallel()
	lines := func(first, second string) string {
		return `<Transactions><Transaction TransactionID="groups"><Line><Sku>A</Sku>` + first + `</Line>` +
			`<Line><Sku>B</Sku>` + second + `</Line></Transaction></Transactions>`
	}
	wantTotals(t, settle(t, "acme", "groups-1.xml", lines("<Qty>2</Qty>", "")), 1, 0, 0, 0)
	second := settle(t, "acme", "groups-2.xml", lines("", "<Qty>2</Qty>"))
	wantTotals(t, second, 0, 0, 1, 0)
	if r := second.Transactions[0]; r.Code != contract.CodeContentConflict {
		t.Errorf("receipt %+v", r)
	}
	again := settle(t, "acme", "groups-3.xml", strings.ReplaceAll(lines("<Qty>2</Qty>", ""), "><", ">\n  <"))
	wantTotals(t, again, 0, 1, 0, 0)
}

// Every attribute, under the names that docs/record.md gives to readers.
func TestAStoredRowHasAllOfItsRecordAndNothingElse(t *testing.T) {
	t.Parallel()
	r := settle(t, "acme", "rows/whole.xml", `<Transactions><Transaction TransactionID="whole-0"/>`+
		`<p:Transaction xmlns:p="urn:p" TransactionID="whole" z="2" p:channel="web">
		  <Amount currency="EUR">12.50</Amount>
		  <Line no="1"><Sku>A</Sku><Qty>2</Qty></Line>
		  <Line no="2"><Sku>B &amp; "C"</Sku><Qty/></Line>
		  <p:Text>seen <b>twice</b> and <b>once</b></p:Text>
		</p:Transaction></Transactions>`)
	wantTotals(t, r, 2, 0, 0, 0)
	leaf := func(name, text string) map[string]any { return map[string]any{"name": name, "text": text} }
	group := func(name string, children ...any) map[string]any {
		return map[string]any{"name": name, "children": children}
	}
	with := func(node map[string]any, attributes ...any) map[string]any {
		node["attributes"] = attributes
		return node
	}
	wantRow(t, "whole", map[string]any{
		"partner": "acme", "transactionId": "whole", "status": "STORED", "source": "SFTP",
		"file": "rows/whole.xml", "fileId": r.FileID, "ordinal": "2", "contentVersion": "1",
		"content": map[string]any{
			"attributes": []any{leaf("channel", "web"), leaf("z", "2")},
			"children": []any{
				with(leaf("Amount", "12.50"), leaf("currency", "EUR")),
				with(group("Line", leaf("Sku", "A"), leaf("Qty", "2")), leaf("no", "1")),
				with(group("Line", leaf("Sku", `B & "C"`), leaf("Qty", "")), leaf("no", "2")),
				group("Text", map[string]any{"text": "seen "}, leaf("b", "twice"), map[string]any{"text": " and "}, leaf("b", "once")),
			},
		},
	}, contract.Content{
		Attributes: []contract.Attribute{{Name: "channel", Text: "web"}, {Name: "z", Text: "2"}},
		Children: []contract.Node{
			{Name: "Amount", Text: "12.50", Attributes: []contract.Attribute{{Name: "currency", Text: "EUR"}}},
			{Name: "Line", Attributes: []contract.Attribute{{Name: "no", Text: "1"}}, Children: []contract.Node{{Name: "Sku", Text: "A"}, {Name: "Qty", Text: "2"}}},
			{Name: "Line", Attributes: []contract.Attribute{{Name: "no", Text: "2"}}, Children: []contract.Node{{Name: "Sku", Text: `B & "C"`}, {Name: "Qty"}}},
			{Name: "Text", Children: []contract.Node{{Text: "seen "}, {Name: "b", Text: "twice"}, {Text: " and "}, {Name: "b", Text: "once"}}},
		},
	})
	wantRow(t, "whole-0", map[string]any{
		"partner": "acme", "transactionId": "whole-0", "status": "STORED", "source": "SFTP",
		"file": "rows/whole.xml", "fileId": r.FileID, "ordinal": "1", "contentVersion": "1",
		"content": map[string]any{"children": []any{}},
	}, contract.Content{})
}

// A posted transaction is stored as a batch's record with one element Notes
// is, and so is its duplicate.
func TestAPostedRowIsThatOfARecordWithNotes(t *testing.T) {
	t.Parallel()
	acme := desk.Partners["acme"]
	if response, body, err := acme.Post(deadline(t), "row-posted", "a < b"); err != nil || response.StatusCode != http.StatusAccepted {
		t.Fatalf("%v, %v: %s", response, err, body)
	}
	if status, err := acme.Settled(deadline(t), "row-posted"); err != nil || status.Status != string(contract.Stored) {
		t.Fatalf("%+v, %v", status, err)
	}
	posted := plain(&types.AttributeValueMemberM{Value: row(t, "acme", "row-posted")}).(map[string]any)
	if id, ok := posted["fileId"].(string); !ok || !contract.Posted(id) {
		t.Errorf("file id %v", posted["fileId"])
	}
	wantRow(t, "row-posted", map[string]any{
		"partner": "acme", "transactionId": "row-posted", "status": "STORED", "source": "REST",
		"file": "", "fileId": posted["fileId"], "ordinal": "1", "contentVersion": "1",
		"content": map[string]any{"children": []any{map[string]any{"name": "Notes", "text": "a < b"}}},
	}, contract.Content{Children: []contract.Node{{Name: "Notes", Text: "a < b"}}})
	wantTotals(t, settle(t, "acme", "row-posted.xml", batch(record("row-posted", "a &lt; b"))), 0, 1, 0, 0)
}

// wantRow compares a row of acme's with what is wanted, and what of it differs
// from run to run with what it follows from.
func wantRow(t *testing.T, id string, want map[string]any, content contract.Content) {
	t.Helper()
	got := plain(&types.AttributeValueMemberM{Value: row(t, "acme", id)}).(map[string]any)
	storedAt, _ := got["storedAt"].(string)
	at, err := time.Parse(time.RFC3339Nano, storedAt)
	if err != nil || time.Since(at) > time.Hour || time.Until(at) > 0 {
		t.Errorf("stored at %v", got["storedAt"])
	}
	fileID, ordinal := want["fileId"].(string), 0
	fmt.Sscan(want["ordinal"].(string), &ordinal)
	want = maps.Clone(want)
	want["storedAt"] = storedAt
	want["transactionKey"] = contract.TransactionKey("acme", id)
	want["partnerDay"] = contract.PartnerDay("acme", at, contract.Shard(fileID, ordinal))
	want["contentHash"] = contenthash.Of(content).String()
	want["contact"] = got["contact"]
	if contact, ok := got["contact"].(string); !ok || contact == "" {
		t.Errorf("contact %v", got["contact"])
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("row\n got %v\nwant %v", got, want)
	}
}

// plain is a value without DynamoDB's type letters.
func plain(value types.AttributeValue) any {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	case *types.AttributeValueMemberL:
		list := make([]any, len(v.Value))
		for i, element := range v.Value {
			list[i] = plain(element)
		}
		return list
	case *types.AttributeValueMemberM:
		members := make(map[string]any)
		for name, member := range v.Value {
			members[name] = plain(member)
		}
		return members
	}
	return fmt.Sprintf("%T", value)
}
