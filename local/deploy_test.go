package local_test

// This file creates stacks by change sets while the engine runs.

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/local"
)

// changed makes a change set of a new stack "late", and returns it when it is
// there or has failed.
func changed(t *testing.T, stacks *cloudformation.Client, in *cloudformation.CreateChangeSetInput) (out *cloudformation.DescribeChangeSetOutput) {
	t.Helper()
	in.StackName, in.ChangeSetName, in.ChangeSetType = aws.String("late"), aws.String("first"), types.ChangeSetTypeCreate
	made, err := stacks.CreateChangeSet(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the change set is there", func() bool {
		if out, err = stacks.DescribeChangeSet(t.Context(), &cloudformation.DescribeChangeSetInput{ChangeSetName: made.Id}); err != nil {
			t.Fatal(err)
		}
		return out.Status != types.ChangeSetStatusCreateInProgress
	})
	return out
}

func TestAStackIsCreatedWhileTheEngineRuns(t *testing.T) {
	engine := startTemplate(t, `{"Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "templates"}},
		"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "early"}}}, "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Q", "Arn"]}, "Export": {"Name": "early"}}}}`, local.Options{})
	template := `{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "late"}}}, "Outputs": {"Early": {"Value": {"Fn::ImportValue": "early"}}}}`
	cfg := client(engine)
	if _, err := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }).PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("templates"), Key: aws.String("late/t.json"), Body: strings.NewReader(template),
	}); err != nil {
		t.Fatal(err)
	}
	stacks := cloudformation.NewFromConfig(cfg)
	set := changed(t, stacks, &cloudformation.CreateChangeSetInput{TemplateURL: aws.String("https://s3.us-east-1.amazonaws.com/templates/late/t.json")})
	if _, err := stacks.ExecuteChangeSet(t.Context(), &cloudformation.ExecuteChangeSetInput{ChangeSetName: set.ChangeSetId}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stack is created", func() bool {
		described, err := stacks.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("late")})
		if err != nil {
			t.Fatal(err)
		}
		s := described.Stacks[0]
		return s.StackStatus == types.StackStatusCreateComplete && strings.HasSuffix(*s.Outputs[0].OutputValue, ":early")
	})
	if _, err := sqs.NewFromConfig(cfg).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("late")}); err != nil {
		t.Error(err)
	}
}

func TestAChangeSetHasNoNestedStacks(t *testing.T) {
	engine := startTemplate(t, `{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}`, local.Options{})
	_, err := cloudformation.NewFromConfig(client(engine)).CreateChangeSet(t.Context(), &cloudformation.CreateChangeSetInput{
		StackName: aws.String("late"), ChangeSetName: aws.String("first"), ChangeSetType: types.ChangeSetTypeCreate,
		TemplateBody: aws.String(`{"Resources": {"N": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "inner.json"}}}}`),
	})
	if want := "not by change sets: N"; !strings.Contains(fmt.Sprint(err), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}
