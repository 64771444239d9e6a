package local_test

// This file lets tasks call any action of a service by aws-sdk.

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/local"
)

// asking has a role that may do anything, and what it asks about.
const asking = `{"Resources": {
	"Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "asker", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
		"Policies": [{"PolicyName": "all", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}},
	"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "table", "BillingMode": "PAY_PER_REQUEST", "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
		"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}},
	"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "asked"}},
	"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}},
	"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "g", "Tags": [{"Key": "owner", "Value": "o"}]}}}}`

func TestTasksCallAnyActionByTheNamesOfTheSDK(t *testing.T) {
	machines := sfn.NewFromConfig(client(startTemplate(t, asking, local.Options{})))
	const queue = `"QueueUrl":"http://localhost/000000000000/q"`
	for _, row := range []struct{ action, arguments, select_, want string }{
		{"dynamodb:putItem", `{"TableName":"table","Item":{"id":{"S":"1"},"BOOL":{"Bool":true},"n":{"Nul":true},"set":{"Ss":["a"]},"m":{"M":{"SS":{"BOOL":false}}}}}`, "$states.result", `{}`},
		{"dynamodb:getItem", `{"TableName":"table","Key":{"id":{"S":"1"}}}`, "$states.result.Item.[BOOL.Bool, n.Nul, set.Ss, m.M.SS.Bool]", `[true,true,"a",false]`},
		{"dynamodb:describeTable", `{"TableName":"table"}`, "$match($states.result.Table.CreationDateTime, /^\\d{4}-.*Z$/) ~> $count", `1`},
		{"dynamodb:getItem", `{"TableName":"none","Key":{"id":{"S":"1"}}}`, "", `DynamoDb.ResourceNotFoundException`},
		{"dynamodbstreams:listStreams", `{"TableName":"table"}`, "$states.result.Streams.TableName", `"table"`},
		{"dynamodbstreams:describeStream", `{"StreamArn":"arn:aws:dynamodb:us-east-1:000000000000:table/none/stream/s"}`, "", `DynamoDbStreams.ResourceNotFoundException`},
		{"dynamodbstreams:describeStream", `{"StreamArn":"none"}`, "", `DynamoDbStreams.DynamoDbStreamsException`},
		{"s3:putObject", `{"Bucket":"asked","Key":"k","Body":"text data"}`, "$states.result.[ETag, ChecksumCRC32, ChecksumType]", `["\"2b5df3712557f503a9977a8ea893b2c9\"","KUmHvQ==","FULL_OBJECT"]`},
		{"s3:getObject", `{"Bucket":"asked","Key":"k"}`, "$states.result.[Body, ContentType, ContentLength, Metadata]", `["\"text data\"","text/plain; charset=UTF-8",11,{}]`},
		{"s3:getObject", `{"Bucket":"asked","Key":"none"}`, "", `S3.NoSuchKeyException`},
		{"s3:getObject", `{"bucket":"asked","Key":"none"}`, "", `States.Runtime`},
		{"sqs:sendMessage", `{` + queue + `,"MessageBody":{"a":1}}`, "$states.result.Md5OfMessageBody", `"bb6cb5c68df4652941caf652a366f2d8"`},
		{"sqs:receiveMessage", `{` + queue + `}`, "$states.result.Messages[0].[Body, Md5OfBody]", `["{\"a\":1}","bb6cb5c68df4652941caf652a366f2d8"]`},
		{"sqs:sendMessage", `{` + queue + `,"MessageBody":"m","Colour":"red"}`, "", `States.Runtime`},
		{"cloudwatchlogs:describeLogGroups", `{"LogGroupNamePrefix":"g"}`, "$states.result.LogGroups.LogGroupName", `"g"`},
		{"cloudwatchlogs:listTagsForResource", `{"ResourceArn":"arn:aws:logs:us-east-1:000000000000:log-group:g"}`, "$states.result.Tags.owner", `"o"`},
		{"cloudwatchlogs:describeLogGroups", `{"logGroupNamePrefix":"g"}`, "", `States.Runtime`},
		{"iam:getRole", `{"RoleName":"asker"}`, "$match($states.result.Role.CreateDate, /^\\d{4}-.*Z$/) ~> $count", `1`},
		{"iam:getRole", `{"RoleName":"none"}`, "", `Iam.NoSuchEntityException`},
		{"sts:getCallerIdentity", `{}`, "$states.result.Account", `"000000000000"`},
		{"cloudformation:describeStacks", `{}`, "$states.result.Stacks[0].StackStatus", `"CREATE_COMPLETE"`},
		{"ecr:describeRepositories", `{"RepositoryNames":["none"]}`, "", `Ecr.RepositoryNotFoundException`},
		{"sns:publish", `{"TopicArn":"arn:aws:sns:us-east-1:000000000000:none","Message":"m"}`, "", `Sns.NotFoundException`},
		{"sfn:listStateMachines", `{}`, "$states.result.StateMachines[0].Type", `"STANDARD"`},
		{"sfn:describeStateMachine", `{"StateMachineArn":"none"}`, "", `Sfn.InvalidArnException`},
		{"lambda:getFunction", `{"FunctionName":"none"}`, "", `Lambda.ResourceNotFoundException`},
		{"lambda:getAlias", `{"FunctionName":"none","Name":"a","Description":"what only createAlias has"}`, "", `States.Runtime`},
		{"apigateway:getMethod", `{"RestApiId":"none","ResourceId":"r","HttpMethod":"GET"}`, "", `ApiGateway.NotFoundException`},
		{"apigateway:getApiKeys", `{"NameQuery":"none"}`, "$count($states.result.Items)", `0`},
		{"secretsmanager:getSecretValue", `{"SecretId":"none"}`, "", `SecretsManager.ResourceNotFoundException`},
		{"ssm:getParameter", `{"Name":"none"}`, "", `Ssm.ParameterNotFoundException`},
		{"kinesis:describeStreamSummary", `{"StreamName":"none"}`, "", `Kinesis.ResourceNotFoundException`},
	} {
		output := ""
		if row.select_ != "" {
			output = `"Output":"{% ` + strings.ReplaceAll(row.select_, `\`, `\\`) + ` %}",`
		}
		definition := `{"QueryLanguage":"JSONata","StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:` + row.action + `","Arguments":` + row.arguments + `,` + output + `"End":true}}}`
		made, err := machines.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
			Name: aws.String("asking"), Definition: &definition, RoleArn: aws.String("arn:aws:iam::000000000000:role/asker"),
		})
		if err != nil {
			t.Errorf("%s: %v", row.action, err)
			continue
		}
		started := must(machines.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: made.StateMachineArn}))
		var ended *sfn.DescribeExecutionOutput
		eventually(t, "the end of the execution", func() bool {
			ended = must(machines.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn}))
			return ended.Status != "RUNNING"
		})
		if got := aws.ToString(ended.Output) + aws.ToString(ended.Error); got != row.want {
			t.Errorf("%s %s: %s (%s), want %s", row.action, row.arguments, got, aws.ToString(ended.Cause), row.want)
		}
		must(machines.DeleteStateMachine(t.Context(), &sfn.DeleteStateMachineInput{StateMachineArn: made.StateMachineArn}))
	}
}
