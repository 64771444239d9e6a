package constructs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"

	"github.com/tradepost-dev/tradepost/constructs/ephemeral"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
	contract "github.com/tradepost-dev/tradepost/internal/contract/ephemeral"
)

func TestEveryBucketIsEmptiedByOneFunctionOfOurs(t *testing.T) {
	stack := cdktest.NewStack(t)
	settings := operation.Settings{Ephemeral: true}
	operation.NewBucket(stack, "One", settings, awss3.BucketProps{})
	operation.NewLogBucket(stack, "Two", settings)
	ephemeral.EmptyBuckets(stack)
	template := cdktest.Synth(t, stack)

	functions := template.OfType("AWS::Lambda::Function")
	if len(functions) != 1 || functions[0].Properties["Runtime"] != "provided.al2023" {
		t.Fatalf("functions: %+v", functions)
	}
	emptied := make(map[string]bool)
	for _, resource := range template.OfType("Custom::S3AutoDeleteObjects") {
		properties := template.Plain(resource.Properties).(map[string]any)
		emptied[properties["BucketName"].(string)] = true
		if properties["ServiceToken"] != "<EmptyBuckets/Empty.Arn>" {
			t.Errorf("served by %v", properties["ServiceToken"])
		}
		// The bucket, its policy and the function's permissions outlive it.
		var role, policy bool
		for _, id := range resource.DependsOn {
			role = role || strings.HasPrefix(template.Resources[id].Path, "EmptyBuckets/Empty/Role")
			policy = policy || template.Resources[id].Type == "AWS::S3::BucketPolicy"
		}
		if !role || !policy {
			t.Errorf("%s depends on %q", resource.Path, resource.DependsOn)
		}
	}
	if !emptied["<One>"] || !emptied["<Two>"] {
		t.Errorf("emptied: %v", emptied)
	}
	for _, bucket := range template.OfType("AWS::S3::Bucket") {
		// Without it, nothing is deleted.
		if tags := fmt.Sprint(bucket.Properties["Tags"]); tags != "[map[Key:"+contract.Tag+" Value:"+contract.TagValue+"]]" {
			t.Errorf("%s has the tags %s", bucket.Path, tags)
		}
	}
}

func TestStackWithoutBucketsNeedsNoFunction(t *testing.T) {
	stack := cdktest.NewStack(t)
	operation.NewAlarmTopic(stack, "Topic", operation.Settings{}) // CloudFormation wants at least one resource
	ephemeral.EmptyBuckets(stack)
	if functions := cdktest.Synth(t, stack).OfType("AWS::Lambda::Function"); len(functions) != 0 {
		t.Errorf("functions: %+v", functions)
	}
}
