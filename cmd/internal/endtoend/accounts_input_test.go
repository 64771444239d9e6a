package endtoend

// This file sends what is no application, or an odd one.

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
)

// applicationWith is a sound application as JSON, with one member replaced: of
// the address, if the path has a point. An empty value takes it out.
func applicationWith(t *testing.T, id, path, value string) string {
	t.Helper()
	var members map[string]any
	text, err := json.Marshal(applicant(id))
	if err == nil {
		err = json.Unmarshal(text, &members)
	}
	if err != nil {
		t.Fatal(err)
	}
	in, name := members, path
	if _, inner, nested := strings.Cut(path, "."); nested {
		in, name = members["address"].(map[string]any), inner
	}
	if in[name] = json.RawMessage(value); value == "" {
		delete(in, name)
	}
	if text, err = json.Marshal(members); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWhatIsNoApplicationIsRefusedByNameBeforeAnythingRuns(t *testing.T) {
	t.Parallel()
	bodies := map[string]string{
		"nothing": "", "a list": "[]", "a list of one": "[" + applicationWith(t, "no-application", "name", `"Jane Roe"`) + "]",
		"null": "null", "a text": `"app-1"`, "a number": "12", "an empty object": "{}", "no JSON": "{", "two values": "{} {}", "a comment": "{} // app",
		"single quotes": `{'applicationId': 'no-application'}`, "not UTF-8": "{\"applicationId\": \"\xff\"}",
	}
	texts := []string{"applicationId", "name", "address.line1", "address.line2", "address.city", "address.region", "address.postalCode", "address.country"}
	for _, path := range append(texts, "address") {
		for kind, value := range map[string]string{"null": "null", "a number": "12", "a truth": "true", "a list": `["x"]`, "an empty list": "[]"} {
			bodies[path+" is "+kind] = applicationWith(t, "no-application", path, value)
		}
		if path != "address.line2" && path != "address.region" {
			bodies[path+" is missing"] = applicationWith(t, "no-application", path, "")
		}
	}
	for _, path := range texts {
		bodies[path+" is an object"] = applicationWith(t, "no-application", path, `{"S": "x"}`)
	}
	bodies["the address is a text"] = applicationWith(t, "no-application", "address", `"10 Downing Street"`)
	for _, name := range []string{"Name", "name ", "constructor", "__proto__", "address.postcode", "address.", "address.__proto__"} {
		bodies["a member "+name] = applicationWith(t, "no-application", name, `"x"`)
	}
	for _, id := range []string{"", " ", "a b", "a/b", "a#b", "ü", "a\n", "\u200ba", "${x}", strings.Repeat("a", 65)} {
		bodies[fmt.Sprintf("the id %q", id)] = applicationWith(t, "no-application", "applicationId", string(must(json.Marshal(id))))
	}
	for name, body := range bodies {
		got, err := bank.Send(deadline(t), body)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.Status != 400 || got.Error != "BAD_REQUEST_BODY" || got.Message == "" {
			t.Errorf("%s: %s\ngot %+v", name, body, got)
		}
	}
	if row := decision(t, "no-application"); row != nil {
		t.Errorf("decided on: %v", row)
	}
	got, err := bank.Send(deadline(t), applicationWith(t, "no-application", "name", `"`+strings.Repeat("a", 256<<10)+`"`))
	if err != nil || got.Status != 413 || got.Error != "REQUEST_TOO_LARGE" {
		t.Errorf("more than 256 KiB: got %+v, %v", got, err)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func TestOddTextsAreCheckedAndNeverAFailure(t *testing.T) {
	t.Parallel()
	for i, row := range []struct {
		path, text string
		want       []contract.Code // none for one that is approved
	}{
		{"name", "Zoë 山田 😀", []contract.Code{contract.NameCharacters}},
		{"name", "J\u0430ne Roe", []contract.Code{contract.NameMixedScripts}},
		{"name", "", []contract.Code{contract.NameMissing}},
		{"name", "\u200b\u202e \u3000", []contract.Code{contract.NameMissing}},
		{"name", `{% $x %} ${y} '"\ <b>`, []contract.Code{contract.NameCharacters}},
		{"name", "Jane\x00Roe\u2028", []contract.Code{contract.NameCharacters}},
		{"name", strings.Repeat("Jane Roe ", 20_000), []contract.Code{contract.NameTooLong}},
		{"name", strings.Repeat("\ufdfa", 50_000), []contract.Code{contract.NameTooLong}},
		{"name", "a" + strings.Repeat("\u0301", 80_000), []contract.Code{contract.NameTooLong, contract.NameCharacters}},
		{"address.city", strings.Repeat("𝕃", 50_000), []contract.Code{contract.AddressTooLong}},
		{"address.postalCode", strings.Repeat("1 ", 80_000), []contract.Code{contract.PostalCodeInvalid}},
		{"address.country", strings.Repeat("ǅ", 80_000), []contract.Code{contract.CountryNotServed}},
		{"address.country", "gb\u0000", []contract.Code{contract.CountryNotServed}},
		{"address.line1", "$input.path('$') #set($x = 1) \u2028", []contract.Code{contract.AddressCharacters}},
		{"name", "maximilian\u200b AUßENSEITER", []contract.Code{contract.NameRefused}},
		{"name", "محمد علي", nil},
		{"name", "Nguyễn Thị Ánh", nil},
		{"address.line1", `1 "High" St\ 'x' & Co.`, nil},
		{"address.line2", "ℌ 4, 𝟙st floor", nil},
	} {
		id := fmt.Sprint("odd-", i)
		got, err := bank.Send(deadline(t), applicationWith(t, id, row.path, string(must(json.Marshal(row.text)))))
		if err != nil {
			t.Fatal(err)
		}
		want := contract.Rejected
		if row.want == nil {
			want = contract.Approved
		}
		if got.Status != 200 || got.Decision != want || !slices.Equal(codes(got), row.want) {
			t.Errorf("%s %.40q: got %+v, want %q", row.path, row.text, got, row.want)
		}
		if stored := decision(t, id); attribute.String(stored, "decision") != string(want) {
			t.Errorf("%s %.40q: stored %v", row.path, row.text, stored)
		}
	}
}

// The order of members and the blanks between them are no part of it.
func TestAnApplicationIsTheSameHoweverItsJSONIsWritten(t *testing.T) {
	t.Parallel()
	send := func(body string) any {
		got, err := bank.Send(deadline(t), body)
		if err != nil || got.Status != 200 {
			t.Fatalf("got %+v, %v", got, err)
		}
		return got
	}
	first := send(`{"applicationId":"written","name":"Zoë Roe","address":{"line1":"1 High St","city":"Leeds","postalCode":"LS1 1AA","country":"GB"}}`)
	again := send("{\n\t\"address\": {\"country\": \"GB\", \"line2\": \"\", \"postalCode\": \"LS1\\u00201AA\", \"line1\": \"1 High St\", \"city\": \"Leeds\"},\n\"name\": \"Zo\\u00eb Roe\", \"applicationId\": \"written\" }")
	if !reflect.DeepEqual(again, first) {
		t.Errorf("got %+v, want %+v", again, first)
	}
}
