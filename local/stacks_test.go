package local_test

// This file runs assemblies of several stacks, nested stacks and stages.

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/local"
)

func manifest(artifacts string) string {
	return `{"version": "54.0.0", "artifacts": {` + artifacts + `}}`
}

func stackArtifact(id string, needs ...string) string {
	return fmt.Sprintf(`{"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1",
		"properties": {"templateFile": "%s.json"}, "dependencies": ["%s"]}`, id, strings.Join(needs, `", "`))
}

func TestStacksImportFromEachOtherInTheAccountAndRegionTheyAreMeantFor(t *testing.T) {
	dir := lay(t, map[string]string{
		"manifest.json": manifest(`"App": ` + stackArtifact("App", "Base") + `, "Base": ` + stackArtifact("Base") + `,
			"Prod": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}`),
		"Base.json": `{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}},
			"Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Q", "Arn"]}, "Export": {"Name": "base-arn"}}}}`,
		"App.json": `{"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::ImportValue": "base-arn"}}}},
			"Outputs": {"Imported": {"Value": {"Fn::GetAtt": ["P", "Value"]}}}}`,
		"assembly-Prod/manifest.json": manifest(`"ProdApp": ` + stackArtifact("ProdApp")),
		"assembly-Prod/ProdApp.json":  `{"Resources": {}, "Outputs": {"Where": {"Value": {"Fn::Sub": "${AWS::AccountId}/${AWS::Region}"}}}}`,
	})
	outputs := start(t, local.Options{Assembly: dir}).Endpoints().Outputs
	if got := fmt.Sprint(outputs["App"]["Imported"]); got != fmt.Sprint(outputs["Base"]["Arn"]) || !strings.HasPrefix(got, "arn:aws:sqs:eu-west-1:111122223333:Base-Q-") {
		t.Errorf("imported %s, exported %s", got, outputs["Base"]["Arn"])
	}
	if got := outputs["ProdApp"]["Where"]; got != "111122223333/eu-west-1" {
		t.Errorf("the stage's stack is in %v", got)
	}
}

const parent = `{
	"Parameters": {"Name": {"Type": "String", "Default": "n"}},
	"Resources": {
		"Queue": {"Type": "AWS::SQS::Queue"},
		"Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {
			"TemplateURL": %s,
			"Parameters": {"Queue": {"Fn::GetAtt": ["Queue", "Arn"]}, "Sizes": ["1", "2"]}}}},
	"Outputs": {"FromInner": {"Value": {"Fn::GetAtt": ["Inner", "Outputs.Both"]}}}}`

const inner = `{
	"Parameters": {"Queue": {"Type": "String"}, "Sizes": {"Type": "CommaDelimitedList"}},
	"Resources": {"P": {"Type": "%s", "Properties": {"Type": "String", "Value": {"Fn::Join": ["+", {"Ref": "Sizes"}]}}}},
	"Outputs": {"Both": {"Value": {"Fn::Join": [" ", [{"Fn::GetAtt": ["P", "Value"]}, {"Ref": "Queue"}]]}}}}`

func TestANestedStackTakesParametersAndGivesOutputs(t *testing.T) {
	asset := `{"Fn::Join": ["", ["https://s3.", {"Ref": "AWS::Region"}, ".", {"Ref": "AWS::URLSuffix"}, "/assets-111122223333/abc.json"]]}`
	virtual := `{"Fn::Sub": "https://assets-111122223333.s3.${AWS::Region}.amazonaws.com/abc.json"}`
	for _, tt := range []struct{ name, url string }{
		{"as an asset of the CDK", asset},
		{"as an asset, the bucket in the host's name", virtual},
		{"as a file beside the template", `"inner.json"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := lay(t, map[string]string{
				"manifest.json": manifest(`"App": ` + stackArtifact("App") + `, "App.assets": {"type": "cdk:asset-manifest", "properties": {"file": "App.assets.json"}}`),
				"App.assets.json": `{"files": {"abc": {"source": {"path": "inner.json"}, "destinations": {
					"here": {"bucketName": "assets-${AWS::AccountId}", "objectKey": "abc.json"}}}}}`,
				"App.json":   fmt.Sprintf(parent, tt.url),
				"inner.json": fmt.Sprintf(inner, "AWS::SSM::Parameter"),
			})
			outputs := start(t, local.Options{Assembly: dir}).Endpoints().Outputs
			if got := fmt.Sprint(outputs["App"]["FromInner"]); !strings.HasPrefix(got, "1+2 arn:aws:sqs:eu-west-1:111122223333:App-Queue-") {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestWhatANestedStackDoesNotDoIsRefusedAtLoad(t *testing.T) {
	dir := lay(t, map[string]string{"app.json": fmt.Sprintf(parent, `"inner.json"`), "inner.json": fmt.Sprintf(inner, "AWS::ECS::Service")})
	got := refused(t, local.Options{Assembly: dir + "/app.json"})
	if want := "app/Inner/P: resource type AWS::ECS::Service is not supported by the local engine"; !strings.Contains(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestParametersChooseWhatIsCreated(t *testing.T) {
	shop := read(t, "testdata/shop.json")
	for _, tt := range []struct{ name, parameter, value, want string }{
		{"a condition that holds brings in what is not supported", "WithArchive", "yes", "app/Cluster: resource type AWS::ECS::Cluster"},
		{"a value that is not allowed", "WithArchive", "perhaps", "app/Parameter 'WithArchive' must be one of AllowedValues"},
		{"a parameter that does not exist", "Colour", "red", "app/parameter Colour is not declared"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := refusal(t, shop, local.Options{Parameters: map[string]map[string]string{"app": {tt.parameter: tt.value}}})
			if !strings.Contains(got, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestValuesComeFromTheParameterStoreAndFromSecrets(t *testing.T) {
	dir := lay(t, map[string]string{
		"manifest.json": manifest(`"App": ` + stackArtifact("App", "Base") + `, "Base": ` + stackArtifact("Base")),
		"Base.json": `{"Resources": {
			"Colour": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/app/colour", "Type": "String", "Value": "blue"}},
			"Colours": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/app/colours", "Type": "StringList", "Value": "blue,red"}},
			"Login": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "login", "SecretString": "{\"user\": \"alice\"}"}}},
			"Outputs": {"Joined": {"Value": {"Fn::Join": ["", ["{{resolve:secretsmanager:", {"Ref": "Login"}, ":SecretString:user::}}"]]}}}}`,
		"App.json": `{
			"Parameters": {
				"Colour": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/app/colour"},
				"Colours": {"Type": "AWS::SSM::Parameter::Value<List<String>>", "Default": "/app/colours"},
				"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/hnb659fds/version"}},
			"Resources": {},
			"Outputs": {
				"Colour": {"Value": {"Ref": "Colour"}},
				"Second": {"Value": {"Fn::Select": [1, {"Ref": "Colours"}]}},
				"User": {"Value": "{{resolve:secretsmanager:login:SecretString:user}}"},
				"Version": {"Value": "{{resolve:ssm:/app/colour:1}}"}}}`,
	})
	outputs := start(t, local.Options{Assembly: dir}).Endpoints().Outputs
	if got := fmt.Sprint(outputs["App"], outputs["Base"]); got != "map[Colour:blue Second:red User:alice Version:blue] map[Joined:alice]" {
		t.Errorf("got %s", got)
	}
	got := refusal(t, `{"Resources": {}, "Outputs": {"A": {"Value": "{{resolve:ssm:/nope}}"}}}`, local.Options{})
	if want := "output A: dynamic reference {{resolve:ssm:/nope}}: ParameterNotFound"; !strings.Contains(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCustomResourcesOfTheCDKItselfAreServedWithoutTheirProviders(t *testing.T) {
	const template = `{
		"Resources": {
			"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "uploads"}},
			"Provider": {"Type": "AWS::Lambda::Function", "Properties": {
				"Runtime": "python3.13", "Handler": "index.handler", "Code": {"ZipFile": "..."}, "Role": "r"}},
			"Notify": {"Type": "Custom::S3BucketNotifications", "Properties": {
				"ServiceToken": {"Fn::GetAtt": ["Provider", "Arn"]}, "BucketName": {"Ref": "Bucket"}, "Managed": true,
				"NotificationConfiguration": {"%s": {}}}},
			"Notices": {"Type": "AWS::SQS::Queue"},
			"Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Notices"}], "PolicyDocument": {"Statement": {
				"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Notices", "Arn"]}}}}},
			"Rule": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": ["aws.s3"]},
				"Targets": [{"Id": "q", "Arn": {"Fn::GetAtt": ["Notices", "Arn"]}, "InputPath": "$.detail.object.key"}]}}%s},
		"Outputs": {"Notices": {"Value": {"Ref": "Notices"}}, "Files": {"Value": {"Ref": "Bucket"}}}}`
	t.Run("notifications to EventBridge", func(t *testing.T) {
		uploadToQueue(t, startTemplate(t, fmt.Sprintf(template, "EventBridgeConfiguration", ""), local.Options{}))
	})
	t.Run("notifications to something else", func(t *testing.T) {
		got := refusal(t, fmt.Sprintf(template, "ReplicaConfigurations", ""), local.Options{})
		if want := "app/Notify (Custom::S3BucketNotifications): property NotificationConfiguration.ReplicaConfigurations is not supported"; !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	t.Run("a provider that serves others too", func(t *testing.T) {
		other := `, "Other": {"Type": "Custom::Other", "Properties": {"ServiceToken": {"Fn::GetAtt": ["Provider", "Arn"]}}}`
		got := refusal(t, fmt.Sprintf(template, "EventBridgeConfiguration", other), local.Options{})
		if want := "app/Provider (AWS::Lambda::Function): property Code.ZipFile"; !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestKeysAndScalingChangeNothingButCanBeReferredTo(t *testing.T) {
	engine := startTemplate(t, `{"Resources": {
		"Key": {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": true}},
		"Alias": {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/ours", "TargetKeyId": {"Ref": "Key"}}},
		"Target": {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {"MaxCapacity": 5}},
		"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"KmsMasterKeyId": {"Fn::GetAtt": ["Key", "Arn"]}}}},
		"Outputs": {"Key": {"Value": {"Fn::GetAtt": ["Key", "Arn"]}}, "Alias": {"Value": {"Ref": "Alias"}}}}`, local.Options{})
	if got := output(t, engine, "Alias"); got != "alias/ours" {
		t.Errorf("the alias is %s", got)
	}
	if got := output(t, engine, "Key"); !strings.HasPrefix(got, "arn:aws:kms:us-east-1:000000000000:key/app-Key-") {
		t.Errorf("got %s", got)
	}
}

// A tool finds a stack's resources by its outputs, here as on AWS.
func TestStacksAreDescribedWithTheirOutputs(t *testing.T) {
	dir := lay(t, map[string]string{
		"manifest.json": manifest(`"App": ` + stackArtifact("App", "Base") + `, "Base": ` + stackArtifact("Base")),
		"Base.json":     `{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}, "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Q", "Arn"]}}, "B": {"Value": "b"}}}`,
		"App.json":      `{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}`,
	})
	engine := start(t, local.Options{Assembly: dir})
	client := cloudformation.NewFromConfig(aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(engine.URL()), Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	})
	all, err := client.DescribeStacks(t.Context(), nil)
	if err != nil || len(all.Stacks) != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	for _, name := range []string{"Base", *all.Stacks[1].StackId} {
		got, err := client.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &name})
		if err != nil || len(got.Stacks) != 1 {
			t.Fatalf("%s: %+v, %v", name, got, err)
		}
		s := got.Stacks[0]
		if *s.StackName != "Base" || s.StackStatus != "CREATE_COMPLETE" || s.CreationTime == nil || len(s.Outputs) != 2 ||
			*s.Outputs[0].OutputKey != "Arn" || *s.Outputs[0].OutputValue != engine.Endpoints().Outputs["Base"]["Arn"] || *s.Outputs[1].OutputValue != "b" {
			t.Errorf("%s: %+v", name, s)
		}
	}
	_, err = client.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("Gone")})
	if coded, ok := errors.AsType[smithy.APIError](err); !ok || coded.ErrorCode() != "ValidationError" || !strings.Contains(coded.ErrorMessage(), "Gone does not exist") {
		t.Errorf("a stack that is not there: %v", err)
	}
}
