package console_test

// This file has an engine with workflows, and its console.

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/internal/browser"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/console"
)

// definitions are the workflows: Shop has what graphs have.
var definitions = map[string]string{
	"Shop": `{"StartAt": "Paid?", "QueryLanguage": "JSONata", "States": {
		"Paid?": {"Type": "Choice", "Choices": [{"Condition": "{% $states.input.paid %}", "Next": "Each line"}], "Default": "Refuse"},
		"Each line": {"Type": "Map", "Items": "{% $states.input.lines %}", "Next": "Both", "ItemProcessor": {"StartAt": "Price", "States": {
			"Price": {"Type": "Pass", "Output": "{% $states.input * 2 %}", "Assign": {"line": "{% $states.input %}"}, "End": true}}}},
		"Both": {"Type": "Parallel", "Next": "Notify", "Branches": [
			{"StartAt": "Pack", "States": {"Pack": {"Type": "Pass", "End": true}}},
			{"StartAt": "Bill", "States": {"Bill": {"Type": "Pass", "Next": "Book"}, "Book": {"Type": "Pass", "End": true}}}]},
		"Notify": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Arguments": {"QueueUrl": "http://127.0.0.1/000000000000/none", "MessageBody": "x"},
			"Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 1}], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Note"}], "End": true},
		"Note": {"Type": "Pass", "End": true},
		"Refuse": {"Type": "Fail", "Error": "NotPaid", "Cause": "nobody has paid"}}}`,
	"Assigns": `{"StartAt": "First", "QueryLanguage": "JSONata", "States": {
		"First": {"Type": "Pass", "Assign": {"who": "{% $states.input.name %}"}, "Output": {"shop": "north"}, "Next": "Second"},
		"Second": {"Type": "Pass", "End": true}}}`,
	"Waits": `{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": true}}}`,
	"Rings": `{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": true}}}`,
	"Many":  `{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": true}}}`,
	"Needs": `{"StartAt": "Read", "States": {"Read": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:headBucket", "Parameters": {"Bucket": "not-there-yet"}, "End": true}}}`,
}

// goods are the stack's other resources. Its alarms stay as tests set them, however
// often they are judged meanwhile.
const goods = `{
	"Dead": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "dead"}},
	"Orders": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "orders",
		"RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 2}}},
	"Lanes": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "lanes.fifo", "FifoQueue": true}},
	"Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/shop/till", "RetentionInDays": 7}},
	"Late": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": "late", "AlarmDescription": "orders wait", "Namespace": "Shop", "MetricName": "Waiting", "Statistic": "Maximum",
		"Dimensions": [{"Name": "Till", "Value": "<1>"}], "TreatMissingData": "ignore", "Period": 60, "EvaluationPeriods": 1, "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold"}},
	"Any": {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {"AlarmName": "any", "AlarmRule": "ALARM(late)"}, "DependsOn": "Late"},
	"Arrived": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": ["aws.s3"], "detail": {"bucket": {"name": [{"Ref": "Bucket"}]}}},
		"Targets": [{"Id": "many", "Arn": {"Ref": "Many"}, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}]}},
	"Rung": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": ["till"]},
		"Targets": [{"Id": "rings", "Arn": {"Ref": "Rings"}, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}]}},
	"Deep": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": "deep", "Namespace": "Shop", "MetricName": "Depth", "Statistic": "Maximum",
		"Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["Told", "QueueName"]}}], "TreatMissingData": "ignore", "Period": 60, "EvaluationPeriods": 1, "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold"}},
	"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "landing", "VersioningConfiguration": {"Status": "Enabled"}}},
	"News": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "news", "DisplayName": "The news"}},
	"Travelled": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "travelled"}},
	"LookedAt": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "looked-at"}},
	"Told": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "told"}},
	"ToQueue": {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": {"Ref": "News"}, "Protocol": "sqs", "Endpoint": {"Fn::GetAtt": ["Told", "Arn"]},
		"FilterPolicy": {"kind": ["big"]}}},
	"ToMail": {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": {"Ref": "News"}, "Protocol": "email", "Endpoint": "ann@example.com"}},
	"Stock": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "Stock", "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "shop", "AttributeType": "S"}, {"AttributeName": "number", "AttributeType": "N"}, {"AttributeName": "color", "AttributeType": "S"}],
		"KeySchema": [{"AttributeName": "shop", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}],
		"GlobalSecondaryIndexes": [{"IndexName": "ByColor", "Projection": {"ProjectionType": "ALL"},
			"KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}]}],
		"TimeToLiveSpecification": {"AttributeName": "until", "Enabled": true}}}
}`

// desk is an engine with its console.
type desk struct {
	url      string
	aws      aws.Config
	states   *sfn.Client
	machines map[string]string // ARNs
	engine   *local.Engine
}

func open(t *testing.T) *desk {
	t.Helper()
	statement := func(more map[string]any) map[string]any {
		more["Effect"] = "Allow"
		return map[string]any{"Version": "2012-10-17", "Statement": []any{more}}
	}
	resources := map[string]any{"Role": map[string]any{"Type": "AWS::IAM::Role", "Properties": map[string]any{
		"AssumeRolePolicyDocument": statement(map[string]any{"Action": "sts:AssumeRole", "Principal": map[string]any{"Service": []string{"states.amazonaws.com", "events.amazonaws.com"}}}),
		"Policies":                 []any{map[string]any{"PolicyName": "all", "PolicyDocument": statement(map[string]any{"Action": "*", "Resource": "*"})}},
	}}}
	if err := json.Unmarshal([]byte(goods), &resources); err != nil {
		t.Fatal(err)
	}
	outputs := map[string]any{}
	for name, definition := range definitions {
		resources[name] = map[string]any{"Type": "AWS::StepFunctions::StateMachine", "Properties": map[string]any{
			"StateMachineName": name, "DefinitionString": definition, "RoleArn": map[string]any{"Fn::GetAtt": []string{"Role", "Arn"}},
		}}
		outputs[name] = map[string]any{"Value": map[string]any{"Ref": name}}
	}
	template, err := json.Marshal(map[string]any{"Resources": resources, "Outputs": outputs})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "Market.template.json")
	if err := os.WriteFile(file, template, 0o600); err != nil {
		t.Fatal(err)
	}
	engine, err := local.Start(t.Context(), local.Options{Assembly: file, Mail: filepath.Join(t.TempDir(), "mail"), Past: console.Past, Causes: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	server, err := console.Serve(engine)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(engine.URL()), Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")}
	d := &desk{url: server.URL, engine: engine, machines: map[string]string{}, aws: cfg, states: sfn.NewFromConfig(cfg)}
	for _, outputs := range engine.Endpoints().Outputs {
		for name, arn := range outputs {
			d.machines[name] = arn.(string)
		}
	}
	return d
}

// workflow is the address of a workflow's page, and execution of an execution's.
func (d *desk) workflow(name string) string { return d.url + "workflows/" + d.machines[name] }

func (d *desk) execution(machine, name string) string {
	return d.url + "executions/" + d.arn(machine, name)
}

func (d *desk) arn(machine, name string) string {
	return strings.Replace(d.machines[machine], ":stateMachine:", ":execution:", 1) + ":" + name
}

func (d *desk) start(t *testing.T, machine, name, input string) {
	t.Helper()
	if _, err := d.states.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(d.machines[machine]), Name: &name, Input: &input}); err != nil {
		t.Fatal(err)
	}
}

// status waits until an execution has a status.
func (d *desk) status(t *testing.T, machine, name string, status types.ExecutionStatus) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		described, err := d.states.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(d.arn(machine, name))})
		if err != nil {
			t.Fatalf("%s of %s is not %s: %v", name, machine, status, err)
		}
		if described.Status == status {
			return
		}
	}
}

func TestAPersonUsesThePages(t *testing.T) {
	b, d := browser.Start(t), open(t)
	for name, test := range map[string]func(*testing.T, *desk, *browser.Tab){
		"from the engine's own address to an execution": findTheWay,
		"state by state on the graph":                   followOnTheGraph,
		"starts, stops, redrives and starts again":      act,
		"with filters": filter,
		"looks into queues, sends, redrives and purges":  queues,
		"looks for items, puts and deletes them":         tables,
		"lists, shows, downloads and uploads objects":    buckets,
		"publishes, and reads the mail of it":            topics,
		"filters and follows a log":                      logs,
		"sees how a metric went, and what an alarm did":  alarms,
		"sees on a picture what calls what":              picture,
		"tells what caused what":                         causes,
		"goes back to what was":                          travel,
		"tries expressions against a state's input":      try,
		"on a phone, in the dark, by keyboard, by voice": read,
	} {
		t.Run(name, func(t *testing.T) { test(t, d, b.Tab(t)) })
	}
}

// get is a page.
func (d *desk) get(t *testing.T, address string) string {
	t.Helper()
	return page(t, d.url+address)
}
