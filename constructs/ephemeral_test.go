package constructs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

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

// A bucket that leaves the stack has its policy to its end, and the role has not; one
// that stays when its stack is not ephemeral any more has the role, and not the policy.
func TestABucketGrantsWhatItsEmptyingTakesAndTheRoleMayOnlyAskForIts(t *testing.T) {
	stack := cdktest.NewStack(t)
	operation.NewBucket(stack, "One", operation.Settings{Ephemeral: true}, awss3.BucketProps{})
	awss3.NewBucket(stack, jsii.String("Plain"), nil) // without a policy of its own
	ephemeral.EmptyBuckets(stack)
	template := cdktest.Synth(t, stack)

	last := func(resource cdktest.Resource) string {
		statements := template.Plain(resource.Properties["PolicyDocument"]).(map[string]any)["Statement"].([]any)
		return fmt.Sprint(statements[len(statements)-1])
	}
	role := last(template.At("AWS::IAM::Policy", "EmptyBuckets/Empty/Role/DefaultPolicy"))
	if want := "map[Action:s3:GetBucketTagging Effect:Allow Resource:[<One.Arn> <Plain.Arn>]]"; role != want {
		t.Errorf("the role may %s, want %s", role, want)
	}
	for _, bucket := range []string{"One", "Plain"} {
		granted := last(template.At("AWS::S3::BucketPolicy", bucket+"/Policy"))
		if want := fmt.Sprintf("map[Action:[s3:DeleteObject s3:DeleteObjectVersion s3:GetBucketPolicy s3:GetBucketTagging s3:ListBucketVersions s3:PutBucketPolicy] "+
			"Effect:Allow Principal:map[AWS:<EmptyBuckets/Empty/Role.Arn>] Resource:[<%[1]s.Arn> <%[1]s.Arn>/*]]", bucket); granted != want {
			t.Errorf("%s grants %s, want %s", bucket, granted, want)
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
