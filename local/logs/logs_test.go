package logs_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/logs"
	"github.com/tradepost-dev/tradepost/local/wire"
)

func TestDeclaredGroupsAreKnown(t *testing.T) {
	site := cloud.Site{Account: "111122223333", Region: "eu-west-1"}
	l := logs.New(cloud.New(site))
	template, err := cfn.Parse([]byte(`{"Resources": {
		"Named": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/named", "RetentionInDays": 30}},
		"Other": {"Type": "AWS::Logs::LogGroup"},
		"Stream": {"Type": "AWS::Logs::LogStream", "Properties": {"LogGroupName": {"Ref": "Named"}, "LogStreamName": "s"}},
		"Policy": {"Type": "AWS::Logs::ResourcePolicy", "Properties": {"PolicyName": "p", "PolicyDocument": "{}"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]cfn.Type{}
	for _, typ := range l.Types() {
		types[typ.Name] = typ
	}
	created, err := (&cfn.Stack{Name: "app", Site: site, Template: template}).Create(t.Context(), types)
	if err != nil {
		t.Fatal(err)
	}
	const arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/named:*"
	if got, ok := l.Group("/named"); !ok || got != arn || created.Handles["Named"].Attributes["Arn"] != arn {
		t.Errorf("group %s, handle %v", got, created.Handles["Named"])
	}
	if _, ok := l.Group("/none"); ok {
		t.Error("an undeclared group is known")
	}
	if other := created.Handles["Other"].Ref; len(l.Groups()) != 2 || l.Groups()[1] != other {
		t.Errorf("groups %v, want also %s", l.Groups(), other)
	}
}

func TestATemplatesGroupsStreamsAndFiltersGoWithIt(t *testing.T) {
	l := newListener(t)
	s, err := cfntest.Create(t, l.Site, l.logs.Types(), `"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "g", "RetentionInDays": 30}},
		"Stream": {"Type": "AWS::Logs::LogStream", "Properties": {"LogGroupName": {"Ref": "Group"}}},
		"Named": {"Type": "AWS::Logs::LogStream", "Properties": {"LogGroupName": {"Ref": "Group"}, "LogStreamName": "n"}},
		"Metric": {"Type": "AWS::Logs::MetricFilter", "Properties": {"LogGroupName": {"Ref": "Group"}, "FilterName": "m", "FilterPattern": "", "MetricTransformations": [{"MetricNamespace": "Shop", "MetricName": "m", "MetricValue": "1"}]}},
		"Sent": {"Type": "AWS::Logs::SubscriptionFilter", "Properties": {"LogGroupName": {"Ref": "Group"}, "FilterName": "to", "FilterPattern": "", "DestinationArn": "`+streamARN+`", "RoleArn": "`+roleARN+`", "Distribution": "Random"}},
		"Query": {"Type": "AWS::Logs::QueryDefinition", "Properties": {"Name": "q", "QueryString": "fields @message"}},
		"Policy": {"Type": "AWS::Logs::ResourcePolicy", "Properties": {"PolicyName": "p", "PolicyDocument": "{}"}}`)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"Group": "g", "Named": "n", "Metric": "m", "Sent": "to"} {
		if got := s.Ref(id); got != want {
			t.Errorf("%s is %s, want %s", id, got, want)
		}
	}
	if got, want := s.Handles["Policy"].Attributes["Arn"], "arn:aws:logs:eu-west-1:111122223333:resource-policy:"+s.Ref("Policy"); got != want {
		t.Errorf("the policy's ARN is %v, want %s", got, want)
	}
	g := values{"logGroupName": "g"}
	has := func(action string, wants ...string) {
		t.Helper()
		got := l.ask(t, action, g)
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s: got %s, want %s", action, got, want)
			}
		}
	}
	if got := l.ask(t, "DescribeLogGroups", values{}); !strings.Contains(got, `"metricFilterCount":1,"retentionInDays":30`) {
		t.Errorf("the group is %s", got)
	}
	has("DescribeLogStreams", `"logStreamName":"n"`, `"logStreamName":"`+s.Ref("Stream")+`"`)
	has("DescribeSubscriptionFilters", `"distribution":"Random"`, `"roleArn":"`+roleARN+`"`)
	s.Put(t, "Group", `{"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "g"}}`)
	if got := l.ask(t, "DescribeLogGroups", values{}); strings.Contains(got, "retentionInDays") {
		t.Errorf("without a retention the group is %s", got)
	}
	for id, refused := range map[string]string{
		"Group":  `{"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "g", "RetentionInDays": 2}}`,
		"Metric": `{"Type": "AWS::Logs::MetricFilter", "Properties": {"LogGroupName": {"Ref": "Group"}, "FilterName": "m", "FilterPattern": "{ $.a", "MetricTransformations": [{"MetricNamespace": "Shop", "MetricName": "m", "MetricValue": "1"}]}}`,
		"Sent":   `{"Type": "AWS::Logs::SubscriptionFilter", "Properties": {"LogGroupName": {"Ref": "Group"}, "FilterName": "to", "FilterPattern": "{ $.a", "DestinationArn": "` + streamARN + `", "RoleArn": "` + roleARN + `"}}`,
	} {
		if err := s.Try(t, map[string]string{id: refused}); err == nil {
			t.Errorf("%s is accepted", refused)
		}
	}
	for _, refused := range []string{
		`{"Type": "AWS::Logs::LogStream", "Properties": {"LogGroupName": "g", "LogStreamName": "a:b"}}`,
		`{"Type": "AWS::Logs::LogStream", "Properties": {"LogGroupName": "g", "LogStreamName": "n"}}`,
		`{"Type": "AWS::Logs::LogStream", "Properties": {"LogGroupName": "none"}}`,
		`{"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "g"}}`,
		`{"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "h", "RetentionInDays": 2}}`,
		`{"Type": "AWS::Logs::MetricFilter", "Properties": {"LogGroupName": "none", "FilterPattern": "", "MetricTransformations": [{"MetricNamespace": "Shop", "MetricName": "m", "MetricValue": "1"}]}}`,
		`{"Type": "AWS::Logs::SubscriptionFilter", "Properties": {"LogGroupName": "none", "FilterPattern": "", "DestinationArn": "` + functionARN + `"}}`,
	} {
		if err := s.Try(t, map[string]string{"More": refused}); err == nil {
			t.Errorf("%s is accepted", refused)
		}
	}
	s.Remove(t, "Sent", "Metric", "Stream", "Named")
	has("DescribeLogStreams", `{"logStreams":[]}`)
	has("DescribeMetricFilters", `{"metricFilters":[]}`)
	has("DescribeSubscriptionFilters", `{"subscriptionFilters":[]}`)
}

func TestATemplatesSubscriptionNeedsAFunctionThatLetsItsGroupIn(t *testing.T) {
	l := newListener(t)
	l.Authorizer = permits(func(_ cloud.Caller, action, _ string) bool { return action != "lambda:InvokeFunction" })
	_, err := cfntest.Create(t, l.Site, l.logs.Types(), `"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "g"}},
		"Sent": {"Type": "AWS::Logs::SubscriptionFilter", "Properties": {"LogGroupName": {"Ref": "Group"}, "FilterPattern": "", "DestinationArn": "`+functionARN+`"}}`)
	if err == nil || !strings.Contains(err.Error(), "Could not execute the lambda function.") {
		t.Errorf("got %v", err)
	}
	l.toStream(t, nil) // which is no function
}

func TestGroupsAreListedInPages(t *testing.T) {
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	l := logs.New(c)
	c.Register("logs", l)
	var resources []string
	for i := range 60 {
		resources = append(resources, fmt.Sprintf(`"G%d": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/app/%02d"}}`, i, i))
	}
	template, err := cfn.Parse([]byte(`{"Resources": {"Other": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/other"}}, ` + strings.Join(resources, ",") + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]cfn.Type{}
	for _, typ := range l.Types() {
		types[typ.Name] = typ
	}
	created, err := (&cfn.Stack{Name: "app", Site: c.Site, Template: template}).Create(t.Context(), types)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(wire.As(c, c.Administrator(), "logs", wire.Protocols{}))
	defer server.Close()
	list := func(input string) (names []string, next string, status int) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(input))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Target", "Logs_20140328.DescribeLogGroups")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var out struct {
			LogGroups []struct {
				Name string `json:"logGroupName"`
				ARN  string `json:"arn"`
			} `json:"logGroups"`
			NextToken string `json:"nextToken"`
		}
		if err := json.NewDecoder(response.Body).Decode(&out); err != nil {
			t.Fatal(err)
		}
		for _, g := range out.LogGroups {
			names = append(names, g.Name)
			if want := "arn:aws:logs:eu-west-1:111122223333:log-group:" + g.Name + ":*"; g.ARN != want {
				t.Errorf("the ARN is %s, want %s", g.ARN, want)
			}
		}
		return names, out.NextToken, response.StatusCode
	}
	first, next, _ := list(`{"logGroupNamePrefix": "/app/"}`)
	if len(first) != 50 || first[0] != "/app/00" || next != "/app/49" {
		t.Errorf("the first page is %q, and goes on at %s", first, next)
	}
	if second, next, _ := list(`{"logGroupNamePrefix": "/app/", "nextToken": "/app/49"}`); len(second) != 10 || second[0] != "/app/50" || next != "" {
		t.Errorf("the second page is %q, and goes on at %s", second, next)
	}
	if two, next, _ := list(`{"limit": 2}`); len(two) != 2 || next != "/app/01" {
		t.Errorf("a page of two is %q, and goes on at %s", two, next)
	}
	if _, _, status := list(`{"limit": 51}`); status != http.StatusBadRequest {
		t.Errorf("too long a page is answered with %d", status)
	}
	if err := created.Handles["Other"].Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, _, _ := list(`{"logGroupNamePrefix": "/o"}`); len(left) != 0 {
		t.Errorf("a deleted group is listed: %q", left)
	}
}
