package policy_test

import (
	"encoding/json"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/policy"
)

// A queue's policy gets a permission, as sqs:AddPermission gives it.
func Example() {
	d := policy.Document{Version: "2012-10-17"}
	err := d.Add(policy.Statement{
		Sid: "partners", Effect: "Allow", Principal: policy.Accounts([]string{"444455556666"}),
		Action: policy.OneOrMore{"SQS:SendMessage"}, Resource: "arn:aws:sqs:eu-central-1:111122223333:orders",
	})
	if err != nil {
		panic(err)
	}
	text, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
	fmt.Println(d.Place("partners"), d.Remove("partners"), d.Place("partners"))
	// Output:
	// {"Version":"2012-10-17","Statement":[{"Sid":"partners","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"SQS:SendMessage","Resource":"arn:aws:sqs:eu-central-1:111122223333:orders"}]}
	// 0 true -1
}
