package local_test

// This file looks for the tags of stacks at their resources.

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/local"
)

func TestResourcesTellTheTagsOfTheirStack(t *testing.T) {
	engine := startTemplate(t, templates, local.Options{})
	cfg := client(engine)
	stacks, roles := cloudformation.NewFromConfig(cfg), iam.NewFromConfig(cfg)
	const role = `{"Type": "AWS::IAM::Role", "Properties": {"RoleName": "%s", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}}}`
	inner := put(t, cfg, map[string]string{"inner.json": `{"Resources": {"R": ` + fmt.Sprintf(role, "inner") + `}}`})["inner.json"]
	template := fmt.Sprintf(`{"Resources": {
		"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "labelled", "Tags": [{"Key": "team", "Value": "own"}]}},
		"Role": %s, "Key": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Name": "labelled"}},
		"Server": {"Type": "AWS::EC2::Instance", "Properties": {"ImageId": "ami-12345678"}},
		"Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": %q, "Tags": [{"Key": "part", "Value": "inner"}]}}}}`, fmt.Sprintf(role, "outer"), inner)
	tags := func(pairs ...string) (all []types.Tag) {
		all = []types.Tag{}
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, types.Tag{Key: aws.String(pairs[i]), Value: aws.String(pairs[i+1])})
		}
		return all
	}
	if _, err := stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("late"), TemplateBody: &template, Tags: tags("team", "blue", "stage", "dev"), Capabilities: []types.Capability{"CAPABILITY_NAMED_IAM"},
	}); err != nil {
		t.Fatal(err)
	}
	made := settled(t, stacks, "late")
	if made.StackStatus != types.StackStatusCreateComplete {
		t.Fatalf("the stack is %+v", made)
	}
	text := func(pairs []string) string { slices.Sort(pairs); return strings.Join(pairs, " ") }
	roleTags := func(name string) string {
		out := must(roles.ListRoleTags(t.Context(), &iam.ListRoleTagsInput{RoleName: &name}))
		var all []string
		for _, tag := range out.Tags {
			all = append(all, *tag.Key+"="+*tag.Value)
		}
		return text(all)
	}
	system := func(id string) string {
		return "aws:cloudformation:logical-id=" + id + " aws:cloudformation:stack-id=" + *made.StackId + " aws:cloudformation:stack-name=late "
	}
	told := map[string]func() string{
		"outer": func() string { return roleTags("outer") },
		"inner": func() string { return roleTags("inner") },
		"bucket": func() string {
			out := must(s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }).GetBucketTagging(t.Context(), &s3.GetBucketTaggingInput{Bucket: aws.String("labelled")}))
			var all []string
			for _, tag := range out.TagSet {
				all = append(all, *tag.Key+"="+*tag.Value)
			}
			return text(all)
		},
		"key": func() string {
			out := must(apigateway.NewFromConfig(cfg).GetApiKeys(t.Context(), &apigateway.GetApiKeysInput{NameQuery: aws.String("labelled")}))
			var all []string
			for key, value := range out.Items[0].Tags {
				all = append(all, key+"="+value)
			}
			return text(all)
		},
		"server": func() string {
			out := must(ec2.NewFromConfig(cfg).DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{}))
			var all []string
			for _, tag := range out.Reservations[0].Instances[0].Tags {
				all = append(all, *tag.Key+"="+*tag.Value)
			}
			return text(all)
		},
	}
	check := func(want map[string]string) {
		t.Helper()
		for name, got := range told {
			if got := got(); got != want[name] {
				t.Errorf("%s has %s\nwant %s", name, got, want[name])
			}
		}
	}
	check(map[string]string{
		"outer": "stage=dev team=blue", "inner": "part=inner stage=dev team=blue", "bucket": system("Bucket") + "stage=dev team=own",
		"key": system("Key") + "stage=dev team=blue", "server": system("Server") + "stage=dev team=blue",
	})
	nested := must(stacks.DescribeStackResource(t.Context(), &cloudformation.DescribeStackResourceInput{StackName: aws.String("late"), LogicalResourceId: aws.String("Inner")}))
	of := must(stacks.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: nested.StackResourceDetail.PhysicalResourceId}))
	if len(of.Stacks[0].Tags) != 3 {
		t.Errorf("the nested stack has the tags %+v", of.Stacks[0].Tags)
	}

	if _, err := stacks.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{
		StackName: aws.String("late"), UsePreviousTemplate: aws.Bool(true), Tags: tags("team", "red"), Capabilities: []types.Capability{"CAPABILITY_NAMED_IAM"},
	}); err != nil {
		t.Fatal(err)
	}
	if s := settled(t, stacks, "late"); s.StackStatus != types.StackStatusUpdateComplete || len(s.Tags) != 1 {
		t.Errorf("the stack is %+v", s)
	}
	check(map[string]string{
		"outer": "team=red", "inner": "part=inner team=red", "bucket": system("Bucket") + "team=own", "key": system("Key") + "team=red", "server": system("Server") + "team=red",
	})
}

// must is what a call answers that does not fail.
func must[T any](out T, err error) T {
	if err != nil {
		panic(err)
	}
	return out
}
