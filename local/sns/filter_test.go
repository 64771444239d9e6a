package sns_test

// This file filters messages by their attributes and by their bodies.

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// passes publishes a message to one filtered subscription.
func passes(t *testing.T, properties string, in map[string]any) (passed bool) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, base+subscription("Sub", "sqs", inboxARN, properties))
		e.publish(t, in)
		passed = len(e.receive(t, "inbox", 1)) == 1
	})
	return passed
}

func TestAFilterPolicyDecidesByAttributes(t *testing.T) {
	acme := map[string]any{
		"partner": attribute("String", "acme"), "total": attribute("Number", "150"), "share": attribute("Number", "+1.50"), "address": attribute("String", "10.0.1.7"),
		"tags": attribute("String.Array", `["rush", "new", 7, true, null]`), "seal": map[string]any{"DataType": "Binary", "BinaryValue": []byte("acme")},
	}
	for _, test := range []struct {
		policy string
		passes bool
	}{
		{`{"partner": ["acme"]}`, true},
		{`{"partner": ["globex", "acme"]}`, true},
		{`{"partner": ["globex"]}`, false},
		{`{"partner": ["ACME"]}`, false},
		{`{"partner": ["acme"], "total": [150]}`, true},
		{`{"partner": ["acme"], "total": [151]}`, false},
		{`{"total": ["150"]}`, false},
		{`{"share": [1.5]}`, true},
		{`{"absent": ["x"]}`, false},
		{`{"tags": ["rush"]}`, true},
		{`{"tags": [7]}`, true},
		{`{"tags": [true]}`, true},
		{`{"tags": [null]}`, true},
		{`{"tags": ["old"]}`, false},
		{`{"seal": ["acme"]}`, false},
		{`{"seal": [{"exists": false}]}`, true},
		{`{"partner": [{"prefix": "ac"}]}`, true},
		{`{"partner": [{"prefix": "cm"}]}`, false},
		{`{"partner": [{"suffix": "me"}]}`, true},
		{`{"partner": [{"equals-ignore-case": "ACME"}]}`, true},
		{`{"partner": [{"wildcard": "a*e"}]}`, true},
		{`{"partner": [{"wildcard": "b*e"}]}`, false},
		{`{"address": [{"cidr": "10.0.0.0/16"}]}`, true},
		{`{"address": [{"cidr": "10.0.0.0/24"}]}`, false},
		{`{"partner": [{"anything-but": ["globex"]}]}`, true},
		{`{"partner": [{"anything-but": "acme"}]}`, false},
		{`{"partner": [{"anything-but": {"prefix": "ac"}}]}`, false},
		{`{"partner": [{"anything-but": {"suffix": "ac"}}]}`, true},
		{`{"partner": [{"anything-but": {"wildcard": "*m*"}}]}`, false},
		{`{"total": [{"anything-but": [100, 150]}]}`, false},
		{`{"absent": [{"anything-but": "acme"}]}`, false},
		{`{"tags": [{"anything-but": ["rush", "new"]}]}`, true},
		{`{"total": [{"numeric": [">", 100, "<=", 150]}]}`, true},
		{`{"total": [{"numeric": [">", 150]}]}`, false},
		{`{"total": [{"numeric": ["=", 150]}]}`, true},
		{`{"partner": [{"numeric": ["=", 150]}]}`, false},
		{`{"partner": [{"exists": true}]}`, true},
		{`{"partner": [{"exists": false}]}`, false},
		{`{"absent": [{"exists": false}]}`, true},
		{`{"absent": [{"exists": true}]}`, false},
		{`{"$or": [{"partner": ["globex"]}, {"total": [150]}]}`, true},
		{`{"$or": [{"partner": ["globex"]}, {"total": [151]}]}`, false},
		{`{"address": ["nowhere"], "$or": [{"partner": ["acme"]}, {"total": [150]}]}`, false},
		{`{}`, true},
	} {
		t.Run(test.policy, func(t *testing.T) {
			for _, policy := range []string{test.policy, fmt.Sprintf("%q", test.policy)} { // CloudFormation takes both
				if got := passes(t, `, "FilterPolicy": `+policy, map[string]any{"Message": "m", "MessageAttributes": acme}); got != test.passes {
					t.Errorf("passes: %v", got)
				}
			}
		})
	}
}

func TestAFilterPolicyDecidesByTheBody(t *testing.T) {
	const order = `{"kind": "order", "total": 150.5, "paid": true, "note": null, "ship": {"country": "DE", "lines": [{"sku": "a", "count": 1}, {"sku": "b", "count": 2}]}}`
	for _, test := range []struct {
		policy, body string
		passes       bool
	}{
		{`{"kind": ["order"]}`, order, true},
		{`{"kind": ["refund"]}`, order, false},
		{`{"total": [{"numeric": [">=", 150.5]}]}`, order, true},
		{`{"total": [{"numeric": [">", 150.5]}]}`, order, false},
		{`{"paid": [true]}`, order, true},
		{`{"note": [null]}`, order, true},
		{`{"note": [{"exists": true}]}`, order, false},
		{`{"ship": {"country": ["DE", "AT"]}}`, order, true},
		{`{"ship": {"country": ["FR"]}}`, order, false},
		{`{"ship": {"lines": {"sku": ["b"], "count": [2]}}}`, order, true},
		{`{"ship": {"lines": {"sku": ["a"], "count": [2]}}}`, order, false},
		{`{"ship": [{"exists": true}]}`, order, false},
		{`{"ship": {"city": [{"exists": false}]}}`, order, true},
		{`{"ship": {"$or": [{"country": ["FR"]}, {"lines": {"count": [1]}}]}}`, order, true},
		{`{"kind": [{"exists": false}]}`, `{}`, true},
		{`{"kind": [{"exists": false}]}`, `no JSON`, false},
		{`{"kind": [{"exists": false}]}`, `["a list"]`, false},
		{`{"kind": [{"exists": false}]}`, `null`, false},
		{`{"kind": [{"exists": false}]}`, `{} {}`, false},
	} {
		t.Run(test.policy+" "+test.body[:min(len(test.body), 12)], func(t *testing.T) {
			in := map[string]any{"Message": test.body, "MessageAttributes": map[string]any{"kind": attribute("String", "refund")}}
			if got := passes(t, `, "FilterPolicyScope": "MessageBody", "FilterPolicy": `+test.policy, in); got != test.passes {
				t.Errorf("passes: %v", got)
			}
		})
	}
}

func TestAFilteredMessageIsCountedByItsReason(t *testing.T) {
	byBody := `, "FilterPolicyScope": "MessageBody", "FilterPolicy": {"kind": ["order"]}`
	byAttributes := `, "FilterPolicy": {"kind": [{"exists": false}]}`
	for _, test := range []struct {
		name, properties string
		in               map[string]any
		want             string
	}{
		{"attributes", byAttributes, map[string]any{"MessageAttributes": map[string]any{"kind": attribute("String", "x")}}, "MessageAttributes"},
		{"no attributes", byAttributes, nil, "NoMessageAttributes"},
		{"a broken array", byAttributes, map[string]any{"MessageAttributes": map[string]any{"a": attribute("String.Array", `["x"`)}}, "InvalidAttributes"},
		{"an array of objects", byAttributes, map[string]any{"MessageAttributes": map[string]any{"a": attribute("String.Array", `[{}]`)}}, "InvalidAttributes"},
		{"an array that is none", byAttributes, map[string]any{"MessageAttributes": map[string]any{"a": attribute("String.Array", `null`)}}, "InvalidAttributes"},
		{"body", byBody, map[string]any{"Message": `{"kind": "x"}`}, "MessageBody"},
		{"no JSON", byBody, map[string]any{"Message": `kind`}, "InvalidMessageBody"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e, meter := newMeasuredEngine(t)
			e.mustCreate(t, base+subscription("Sub", "sqs", inboxARN, test.properties))
			in := map[string]any{"Message": "m"}
			for name, value := range test.in {
				in[name] = value
			}
			e.publish(t, in)
			for _, metric := range []string{"NumberOfNotificationsFilteredOut", "NumberOfNotificationsFilteredOut-" + test.want} {
				if got := meter.sum(metric); got != 1 {
					t.Errorf("%s is %v", metric, got)
				}
			}
		})
	}
}

func TestAFilterPolicyBeyondTheLimitsIsRefused(t *testing.T) {
	values := func(n int) string {
		list, err := json.Marshal(strings.Split(strings.Repeat("x ", n-1)+"x", " "))
		if err != nil {
			t.Fatal(err)
		}
		return string(list)
	}
	const body = `, "FilterPolicyScope": "MessageBody"`
	for _, test := range []struct{ name, properties, want string }{
		{"five keys", `, "FilterPolicy": {"a": [1], "b": [1], "c": [1], "d": [1], "e": [1]}`, ""},
		{"six keys", `, "FilterPolicy": {"a": [1], "b": [1], "c": [1], "d": [1], "e": [1], "f": [1]}`, "Filter policy can not have more than 5 keys"},
		{"six keys below two", body + `, "FilterPolicy": {"a": {"a": [1], "b": [1], "c": [1]}, "b": {"a": [1], "b": [1], "c": [1]}}`, "Filter policy can not have more than 5 keys"},
		{"150 combinations", `, "FilterPolicy": {"a": ` + values(15) + `, "b": ` + values(10) + `}`, ""},
		{"160 combinations", `, "FilterPolicy": {"a": ` + values(16) + `, "b": ` + values(10) + `}`, "Filter policy is too complex"},
		{"144 combinations by depth", body + `, "FilterPolicy": {"a": {"b": ` + values(12) + `}, "c": {"d": ` + values(3) + `}}`, ""},
		{"156 combinations by depth", body + `, "FilterPolicy": {"a": {"b": ` + values(13) + `}, "c": {"d": ` + values(3) + `}}`, "Filter policy is too complex"},
		{"150 combinations of alternatives", `, "FilterPolicy": {"a": ` + values(10) + `, "$or": [{"b": ` + values(10) + `}, {"c": ` + values(5) + `}]}`, ""},
		{"160 combinations of alternatives", `, "FilterPolicy": {"a": ` + values(10) + `, "$or": [{"b": ` + values(10) + `}, {"c": ` + values(6) + `}]}`, "Filter policy is too complex"},
		{"256 KB", `, "FilterPolicy": {"a": ["` + strings.Repeat("x", 256<<10-10) + `"]}`, ""},
		{"more than 256 KB", `, "FilterPolicy": {"a": ["` + strings.Repeat("x", 256<<10) + `"]}`, "Filter policy is too long"},
		{"three wildcards", `, "FilterPolicy": {"a": [{"wildcard": "a*b*c*"}]}`, ""},
		{"four wildcards", `, "FilterPolicy": {"a": [{"anything-but": {"wildcard": "*a*b*c*"}}]}`, "Filter policy is too complex"},
		{"99 points for wildcards", `, "FilterPolicy": {"a": [{"wildcard": "*a*b*"}, {"wildcard": "*c"}, {"wildcard": "d*"}], "b": [{"wildcard": "*a*b*"}]}`, ""},
		{"108 points for wildcards", `, "FilterPolicy": {"a": [{"wildcard": "*a*b*"}, {"wildcard": "*c"}, {"wildcard": "d*"}, {"wildcard": "e*"}], "b": [{"wildcard": "*a*b*"}]}`, "Filter policy is too complex"},
		{"nested attributes", `, "FilterPolicy": {"a": {"b": ["c"]}}`, "Filter policy scope MessageAttributes does not support nested filter policy"},
		{"attributes nested in alternatives", `, "FilterPolicy": {"$or": [{"a": {"b": ["c"]}}, {"d": ["e"]}]}`, "does not support nested filter policy"},
		{"another scope", `, "FilterPolicyScope": "Subject"`, "FilterPolicyScope: Invalid value [Subject]. Please use either MessageBody or MessageAttributes"},
		{"no list", `, "FilterPolicy": {"a": "b"}`, `FilterPolicy: "a" must be an object or an array`},
		{"no object", `, "FilterPolicy": ["a"]`, "FilterPolicy: failed to parse JSON."},
		{"an unknown operator", `, "FilterPolicy": {"a": [{"contains": "b"}]}`, "FilterPolicy: Unrecognized match type contains"},
		{"a number", `, "FilterPolicy": {"a": [{"numeric": ["<", 1000000001]}]}`, "Value must be between"},
		{"a folding prefix", `, "FilterPolicy": {"a": [{"prefix": {"equals-ignore-case": "b"}}]}`, "prefix match pattern must be a string"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := newEngine(t).create(base + subscription("Sub", "sqs", inboxARN, test.properties))
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestATopicHas200FilterPoliciesAtMost(t *testing.T) {
	var all strings.Builder
	for i := range 200 {
		all.WriteString(subscription(fmt.Sprintf("Sub%d", i), "sqs", inboxARN, `, "FilterPolicy": {"a": ["b"]}`))
	}
	e := newEngine(t)
	created := e.mustCreate(t, base+all.String()+subscription("Free", "sqs", inboxARN, ""))
	for action, in := range map[string]map[string]any{
		"Subscribe":                 {"TopicArn": topicARN, "Protocol": "sqs", "Endpoint": e.ARN("sqs", "more"), "Attributes": map[string]string{"FilterPolicy": `{"a": ["b"]}`}},
		"SetSubscriptionAttributes": {"SubscriptionArn": created.Handles["Free"].Ref, "AttributeName": "FilterPolicy", "AttributeValue": `{"a": ["b"]}`},
	} {
		if err := e.Do(t.Context(), e.Administrator(), "sns", action, in, nil); err == nil || cloud.AsError(err).Code != "FilterPolicyLimitExceeded" {
			t.Errorf("%s: %v", action, err)
		}
	}
	change := map[string]any{"SubscriptionArn": created.Handles["Sub7"].Ref, "AttributeName": "FilterPolicy", "AttributeValue": `{"a": ["c"]}`}
	if err := e.Do(t.Context(), e.Administrator(), "sns", "SetSubscriptionAttributes", change, nil); err != nil {
		t.Errorf("another policy in the place of one: %v", err)
	}
	if _, err := newEngine(t).create(base + all.String() + subscription("More", "sqs", inboxARN, `, "FilterPolicy": {"a": ["b"]}`)); err == nil || !strings.Contains(err.Error(), "FilterPolicyLimitExceeded") {
		t.Errorf("201: %v", err)
	}
}

func TestARawMessageHasTheAttributesOfTheMessage(t *testing.T) {
	for _, test := range []struct {
		name       string
		attributes int
		inbox      int
		metric     string
	}{
		{"ten", 10, 1, "NumberOfNotificationsDelivered"},
		{"eleven, which SQS does not take", 11, 0, "NumberOfNotificationsFailed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, meter := newMeasuredEngine(t)
				e.mustCreate(t, base+subscription("Sub", "sqs", inboxARN, `, "RawMessageDelivery": true`)+subscription("Whole", "sqs", deadARN, ""))
				attributes := map[string]any{"list": attribute("String.Array", `["a"]`), "count": attribute("Number.int", "7"), "seal": map[string]any{"DataType": "Binary", "BinaryValue": []byte{0, 1}}}
				for i := len(attributes); i < test.attributes; i++ {
					attributes[fmt.Sprint("a", i)] = attribute("String", "x")
				}
				e.publish(t, map[string]any{"Message": "m", "MessageAttributes": attributes})
				got := e.receive(t, "inbox", test.inbox)
				if len(got) != test.inbox || len(got) == 1 && (len(got[0].MessageAttributes) != test.attributes || got[0].MessageAttributes["list"].DataType != "String.Array" ||
					got[0].MessageAttributes["count"].StringValue != "7" || string(got[0].MessageAttributes["seal"].BinaryValue) != "\x00\x01") {
					t.Errorf("messages %+v", got)
				}
				if n := meter.sum(test.metric); n < 1 {
					t.Errorf("%s is %v", test.metric, n)
				}
				if whole := e.receive(t, "dead", 1); len(whole) != 1 || whole[0].MessageAttributes != nil || !strings.Contains(whole[0].Body, `"list":{"Type":"String.Array","Value":"[\"a\"]"}`) {
					t.Errorf("the subscription without raw delivery got %+v", whole)
				}
				time.Sleep(time.Hour)
				if again := meter.sum("NumberOfNotificationsFailed"); again != float64(1-test.inbox) {
					t.Errorf("%v failures: it is not tried again", again)
				}
			})
		})
	}
}
