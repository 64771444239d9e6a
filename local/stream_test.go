package local_test

// This file leads what an API and a state machine put into a stream to a function.

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/local"
	locallambda "github.com/tradepost-dev/tradepost/local/lambda"
)

const streamTemplate = `{"Resources": {
	"Clicks": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "clicks", "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}},
	"Role": {"Type": "AWS::IAM::Role", "Properties": {
		"AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com", "apigateway.amazonaws.com", "states.amazonaws.com"]}, "Action": "sts:AssumeRole"}},
		"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [{"Effect": "Allow", "Resource": {"Fn::GetAtt": ["Clicks", "Arn"]}, "Action": [
			"kinesis:PutRecord", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream", "kinesis:ListShards", "kinesis:ListStreams"]}]}}]}},
	"Reader": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "provided.al2023", "Handler": "bootstrap",
		"Code": {"S3Bucket": "beside", "S3Key": "worker"}, "Role": {"Fn::GetAtt": ["Role", "Arn"]}}},
	"Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
		"EventSourceArn": {"Fn::GetAtt": ["Clicks", "Arn"]}, "FunctionName": {"Ref": "Reader"}, "StartingPosition": "LATEST", "BatchSize": 10}},
	"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
		"Definition": {"StartAt": "Put", "States": {"Put": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:kinesis:putRecord", "End": true,
			"Parameters": {"StreamName": "clicks", "PartitionKey": "machine", "Data.$": "States.Base64Encode($.text)"}}}}}},
	"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "clicks"}},
	"Post": {"Type": "AWS::ApiGateway::Method", "Properties": {"RestApiId": {"Ref": "Api"}, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
		"HttpMethod": "POST", "AuthorizationType": "NONE", "MethodResponses": [{"StatusCode": "200"}],
		"Integration": {"Type": "AWS", "IntegrationHttpMethod": "POST", "Uri": {"Fn::Sub": "arn:aws:apigateway:${AWS::Region}:kinesis:action/PutRecord"},
			"Credentials": {"Fn::GetAtt": ["Role", "Arn"]}, "IntegrationResponses": [{"StatusCode": "200"}],
			"RequestTemplates": {"application/json": "{\"StreamName\": \"clicks\", \"PartitionKey\": \"api\", \"Data\": \"$util.base64Encode($input.body)\"}"}}}},
	"Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": "Post", "Properties": {"RestApiId": {"Ref": "Api"}}},
	"Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {"RestApiId": {"Ref": "Api"}, "DeploymentId": {"Ref": "Deployment"}, "StageName": "live"}}},
	"Outputs": {"Machine": {"Value": {"Ref": "Machine"}}}}`

func TestAStreamTakesFromAnAPIAndAStateMachineAndGivesToAFunction(t *testing.T) {
	var mu sync.Mutex
	var got []string
	reader := handler(func(_ context.Context, event map[string]any) (any, error) {
		mu.Lock()
		defer mu.Unlock()
		for _, r := range event["Records"].([]any) {
			record := r.(map[string]any)["kinesis"].(map[string]any)
			data, err := base64.StdEncoding.DecodeString(record["data"].(string))
			got = append(got, fmt.Sprint(record["partitionKey"], ": ", string(data), err))
		}
		return nil, nil
	})
	engine := startTemplate(t, streamTemplate, local.Options{Handlers: map[string]locallambda.Handler{"app/Reader": reader}})
	response, err := http.Post(engine.Endpoints().APIs["app"]["Api"], "application/json", bytes.NewBufferString(`{"click": "ü"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, _ := io.ReadAll(response.Body); response.StatusCode != 200 || !bytes.Contains(body, []byte(`"SequenceNumber":"`)) {
		t.Fatalf("the API answers %d %s", response.StatusCode, body)
	}
	_, err = sfn.NewFromConfig(client(engine)).StartExecution(t.Context(), &sfn.StartExecutionInput{
		StateMachineArn: aws.String(output(t, engine, "Machine")), Input: aws.String(`{"text": "from a machine"}`)})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`api: {"click": "ü"}<nil>`, "machine: from a machine<nil>"}
	eventually(t, "the function has both records", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(got) == len(want)
	})
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
