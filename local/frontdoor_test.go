package local_test

// This file speaks to the front door as no SDK of this module would.

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/local"
)

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	return b.String()
}

// signed is an Authorization header for a service.
func signed(service string) string {
	return "AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/" + service + "/aws4_request, SignedHeaders=host, Signature=0"
}

const (
	listQueues = "AmazonSQS.ListQueues"
	form       = "application/x-www-form-urlencoded; charset=utf-8"
	json10     = "application/x-amz-json-1.0"
)

func TestTheFrontDoorAnswersInTheProtocolOfItsClient(t *testing.T) {
	engine := startTemplate(t, `{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}`, local.Options{})
	for _, tt := range []struct {
		name    string
		service string // that the request is signed for, or empty
		method  string
		headers map[string]string
		body    string
		status  int
		want    string // in the answer
	}{
		{"JSON", "sqs", "POST", map[string]string{"X-Amz-Target": listQueues, "Content-Type": json10}, "{}", 200, `/app-Q-`},
		{"JSON of another content type", "sqs", "POST", map[string]string{"X-Amz-Target": listQueues, "Content-Type": "text/plain"}, "{}", 200, `/app-Q-`},
		{"JSON without a body", "sqs", "POST", map[string]string{"X-Amz-Target": listQueues, "Content-Type": json10}, "", 200, `/app-Q-`},
		{"JSON that is zipped", "sqs", "POST", map[string]string{"X-Amz-Target": listQueues, "Content-Encoding": "gzip"}, zipped(`{"QueueNamePrefix": "none"}`), 200, `{}`},
		{"JSON said to be zipped", "sqs", "POST", map[string]string{"X-Amz-Target": listQueues, "Content-Encoding": "gzip"}, "{}", 400, `"__type":"com.amazon.coral.service#SerializationException"`},
		{"a gzip bomb", "sqs", "POST", map[string]string{"X-Amz-Target": listQueues, "Content-Encoding": "gzip"}, zipped(strings.Repeat(" ", 17<<20)), 413, `"__type":"RequestEntityTooLargeException"`},
		{"what is no JSON", "sqs", "POST", map[string]string{"X-Amz-Target": listQueues}, "{", 400, `"__type":"com.amazon.coral.service#SerializationException"`},
		{"an action that there is not", "sqs", "POST", map[string]string{"X-Amz-Target": "AmazonSQS.PaintQueue"}, "{}", 400, `"message":"the local engine does not serve sqs:PaintQueue"`},
		{"unsigned JSON", "", "POST", map[string]string{"X-Amz-Target": listQueues}, "{}", 403, `"__type":"MissingAuthenticationTokenException"`},
		{"an unsigned form", "", "POST", map[string]string{"Content-Type": form}, "Action=GetCallerIdentity", 403, `<ErrorResponse><Error><Type>Sender</Type><Code>MissingAuthenticationTokenException</Code>`},
		{"an unsigned GET", "", "GET", nil, "", 403, `<Error><Code>AccessDenied</Code>`},
		{"a form to STS", "sts", "POST", map[string]string{"Content-Type": form}, "Action=GetCallerIdentity", 200, `<Arn>arn:aws:iam::000000000000:root</Arn>`},
		{"another form to STS", "sts", "POST", map[string]string{"Content-Type": form}, "Action=DecodeAuthorizationMessage", 400, `<Error><Type>Sender</Type><Code>InvalidAction</Code>`},
		{"SQS as old clients speak it", "sqs", "POST", map[string]string{"Content-Type": form}, "Action=ListQueues", 200, `<ListQueuesResult><QueueUrl>`},
		{"a form to a service of JSON", "dynamodb", "POST", map[string]string{"Content-Type": form}, "Action=ListTables", 404, `<Message>the local engine serves dynamodb by the AWS JSON protocol only</Message>`},
		{"a service of JSON that there is not", "firehose", "POST", map[string]string{"X-Amz-Target": "Firehose_20150804.ListDeliveryStreams"}, "{}", 400, `"message":"the local engine does not serve firehose:ListDeliveryStreams"`},
		{"a service of forms that there is not", "rds", "POST", map[string]string{"Content-Type": form}, "Action=DescribeDBInstances", 404, `<ErrorResponse><Error><Type>Sender</Type><Code>UnknownOperationException</Code><Message>the local engine does not serve rds</Message>`},
		{"EC2", "ec2", "POST", map[string]string{"Content-Type": form}, "Action=DescribeInstances", 200, `<reservationSet/></DescribeInstancesResponse>`},
		{"EC2, of what it does not do", "ec2", "POST", map[string]string{"Content-Type": form}, "Action=RunInstances", 400, `<Response><Errors><Error><Code>InvalidAction</Code><Message>the local engine does not serve ec2:RunInstances</Message>`},
		{"a service of REST with JSON that there is not", "appsync", "GET", nil, "", 404, `"message":"the local engine does not serve appsync"`},
		{"a service of REST with XML that there is not", "route53", "GET", nil, "", 404, `<ErrorResponse><Error><Type>Sender</Type><Code>UnknownOperationException</Code>`},
		{"a service by CBOR that is not served so", "sqs", "POST", map[string]string{"Smithy-Protocol": "rpc-v2-cbor"}, "", 404, "the local engine serves sqs by the AWS JSON protocol and the query protocol only"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), tt.method, engine.URL(), strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if tt.service != "" {
				request.Header.Set("Authorization", signed(tt.service))
			}
			for name, value := range tt.headers {
				request.Header.Set(name, value)
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != tt.status || !strings.Contains(string(body), tt.want) {
				t.Errorf("got %d %s, want %d %s", response.StatusCode, body, tt.status, tt.want)
			}
		})
	}
}

// A key that the engine has made is no use without its secret, whatever the protocol.
func TestASignatureThatIsNotTheKeysIsRefusedInTheProtocolOfItsClient(t *testing.T) {
	engine := startTemplate(t, `{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}`, local.Options{})
	admin := iam.NewFromConfig(client(engine))
	if _, err := admin.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("ada")}); err != nil {
		t.Fatal(err)
	}
	made, err := admin.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("ada")})
	if err != nil {
		t.Fatal(err)
	}
	c := client(engine)
	for secret, want := range map[string][3]string{
		*made.AccessKey.SecretAccessKey: {"AccessDenied", "AccessDeniedException", "AccessDenied"},
		"another":                       {"SignatureDoesNotMatch", "InvalidSignatureException", "SignatureDoesNotMatch"},
	} {
		c.Credentials = credentials.NewStaticCredentialsProvider(*made.AccessKey.AccessKeyId, secret, "")
		c.RetryMaxAttempts = 1
		_, s3Err := s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true }).ListBuckets(t.Context(), &s3.ListBucketsInput{})
		_, jsonErr := dynamodb.NewFromConfig(c).ListTables(t.Context(), &dynamodb.ListTablesInput{})
		_, iamErr := iam.NewFromConfig(c).ListUsers(t.Context(), &iam.ListUsersInput{})
		for i, err := range []error{s3Err, jsonErr, iamErr} {
			failure, ok := errors.AsType[smithy.APIError](err)
			if !ok || failure.ErrorCode() != want[i] {
				t.Errorf("got %v, want %s", err, want[i])
			}
		}
	}
}

func TestACallWithAPrefixOnItsHostReachesTheEngineThroughItAsAProxy(t *testing.T) {
	engine := startTemplate(t, `{"Resources": {
		"Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": {
			"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}}}},
		"Flow": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
			"StateMachineType": "EXPRESS", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
			"DefinitionString": "{\"StartAt\": \"Done\", \"States\": {\"Done\": {\"Type\": \"Succeed\"}}}"}}},
		"Outputs": {"Flow": {"Value": {"Ref": "Flow"}}}}`, local.Options{})
	proxy, err := url.Parse(engine.URL())
	if err != nil {
		t.Fatal(err)
	}
	c := client(engine)
	c.HTTPClient = &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}}
	ended, err := sfn.NewFromConfig(c).StartSyncExecution(t.Context(), &sfn.StartSyncExecutionInput{
		StateMachineArn: aws.String(output(t, engine, "Flow")), Input: aws.String(`{"a":1}`)})
	if err != nil || aws.ToString(ended.Output) != `{"a":1}` {
		t.Errorf("got %+v, %v", ended, err)
	}
}
