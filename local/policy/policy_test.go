package policy_test

import (
	"encoding/json"
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
