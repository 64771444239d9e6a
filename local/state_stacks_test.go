package local_test

// This file keeps what CloudFormation's API has made from run to run.

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/local"
)

// queueStack has a queue, and its URL for an output.
func queueStack(fifo bool) string {
	return fmt.Sprintf(`{"Parameters": {"Of": {"Type": "String", "Default": "none"}}, "Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": %t, "ContentBasedDeduplication": %t}}},
		"Outputs": {"Url": {"Value": {"Ref": "Q"}}, "Of": {"Value": {"Ref": "Of"}}}}`, fifo, fifo)
}

// updated updates a stack to its end.
func updated(t *testing.T, stacks *cloudformation.Client, name, template string) {
	t.Helper()
	if _, err := stacks.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{StackName: &name, TemplateBody: &template, Parameters: []types.Parameter{{ParameterKey: aws.String("Of"), UsePreviousValue: aws.Bool(true)}}}); err != nil {
		t.Fatal(err)
	}
	if s := settled(t, stacks, name); s.StackStatus != types.StackStatusUpdateComplete {
		t.Fatalf("stack %s is in %s", name, s.StackStatus)
	}
}

func TestStacksOfTheAPIAndReplacedResourcesOutliveTheEngine(t *testing.T) {
	o := local.Options{State: t.TempDir()}
	k := startKept(t, queueStack(false), o)
	stacks := cloudformation.NewFromConfig(client(k.Engine))
	if _, err := stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("late"), TemplateBody: aws.String(queueStack(false)), EnableTerminationProtection: aws.Bool(true),
		Parameters: []types.Parameter{{ParameterKey: aws.String("Of"), ParameterValue: aws.String("blue")}}, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}},
	}); err != nil {
		t.Fatal(err)
	}
	settled(t, stacks, "late")
	ids := map[string]string{}
	for _, name := range []string{"app", "late"} {
		updated(t, stacks, name, queueStack(true))
		s := settled(t, stacks, name)
		ids[name] = *s.StackId
		if _, err := k.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: urlOf(s), MessageBody: &name, MessageGroupId: aws.String("g")}); err != nil {
			t.Fatal(err)
		}
	}
	k.stop(t)

	k = startKept(t, queueStack(true), o)
	stacks = cloudformation.NewFromConfig(client(k.Engine))
	for name, id := range ids {
		s := settled(t, stacks, name)
		got, err := k.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: urlOf(s)})
		if err != nil || len(got.Messages) != 1 || *got.Messages[0].Body != name || *s.StackId != id {
			t.Errorf("of %s there is %+v, %v", *s.StackId, got, err)
		}
	}
	if s := settled(t, stacks, "late"); *s.Parameters[0].ParameterValue != "blue" || *s.Tags[0].Value != "a" || !*s.EnableTerminationProtection || len(k.notices) > 0 {
		t.Errorf("the stack is %+v, and the user was told %q", s, k.notices)
	}
	updated(t, stacks, "late", queueStack(false))
	if url := *urlOf(settled(t, stacks, "late")); strings.HasSuffix(url, ".fifo") {
		t.Errorf("updated once more, it has %s", url)
	}
	if _, err := stacks.UpdateTerminationProtection(t.Context(), &cloudformation.UpdateTerminationProtectionInput{StackName: aws.String("late"), EnableTerminationProtection: aws.Bool(false)}); err != nil {
		t.Fatal(err)
	}
	if _, err := stacks.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("late")}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stack is gone", func() bool {
		_, err := stacks.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("late")})
		return err != nil
	})
	k.stop(t)

	k = startKept(t, queueStack(true), o)
	defer k.stop(t)
	if all, err := cloudformation.NewFromConfig(client(k.Engine)).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{}); err != nil || len(all.Stacks) != 1 {
		t.Errorf("in the end there are %+v, %v", all, err)
	}
}

// The server before it listens until the update has come to its end.
func TestAReplacedServerListensElsewhere(t *testing.T) {
	server := func(properties string) string {
		return fmt.Sprintf(`{"Parameters": {"Of": {"Type": "String", "Default": "none"}}, "Resources": {"S": {"Type": "AWS::Transfer::Server", "Properties": {%s}}}}`, properties)
	}
	k := startKept(t, server(`"Protocols": ["SFTP"]`), local.Options{State: t.TempDir()})
	defer k.stop(t)
	before := k.Engine.Endpoints().SFTP["app"]["S"]
	updated(t, cloudformation.NewFromConfig(client(k.Engine)), "app", server(`"Protocols": ["SFTP"], "Domain": "S3"`))
	after := k.Engine.Endpoints().SFTP["app"]["S"]
	if after == "" || after == before {
		t.Errorf("it listened at %s, and listens at %q", before, after)
	}
	if connection, err := net.Dial("tcp", before); err == nil {
		connection.Close()
		t.Errorf("the one before listens at %s still", before)
	}
}

func urlOf(s types.Stack) *string {
	for _, o := range s.Outputs {
		if *o.OutputKey == "Url" {
			return o.OutputValue
		}
	}
	return nil
}

func TestAStackThatCannotBeCreatedAgainStopsTheStart(t *testing.T) {
	o := local.Options{State: t.TempDir()}
	k := startKept(t, templates, o)
	cfg := client(k.Engine)
	addresses := put(t, cfg, map[string]string{"inner.json": queueStack(false)})
	stacks := cloudformation.NewFromConfig(cfg)
	if _, err := stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("late"), TemplateBody: aws.String(fmt.Sprintf(`{"Resources": {"N": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": %q}}}}`, addresses["inner.json"])),
	}); err != nil {
		t.Fatal(err)
	}
	settled(t, stacks, "late")
	k.stop(t)
	k = startKept(t, templates, o) // its template still lies in S3
	settled(t, cloudformation.NewFromConfig(client(k.Engine)), "late")
	k.stop(t)
	o.Assembly = lay(t, map[string]string{"app.json": `{"Resources": {}}`}) + "/app.json"
	_, err := local.Start(t.Context(), o)
	if want := "create stack late again, which CloudFormation's API had created: "; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}
