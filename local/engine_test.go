package local_test

// This file runs a hand-written template of all services with unmodified clients.

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/local"
	locallambda "github.com/tradepost-dev/tradepost/local/lambda"
)

// shy is an error that the state machine retries; its type is its name.
type shy struct{}

func (shy) Error() string { return "not yet" }

// greet answers REST requests, and fails the first time that it is asked for bob.
func greet() handler {
	var met atomic.Bool
	return func(_ context.Context, event map[string]any) (any, error) {
		name, _ := event["name"].(string)
		if query, ok := event["queryStringParameters"].(map[string]any); ok {
			name, _ = query["name"].(string)
		}
		if name == "bob" && met.CompareAndSwap(false, true) {
			return nil, shy{}
		}
		return map[string]any{"statusCode": 200, "body": "hello " + name}, nil
	}
}

func startShop(t *testing.T) *local.Engine {
	t.Helper()
	return startTemplate(t, read(t, "testdata/shop.json"), local.Options{
		Handlers: map[string]locallambda.Handler{"app/Greet": greet()},
		Mocks:    []string{"testdata/mocks.json"},
	})
}

func TestAHandWrittenTemplateRunsAndAnswersUnmodifiedClients(t *testing.T) {
	shop := startShop(t)
	for _, tt := range []struct {
		name string
		run  func(*testing.T, *local.Engine)
	}{
		{"a message goes through a real binary into the table", queueToTable},
		{"a REST API answers from a function", restToFunction},
		{"a state machine chooses, maps and retries", machineRuns},
		{"a state machine stops an instance", machineStopsInstance},
		{"a stream keeps what it gets", streamKeeps},
		{"a topic delivers to a queue", topicToQueue},
		{"an upload is announced to a queue", uploadToQueue},
		{"a schedule sends to a queue", scheduleToQueue},
		{"each service answers a look at it", services},
		{"a state machine has a bill read, and a topic is told", machineReads},
		{"a state machine waits for jobs, or is told their results", machineLearns},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, shop) })
	}
}

func queueToTable(t *testing.T, shop *local.Engine) {
	_, err := sqs.NewFromConfig(client(shop)).SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: aws.String(output(t, shop, "Inbox")), MessageBody: aws.String("order-1")})
	if err != nil {
		t.Fatal(err)
	}
	tables := dynamodb.NewFromConfig(client(shop))
	eventually(t, "the table has the order", func() bool {
		got, err := tables.GetItem(t.Context(), &dynamodb.GetItemInput{
			TableName: aws.String(output(t, shop, "Orders")),
			Key:       map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "order-1"}}})
		return err == nil && got.Item != nil
	})
}

func restToFunction(t *testing.T, shop *local.Engine) {
	response, err := http.Get(output(t, shop, "Url") + "?name=alice")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	if response.StatusCode != 200 || string(body) != "hello alice" {
		t.Errorf("got %d %s", response.StatusCode, body)
	}
}

func machineRuns(t *testing.T, shop *local.Engine) {
	for _, tt := range []struct{ input, status, want string }{
		{`{"names": ["alice", "bob"]}`, "SUCCEEDED", `["hello alice","hello bob"]`},
		{`{"names": []}`, "FAILED", "Nobody: the list is empty"},
	} {
		if status, got := runsTo(t, shop, "Flow", tt.input); status != tt.status || got != tt.want {
			t.Errorf("input %s: got %s %s, want %s %s", tt.input, status, got, tt.status, tt.want)
		}
	}
}

func machineStopsInstance(t *testing.T, shop *local.Engine) {
	for instance, want := range map[string]string{
		output(t, shop, "Press"): `{"state":"stopping","zone":"us-east-1a"}`,
		"i-00000000":             `{"error":"Ec2.Ec2Exception"}`, // there is none, and the role may not stop it
	} {
		if status, got := runsTo(t, shop, "Switch", `{"instance": "`+instance+`"}`); status != "SUCCEEDED" || got != want {
			t.Errorf("%s: got %s %s, want %s", instance, status, got, want)
		}
	}
}

// scheduleToQueue waits for what a rate has sent when the engine started.
func scheduleToQueue(t *testing.T, shop *local.Engine) {
	got, err := sqs.NewFromConfig(client(shop)).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: aws.String(output(t, shop, "Stocktaking")), WaitTimeSeconds: 10})
	if err != nil || len(got.Messages) != 1 || *got.Messages[0].Body != "count" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func machineLearns(t *testing.T, shop *local.Engine) {
	buckets := s3.NewFromConfig(client(shop), func(o *s3.Options) { o.UsePathStyle = true })
	want := `{"metric":0.9,"status":"Completed"}`
	if status, got := runsTo(t, shop, "Learn", `{}`); status != "FAILED" || !strings.Contains(got, "LAUNCH ERROR") {
		t.Errorf("without a script: got %s %s", status, got)
	}
	_, err := buckets.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(output(t, shop, "Files")), Key: aws.String("prepare.py"), Body: strings.NewReader("print(1)")})
	if err != nil {
		t.Fatal(err)
	}
	if status, got := runsTo(t, shop, "Learn", `{}`); status != "SUCCEEDED" || got != want {
		t.Errorf("got %s %s, want %s", status, got, want)
	}
	models, err := buckets.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(output(t, shop, "Files")), Prefix: aws.String("models/learn-")})
	if err != nil || len(models.Contents) != 1 {
		t.Errorf("got models %+v, %v; want one", models, err)
	}
	machines := sfn.NewFromConfig(client(shop))
	started, err := machines.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(output(t, shop, "Learn") + "#Trained")})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the execution of a test case has succeeded, without jobs", func() bool {
		ended, err := machines.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn})
		return err == nil && aws.ToString(ended.Output) == want
	})
}

// runsTo runs a state machine of the shop and returns its status with its
// output, or with its error and cause.
func runsTo(t *testing.T, shop *local.Engine, machine, input string) (status, result string) {
	t.Helper()
	machines := sfn.NewFromConfig(client(shop))
	started, err := machines.StartExecution(t.Context(), &sfn.StartExecutionInput{
		StateMachineArn: aws.String(output(t, shop, machine)), Input: aws.String(input)})
	if err != nil {
		t.Fatal(err)
	}
	var ended *sfn.DescribeExecutionOutput
	eventually(t, "the execution has ended", func() bool {
		ended, err = machines.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn})
		return err != nil || ended.Status != "RUNNING"
	})
	if err != nil {
		t.Fatal(err)
	}
	if ended.Error != nil {
		return string(ended.Status), *ended.Error + ": " + *ended.Cause
	}
	return string(ended.Status), aws.ToString(ended.Output)
}

// receive waits for the next message in the queue of notices.
func receive(t *testing.T, shop *local.Engine) string {
	t.Helper()
	queues := sqs.NewFromConfig(client(shop))
	queue := aws.String(output(t, shop, "Notices"))
	got, err := queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue, WaitTimeSeconds: 10})
	if err != nil || len(got.Messages) != 1 {
		t.Fatalf("got %v, %v; want a message", got, err)
	}
	_, err = queues.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: queue, ReceiptHandle: got.Messages[0].ReceiptHandle})
	if err != nil {
		t.Fatal(err)
	}
	return *got.Messages[0].Body
}

func streamKeeps(t *testing.T, shop *local.Engine) {
	streams, stream := kinesis.NewFromConfig(client(shop)), aws.String(output(t, shop, "Clicks"))
	put, err := streams.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: stream, PartitionKey: aws.String("alice"), Data: []byte("bread")})
	if err != nil {
		t.Fatal(err)
	}
	at, err := streams.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{StreamName: stream, ShardId: put.ShardId,
		ShardIteratorType: "AT_SEQUENCE_NUMBER", StartingSequenceNumber: put.SequenceNumber})
	if err != nil {
		t.Fatal(err)
	}
	got, err := streams.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: at.ShardIterator})
	if err != nil || len(got.Records) != 1 || string(got.Records[0].Data) != "bread" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func topicToQueue(t *testing.T, shop *local.Engine) {
	_, err := sns.NewFromConfig(client(shop)).Publish(t.Context(), &sns.PublishInput{
		TopicArn: aws.String(output(t, shop, "News")), Message: aws.String("closing early")})
	if err != nil {
		t.Fatal(err)
	}
	if got := receive(t, shop); got != "closing early" {
		t.Errorf("got %q", got)
	}
}

func uploadToQueue(t *testing.T, shop *local.Engine) {
	buckets := s3.NewFromConfig(client(shop), func(o *s3.Options) { o.UsePathStyle = true })
	_, err := buckets.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(output(t, shop, "Files")), Key: aws.String("in/a.txt"), Body: strings.NewReader("a")})
	if err != nil {
		t.Fatal(err)
	}
	if got := receive(t, shop); got != `"in/a.txt"` {
		t.Errorf("got %q", got)
	}
}

func services(t *testing.T, shop *local.Engine) {
	c := client(shop)
	for name, look := range map[string]func(ctx context.Context) error{
		"lambda": func(ctx context.Context) error {
			_, err := lambda.NewFromConfig(c).ListFunctions(ctx, &lambda.ListFunctionsInput{})
			return err
		},
		"cloudwatch": func(ctx context.Context) error {
			_, err := cloudwatch.NewFromConfig(c).ListMetrics(ctx, &cloudwatch.ListMetricsInput{})
			return err
		},
		"apigateway": func(ctx context.Context) error {
			_, err := apigateway.NewFromConfig(c).GetApiKeys(ctx, &apigateway.GetApiKeysInput{})
			return err
		},
	} {
		if err := look(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestADeniedCallNamesRoleActionAndResourceToTheHandlerAndInItsLog(t *testing.T) {
	template := strings.Replace(read(t, "testdata/shop.json"), `"dynamodb:PutItem"`, `"dynamodb:GetItem"`, 1)
	shop := startTemplate(t, template, local.Options{})
	_, err := sqs.NewFromConfig(client(shop)).SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: aws.String(output(t, shop, "Inbox")), MessageBody: aws.String("order-1")})
	if err != nil {
		t.Fatal(err)
	}
	logs, err := filepath.Glob(filepath.Join(shop.Endpoints().Logs, "*Worker*"))
	if err != nil || len(logs) != 1 {
		t.Fatalf("got logs %v, %v; want the worker's", logs, err)
	}
	eventually(t, "the worker's log has the refusal", func() bool {
		raw, err := os.ReadFile(logs[0])
		return err == nil && bytes.Contains(raw, []byte("is not authorized to perform: dynamodb:PutItem"))
	})
	log := read(t, logs[0])
	for _, part := range []string{":assumed-role/worker-role/", "dynamodb:PutItem", ":table/" + output(t, shop, "Orders")} {
		if !strings.Contains(log, part) {
			t.Errorf("the log does not name %s:\n%s", part, log)
		}
	}
}

func TestEndpointsAreCompleteAndWrittenInOneStep(t *testing.T) {
	shop := startShop(t)
	path := filepath.Join(t.TempDir(), "state", "endpoints.json")
	if err := shop.Endpoints().Write(path); err != nil {
		t.Fatal(err)
	}
	var got local.Endpoints
	if err := json.Unmarshal([]byte(read(t, path)), &got); err != nil {
		t.Fatal(err)
	}
	url := got.APIs["app"]["Api"]
	if got.AWS != shop.URL() || !strings.HasSuffix(url, "/live/") || got.Outputs["app"]["Url"] != url || got.SFTP == nil {
		t.Errorf("got %+v", got)
	}
	if info, err := os.Stat(got.Logs); err != nil || !info.IsDir() {
		t.Errorf("logs %s: %v", got.Logs, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) != 1 {
		t.Errorf("the folder has %v, want endpoints.json only", left)
	}
}
