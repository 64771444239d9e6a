package logs_test

import (
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/logs"
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
