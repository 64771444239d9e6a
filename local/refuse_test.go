package local_test

// This file shows what the engine refuses, how that reads, and that nothing
// is left behind.

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/local"
	locallambda "github.com/tradepost-dev/tradepost/local/lambda"
)

func TestEverythingUnsupportedIsRefusedAtOnceByIdTypeAndProperty(t *testing.T) {
	got := refusal(t, `{"Resources": {
		"Cluster": {"Type": "AWS::ECS::Cluster"},
		"Greeter": {"Type": "AWS::CloudFormation::Macro", "Properties": {"FunctionName": "f"}},
		"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"Colour": "red"}},
		"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"GlobalSecondaryIndexes": [{"Projection": {"Shape": "round"}}]}},
		"Metadata": {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2:deflate64:x"}},
		"Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "inner.json"}},
		"Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}},
		"Delivery": {"Type": "AWS::Logs::Delivery"},
		"Forwarder": {"Type": "AWS::Logs::SubscriptionFilter", "Properties": {"LogGroupName": "g", "FilterPattern": "", "DestinationArn": "arn:aws:firehose:us-east-1:000000000000:deliverystream/d"}},
		"Jobs": {"Type": "AWS::SQS::Queue"},
		"Stuck": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Namespace": "AWS/SQS", "MetricName": "NumberOfMessagesStuck", "Statistic": "Sum",
			"Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["Jobs", "QueueName"]}}],
			"Period": 60, "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}},
		"Board": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": {"Fn::Join": ["", [
			"{\"widgets\": [{\"properties\": {\"metrics\": [[\"AWS/SQS\", \"Stuck\", \"QueueName\", \"", {"Fn::GetAtt": ["Jobs", "QueueName"]}, "\"]]}}]}"]]}}},
		"Copy": {"Type": "AWS::EC2::Instance", "DeletionPolicy": "Snapshot"}}}`,
		local.Options{
			Parameters: map[string]map[string]string{"other": {"A": "1"}},
			Handlers:   map[string]locallambda.Handler{"app/Nobody": greet()},
		})
	for _, want := range []string{
		"app/Cluster: resource type AWS::ECS::Cluster is not supported by the local engine",
		"app/Greeter: resource type AWS::CloudFormation::Macro is not supported by the local engine",
		"app/Queue (AWS::SQS::Queue): property Colour is not supported by the local engine",
		"app/Table (AWS::DynamoDB::Table): property GlobalSecondaryIndexes[0].Projection.Shape is not supported by the local engine",
		"app/Inner (AWS::CloudFormation::Stack): the assembly has no template inner.json",
		"app/Delivery: resource type AWS::Logs::Delivery is not supported by the local engine",
		"app/Stuck (AWS::CloudWatch::Alarm): property MetricName: the local engine does not publish NumberOfMessagesStuck of AWS/SQS",
		"app/Board (AWS::CloudWatch::Dashboard): property DashboardBody.widgets[0].properties.metrics[0]: the local engine does not publish Stuck of AWS/SQS",
		`app/Copy (AWS::EC2::Instance): DeletionPolicy "Snapshot" is not supported by the local engine: it makes no snapshots`,
		"other: the options have parameters for this stack, which the assembly does not have",
		"app/Nobody: the options have a handler for this function, which the assembly does not have",
	} {
		if !strings.Contains(got, "\n  "+want) {
			t.Errorf("the refusal does not say %q", want)
		}
	}
	if lines := strings.Count(got, "\n"); lines != 11 {
		t.Errorf("%d faults, want 11:\n%s", lines, got)
	}
}

func TestValuesThatCannotBeHonouredAreRefusedTogetherAcrossStacks(t *testing.T) {
	dir := lay(t, map[string]string{
		"manifest.json": manifest(`"A": ` + stackArtifact("A") + `, "B": ` + stackArtifact("B", "A") + `, "C": ` + stackArtifact("C")),
		"A.json": `{"Resources": {
			"Old": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "SecureString", "Value": "x"}},
			"NeedsOld": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "Old"}}},
			"Bad": {"Type": "AWS::S3::Bucket", "Properties": {"VersioningConfiguration": {"Status": "Sometimes"}}}}}`,
		"B.json": `{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::ImportValue": "of-a"}}}}}`,
		"C.json": `{"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": ""}}}}`,
	})
	got := refused(t, local.Options{Assembly: dir})
	for _, want := range []string{"create stack A:", "Old (AWS::SSM::Parameter): property Type", "Bad (AWS::S3::Bucket): property VersioningConfiguration.Status", "create stack C:", "P (AWS::SSM::Parameter): property Value"} {
		if !strings.Contains(got, want) {
			t.Errorf("the refusal does not say %q:\n%s", want, got)
		}
	}
	for _, consequence := range []string{"NeedsOld", "stack B"} {
		if strings.Contains(got, consequence) {
			t.Errorf("the refusal names %s, which only suffers from other faults:\n%s", consequence, got)
		}
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	shop := read(t, "testdata/shop.json")
	for _, tt := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"by an assembly that is refused", func(t *testing.T) {
			refusal(t, strings.Replace(shop, "AWS::SNS::Topic", "AWS::SNS::Choir", 1), local.Options{})
		}},
		{"by one whose last resource cannot be created", func(t *testing.T) {
			refusal(t, strings.Replace(shop, `"Outputs": {`, `"Outputs": {"Bad": {"Value": {"Ref": "Nothing"}},`, 1), local.Options{})
		}},
		{"by an engine that is closed while its functions are warm", func(t *testing.T) {
			engine := startTemplate(t, shop, local.Options{})
			warm(t, engine)
			if err := engine.Close(); err != nil {
				t.Error(err)
			}
			if response, err := http.Get(engine.URL()); err == nil {
				response.Body.Close()
				t.Error("the engine still listens")
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			temporary := t.TempDir()
			t.Setenv("TMPDIR", temporary)
			before := runtime.NumGoroutine()
			tt.run(t)
			http.DefaultClient.CloseIdleConnections()
			eventually(t, "as many goroutines as before", func() bool { return runtime.NumGoroutine() <= before })
			if left := foldersIn(t, temporary); len(left) > 0 {
				t.Errorf("temporary files: %v", left)
			}
			if processes(t) {
				t.Error("a worker's process is still there")
			}
		})
	}
}

// warm sends a message and waits until the worker has run.
func warm(t *testing.T, engine *local.Engine) {
	t.Helper()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	c := client(engine)
	c.HTTPClient = &http.Client{Transport: transport}
	_, err := sqs.NewFromConfig(c).SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: aws.String(output(t, engine, "Inbox")), MessageBody: aws.String("warm")})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the worker runs", func() bool { return processes(t) })
}

// foldersIn lists what the engine made in a temporary folder.
func foldersIn(t *testing.T, dir string) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, "local-*"))
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// processes tells whether a process runs the worker of a template that this
// test has laid.
func processes(t *testing.T) bool {
	t.Helper()
	folder := filepath.Dir(t.TempDir()) // all of a test's have one parent
	listed, err := exec.Command("ps", "-axo", "args=").Output()
	if err != nil {
		t.Fatal(fmt.Errorf("list the processes: %w", err))
	}
	return strings.Contains(string(listed), folder+string(os.PathSeparator))
}
