package simulation_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

func TestCallsAreNamedByTheirConstructs(t *testing.T) {
	named := map[string][2]string{
		"https://sqs.us-east-1.amazonaws.com/000000000000/orders": {"Shop/Queue", "AWS::SQS::Queue"},
		"orders":  {"Shop/Table", "AWS::DynamoDB::Table"},
		"stock":   {"Shop/Stock", "AWS::DynamoDB::Table"},
		"landing": {"Shop/Bucket", "AWS::S3::Bucket"},
		"start":   {"Shop/Start", "AWS::Lambda::Function"},
		"arn:aws:states:us-east-1:000000000000:stateMachine:flow": {"Shop/Flow", "AWS::StepFunctions::StateMachine"},
		"a1b2c3":   {"Shop/API", "AWS::ApiGateway::RestApi"},
		"prod":     {"Shop/API/Stage", "AWS::ApiGateway::Stage"},
		"API-Role": {"Shop/API/Role", "AWS::IAM::Role"},
		"new":      {"Shop/Rule", "AWS::Events::Rule"},
		"5f5d":     {"Shop/Start/SqsEventSource:ShopQueue1A2B3C4D", "AWS::Lambda::EventSourceMapping"},
	}
	session := func(role, name string) cloud.Caller {
		return cloud.Caller{ARN: "arn:aws:sts::000000000000:assumed-role/" + role + "/" + name, Role: "arn:aws:iam::000000000000:role/" + role}
	}
	service := func(principal, source string) cloud.Caller {
		return cloud.Caller{ARN: principal, Service: principal, Context: map[string]string{"aws:SourceArn": source}}
	}
	for _, row := range []struct {
		caller          cloud.Caller
		inside          bool
		service, action string
		input           string
		want            string
	}{
		{session("r", "start"), true, "dynamodb", "PutItem", `{"TableName": "orders", "Item": {"of": {"S": "stock"}}}`, "Shop/Start: dynamodb:PutItem of Shop/Table"},
		{session("r", "start"), true, "sqs", "SendMessage", `{"QueueUrl": "http://127.0.0.1:1/000000000000/orders", "MessageBody": "stock"}`, "Shop/Start: sqs:SendMessage of Shop/Queue"},
		{session("r", "start"), false, "sqs", "ReceiveMessage", `{"QueueUrl": "http://127.0.0.1:1/000000000000/orders"}`, "Lambda for Shop/Start: sqs:ReceiveMessage of Shop/Queue"},
		{session("r", "start"), true, "dynamodb", "BatchWriteItem", `{"RequestItems": {"stock": [], "orders": []}}`, "Shop/Start: dynamodb:BatchWriteItem of Shop/Stock, Shop/Table"},
		{session("r", "start"), true, "s3", "GetObject", `{"Bucket": "landing", "Key": "stock/start"}`, "Shop/Start: s3:GetObject of Shop/Bucket"},
		{session("r", "start"), true, "textract", "AnalyzeExpense", `{"Document": {"S3Object": {"Bucket": "landing"}}}`, "Shop/Start: textract:AnalyzeExpense of Shop/Bucket"},
		{session("r", "start"), true, "events", "PutEvents", `{"Entries": [{"Detail": "{}"}]}`, "Shop/Start: events:PutEvents"},
		{session("r", "flow"), false, "lambda", "Invoke", `{"FunctionName": "arn:aws:lambda:us-east-1:000000000000:function:start:live"}`, "Shop/Flow, Begin: lambda:Invoke of Shop/Start"},
		{session("r", "flow"), false, "execute-api", "Invoke", `{"ApiEndpoint": "a1b2c3.execute-api.us-east-1.amazonaws.com", "Stage": "prod"}`, "Shop/Flow, Begin: execute-api:Invoke of Shop/API"},
		{session("API-Role", "Backplane"), false, "dynamodb", "GetItem", `{"TableName": "stock"}`, "Shop/API/Role: dynamodb:GetItem of Shop/Stock"},
		{service("events.amazonaws.com", "arn:aws:events:us-east-1:000000000000:rule/new"), false, "lambda", "Invoke", `{"FunctionName": "start"}`, "EventBridge for Shop/Rule: lambda:Invoke of Shop/Start"},
		{service("apigateway.amazonaws.com", "arn:aws:execute-api:us-east-1:000000000000:a1b2c3/prod/POST/orders"), false, "lambda", "Invoke", `{"FunctionName": "start"}`, "API Gateway for Shop/API: lambda:Invoke of Shop/Start"},
		{service("lambda.amazonaws.com", "arn:aws:lambda:us-east-1:000000000000:event-source-mapping:5f5d"), false, "lambda", "Invoke", `{"FunctionName": "arn:aws:lambda:us-east-1:000000000000:function:start"}`, "Lambda for Shop/Start: lambda:Invoke of Shop/Start"},
		{service("odd.amazonaws.com", ""), false, "lambda", "Invoke", `no JSON`, "odd: lambda:Invoke"},
	} {
		call := cloud.Call{Caller: row.caller, Service: row.service, Action: row.action, Input: []byte(row.input)}
		if got := simulation.SiteOf(named, call, "Begin", row.inside).String(); got != row.want {
			t.Errorf("got %s, want %s", got, row.want)
		}
	}
}

// machine is an app with a state machine that puts an item into a table.
const machine = `{"Resources": {
	"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
		"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}},
	"Role": {"Type": "AWS::IAM::Role", "Properties": {
		"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
		"Policies": [{"PolicyName": "all", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": {"Fn::GetAtt": ["Table", "Arn"]}}]}}]}},
	"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"StateMachineName": "flow", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
		"Definition": {"StartAt": "Put it", "States": {"Put it": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "End": true,
			"Parameters": {"TableName": "orders", "Item": {"id": {"S": "a"}}}, "Retry": [{"ErrorEquals": ["States.ALL"]}]}}}}}
}}`

func TestTheStatesOfAWorkflowAreRowsOfTheMatrix(t *testing.T) {
	o := simulation.Options{Assembly: template(t, machine), Faults: simulation.Rates{simulation.Refused: 1, simulation.Died: 1}, Scenario: func(ctx context.Context, w *simulation.World) error {
		_, err := sfn.NewFromConfig(w.AWS()).StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: aws.String("arn:aws:states:us-east-1:000000000000:stateMachine:flow")})
		time.Sleep(time.Minute)
		return err
	}}
	const want = "| who calls | what | died before | refused |\n| --- | --- | --- | --- |\n| Machine, Put it | dynamodb:PutItem of Table |  | held 2 |\n"
	if got := simulation.Survey(t, 1, o).Markdown(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
