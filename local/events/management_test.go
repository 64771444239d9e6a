package events

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// A rule hears of calls that only look at something if its state says so.
func TestARulesStateSaysWhetherItHearsOfCallsThatOnlyLook(t *testing.T) {
	for _, tt := range []struct {
		name, state, detail string
		heard               bool
	}{
		{"a call that changes something", "ENABLED", `{"eventName":"CreatePolicy","managementEvent":true}`, true},
		{"a call that gets", "ENABLED", `{"eventName":"GetPolicy","managementEvent":true,"readOnly":true}`, false},
		{"a call that lists", "ENABLED", `{"eventName":"ListPolicies","managementEvent":true,"readOnly":true}`, false},
		{"a call that describes", "ENABLED", `{"eventName":"DescribeKey","managementEvent":true,"readOnly":true}`, false},
		{"a data event", "ENABLED", `{"eventName":"GetObject","managementEvent":false,"readOnly":true}`, true},
		{"a call that gets, asked for", enabledForLooks, `{"eventName":"GetPolicy","managementEvent":true,"readOnly":true}`, true},
		{"a call that changes something, with those that look", enabledForLooks, `{"eventName":"CreatePolicy","managementEvent":true}`, true},
		{"a rule that is off", "DISABLED", `{"eventName":"CreatePolicy","managementEvent":true}`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				err := w.create(t, `{"R":{"Type":"AWS::Events::Rule","Properties":{"Name":"Rule","State":"`+tt.state+`","EventPattern":{"source":["aws.iam","aws.s3"]},"Targets":[{"Id":"T",`+lambdaTarget+`}]}}}`)
				if err != nil {
					t.Fatal(err)
				}
				w.Emit(cloud.Event{Source: "aws.iam", DetailType: "AWS API Call via CloudTrail", Detail: json.RawMessage(tt.detail)})
				synctest.Wait()
				if heard := len(w.calls) == 1; heard != tt.heard {
					t.Errorf("heard is %t, want %t", heard, tt.heard)
				}
				out, err := w.Call(t.Context(), w.cloud.Administrator(), "DescribeRule", json.RawMessage(`{"Name":"Rule"}`))
				if err != nil || !strings.Contains(string(out), `"State":"`+tt.state+`"`) {
					t.Errorf("the rule is described as %s, %v", out, err)
				}
				w.cloud.Close()
			})
		})
	}
}
