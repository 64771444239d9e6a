package local_test

// This file cuts out of a template the alarms and what they refer to. What
// functions and state machines do is replaced: alarms only care how it ends.

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// standIn is every state machine: it does what its input says.
const standIn = `{"QueryLanguage":"JSONata","TimeoutSeconds":120,"StartAt":"Choose","States":{
	"Choose":{"Type":"Choice","Choices":[{"Condition":"{% $states.input.do = 'fail' %}","Next":"Fail"},{"Condition":"{% $states.input.do = 'pass' %}","Next":"Pass"}],"Default":"Hang"},
	"Fail":{"Type":"Fail","Error":"Wanted"},"Pass":{"Type":"Succeed"},"Hang":{"Type":"Wait","Seconds":3600,"End":true}}}`

// section is the part of a template that alarms depend on.
type section struct {
	template  string // its path
	alarms    []string
	functions []string
}

// cutOut writes the section of a template, with what a drill needs beside it.
func cutOut(t *testing.T, path string) section {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Parameters, Conditions, Mappings map[string]any `json:",omitempty"`
		Resources                        map[string]map[string]any
	}
	if err := json.Unmarshal(raw, &template); err != nil {
		t.Fatal(err)
	}
	var s section
	kept := map[string]map[string]any{}
	var keep func(value any)
	keep = func(value any) {
		for id, resource := range template.Resources {
			if kept[id] != nil || !refersTo(value, id) {
				continue
			}
			kept[id] = replaced(resource)
			keep(kept[id])
			if resource["Type"] == "AWS::Lambda::Function" {
				s.functions = append(s.functions, id)
			}
		}
	}
	for id, resource := range template.Resources {
		if resource["Type"] == "AWS::CloudWatch::Alarm" || resource["Type"] == "AWS::CloudWatch::CompositeAlarm" {
			s.alarms = append(s.alarms, id)
			kept[id] = replaced(resource)
			keep(kept[id])
		}
	}
	for id, resource := range template.Resources { // who may publish to the topics
		if resource["Type"] == "AWS::SNS::TopicPolicy" && slices.ContainsFunc(slices.Collect(maps.Keys(kept)), func(topic string) bool { return refersTo(resource, topic) }) {
			kept[id] = replaced(resource)
		}
	}
	equip(kept)
	template.Resources = kept
	if raw, err = json.Marshal(template); err != nil {
		t.Fatal(err)
	}
	s.template = filepath.Join(t.TempDir(), "app.json")
	if err := os.WriteFile(s.template, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// refersTo tells whether a resource is mentioned in a value.
func refersTo(value any, id string) bool {
	encoded, err := json.Marshal(value)
	return err == nil && regexp.MustCompile(`"`+id+`["\.]|\$\{`+id+`[\.}]`).Match(encoded)
}

// replaced returns a resource without what would draw in the rest of the stack.
func replaced(resource map[string]any) map[string]any {
	properties, _ := resource["Properties"].(map[string]any)
	kept := map[string]any{"Type": resource["Type"], "Properties": properties}
	if condition, ok := resource["Condition"]; ok {
		kept["Condition"] = condition
	}
	role := map[string]any{"Fn::GetAtt": []any{"DrillRole", "Arn"}}
	switch resource["Type"] {
	case "AWS::StepFunctions::StateMachine":
		kept["Properties"] = map[string]any{"DefinitionString": standIn, "RoleArn": role}
	case "AWS::Lambda::Function":
		kept["Properties"] = map[string]any{"Runtime": "provided.al2023", "Handler": "bootstrap", "Role": role, "Code": map[string]any{"S3Bucket": "x", "S3Key": "x"}}
	case "AWS::SQS::Queue": // without its dead-letter queue, which needs no alarm of its own
		slim := map[string]any{}
		for name, value := range properties {
			if name != "RedrivePolicy" && name != "RedriveAllowPolicy" {
				slim[name] = value
			}
		}
		kept["Properties"] = slim
	}
	return kept
}

// equip adds a queue that gets the messages of all topics, and the role of what
// was replaced.
func equip(resources map[string]map[string]any) {
	queue := map[string]any{"Fn::GetAtt": []any{"DrillQueue", "Arn"}}
	for id, resource := range resources {
		if resource["Type"] == "AWS::SNS::Topic" {
			resources["DrillSubscription"+id] = map[string]any{"Type": "AWS::SNS::Subscription", "Properties": map[string]any{
				"TopicArn": map[string]any{"Ref": id}, "Protocol": "sqs", "Endpoint": queue, "RawMessageDelivery": true,
			}}
		}
	}
	resources["DrillRole"] = map[string]any{"Type": "AWS::IAM::Role", "Properties": map[string]any{
		"AssumeRolePolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
			"Effect": "Allow", "Principal": map[string]any{"Service": []any{"states.amazonaws.com", "lambda.amazonaws.com"}}, "Action": "sts:AssumeRole",
		}}},
	}}
	resources["DrillQueue"] = map[string]any{"Type": "AWS::SQS::Queue", "Properties": map[string]any{"QueueName": "drill"}}
	resources["DrillPolicy"] = map[string]any{"Type": "AWS::SQS::QueuePolicy", "Properties": map[string]any{
		"Queues": []any{map[string]any{"Ref": "DrillQueue"}},
		"PolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
			"Effect": "Allow", "Principal": map[string]any{"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue,
		}}},
	}}
}
