package local_test

// This file deletes stacks, and looks for what is left of them.

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// remove deletes the stack "app" and returns the status that it comes to, and
// why.
func remove(t *testing.T, engine *local.Engine) (status types.StackStatus, reason string) {
	t.Helper()
	stacks := cloudformation.NewFromConfig(client(engine))
	described, err := stacks.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("app")})
	if err != nil {
		t.Fatal(err)
	}
	id := described.Stacks[0].StackId
	if _, err := stacks.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: id}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stack is deleted, or cannot be", func() bool {
		described, err = stacks.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: id})
		if err != nil {
			t.Fatal(err)
		}
		status, reason = described.Stacks[0].StackStatus, aws.ToString(described.Stacks[0].StackStatusReason)
		return status != types.StackStatusDeleteInProgress
	})
	return status, reason
}

// Every name is free when its stack is gone: two resources of one name are refused.
func TestADeletedStackLeavesNothingInTheWayOfAnother(t *testing.T) {
	for _, file := range []string{"shop.json", "estate.json"} {
		t.Run(file, func(t *testing.T) {
			dir := lay(t, map[string]string{
				"app.json":   read(t, filepath.Join("testdata", file)),
				"inner.json": `{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "inner"}}}}`,
			})
			engine := start(t, local.Options{Assembly: filepath.Join(dir, "app.json")})
			for range 2 {
				if status, reason := remove(t, engine); status != types.StackStatusDeleteComplete {
					t.Fatalf("the stack is in %s: %s", status, reason)
				}
				if err := engine.CreateAgain(t.Context(), "app"); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestWhatADeletedStackServedAnswersNoMore(t *testing.T) {
	dir := lay(t, map[string]string{
		"app.json":   read(t, "testdata/estate.json"),
		"inner.json": `{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "inner"}}}}`,
	})
	engine := start(t, local.Options{Assembly: filepath.Join(dir, "app.json")})
	executions := sfn.NewFromConfig(client(engine))
	started, err := executions.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(output(t, engine, "Machine"))})
	if err != nil {
		t.Fatal(err)
	}
	role := cloud.Caller{ARN: "arn:aws:sts::000000000000:assumed-role/estate/test", Role: "arn:aws:iam::000000000000:role/estate"}
	allowed := map[string]string{"s3:GetObject": "the policy of the role", "s3:PutObject": "the policy of the bucket"}
	for action, by := range allowed {
		if err := engine.Cloud.Authorize(role, action, "arn:aws:s3:::estate/x"); err != nil {
			t.Fatalf("%s: %v", by, err)
		}
	}
	before := engine.Endpoints()
	if _, err := net.Dial("tcp", before.SFTP["app"]["Server"]); err != nil {
		t.Fatal(err)
	}
	if status, reason := remove(t, engine); status != types.StackStatusDeleteComplete {
		t.Fatalf("the stack is in %s: %s", status, reason)
	}

	if _, err := net.Dial("tcp", before.SFTP["app"]["Server"]); err == nil {
		t.Error("the SFTP server still listens")
	}
	if response, err := http.Get(before.APIs["app"]["Api"]); err == nil {
		response.Body.Close()
		t.Error("the REST API still listens")
	}
	if after := engine.Endpoints(); len(after.SFTP)+len(after.APIs)+len(after.Outputs) > 0 {
		t.Errorf("the endpoints still have %v, %v and %v", after.SFTP, after.APIs, after.Outputs)
	}
	_, err = executions.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn})
	if !refusedWith(err, "ExecutionDoesNotExist") {
		t.Errorf("an execution of the machine: %v", err)
	}
	if _, err := sqs.NewFromConfig(client(engine)).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("inner")}); err == nil {
		t.Error("the nested stack still has its queue")
	}
	for action, by := range allowed {
		if engine.Cloud.Authorize(role, action, "arn:aws:s3:::estate/x") == nil {
			t.Errorf("%s still allows %s", by, action)
		}
	}
}

func refusedWith(err error, code string) bool {
	refused, ok := errors.AsType[smithy.APIError](err)
	return ok && refused.ErrorCode() == code
}

func TestWhatAWSDoesNotDeleteIsLeftWithWhatItNeeds(t *testing.T) {
	for _, row := range []struct{ name, resource, fill, want string }{
		{"a bucket with an object", `{"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "subject"}}`, "object", "BucketNotEmpty"},
		{"a table with deletion protection", `{"Type": "AWS::DynamoDB::Table", "Properties": {"DeletionProtectionEnabled": true, "BillingMode": "PAY_PER_REQUEST",
			"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}}`, "", "currently protected against deletion"},
		{"a replica with deletion protection", `{"Type": "AWS::DynamoDB::GlobalTable", "Properties": {"Replicas": [{"Region": "us-east-1", "DeletionProtectionEnabled": true}], "BillingMode": "PAY_PER_REQUEST",
			"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}}`, "", "currently protected against deletion"},
		{"an instance that must not be terminated", `{"Type": "AWS::EC2::Instance", "Properties": {"ImageId": "ami-01234567", "DisableApiTermination": true}}`, "", "may not be terminated"},
	} {
		t.Run(row.name, func(t *testing.T) {
			engine := startTemplate(t, `{"Resources": {
				"Needed": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "needed"}},
				"Other": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "other"}},
				"Subject": `+strings.Replace(row.resource, `{"Type"`, `{"DependsOn": "Needed", "Type"`, 1)+`}}`, local.Options{})
			if row.fill == "object" {
				if _, err := s3.NewFromConfig(client(engine)).PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("subject"), Key: aws.String("k")}); err != nil {
					t.Fatal(err)
				}
			}
			status, reason := remove(t, engine)
			if status != types.StackStatusDeleteFailed || !strings.Contains(reason, "failed to delete: [Subject]") {
				t.Fatalf("the stack is in %s: %s", status, reason)
			}
			listed, err := cloudformation.NewFromConfig(client(engine)).ListStackResources(t.Context(), &cloudformation.ListStackResourcesInput{StackName: aws.String("app")})
			if err != nil {
				t.Fatal(err)
			}
			var statuses []string
			for _, r := range listed.StackResourceSummaries {
				statuses = append(statuses, *r.LogicalResourceId+" "+string(r.ResourceStatus))
				if *r.LogicalResourceId == "Subject" && !strings.Contains(aws.ToString(r.ResourceStatusReason), row.want) {
					t.Errorf("the reason is %q, want %q", aws.ToString(r.ResourceStatusReason), row.want)
				}
			}
			if want := []string{"Needed CREATE_COMPLETE", "Other DELETE_COMPLETE", "Subject DELETE_FAILED"}; !slices.Equal(statuses, want) {
				t.Errorf("the resources are %q, want %q", statuses, want)
			}
		})
	}
}

// The CDK's autoDeleteObjects, whose function in Node.js the engine does not run.
func TestABucketThatTheCDKWouldEmptyIsDeletedWithItsObjects(t *testing.T) {
	engine := startTemplate(t, `{"Resources": {
		"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full", "VersioningConfiguration": {"Status": "Enabled"}, "Tags": [{"Key": "aws-cdk:auto-delete-objects", "Value": "true"}]}},
		"Provider": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": {"Fn::FindInMap": ["Latest", {"Ref": "AWS::Region"}, "value"]},
			"Handler": "index.handler", "Code": {"S3Bucket": "assets", "S3Key": "x.zip"}, "Role": "r"}},
		"AutoDelete": {"Type": "Custom::S3AutoDeleteObjects", "DependsOn": "Bucket", "Properties": {"ServiceToken": {"Fn::GetAtt": ["Provider", "Arn"]}, "BucketName": {"Ref": "Bucket"}}}},
		"Mappings": {"Latest": {"us-east-1": {"value": "nodejs22.x"}}}}`, local.Options{})
	objects := s3.NewFromConfig(client(engine))
	for range 2 {
		if _, err := objects.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("full"), Key: aws.String("k")}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := objects.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("full"), Key: aws.String("k")}); err != nil {
		t.Fatal(err)
	}
	if status, reason := remove(t, engine); status != types.StackStatusDeleteComplete {
		t.Errorf("the stack is in %s: %s", status, reason)
	}
}

// A stack that is for trying things out becomes one whose data stays: the bucket
// loses its tag, and the custom resource is deleted after that.
func TestABucketThatTheCDKWouldNotEmptyAnyMoreKeepsItsObjects(t *testing.T) {
	const bucket, parameter = `"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "kept"%s}}`, `{"Parameters": {"Of": {"Type": "String", "Default": "none"}}, "Resources": {`
	engine := startTemplate(t, parameter+fmt.Sprintf(bucket, `, "Tags": [{"Key": "aws-cdk:auto-delete-objects", "Value": "true"}]`)+`,
		"Provider": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "nodejs22.x", "Handler": "index.handler", "Code": {"S3Bucket": "assets", "S3Key": "x.zip"}, "Role": "r"}},
		"AutoDelete": {"Type": "Custom::S3AutoDeleteObjects", "DependsOn": "Bucket", "Properties": {"ServiceToken": {"Fn::GetAtt": ["Provider", "Arn"]}, "BucketName": {"Ref": "Bucket"}}}}}`, local.Options{})
	objects := s3.NewFromConfig(client(engine))
	marked := func() bool {
		return slices.ContainsFunc(must(objects.GetBucketTagging(t.Context(), &s3.GetBucketTaggingInput{Bucket: aws.String("kept")})).TagSet, func(tag s3types.Tag) bool {
			return *tag.Key == "aws-cdk:auto-delete-objects" && *tag.Value == "true"
		})
	}
	if !marked() {
		t.Error("the bucket does not have its tag")
	}
	if _, err := objects.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("kept"), Key: aws.String("k")}); err != nil {
		t.Fatal(err)
	}
	updated(t, cloudformation.NewFromConfig(client(engine)), "app", parameter+fmt.Sprintf(bucket, "")+"}}")
	if _, err := objects.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("kept"), Key: aws.String("k")}); err != nil {
		t.Error(err)
	}
	if marked() {
		t.Error("the bucket still has its tag")
	}
}

func TestAnInstanceIsGoneWhenItsStackIs(t *testing.T) {
	engine := startTemplate(t, `{"Resources": {"I": {"Type": "AWS::EC2::Instance", "Properties": {"ImageId": "ami-01234567"}}}}`, local.Options{})
	began := time.Now()
	if status, reason := remove(t, engine); status != types.StackStatusDeleteComplete || time.Since(began) < 5*time.Second {
		t.Errorf("the stack is in %s after %v: %s", status, time.Since(began), reason)
	}
}

// durableTemplate has a resource of each kind whose state is kept.
const durableTemplate = `{"Resources": {
	"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}},
	"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}},
	"Bucket": {"Type": "AWS::S3::Bucket"},
	"Gone": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "gone", "SecretString": "x"}},
	"Secret": {"Type": "AWS::SecretsManager::Secret", "DeletionPolicy": "Retain", "Properties": {"Name": "token", "GenerateSecretString": {"PasswordLength": 40}}},
	"Instance": {"Type": "AWS::EC2::Instance", "Properties": {"ImageId": "ami-01234567"}},
	"Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}}}},
	"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}, "Definition": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}}}%s}}`

// What is deleted is forgotten; what is retained is there in the next run.
func TestStateOfADeletedResourceIsDropped(t *testing.T) {
	template := fmt.Sprintf(durableTemplate, "")
	o := local.Options{State: t.TempDir()}
	first := startKept(t, template, o)
	first.send(t, "lost")
	secret := first.secret(t)
	first.stop(t)
	if files := stateFiles(t, o.State); len(files) != 7 {
		t.Fatalf("the state is in %q, want a file of each durable resource", files)
	}
	second := startKept(t, template, o)
	if status, reason := remove(t, second.Engine); status != types.StackStatusDeleteComplete {
		t.Fatalf("the stack is in %s: %s", status, reason)
	}
	second.stop(t)
	if files := stateFiles(t, o.State); len(files) != 1 || !strings.Contains(files[0], "token") {
		t.Errorf("the state is in %q, want that of the retained secret", files)
	}
	third := startKept(t, template, o)
	defer third.stop(t)
	if got, _ := third.receive(t); len(got) > 0 {
		t.Errorf("the deleted queue still has %q", got)
	}
	if got := third.secret(t); got != secret {
		t.Errorf("the retained secret is %q, want %q", got, secret)
	}
}

// stateFiles are those of stacks' resources; keys of APIs, what the API makes of
// state machines and the stacks themselves are the account's.
func stateFiles(t *testing.T, folder string) (files []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "resources", "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(files, func(file string) bool {
		return strings.Contains(file, "apigateway") || strings.Contains(file, "cloudformation") || strings.Contains(file, "_ledger-")
	})
}

// An engine that does not start is no deployment that is rolled back.
func TestAStartThatFailsLosesNoState(t *testing.T) {
	o := local.Options{State: t.TempDir()}
	first := startKept(t, fmt.Sprintf(durableTemplate, ""), o)
	first.send(t, "kept")
	first.stop(t)
	broken := fmt.Sprintf(durableTemplate, `, "Zero": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": ""}}`)
	refusal(t, broken, o)
	third := startKept(t, fmt.Sprintf(durableTemplate, ""), o)
	defer third.stop(t)
	if got, _ := third.receive(t); len(got) != 1 || got[0] != "kept" {
		t.Errorf("the queue has %q", got)
	}
}
