package local_test

// This file tags by calls what a template has tagged, and updates the template.

import (
	"archive/zip"
	"bytes"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secrettypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/tradepost-dev/tradepost/local"
)

const retagged = `{"Resources": {
	"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "tagged", TAGS}},
	"Queue": {"Type": "AWS::SQS::Queue", "Properties": {TAGS}},
	"Role": {"Type": "AWS::IAM::Role", "Properties": {
		"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]}, "Action": "sts:AssumeRole"}},
		"Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}}]}},
	"Function": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "provided.al2023", "Handler": "bootstrap", "Role": {"Fn::GetAtt": ["Role", "Arn"]},
		"Code": {"S3Bucket": "templates", "S3Key": "code.zip"}, TAGS}},
	"Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"FunctionName": {"Ref": "Function"}, "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]}, TAGS}},
	"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
		"Definition": {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}, TAGS}},
	"Activity": {"Type": "AWS::StepFunctions::Activity", "Properties": {"Name": "tagged", TAGS}},
	"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "tagged", TAGS}},
	"Method": {"Type": "AWS::ApiGateway::Method", "Properties": {"RestApiId": {"Ref": "Api"}, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
		"HttpMethod": "GET", "AuthorizationType": "NONE", "MethodResponses": [{"StatusCode": "200"}],
		"Integration": {"Type": "MOCK", "RequestTemplates": {"application/json": "{\"statusCode\": 200}"}, "IntegrationResponses": [{"StatusCode": "200"}]}}},
	"Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": "Method", "Properties": {"RestApiId": {"Ref": "Api"}}},
	"Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {"RestApiId": {"Ref": "Api"}, "DeploymentId": {"Ref": "Deployment"}, "StageName": "live", TAGS}},
	"Key": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Name": "tagged", TAGS}},
	"Plan": {"Type": "AWS::ApiGateway::UsagePlan", "Properties": {"UsagePlanName": "tagged", TAGS}}}}`

func TestTagsThatCallsHaveSetOutliveATemplatesUpdate(t *testing.T) {
	engine := startTemplate(t, templates, local.Options{})
	cfg := client(engine)
	stacks, functions, machines, apis := cloudformation.NewFromConfig(cfg), lambda.NewFromConfig(cfg), sfn.NewFromConfig(cfg), apigateway.NewFromConfig(cfg)
	buckets := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	code := &bytes.Buffer{}
	archive := zip.NewWriter(code)
	file := &zip.FileHeader{Name: "bootstrap"}
	file.SetMode(0o755)
	must(must(archive.CreateHeader(file)).Write([]byte("#!/bin/false")))
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	put(t, cfg, map[string]string{"code.zip": code.String()})

	template := strings.ReplaceAll(retagged, "TAGS", `"Tags": [{"Key": "gone", "Value": "1"}, {"Key": "kept", "Value": "1"}]`)
	must(stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String("late"), TemplateBody: &template, Capabilities: []types.Capability{"CAPABILITY_IAM"}}))
	if made := settled(t, stacks, "late"); made.StackStatus != types.StackStatusCreateComplete {
		for _, e := range must(stacks.DescribeStackEvents(t.Context(), &cloudformation.DescribeStackEventsInput{StackName: aws.String("late")})).StackEvents {
			t.Log(aws.ToString(e.LogicalResourceId), e.ResourceStatus, aws.ToString(e.ResourceStatusReason))
		}
		t.Fatalf("the stack is %s", made.StackStatus)
	}
	physical := map[string]string{}
	for _, r := range must(stacks.DescribeStackResources(t.Context(), &cloudformation.DescribeStackResourcesInput{StackName: aws.String("late")})).StackResources {
		physical[*r.LogicalResourceId] = *r.PhysicalResourceId
	}

	ofAPI := func(path string) string { return "arn:aws:apigateway:us-east-1::" + path }
	arns := map[string]string{
		"Function": "arn:aws:lambda:us-east-1:000000000000:function:" + physical["Function"],
		"Mapping":  "arn:aws:lambda:us-east-1:000000000000:event-source-mapping:" + physical["Mapping"],
		"Machine":  physical["Machine"], "Activity": physical["Activity"],
		"Api": ofAPI("/restapis/" + physical["Api"]), "Stage": ofAPI("/restapis/" + physical["Api"] + "/stages/live"),
		"Key": ofAPI("/apikeys/" + physical["Key"]), "Plan": ofAPI("/usageplans/" + physical["Plan"]), "Bucket": "tagged",
	}
	// Each of these reads tags, after it has set some, if there are some to set.
	tags := map[string]func(arn string, set map[string]string) map[string]string{
		"lambda": func(arn string, set map[string]string) map[string]string {
			if len(set) > 0 {
				must(functions.TagResource(t.Context(), &lambda.TagResourceInput{Resource: &arn, Tags: set}))
			}
			return must(functions.ListTags(t.Context(), &lambda.ListTagsInput{Resource: &arn})).Tags
		},
		"states": func(arn string, set map[string]string) map[string]string {
			for key, value := range set {
				must(machines.TagResource(t.Context(), &sfn.TagResourceInput{ResourceArn: &arn, Tags: []sfntypes.Tag{{Key: &key, Value: &value}}}))
			}
			all := map[string]string{}
			for _, tag := range must(machines.ListTagsForResource(t.Context(), &sfn.ListTagsForResourceInput{ResourceArn: &arn})).Tags {
				all[*tag.Key] = *tag.Value
			}
			return all
		},
		"apigateway": func(arn string, set map[string]string) map[string]string {
			if len(set) > 0 {
				must(apis.TagResource(t.Context(), &apigateway.TagResourceInput{ResourceArn: &arn, Tags: set}))
			}
			return must(apis.GetTags(t.Context(), &apigateway.GetTagsInput{ResourceArn: &arn})).Tags
		},
		"s3": func(name string, set map[string]string) map[string]string {
			all := map[string]string{}
			has := must(buckets.GetBucketTagging(t.Context(), &s3.GetBucketTaggingInput{Bucket: &name})).TagSet
			for key, value := range set {
				has = append(has, s3types.Tag{Key: &key, Value: &value})
			}
			if len(set) > 0 {
				must(buckets.PutBucketTagging(t.Context(), &s3.PutBucketTaggingInput{Bucket: &name, Tagging: &s3types.Tagging{TagSet: has}}))
			}
			for _, tag := range has {
				all[*tag.Key] = *tag.Value
			}
			return all
		},
	}
	service := map[string]string{
		"Function": "lambda", "Mapping": "lambda", "Machine": "states", "Activity": "states", "Api": "apigateway", "Stage": "apigateway", "Key": "apigateway", "Plan": "apigateway", "Bucket": "s3",
	}
	if _, err := buckets.PutBucketTagging(t.Context(), &s3.PutBucketTaggingInput{Bucket: aws.String("tagged"), Tagging: &s3types.Tagging{TagSet: []s3types.Tag{}}}); err == nil || !strings.Contains(err.Error(), "InvalidTag: System tags cannot be removed by requester") {
		t.Errorf("the tags of the stack are taken away: %v", err)
	}
	for name, arn := range arns {
		tags[service[name]](arn, map[string]string{"called": "1"})
	}

	template = strings.ReplaceAll(retagged, "TAGS", `"Tags": [{"Key": "kept", "Value": "2"}]`)
	must(stacks.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{StackName: aws.String("late"), TemplateBody: &template, Capabilities: []types.Capability{"CAPABILITY_IAM"}}))
	if made := settled(t, stacks, "late"); made.StackStatus != types.StackStatusUpdateComplete {
		t.Fatalf("the stack is %s: %s", made.StackStatus, aws.ToString(made.StackStatusReason))
	}
	for name, arn := range arns {
		got := maps.Clone(tags[service[name]](arn, nil))
		maps.DeleteFunc(got, func(key, _ string) bool { return strings.HasPrefix(key, "aws:") })
		if want := map[string]string{"kept": "2", "called": "1"}; !maps.Equal(got, want) {
			t.Errorf("%s has %v, not %v", name, got, want)
		}
	}
}

func TestTagsAreMeasuredInCharacters(t *testing.T) {
	cfg := client(startTemplate(t, templates, local.Options{}))
	name, stack := aws.String("tagged"), `{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}`
	for service, create := range map[string]func(key, value string) error{
		"sqs": func(key, value string) error {
			_, err := sqs.NewFromConfig(cfg).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: name, Tags: map[string]string{key: value}})
			return err
		},
		"secretsmanager": func(key, value string) error {
			_, err := secretsmanager.NewFromConfig(cfg).CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: name, Tags: []secrettypes.Tag{{Key: &key, Value: &value}}})
			return err
		},
		"ssm": func(key, value string) error {
			_, err := ssm.NewFromConfig(cfg).PutParameter(t.Context(), &ssm.PutParameterInput{Name: name, Type: "String", Value: name, Tags: []ssmtypes.Tag{{Key: &key, Value: &value}}})
			return err
		},
		"iam": func(key, value string) error {
			_, err := iam.NewFromConfig(cfg).CreateUser(t.Context(), &iam.CreateUserInput{UserName: name, Tags: []iamtypes.Tag{{Key: &key, Value: &value}}})
			return err
		},
		"cloudformation": func(key, value string) error {
			_, err := cloudformation.NewFromConfig(cfg).CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: name, TemplateBody: &stack, Tags: []types.Tag{{Key: &key, Value: &value}}})
			return err
		},
	} {
		for _, tooLong := range [][2]string{{strings.Repeat("ä", 129), "v"}, {"k", strings.Repeat("ä", 257)}} {
			if err := create(tooLong[0], tooLong[1]); err == nil {
				t.Errorf("%s: a tag of %d and %d bytes is taken", service, len(tooLong[0]), len(tooLong[1]))
			}
		}
		if err := create(strings.Repeat("ä", 128), strings.Repeat("ä", 256)); err != nil {
			t.Errorf("%s: %v", service, err)
		}
	}
}
