package policy_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/tradepost-dev/tradepost/local/policy"
)

func TestAStatementComesAndGoesAndTheOthersStayAsTheyAreWritten(t *testing.T) {
	for name, text := range map[string]string{
		"one":  `{"Version": "2012-10-17", "Statement": {"Sid": "own", "Effect":  "Allow"}}`,
		"list": `{"Version": "2012-10-17", "Statement": [{"Sid": "own", "Effect":  "Allow"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			var d policy.Document
			if err := json.Unmarshal([]byte(text), &d); err != nil {
				t.Fatal(err)
			}
			before := d
			if err := d.Add(policy.Statement{Sid: "more", Effect: "Allow", Principal: policy.Accounts([]string{"1", "2"}), Action: policy.OneOrMore{"sns:Publish"}, Resource: "r"}); err != nil {
				t.Fatal(err)
			}
			if len(before.Statement) != 1 || d.Place("more") != 1 || d.Place("own") != 0 || d.Place("none") != -1 {
				t.Errorf("the statements are %s, before %s", d.Statement, before.Statement)
			}
			want := `{"Sid":"more","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::1:root","arn:aws:iam::2:root"]},"Action":"sns:Publish","Resource":"r"}`
			if got := string(d.Statement[1]); got != want {
				t.Errorf("the statement is\n%s, want\n%s", got, want)
			}
			if got := string(d.Statement[0]); got != `{"Sid": "own", "Effect":  "Allow"}` {
				t.Errorf("the other one is %s", got)
			}
			if !d.Remove("own") || d.Remove("own") || d.Place("more") != 0 || len(d.Statement) != 1 {
				t.Errorf("then the statements are %s", d.Statement)
			}
		})
	}
}

// A document that names no version, or an id, is written as it was.
func TestADocumentIsWrittenWithWhatItSays(t *testing.T) {
	for _, text := range []string{
		`{"Version":"2012-10-17","Id":"own","Statement":[]}`,
		`{"Statement":[{"Sid":"s","Effect":"Allow"}]}`,
	} {
		var d policy.Document
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(d); err != nil || string(got) != text {
			t.Errorf("%s is written as %s, %v", text, got, err)
		}
	}
}

func TestWhatAStatementSaysIsWritten(t *testing.T) {
	for name, row := range map[string]struct {
		statement policy.Statement
		want      string
	}{
		"a condition": {policy.Statement{Sid: "s", Condition: map[string]map[string]string{"StringEquals": {"a": "b"}}},
			`{"Sid":"s","Effect":"","Principal":null,"Action":null,"Resource":"","Condition":{"StringEquals":{"a":"b"}}}`},
		"no action": {policy.Statement{Sid: "s", Action: policy.OneOrMore{}}, `{"Sid":"s","Effect":"","Principal":null,"Action":[],"Resource":""}`},
	} {
		var d policy.Document
		if err := d.Add(row.statement); err != nil || string(d.Statement[0]) != row.want {
			t.Errorf("%s: %s, %v, want %s", name, d.Statement, err, row.want)
		}
	}
}

// Whoever has a copy of a document keeps what it had, and nobody keeps the text.
func TestDocumentsDoNotChangeEachOther(t *testing.T) {
	text := []byte(`{"Statement": {"Sid": "a"}}`)
	var d policy.Document
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	clear(text)
	for _, sid := range []string{"b", "c"} { // until there is room for one more
		if err := d.Add(policy.Statement{Sid: sid}); err != nil {
			t.Fatal(err)
		}
	}
	one, two, less := d, d, d
	if err := errors.Join(one.Add(policy.Statement{Sid: "one"}), two.Add(policy.Statement{Sid: "two"})); err != nil {
		t.Fatal(err)
	}
	less.Remove("a")
	if d.Place("a") != 0 || d.Place("c") != 2 || one.Place("one") != 3 || two.Place("two") != 3 {
		t.Errorf("the documents are %s, %s and %s", d.Statement, one.Statement, two.Statement)
	}
}

func TestAStatementThatHasNoTextForItsIDIsNotTheOne(t *testing.T) {
	d := policy.Document{Statement: policy.Statements{json.RawMessage(`{"Sid": 7}`), json.RawMessage(`{"Sid": "7"}`)}}
	if got := d.Place("7"); got != 1 {
		t.Errorf("it is at %d", got)
	}
}
