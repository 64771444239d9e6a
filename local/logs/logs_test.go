package logs_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn"
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
