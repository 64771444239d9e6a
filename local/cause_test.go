package local_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// caused is a bucket whose objects start executions by a rule, which send their keys to a queue, by which a function
// puts them into a table. To the queue also leads a topic, an API and another rule; a function stores what is in a
// stream of Kinesis and in that of the table itself.
const caused = `{"Resources": {
	"Orders": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "StreamSpecification": {"StreamViewType": "KEYS_ONLY"}}},
	"Copies": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "copies", "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}},
	"Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}},
	"Inbox": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "inbox", "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": true}}}},
	"Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "all", "AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
		"Principal": {"Service": ["states.amazonaws.com", "events.amazonaws.com", "lambda.amazonaws.com", "apigateway.amazonaws.com"]}}},
		"Policies": [{"PolicyName": "all", "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}}]}},
	"Flow": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"StateMachineName": "flow", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}, "Definition": {
		"StartAt": "Send the key", "States": {"Send the key": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true,
			"Parameters": {"QueueUrl": {"Ref": "Jobs"}, "MessageBody.$": "$.detail.object.key"}}}}}},
	"Rule": {"Type": "AWS::Events::Rule", "Properties": {"Name": "created", "EventPattern": {"source": ["aws.s3"]},
		"Targets": [{"Id": "flow", "Arn": {"Ref": "Flow"}, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}]}},
	"Worker": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "worker", "Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": 10,
		"Code": {"S3Bucket": "beside", "S3Key": "worker"}, "Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Environment": {"Variables": {"TABLE": {"Ref": "Orders"}}}}},
	"Work": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"EventSourceArn": {"Fn::GetAtt": ["Jobs", "Arn"]}, "FunctionName": {"Ref": "Worker"}}},
	"News": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "news"}},
	"ToJobs": {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": {"Ref": "News"}, "Protocol": "sqs", "Endpoint": {"Fn::GetAtt": ["Jobs", "Arn"]}, "RawMessageDelivery": true}},
	"MayTell": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Jobs"}], "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
		"Principal": {"Service": ["sns.amazonaws.com", "events.amazonaws.com"]}}}}},
	"Said": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": ["shop"]}, "Targets": [{"Id": "jobs", "Arn": {"Fn::GetAtt": ["Jobs", "Arn"]}, "InputPath": "$.detail.id"}]}},
	"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "shop"}},
	"Post": {"Type": "AWS::ApiGateway::Method", "Properties": {"RestApiId": {"Ref": "Api"}, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]}, "HttpMethod": "POST", "AuthorizationType": "NONE",
		"Integration": {"Type": "AWS", "IntegrationHttpMethod": "POST", "Credentials": {"Fn::GetAtt": ["Role", "Arn"]}, "IntegrationResponses": [{"StatusCode": "200"}],
			"RequestParameters": {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
			"RequestTemplates": {"application/json": "Action=SendMessage&MessageBody=$input.path('$.id')"},
			"Uri": {"Fn::Sub": "arn:aws:apigateway:${AWS::Region}:sqs:path/${AWS::AccountId}/jobs"}}, "MethodResponses": [{"StatusCode": "200"}]}},
	"Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": "Post", "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "live"}},
	"Lines": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "lines", "ShardCount": 1}},
	"Copier": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "copier", "Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": 10,
		"Code": {"S3Bucket": "beside", "S3Key": "worker"}, "Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Environment": {"Variables": {"TABLE": {"Ref": "Copies"}}}}},
	"Copying": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"EventSourceArn": {"Fn::GetAtt": ["Orders", "StreamArn"]}, "FunctionName": {"Ref": "Copier"}, "StartingPosition": "TRIM_HORIZON"}},
	"Reading": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"EventSourceArn": {"Fn::GetAtt": ["Lines", "Arn"]}, "FunctionName": {"Ref": "Copier"}, "StartingPosition": "TRIM_HORIZON"}}},
	"Outputs": {"Topic": {"Value": {"Ref": "News"}}}}`

// askingWhy makes a client ask for causes.
func askingWhy(stack *middleware.Stack) error {
	return smithyhttp.SetHeaderValue(wire.AskCause, "true")(stack)
}

// told are the causes that an answer tells, each as its type, what it is of, and the call that made it.
func told(t *testing.T, metadata middleware.Metadata) (causes []wire.Cause, chain string) {
	t.Helper()
	causes, err := wire.Causes(awsmiddleware.GetRawResponse(metadata).(*smithyhttp.Response).Header)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, c := range causes {
		of := c.Resource[strings.LastIndexAny(c.Resource, ":/")+1:]
		if c.Type == "state" {
			of = c.Id
		}
		by := c.By
		if arn, ok := cloud.ParseARN(by); ok {
			by, _, _ = strings.Cut(arn.Resource, ":")
		}
		all = append(all, strings.Join(strings.Fields(c.Type+" "+of+" "+c.Action+" "+by), " "))
	}
	return causes, strings.Join(all, "\n")
}

// causes waits until an item is there, and tells what caused it.
func causesOf(t *testing.T, engine *local.Engine, table, id string) ([]wire.Cause, string) {
	t.Helper()
	tables := dynamodb.NewFromConfig(client(engine), dynamodb.WithAPIOptions(askingWhy))
	var got *dynamodb.GetItemOutput
	eventually(t, "the item "+id+" is there", func() bool {
		var err error
		got, err = tables.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &table, Key: map[string]dynamodbtypes.AttributeValue{"id": &dynamodbtypes.AttributeValueMemberS{Value: id}}})
		if err != nil {
			t.Fatal(err)
		}
		return got.Item != nil
	})
	return told(t, got.ResultMetadata)
}

func TestAnItemTellsWhatCausedItBackToTheClientsCall(t *testing.T) {
	engine := startTemplate(t, caused, local.Options{Past: time.Hour, Causes: true})
	cfg, ctx := client(engine), t.Context()
	objects := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	do := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const stored = "item orders dynamodb:PutItem assumed-role/all/worker\ninvocation worker lambda:Invoke event-source-mapping\n"
	for id, row := range map[string]struct {
		table string
		do    func()
		want  string
	}{
		"object": {"orders", func() {
			do(objects.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("inbox"), Key: aws.String("object"), Body: strings.NewReader("{}")}))
		}, stored + "message jobs sqs:SendMessage assumed-role/all/flow\nstate Send the key\nexecution EXECUTION states:StartExecution assumed-role/all/created\nevent default aws.s3\nobject object s3:PutObject root"},
		"published": {"orders", func() {
			do(sns.NewFromConfig(cfg).Publish(ctx, &sns.PublishInput{TopicArn: aws.String(output(t, engine, "Topic")), Message: aws.String("published")}))
		}, stored + "message jobs sqs:SendMessage sns.amazonaws.com\nmessage news sns:Publish root"},
		`"said"`: {"orders", func() {
			do(eventbridge.NewFromConfig(cfg).PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []eventtypes.PutEventsRequestEntry{{
				Source: aws.String("shop"), DetailType: aws.String("Said"), Detail: aws.String(`{"id": "said"}`)}}}))
		}, stored + "message jobs sqs:SendMessage events.amazonaws.com\nevent default events:PutEvents root"},
		"posted": {"orders", func() {
			do(http.Post(engine.Endpoints().APIs["app"]["Api"], "application/json", strings.NewReader(`{"id": "posted"}`)))
		}, stored + "message jobs sqs:SendMessage assumed-role/all/BackplaneAssumeRoleSession\nrequest"},
		"line": {"copies", func() {
			do(kinesis.NewFromConfig(cfg).PutRecord(ctx, &kinesis.PutRecordInput{StreamName: aws.String("lines"), PartitionKey: aws.String("1"), Data: []byte("line")}))
		}, "item copies dynamodb:PutItem assumed-role/all/copier\ninvocation copier lambda:Invoke event-source-mapping\nrecord lines kinesis:PutRecord root"},
		"put": {"copies", func() {
			do(dynamodb.NewFromConfig(cfg).PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("orders"), Item: map[string]dynamodbtypes.AttributeValue{"id": &dynamodbtypes.AttributeValueMemberS{Value: "put"}}}))
		}, "item copies dynamodb:PutItem assumed-role/all/copier\ninvocation copier lambda:Invoke event-source-mapping\nrecord STREAM\nitem orders dynamodb:PutItem root"},
	} {
		row.do()
		causes, chain := causesOf(t, engine, row.table, id)
		for _, c := range causes {
			switch c.Type {
			case "execution":
				row.want = strings.ReplaceAll(row.want, "EXECUTION", c.Resource[strings.LastIndex(c.Resource, ":")+1:])
			case "request":
				if !strings.HasSuffix(c.Resource, "/live/POST/") {
					t.Errorf("the request is of %s", c.Resource)
				}
			case "record":
				row.want = strings.ReplaceAll(row.want, "STREAM", c.Resource[strings.LastIndex(c.Resource, ":")+1:])
			}
		}
		if chain != row.want {
			t.Errorf("%s is caused by\n%s\nwant\n%s", id, chain, row.want)
		}
		if causes[0].Id != fmt.Sprintf(`{"id":{"S":%q}}`, id) {
			t.Errorf("%s is told as %s", id, causes[0].Id)
		}
		for i, c := range causes {
			if last := i == len(causes)-1; !last && fmt.Sprint(c.Of) != fmt.Sprint([]int{i + 1}) || last && c.Of != nil || c.More != 0 {
				t.Errorf("%s: the %d. cause is of %v, and %d more", id, i+1, c.Of, c.More)
			}
		}
	}

	causes, _ := causesOf(t, engine, "orders", "object")
	described, err := sfn.NewFromConfig(cfg, sfn.WithAPIOptions(askingWhy)).DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &causes[4].Resource})
	do(described, err)
	if _, of := told(t, described.ResultMetadata); !strings.HasPrefix(of, "execution ") || !strings.HasSuffix(of, "object object s3:PutObject root") {
		t.Errorf("the execution is caused by\n%s", of)
	}
	head, err := s3.New(objects.Options(), s3.WithAPIOptions(askingWhy)).HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String("inbox"), Key: aws.String("object")})
	do(head, err)
	if _, of := told(t, head.ResultMetadata); of != "object object s3:PutObject root" {
		t.Errorf("the object is caused by\n%s", of)
	}
}

func TestAnItemThatIsGoneTellsWhatDeletedItAndThatOfThePastWhatHadPutIt(t *testing.T) {
	engine := startTemplate(t, remembered, local.Options{Past: time.Hour, Causes: true})
	ctx := t.Context()
	tables := dynamodb.NewFromConfig(client(engine), dynamodb.WithAPIOptions(askingWhy))
	key := map[string]dynamodbtypes.AttributeValue{"id": &dynamodbtypes.AttributeValueMemberS{Value: "ü😀"}}
	if _, err := tables.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("orders"), Item: key}); err == nil || !strings.Contains(err.Error(), "dynamodb:PutItem tells no causes") {
		t.Errorf("a call that tells no causes was answered with %v", err)
	}
	plain := dynamodb.NewFromConfig(client(engine))
	if _, err := plain.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("orders"), Item: key}); err != nil {
		t.Fatal(err)
	}
	then := moment()
	if _, err := plain.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String("orders"), Key: key}); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		options []func(*dynamodb.Options)
		want    string
	}{
		"now":  {nil, "item orders dynamodb:DeleteItem root"},
		"then": {[]func(*dynamodb.Options){dynamodb.WithAPIOptions(smithyhttp.SetHeaderValue(wire.AsOf, then))}, "item orders dynamodb:PutItem root"},
	} {
		got, err := tables.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("orders"), Key: key}, row.options...)
		if err != nil {
			t.Fatal(err)
		}
		causes, of := told(t, got.ResultMetadata)
		if of != row.want || causes[0].Id != `{"id":{"S":"ü😀"}}` {
			t.Errorf("%s: the item %s is caused by %s, want %s", name, causes[0].Id, of, row.want)
		}
	}
	absent := map[string]dynamodbtypes.AttributeValue{"id": &dynamodbtypes.AttributeValueMemberS{Value: "never"}}
	got, err := tables.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("orders"), Key: absent})
	if err != nil {
		t.Fatal(err)
	}
	if causes, _ := told(t, got.ResultMetadata); causes != nil {
		t.Errorf("an item that never was is caused by %v", causes)
	}
}

func TestWhoCannotBeToldACauseIsRefused(t *testing.T) {
	get := func(engine *local.Engine, header string) error {
		_, err := dynamodb.NewFromConfig(client(engine), dynamodb.WithAPIOptions(smithyhttp.SetHeaderValue(wire.AskCause, header))).GetItem(t.Context(), &dynamodb.GetItemInput{
			TableName: aws.String("orders"), Key: map[string]dynamodbtypes.AttributeValue{"id": &dynamodbtypes.AttributeValueMemberS{Value: "1"}}})
		return err
	}
	noting, forgetful := startTemplate(t, remembered, local.Options{Causes: true}), startTemplate(t, remembered, local.Options{})
	for name, row := range map[string]struct {
		err  error
		want string
	}{
		"another value":                 {get(noting, "yes"), `Tradepost-Cause is "yes": it can only be true`},
		"an engine that notes no cause": {get(forgetful, "true"), "the engine notes no causes"},
	} {
		if row.err == nil || !strings.Contains(row.err.Error(), row.want) {
			t.Errorf("%s: answered with %v, want %q", name, row.err, row.want)
		}
	}
}
