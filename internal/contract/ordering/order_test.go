package ordering

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestOrdersAreRead(t *testing.T) {
	long := strings.Repeat("ü", MaxTextBytes/2)
	for _, row := range []struct {
		name, text string
		want       Order
	}{
		{"the text's own", `{ "itemName": "Nvidia RTX 3070", "customerId": "1045", "customerEmail": "" }`, Order{"Nvidia RTX 3070", "1045", "", 1}},
		{"no address", `{"itemName": "a", "customerId": "1"}`, Order{"a", "1", "", 1}},
		{"nulls", `{"itemName": "a", "customerId": "1", "customerEmail": null, "quantity": null}`, Order{"a", "1", "", 1}},
		{"a quantity", `{"itemName": "a", "customerId": "1", "customerEmail": "e@example.com", "quantity": 7}`, Order{"a", "1", "e@example.com", 7}},
		{"the greatest quantity", `{"itemName": "a", "customerId": "1", "quantity": 1000000000}`, Order{"a", "1", "", 1_000_000_000}},
		{"the longest texts", `{"itemName": "` + long + `", "customerId": "` + long + `", "customerEmail": "` + long + `"}`, Order{long, long, long, 1}},
		{"any characters", `{"itemName": " \"ü\" 😀\n", "customerId": "' OR 1=1", "customerEmail": "<e>"}`, Order{" \"ü\" 😀\n", "' OR 1=1", "<e>", 1}},
		{"other members", `{"itemName": "a", "customerId": "1", "order_id": "x", "price": 0.0}`, Order{"a", "1", "", 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got Order
			if err := json.Unmarshal([]byte(row.text), &got); err != nil || got != row.want {
				t.Errorf("got %+v, %v", got, err)
			}
			// What an execution hands on is read again by the next function.
			text, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			var again Order
			if err := json.Unmarshal(text, &again); err != nil || again != got {
				t.Errorf("written as %s, read as %+v, %v", text, again, err)
			}
		})
	}
}

func TestWhatIsNoOrderIsRefusedWithEverythingThatIsWrong(t *testing.T) {
	const quantity = "give a whole number, 1 to 1000000000"
	for _, row := range []struct{ name, text, want string }{
		{"null", `null`, "itemName is missing or blank; customerId is missing or blank"},
		{"a list", `[]`, "the order is not a JSON object"},
		{"a text", `"Nvidia RTX 3070"`, "the order is not a JSON object"},
		{"an empty object", `{}`, "itemName is missing or blank; customerId is missing or blank"},
		{"no item", `{"customerId": "1"}`, "itemName is missing or blank"},
		{"no customer", `{"itemName": "a"}`, "customerId is missing or blank"},
		{"a blank item", `{"itemName": " \t\u2003", "customerId": "1"}`, "itemName is missing or blank"},
		{"a customer that is null", `{"itemName": "a", "customerId": null}`, "customerId is missing or blank"},
		{"a number for a customer", `{"itemName": "a", "customerId": 1045}`, "customerId is 1045: give a text"},
		{"an object for an address", `{"itemName": "a", "customerId": "1", "customerEmail": {"to": "e"}}`, `customerEmail is {"to": "e"}: give a text`},
		{"an item that is too long", `{"itemName": "` + strings.Repeat("ü", 1025) + `", "customerId": "1"}`, "itemName has 2050 bytes: give at most 2048"},
		{"an address that is too long", `{"itemName": "a", "customerId": "1", "customerEmail": "` + strings.Repeat("e", 2049) + `"}`, "customerEmail has 2049 bytes: give at most 2048"},
		{"quantity 0", `{"itemName": "a", "customerId": "1", "quantity": 0}`, "quantity is 0: " + quantity},
		{"a negative quantity", `{"itemName": "a", "customerId": "1", "quantity": -1}`, "quantity is -1: " + quantity},
		{"half of one", `{"itemName": "a", "customerId": "1", "quantity": 1.5}`, "quantity is 1.5: " + quantity},
		{"one too many", `{"itemName": "a", "customerId": "1", "quantity": 1000000001}`, "quantity is 1000000001: " + quantity},
		{"a number beyond any", `{"itemName": "a", "customerId": "1", "quantity": 1e999}`, "quantity is 1e999: " + quantity},
		{"a number of many digits", `{"itemName": "a", "customerId": "1", "quantity": ` + strings.Repeat("9", 100) + `}`, "quantity is " + strings.Repeat("9", 40) + ": " + quantity},
		{"a text for a quantity", `{"itemName": "a", "customerId": "1", "quantity": "2"}`, `quantity is "2": ` + quantity},
		{"all at once", `{"itemName": 1, "customerId": "", "quantity": 0}`, "itemName is 1: give a text; customerId is missing or blank; quantity is 0: " + quantity},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got Order
			err := json.Unmarshal([]byte(row.text), &got)
			invalid, ok := errors.AsType[*OrderInvalid](err)
			if !ok || invalid.Reason != row.want || got != (Order{}) {
				t.Errorf("got %+v, %v\nwant %s", got, err, row.want)
			}
		})
	}
}

func TestARequestHasAnIDAndAMessage(t *testing.T) {
	order := Order{"a", "1", "", 1}
	for _, row := range []struct {
		request Request
		want    string
	}{
		{Request{"id", order}, ""},
		{Request{"", order}, "order_id is missing"},
		{Request{"id", Order{}}, "message is missing"},
	} {
		err := row.request.Validate()
		if row.want == "" && err != nil || row.want != "" && (err == nil || err.Error() != row.want) {
			t.Errorf("%+v: %v, want %q", row.request, err, row.want)
		}
	}
}

func TestTheErrorHasTheNameThatExecutionsFailWith(t *testing.T) {
	if name := reflect.TypeFor[OrderInvalid]().Name(); name != ErrorOrderInvalid {
		t.Errorf("the type is %s", name)
	}
}
