package simulation_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tradepost-dev/tradepost/local/lambda"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

// bench is an app with a function that may do everything, and one of each that it
// may do something with.
const bench = `{
	"Resources": {
		"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
			"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}},
		"Other": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "others", "BillingMode": "PAY_PER_REQUEST",
			"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}},
		"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "told"}},
		"Later": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "told-later", "DelaySeconds": 60}},
		"Line": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "told.fifo", "FifoQueue": true}},
		"Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Queue", "Arn"]}}]}}},
		"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "news"}},
		"Subscription": {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": {"Ref": "Topic"}, "Protocol": "sqs", "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]}, "RawMessageDelivery": true}},
		"Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "line", "ShardCount": 1}},
		"Rule": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": ["shop"]}, "Targets": [{"Id": "queue", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}, "InputPath": "$.detail.id"}]}},
		"Role": {"Type": "AWS::IAM::Role", "Properties": {
			"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
				{"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com", "events.amazonaws.com"]}, "Action": "sts:AssumeRole"}]},
			"Policies": [{"PolicyName": "all", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}},
		"Begin": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": ["sold"]}, "Targets": [
			{"Id": "machine", "Arn": {"Fn::GetAtt": ["Standard", "Arn"]}, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}]}},
		"BeginExpress": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": ["billed"]}, "Targets": [
			{"Id": "machine", "Arn": {"Fn::GetAtt": ["Express", "Arn"]}, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}]}},
		"Standard": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"StateMachineName": "standard", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}, "Definition": DEFINITION}},
		"Express": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"StateMachineName": "express", "StateMachineType": "EXPRESS", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}, "Definition": DEFINITION}},
		"Work": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "work", "Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": 900,
			"Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Code": {"S3Bucket": "b", "S3Key": "k"}}}
	}
}`

// counting is a state machine that counts its executions, by their names.
const counting = `{"StartAt": "Count", "States": {"Count": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:updateItem", "End": true, "Parameters": {
	"TableName": "orders", "Key": {"id": {"S.$": "$$.Execution.Name"}}, "UpdateExpression": "ADD times :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}}}}`

// within runs a seed in which a function of the bench does something, once, and what
// has come of it is looked at then.
func within(t *testing.T, seed uint64, faults simulation.Rates, do func(ctx context.Context, cfg aws.Config) error, look func(ctx context.Context, w *simulation.World) error) simulation.Result {
	t.Helper()
	var failed error
	return simulation.Run(t, seed, simulation.Options{
		Assembly: template(t, strings.ReplaceAll(bench, "DEFINITION", counting)), Faults: faults,
		Functions: map[string]simulation.Function{"app/Work": func(cfg aws.Config, _ lambda.Environment) (any, error) {
			cfg.RetryMaxAttempts = 1
			return func(ctx context.Context) error {
				failed = do(ctx, cfg)
				return nil
			}, nil
		}},
		Scenario: func(ctx context.Context, w *simulation.World) error {
			_, err := awslambda.NewFromConfig(w.AWS()).Invoke(ctx, &awslambda.InvokeInput{FunctionName: aws.String("work")})
			return errors.Join(err, failed, look(ctx, w))
		},
	})
}
