package local_test

// This file deletes a stack that is attached to the resources of another.

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/cloud"
	locallambda "github.com/tradepost-dev/tradepost/local/lambda"
)

const account = "000000000000"

// base is what the other stack is attached to. Everything has a fixed name.
const base = `{"Resources": {
	"Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "base", "AssumeRolePolicyDocument": {"Statement":
		{"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com", "transfer.amazonaws.com"]}, "Action": "sts:AssumeRole"}},
		"Policies": [{"PolicyName": "own", "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}}]}},
	"Function": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "base", "Runtime": "provided.al2023", "Handler": "bootstrap",
		"Code": {"S3Bucket": "beside", "S3Key": "worker"}, "Role": {"Fn::GetAtt": ["Role", "Arn"]}}},
	"In": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "in"}},
	"Out": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "out"}},
	"OutPolicy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Out"}], "PolicyDocument": {"Statement":
		{"Effect": "Allow", "Principal": {"Service": ["sns.amazonaws.com", "events.amazonaws.com"]}, "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Out", "Arn"]}}}}},
	"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "base"}},
	"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "base", "NotificationConfiguration": {"EventBridgeConfiguration": {}}}},
	"Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "base", "SecretString": "s"}},
	"Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "base"}},
	"OnCall": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"detail-type": ["AWS API Call via CloudTrail"]},
		"Targets": [{"Id": "out", "Arn": {"Fn::GetAtt": ["Out", "Arn"]}, "InputPath": "$.detail.eventName"}]}},
	"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "base"}},
	"Method": {"Type": "AWS::ApiGateway::Method", "Properties": {"RestApiId": {"Ref": "Api"}, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
		"HttpMethod": "GET", "AuthorizationType": "NONE", "ApiKeyRequired": true, "MethodResponses": [{"StatusCode": "200"}],
		"Integration": {"Type": "MOCK", "RequestTemplates": {"application/json": "{\"statusCode\": 200}"}, "IntegrationResponses": [{"StatusCode": "200"}]}}},
	"Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": "Method", "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "live"}},
	"Key": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Enabled": true, "Value": "base-key-of-20-characters"}},
	"Plan": {"Type": "AWS::ApiGateway::UsagePlan", "DependsOn": "Deployment", "Properties": {"ApiStages": [{"ApiId": {"Ref": "Api"}, "Stage": "live"}]}},
	"Server": {"Type": "AWS::Transfer::Server", "Properties": {"Protocols": ["SFTP"]}}},
	"Outputs": {
		"Key": {"Value": {"Ref": "Key"}, "Export": {"Name": "key"}}, "Plan": {"Value": {"Ref": "Plan"}, "Export": {"Name": "plan"}},
		"Server": {"Value": {"Fn::GetAtt": ["Server", "ServerId"]}, "Export": {"Name": "server"}},
		"Role": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}, "Export": {"Name": "role"}}}}`

// app is attached to it.
const app = `{"Resources": {
	"Policy": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p", "Roles": ["base"],
		"PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}}},
	"Managed": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"ManagedPolicyName": "p", "Roles": ["base"],
		"PolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}}}},
	"BucketPolicy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": "base",
		"PolicyDocument": {"Statement": {"Effect": "Allow", "Principal": {"AWS": {"Fn::ImportValue": "role"}}, "Action": "s3:PutObject", "Resource": "*"}}}},
	"SecretPolicy": {"Type": "AWS::SecretsManager::ResourcePolicy", "Properties": {"SecretId": "base",
		"ResourcePolicy": {"Statement": {"Effect": "Allow", "Principal": {"AWS": {"Fn::ImportValue": "role"}}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}}}},
	"TopicPolicy": {"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": [{"Fn::Sub": "arn:aws:sns:${AWS::Region}:${AWS::AccountId}:base"}],
		"PolicyDocument": {"Statement": {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish", "Resource": "*"}}}},
	"QueuePolicy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Fn::Sub": "https://sqs/${AWS::AccountId}/in"}],
		"PolicyDocument": {"Statement": {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}}}},
	"BusPolicy": {"Type": "AWS::Events::EventBusPolicy", "Properties": {"EventBusName": "base", "StatementId": "put",
		"Statement": {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "events:PutEvents", "Resource": "*"}}},
	"Permission": {"Type": "AWS::Lambda::Permission", "Properties": {"FunctionName": "base", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}},
	"Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": "base"}},
	"Alias": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": "base", "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]}, "Name": "live"}},
	"Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"EventSourceArn": {"Fn::Sub": "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:in"}, "FunctionName": "base"}},
	"Subscription": {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": {"Fn::Sub": "arn:aws:sns:${AWS::Region}:${AWS::AccountId}:base"}, "Protocol": "sqs",
		"Endpoint": {"Fn::Sub": "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:out"}, "RawMessageDelivery": true}},
	"OnFile": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": ["aws.s3"], "detail-type": ["Object Created"]},
		"Targets": [{"Id": "out", "Arn": {"Fn::Sub": "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:out"}, "InputPath": "$.detail.object.key"}]}},
	"Often": {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 hour)"}},
	"Trail": {"Type": "AWS::CloudTrail::Trail", "Properties": {"IsLogging": true, "S3BucketName": "logs",
		"EventSelectors": [{"ReadWriteType": "WriteOnly", "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::base/"]}]}]}},
	"PlanKey": {"Type": "AWS::ApiGateway::UsagePlanKey", "Properties": {"KeyId": {"Fn::ImportValue": "key"}, "KeyType": "API_KEY", "UsagePlanId": {"Fn::ImportValue": "plan"}}},
	"User": {"Type": "AWS::Transfer::User", "Properties": {"ServerId": {"Fn::ImportValue": "server"}, "UserName": "acme", "Role": {"Fn::ImportValue": "role"}}}}}`

// attached is an engine with both stacks, and how often its function was called.
type attached struct {
	*local.Engine
	calls atomic.Int32
}

func startAttached(t *testing.T) *attached {
	t.Helper()
	artifact := func(id, needs string) string {
		return `"` + id + `": {"type": "aws:cloudformation:stack", "environment": "aws://` + account + `/us-east-1", "properties": {"templateFile": "` + id + `.json"}, "dependencies": [` + needs + `]}`
	}
	dir := lay(t, map[string]string{"manifest.json": manifest(artifact("app", `"base"`) + "," + artifact("base", "")), "base.json": base, "app.json": app})
	a := &attached{}
	a.Engine = start(t, local.Options{Assembly: dir, Handlers: map[string]locallambda.Handler{
		"base/Function": handler(func(context.Context, map[string]any) (any, error) { a.calls.Add(1); return nil, nil }),
	}})
	return a
}

// permissions are what the stack gives, by what gives it.
func (a *attached) permissions() map[string]error {
	role := cloud.Caller{ARN: "arn:aws:sts::" + account + ":assumed-role/base/test", Role: "arn:aws:iam::" + account + ":role/base"}
	service := a.Cloud.ServiceCaller("s3.amazonaws.com", "")
	var secret struct{ ARN string }
	err := a.Cloud.Do(context.Background(), a.Cloud.Administrator(), "secretsmanager", "DescribeSecret", map[string]string{"SecretId": "base"}, &secret)
	return map[string]error{
		"Policy":       a.Cloud.Authorize(role, "s3:GetObject", "arn:aws:s3:::base/k"),
		"Managed":      a.Cloud.Authorize(role, "s3:ListBucket", "arn:aws:s3:::base"),
		"BucketPolicy": a.Cloud.Authorize(role, "s3:PutObject", "arn:aws:s3:::base/k"),
		"SecretPolicy": errors.Join(err, a.Cloud.Authorize(role, "secretsmanager:GetSecretValue", secret.ARN)),
		"TopicPolicy":  a.Cloud.Authorize(service, "sns:Publish", a.Cloud.ARN("sns", "base")),
		"QueuePolicy":  a.Cloud.Authorize(service, "sqs:SendMessage", a.Cloud.ARN("sqs", "in")),
		"BusPolicy":    a.Cloud.Authorize(service, "events:PutEvents", a.Cloud.ARN("events", "event-bus/base")),
		"Permission":   a.Cloud.Authorize(service, "lambda:InvokeFunction", a.Cloud.ARN("lambda", "function:base")),
	}
}

// use uses everything once, and returns what arrives in the queue "out" until a
// last message does.
func (a *attached) use(t *testing.T) (arrived string) {
	t.Helper()
	cfg := client(a.Engine)
	queues := sqs.NewFromConfig(cfg)
	url := func(name string) *string { return aws.String(a.URL() + "/" + account + "/" + name) }
	if _, err := sns.NewFromConfig(cfg).Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String(a.Cloud.ARN("sns", "base")), Message: aws.String("news")}); err != nil {
		t.Fatal(err)
	}
	if _, err := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }).PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("base"), Key: aws.String("file")}); err != nil {
		t.Fatal(err)
	}
	if _, err := queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url("in"), MessageBody: aws.String("work")}); err != nil {
		t.Fatal(err)
	}
	if _, err := queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url("out"), MessageBody: aws.String("last"), DelaySeconds: 1}); err != nil {
		t.Fatal(err)
	}
	for {
		got, err := queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: url("out"), WaitTimeSeconds: 10, MaxNumberOfMessages: 1})
		if err != nil || len(got.Messages) == 0 {
			t.Fatalf("%+v, %v", got, err)
		}
		if *got.Messages[0].Body == "last" {
			return arrived
		}
		arrived += *got.Messages[0].Body + " "
		if _, err := queues.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: url("out"), ReceiptHandle: got.Messages[0].ReceiptHandle}); err != nil {
			t.Fatal(err)
		}
	}
}

// byKey is how a request with the API key is answered.
func (a *attached) byKey(t *testing.T) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.Endpoints().APIs["base"]["Api"], nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", "base-key-of-20-characters")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

func (a *attached) alias(t *testing.T) error {
	_, err := lambda.NewFromConfig(client(a.Engine)).GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: aws.String("base"), Qualifier: aws.String("live")})
	return err
}

func TestADeletedStackComesOffWhatItWasAttachedTo(t *testing.T) {
	a := startAttached(t)
	for by, err := range a.permissions() {
		if err != nil {
			t.Errorf("%s gives nothing: %v", by, err)
		}
	}
	arrived := a.use(t)
	for _, want := range []string{`"file"`, `"PutObject"`, "news"} {
		if strings.Count(arrived, want) != 1 {
			t.Errorf("%s did not arrive once: %s", want, arrived)
		}
	}
	eventually(t, "the function is called", func() bool { return a.calls.Load() == 1 })
	if code, err := a.byKey(t), a.alias(t); code != http.StatusOK || err != nil {
		t.Errorf("the API key is answered with %d, the alias with %v", code, err)
	}

	if status, reason := remove(t, a.Engine); status != types.StackStatusDeleteComplete {
		t.Fatalf("the stack is in %s: %s", status, reason)
	}
	for by, err := range a.permissions() {
		if err == nil {
			t.Errorf("%s still gives what it gave", by)
		}
	}
	if arrived := a.use(t); arrived != "" {
		t.Errorf("%s still arrives", arrived)
	}
	if calls := a.calls.Load(); calls != 1 {
		t.Errorf("the function is still called: %d times", calls)
	}
	if code, err := a.byKey(t), a.alias(t); code != http.StatusForbidden || !refusedWith(err, "ResourceNotFoundException") {
		t.Errorf("the API key is answered with %d, the alias with %v", code, err)
	}
	if err := a.CreateAgain(t.Context(), "app"); err != nil {
		t.Error(err)
	}
}

// Work that a resource has going ends with it, not with the engine.
func TestTheWorkOfADeletedStackHasEnded(t *testing.T) {
	workers := []string{"lambda.(*mapping).poll", "events.(*EventBridge).keepTime"}
	working := func() map[string]int {
		stacks := make([]byte, 4<<20)
		text := string(stacks[:runtime.Stack(stacks, true)])
		counts := map[string]int{}
		for _, worker := range workers {
			counts[worker] = strings.Count(text, worker+"(")
		}
		return counts
	}
	a := startAttached(t)
	for _, worker := range workers {
		eventually(t, worker+" has begun", func() bool { return working()[worker] == 1 })
	}
	if status, reason := remove(t, a.Engine); status != types.StackStatusDeleteComplete {
		t.Fatalf("the stack is in %s: %s", status, reason)
	}
	if left := working(); left[workers[0]]+left[workers[1]] > 0 {
		t.Errorf("there goes on %v", left)
	}
}
