package local_test

// This file creates stacks by change sets while the engine runs.

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
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

// put puts templates into the bucket "templates", and returns their addresses.
func put(t *testing.T, cfg aws.Config, templates map[string]string) (addresses map[string]string) {
	t.Helper()
	addresses = map[string]string{}
	for key, template := range templates {
		if _, err := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }).PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String("templates"), Key: aws.String(key), Body: strings.NewReader(template),
		}); err != nil {
			t.Fatal(err)
		}
		addresses[key] = "https://s3.us-east-1.amazonaws.com/templates/" + key
	}
	return addresses
}

// settled waits until a stack is not under way any more.
func settled(t *testing.T, stacks *cloudformation.Client, name string) (s types.Stack) {
	t.Helper()
	eventually(t, "stack "+name+" is settled", func() bool {
		out, err := stacks.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &name})
		if err != nil {
			t.Fatal(err)
		}
		s = out.Stacks[0]
		return !strings.HasSuffix(string(s.StackStatus), "_IN_PROGRESS")
	})
	return s
}

const templates = `{"Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "templates"}}, "Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "taken"}}}}`

func TestNestedStacksAreCreatedUpdatedAndRolledBackWithTheirParent(t *testing.T) {
	engine := startTemplate(t, templates, local.Options{})
	cfg := client(engine)
	queues, stacks := sqs.NewFromConfig(cfg), cloudformation.NewFromConfig(cfg)
	inner := `{"Parameters": {"Fifo": {"Type": "String"}}, "Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": {"Ref": "Fifo"}}}}, "Outputs": {"Url": {"Value": {"Ref": "Q"}}}}`
	addresses := put(t, cfg, map[string]string{"inner.json": strings.ReplaceAll(inner, `{"Ref": "Fifo"}`, "false"), "fifo.json": strings.ReplaceAll(inner, `{"Ref": "Fifo"}`, "true")})
	parent := func(key, more string) *string {
		return aws.String(fmt.Sprintf(`{"Resources": {"N": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": %q, "Parameters": {"Fifo": "x"}}}%s},
			"Outputs": {"Url": {"Value": {"Fn::GetAtt": ["N", "Outputs.Url"]}}}}`, addresses[key], more))
	}
	if _, err := stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String("late"), TemplateBody: parent("inner.json", "")}); err != nil {
		t.Fatal(err)
	}
	made := settled(t, stacks, "late")
	if made.StackStatus != types.StackStatusCreateComplete {
		t.Fatalf("the stack is %+v", made)
	}
	queue := made.Outputs[0].OutputValue
	if _, err := queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: queue, MessageBody: aws.String("stay")}); err != nil {
		t.Fatal(err)
	}

	// The queue's name is taken, so that the update goes back.
	broken := `, "Z": {"Type": "AWS::SQS::Queue", "DependsOn": "N", "Properties": {"QueueName": "taken"}}`
	if _, err := stacks.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{StackName: aws.String("late"), TemplateBody: parent("fifo.json", broken)}); err != nil {
		t.Fatal(err)
	}
	if s := settled(t, stacks, "late"); s.StackStatus != types.StackStatusUpdateRollbackComplete || *s.Outputs[0].OutputValue != *queue {
		t.Errorf("after the update that failed, the stack is %+v", s)
	}
	got, err := queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue})
	if err != nil || len(got.Messages) != 1 || *got.Messages[0].Body != "stay" {
		t.Errorf("the queue has %+v, %v", got, err)
	}
	if _, err := stacks.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{StackName: aws.String("late"), TemplateBody: parent("fifo.json", "")}); err != nil {
		t.Fatal(err)
	}
	if s := settled(t, stacks, "late"); s.StackStatus != types.StackStatusUpdateComplete || !strings.HasSuffix(*s.Outputs[0].OutputValue, ".fifo") {
		t.Errorf("after the update, the stack is %+v", s)
	}
	if _, err := queues.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: queue}); err == nil {
		t.Error("the queue that was replaced is still there")
	}
}

func TestWhatANestedStackCannotDoIsToldBefore(t *testing.T) {
	engine := startTemplate(t, templates, local.Options{})
	cfg := client(engine)
	addresses := put(t, cfg, map[string]string{"odd.json": `{"Resources": {"C": {"Type": "AWS::ECS::Cluster"}}}`})
	for address, want := range map[string]string{
		addresses["odd.json"]: "N/C: resource type AWS::ECS::Cluster is not supported by the local engine",
		"inner.json":          "N (AWS::CloudFormation::Stack): property TemplateURL is not a URL: inner.json",
		addresses["odd.json"] + ".that.is.not.so": "N (AWS::CloudFormation::Stack): NoSuchKey: The specified key does not exist.",
	} {
		_, err := cloudformation.NewFromConfig(cfg).CreateStack(t.Context(), &cloudformation.CreateStackInput{
			StackName: aws.String("late"), TemplateBody: aws.String(fmt.Sprintf(`{"Resources": {"N": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": %q}}}}`, address)),
		})
		if !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestANestedStackThatCannotBeUpdatedSaysWhyAndGoesBack(t *testing.T) {
	engine := startTemplate(t, templates, local.Options{})
	cfg := client(engine)
	stacks := cloudformation.NewFromConfig(cfg)
	addresses := put(t, cfg, map[string]string{
		"good.json": `{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}`,
		"bad.json":  `{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}, "Z": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "taken"}}}}`,
	})
	parent := func(key string) *string {
		return aws.String(fmt.Sprintf(`{"Resources": {"N": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": %q}}}}`, addresses[key]))
	}
	if _, err := stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String("late"), TemplateBody: parent("good.json")}); err != nil {
		t.Fatal(err)
	}
	settled(t, stacks, "late")
	for _, row := range []struct {
		keep                  bool
		in                    string // what the nested stack is in then
		status, after, nested types.StackStatus
	}{
		{false, "UPDATE_ROLLBACK_IN_PROGRESS", types.StackStatusUpdateRollbackComplete, types.StackStatusUpdateRollbackComplete, types.StackStatusUpdateRollbackComplete},
		{true, "UPDATE_FAILED", types.StackStatusUpdateFailed, types.StackStatusUpdateRollbackComplete, types.StackStatusUpdateRollbackComplete},
	} {
		if _, err := stacks.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{StackName: aws.String("late"), TemplateBody: parent("bad.json"), DisableRollback: &row.keep}); err != nil {
			t.Fatal(err)
		}
		if s := settled(t, stacks, "late"); s.StackStatus != row.status {
			t.Errorf("the stack is %+v", s)
		}
		out, err := stacks.DescribeStackEvents(t.Context(), &cloudformation.DescribeStackEventsInput{StackName: aws.String("late")})
		if err != nil {
			t.Fatal(err)
		}
		var nested, reason string
		for _, e := range out.StackEvents {
			if *e.LogicalResourceId == "N" && e.ResourceStatus == types.ResourceStatusUpdateFailed && reason == "" {
				nested, reason = *e.PhysicalResourceId, *e.ResourceStatusReason
			}
		}
		if want := "Embedded stack " + nested + " was not successfully updated. Currently in " + row.in + " with reason: The following resource(s) failed to create: [Z]. "; !strings.HasSuffix(reason, want) {
			t.Errorf("it failed because %s, want %s", reason, want)
		}
		if row.keep {
			if _, err := stacks.RollbackStack(t.Context(), &cloudformation.RollbackStackInput{StackName: aws.String("late")}); err != nil {
				t.Fatal(err)
			}
		}
		if s := settled(t, stacks, "late"); s.StackStatus != row.after {
			t.Errorf("after the rollback, the stack is %+v", s)
		}
		if s := settled(t, stacks, nested); s.StackStatus != row.nested || s.RootId == nil {
			t.Errorf("the nested stack is %+v", s)
		}
	}
}

func TestAnUpdateIsNotNoticedByWhatItDoesNotTouch(t *testing.T) {
	const template = `{"Resources": {
		"Q": {"Type": "AWS::SQS::Queue"},
		"T": {"Type": "AWS::DynamoDB::Table", "Properties": {"KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"}},
		"Other": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": %t}}%s},
		"Outputs": {"Q": {"Value": {"Ref": "Q"}}, "T": {"Value": {"Ref": "T"}}}}`
	engine := startTemplate(t, templates, local.Options{})
	cfg := client(engine)
	stacks, queues := cloudformation.NewFromConfig(cfg), sqs.NewFromConfig(cfg)
	tables := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.DisableValidateResponseChecksum = true }) // which complains of bodies that it does not read
	if _, err := stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String("late"), TemplateBody: aws.String(fmt.Sprintf(template, false, ""))}); err != nil {
		t.Fatal(err)
	}
	outputs := map[string]*string{}
	for _, o := range settled(t, stacks, "late").Outputs {
		outputs[*o.OutputKey] = o.OutputValue
	}
	done := make(chan struct{})
	var clients sync.WaitGroup
	work := func(call func(n string) error) {
		clients.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				if err := call(strconv.Itoa(n)); err != nil {
					t.Errorf("call %d: %v", n, err)
					return
				}
			}
		})
	}
	work(func(n string) error {
		_, err := queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: outputs["Q"], MessageBody: &n})
		return err
	})
	work(func(n string) error {
		_, err := tables.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: outputs["T"], Item: map[string]dynamodbtypes.AttributeValue{"k": &dynamodbtypes.AttributeValueMemberS{Value: n}}})
		return err
	})
	for round := range 6 {
		more, want := `, "More": {"Type": "AWS::SQS::Queue", "DependsOn": ["Q", "T"]}`, types.StackStatusUpdateComplete
		if round%3 == 2 {
			more, want = `, "More": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "taken"}}`, types.StackStatusUpdateRollbackComplete
		}
		if _, err := stacks.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{StackName: aws.String("late"), TemplateBody: aws.String(fmt.Sprintf(template, round%3 == 0, more))}); err != nil {
			t.Fatal(err)
		}
		if s := settled(t, stacks, "late"); s.StackStatus != want {
			t.Errorf("update %d ended in %s", round, s.StackStatus)
		}
	}
	close(done)
	clients.Wait()
}
