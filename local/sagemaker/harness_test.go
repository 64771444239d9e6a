package sagemaker_test

// This file starts the service beside an S3 with data and a model, with the real
// clients.

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssagemaker "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/mock"
	"github.com/tradepost-dev/tradepost/local/pipes"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/sagemaker"
	"github.com/tradepost-dev/tradepost/local/wire"
)

const role = "arn:aws:iam::111122223333:role/trainer"

// script is a mock configuration in which each action gets its response for all
// resources. Quotes are single ones.
func script(actions map[string]string) string {
	entries, responses := map[string]string{}, map[string]json.RawMessage{}
	for action, response := range actions {
		entries[action], responses[action] = action, json.RawMessage(strings.ReplaceAll(response, "'", `"`))
	}
	text, err := json.Marshal(map[string]any{
		"StateMachines":   map[string]any{"aws-sdk:sagemaker": map[string]any{"TestCases": map[string]any{"*": entries}}},
		"MockedResponses": responses,
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

type engine struct {
	*cloud.Cloud
	objects *s3.S3
	service *sagemaker.SageMaker

	mu      sync.Mutex
	events  []cloud.Event
	metrics []cloud.Datum
}

func (e *engine) Emit(event cloud.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if event.Source == "aws.sagemaker" {
		e.events = append(e.events, event)
	}
}

func (e *engine) Observe(d cloud.Datum) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.metrics = append(e.metrics, d)
}

// told are the values of a member of the events' details.
func (e *engine) told(member string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var values []string
	for _, event := range e.events {
		var detail map[string]any
		_ = json.Unmarshal(event.Detail, &detail)
		if value, ok := detail[member].(string); ok {
			values = append(values, value)
		}
	}
	return strings.Join(values, " ")
}

// inEngine runs a test under a virtual clock.
func inEngine(t *testing.T, mocks string, test func(t *testing.T, e *engine, client *awssagemaker.Client)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		config, err := mock.Parse([]byte(mocks))
		if err != nil {
			t.Fatal(err)
		}
		c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
		t.Cleanup(c.Close)
		e := &engine{Cloud: c}
		c.Bus, c.Meter = e, e
		e.objects = s3.New(c, s3.Options{Dir: dir})
		e.service = sagemaker.New(c, sagemaker.Options{Mocks: config, Objects: e.objects})
		c.Register("sagemaker", e.service)
		if err := e.objects.CreateBucket("data", s3.BucketOptions{}); err != nil {
			t.Fatal(err)
		}
		e.put(t, "in/rows.csv", "1,2\n")
		e.put(t, "model.tar.gz", "a model")
		test(t, e, e.client(t))
	})
}

func (e *engine) put(t *testing.T, key, body string) {
	t.Helper()
	if _, err := e.s3().Put(t.Context(), s3.PutInput{Bucket: "data", Key: key, Body: strings.NewReader(body)}); err != nil {
		t.Fatal(err)
	}
}

func (e *engine) s3() *s3.Client { return e.objects.As(e.Administrator(), s3.Origin{}) }

// read returns an object, or its error's code.
func (e *engine) read(t *testing.T, key string) string {
	t.Helper()
	o, err := e.s3().Get(t.Context(), "data", key, "")
	if err != nil {
		return cloud.AsError(err).Code
	}
	content, err := io.ReadAll(io.NewSectionReader(o.Body, 0, o.Size))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// serve is the address of the service, over a connection that stands still with
// a virtual clock.
func (e *engine) serve(t *testing.T) (url string, client *http.Client) {
	t.Helper()
	var network pipes.Network
	here, err := network.Listen("sagemaker")
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: here, Config: &http.Server{Handler: wire.As(e.Cloud, e.Administrator(), "sagemaker", e.service.Protocols())}}
	server.Start()
	t.Cleanup(server.Close)
	return server.URL, network.Client()
}

func (e *engine) client(t *testing.T) *awssagemaker.Client {
	t.Helper()
	url, client := e.serve(t)
	return awssagemaker.New(awssagemaker.Options{
		BaseEndpoint: &url, Region: "eu-west-1", HTTPClient: client, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	})
}

func (e *engine) runtime(t *testing.T) *sagemakerruntime.Client {
	t.Helper()
	url, client := e.serve(t)
	return sagemakerruntime.New(sagemakerruntime.Options{
		BaseEndpoint: &url, Region: "eu-west-1", HTTPClient: client, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	})
}

// code is an error's code in the API, or "".
func code(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// expect checks an error's code, and that its message contains a text.
func expect(t *testing.T, what string, err error, want, message string) {
	t.Helper()
	if code(err) != want || err != nil && !strings.Contains(err.Error(), message) {
		t.Errorf("%s: got %v, want %s: %s", what, err, want, message)
	}
}

// training is a training job as it is asked for.
func training(name string) *awssagemaker.CreateTrainingJobInput {
	return &awssagemaker.CreateTrainingJobInput{
		TrainingJobName: aws.String(name), RoleArn: aws.String(role),
		AlgorithmSpecification: &types.AlgorithmSpecification{TrainingImage: aws.String("image"), TrainingInputMode: "File"},
		HyperParameters:        map[string]string{"depth": "3"},
		InputDataConfig: []types.Channel{{ChannelName: aws.String("train"), ContentType: aws.String("text/csv"), DataSource: &types.DataSource{
			S3DataSource: &types.S3DataSource{S3DataType: "S3Prefix", S3Uri: aws.String("s3://data/in/")}}}},
		OutputDataConfig:  &types.OutputDataConfig{S3OutputPath: aws.String("s3://data/out/")},
		ResourceConfig:    &types.ResourceConfig{InstanceType: "ml.m5.large", InstanceCount: aws.Int32(1), VolumeSizeInGB: aws.Int32(30)},
		StoppingCondition: &types.StoppingCondition{MaxRuntimeInSeconds: aws.Int32(600)},
	}
}

// train trains to the end and describes the job.
func (e *engine) train(t *testing.T, client *awssagemaker.Client, in *awssagemaker.CreateTrainingJobInput) *awssagemaker.DescribeTrainingJobOutput {
	t.Helper()
	if _, err := client.CreateTrainingJob(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if err := e.AwaitJob(t.Context(), "sagemaker", "training-job/"+*in.TrainingJobName); err != nil {
		t.Fatal(err)
	}
	return describe(t, client, *in.TrainingJobName)
}

func describe(t *testing.T, client *awssagemaker.Client, name string) *awssagemaker.DescribeTrainingJobOutput {
	t.Helper()
	out, err := client.DescribeTrainingJob(t.Context(), &awssagemaker.DescribeTrainingJobInput{TrainingJobName: &name})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// configure makes a model and a configuration of the same name.
func configure(t *testing.T, client *awssagemaker.Client, name string) {
	t.Helper()
	_, err := client.CreateModel(t.Context(), &awssagemaker.CreateModelInput{ModelName: &name, ExecutionRoleArn: aws.String(role),
		PrimaryContainer: &types.ContainerDefinition{Image: aws.String("image-" + name), ModelDataUrl: aws.String("s3://data/model.tar.gz")}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateEndpointConfig(t.Context(), configuration(name)); err != nil {
		t.Fatal(err)
	}
}

func configuration(name string) *awssagemaker.CreateEndpointConfigInput {
	return &awssagemaker.CreateEndpointConfigInput{EndpointConfigName: &name, ProductionVariants: []types.ProductionVariant{
		{VariantName: aws.String("all"), ModelName: &name, InstanceType: "ml.m5.large", InitialInstanceCount: aws.Int32(1)}}}
}

// status is an endpoint's status and configuration, or its error's code.
func status(t *testing.T, client *awssagemaker.Client, name string) string {
	t.Helper()
	out, err := client.DescribeEndpoint(t.Context(), &awssagemaker.DescribeEndpointInput{EndpointName: &name})
	if err != nil {
		return code(err)
	}
	return strings.TrimSpace(string(out.EndpointStatus) + " " + aws.ToString(out.EndpointConfigName) + " " + aws.ToString(out.FailureReason))
}

// only permits some actions on some resources, and nothing else.
type only []string

func (o only) Authorize(caller cloud.Caller, action, resource string) error {
	for _, permitted := range o {
		if permitted == action+" "+resource {
			return nil
		}
	}
	return cloud.Errorf(400, "AccessDeniedException", "%s on %s", action, resource)
}

func (o only) Assume(_ cloud.Caller, role, _ string) (cloud.Caller, error) {
	return cloud.Caller{ARN: role, Role: role}, nil
}

// call performs an action as nobody in particular.
func (e *engine) call(ctx context.Context, action string, in any) error {
	return e.Do(ctx, cloud.Caller{}, "sagemaker", action, in, nil)
}
