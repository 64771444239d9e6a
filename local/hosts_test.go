package local_test

// This file calls S3 as SDKs do that are told nothing, with the bucket in the host,
// and a REST API as on AWS, with its id in the host.

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/local"
)

func TestABucketMayBeInTheHost(t *testing.T) {
	engine := startTemplate(t, `{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}`, local.Options{})
	cfg := client(engine)
	address := strings.TrimPrefix(engine.URL(), "http://")
	// All names lead to the engine, as a machine resolves them that knows *.localhost.
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	for _, endpoint := range []string{"http://localhost:1", "http://s3.us-east-1.amazonaws.com"} {
		objects := s3.NewFromConfig(cfg, func(o *s3.Options) {
			o.BaseEndpoint, o.HTTPClient = &endpoint, &http.Client{Transport: transport}
		})
		bucket, key := aws.String("virtual"), aws.String("a b/ü+%2F.json")
		const body = `{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}`
		must(objects.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: bucket}))
		must(objects.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader(body)}))
		got := must(objects.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: key}))
		if text := must(io.ReadAll(got.Body)); string(text) != body {
			t.Errorf("%s: the object is %q", endpoint, text)
		}
		if list := must(objects.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: bucket})); len(list.Contents) != 1 || *list.Contents[0].Key != *key {
			t.Errorf("%s: listed %+v", endpoint, list.Contents)
		}
		presigned := must(s3.NewPresignClient(objects).PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: key}))
		if !strings.HasPrefix(presigned.URL, "http://virtual.") {
			t.Errorf("the address is %s", presigned.URL)
		}
		answer := must((&http.Client{Transport: transport}).Get(presigned.URL))
		if text := must(io.ReadAll(answer.Body)); answer.StatusCode != 200 || string(text) != body {
			t.Errorf("%s: %d %s", presigned.URL, answer.StatusCode, text)
		}
		answer.Body.Close()

		stacks := cloudformation.NewFromConfig(cfg)
		must(objects.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: aws.String("t.json"), Body: strings.NewReader(body)}))
		for _, url := range []string{"https://virtual.s3.us-east-1.amazonaws.com/t.json", "https://virtual.s3.amazonaws.com/t.json", "http://virtual.localhost:1/t.json", "https://s3.amazonaws.com/virtual/t.json"} {
			if summary, err := stacks.GetTemplateSummary(t.Context(), &cloudformation.GetTemplateSummaryInput{TemplateURL: &url}); err != nil || summary.ResourceTypes[0] != "AWS::SQS::Queue" {
				t.Errorf("%s: %+v, %v", url, summary, err)
			}
		}
		for _, k := range []string{*key, "t.json"} {
			must(objects.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: &k}))
		}
		must(objects.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: bucket}))
	}
}

func TestAnAPIMayBeInTheHost(t *testing.T) {
	engine := startTemplate(t, `{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}`, local.Options{})
	apis := apigateway.NewFromConfig(client(engine))
	api := must(apis.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("orders")}))
	get := &apigateway.PutMethodInput{RestApiId: api.Id, ResourceId: api.RootResourceId, HttpMethod: aws.String("GET"), AuthorizationType: aws.String("NONE")}
	must(apis.PutMethod(t.Context(), get))
	must(apis.PutIntegration(t.Context(), &apigateway.PutIntegrationInput{RestApiId: api.Id, ResourceId: api.RootResourceId, HttpMethod: get.HttpMethod, Type: "MOCK",
		RequestTemplates: map[string]string{"application/json": `{"statusCode": 204}`}}))
	must(apis.PutMethodResponse(t.Context(), &apigateway.PutMethodResponseInput{RestApiId: api.Id, ResourceId: api.RootResourceId, HttpMethod: get.HttpMethod, StatusCode: aws.String("204")}))
	must(apis.PutIntegrationResponse(t.Context(), &apigateway.PutIntegrationResponseInput{RestApiId: api.Id, ResourceId: api.RootResourceId, HttpMethod: get.HttpMethod, StatusCode: aws.String("204")}))
	must(apis.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: api.Id, StageName: aws.String("prod")}))
	r := must(http.NewRequestWithContext(t.Context(), http.MethodGet, engine.URL()+"/prod/", nil))
	r.Host = *api.Id + ".execute-api.localhost"
	answer := must(http.DefaultClient.Do(r))
	answer.Body.Close()
	if answer.StatusCode != 204 || engine.Endpoints().APIs[""][*api.Id] == "" {
		t.Errorf("the API answers %d, and has the addresses %v", answer.StatusCode, engine.Endpoints().APIs)
	}
}
