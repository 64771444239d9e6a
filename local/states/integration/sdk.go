// This file is the aws-sdk integrations: any action of any service of the engine,
// under the SDK's name of the service.
// https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html

package integration

import (
	"cmp"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/states/integration/shapes"
)

// An sdkService is what the SDK calls a service.
type sdkService struct {
	prefix  string // of its error names: "DynamoDb"
	service string // the engine's, where its name is another one

	// lower is set for an API whose members begin with a lower-case letter: in
	// a task they begin with an upper-case one, as those of all services do.
	lower bool
}

// sdkServices returns the services by the name in a Resource.
func sdkServices() map[string]sdkService {
	return map[string]sdkService{
		"accessanalyzer":   {prefix: "AccessAnalyzer", service: "access-analyzer", lower: true},
		"apigateway":       {prefix: "ApiGateway", lower: true},
		"cloudformation":   {prefix: "CloudFormation"},
		"cloudtrail":       {prefix: "CloudTrail"},
		"cloudwatch":       {prefix: "CloudWatch"},
		"cloudwatchlogs":   {prefix: "CloudWatchLogs", service: "logs", lower: true},
		"dynamodb":         {prefix: "DynamoDb"},
		"dynamodbstreams":  {prefix: "DynamoDbStreams", service: "dynamodb"},
		"ecr":              {prefix: "Ecr", lower: true},
		"ec2":              {prefix: "Ec2"},
		"eventbridge":      {prefix: "EventBridge", service: "events"},
		"glue":             {prefix: "Glue"},
		"iam":              {prefix: "Iam"},
		"kinesis":          {prefix: "Kinesis"},
		"kms":              {prefix: "Kms"},
		"lambda":           {prefix: "Lambda"},
		"organizations":    {prefix: "Organizations"},
		"s3":               {prefix: "S3"},
		"sagemaker":        {prefix: "SageMaker"},
		"sagemakerruntime": {prefix: "SageMakerRuntime", service: "sagemaker"},
		"scheduler":        {prefix: "Scheduler"},
		"secretsmanager":   {prefix: "SecretsManager"},
		"sfn":              {prefix: "Sfn", service: "states", lower: true},
		"sns":              {prefix: "Sns"},
		"sqs":              {prefix: "Sqs"},
		"ssm":              {prefix: "Ssm"},
		"sts":              {prefix: "Sts"},
		"textract":         {prefix: "Textract"},
		"transfer":         {prefix: "Transfer"},
	}
}

// Service returns the engine's service of the SDK's name for it.
func Service(id string) (service string, ok bool) {
	s, ok := sdkServices()[id]
	return cmp.Or(s.service, id), ok
}

// Request translates the input of an action, whose members are named as tasks name
// them, into the API's: t is the input's type, or nil.
func Request(id, action string, input []byte, t reflect.Type) (json.RawMessage, error) {
	value, err := jsonvalue.Decode(input)
	if err != nil {
		return nil, err
	}
	m := &members{lower: sdkServices()[id].lower}
	if value, err = m.toAPI(action, value, t); err != nil {
		return nil, err
	}
	text, err := jsonvalue.Encode(value)
	return json.RawMessage(text), err
}

// sdkIntegration returns the integration for "dynamodb:putItem", or nil if the
// SDK's service is not known, or has no such action.
func sdkIntegration(name string) *Integration {
	id, action, ok := strings.Cut(name, ":")
	service, known := sdkServices()[id]
	operation := shapes.UpperFirst(action)
	if !ok || !known || !slices.Contains(shapes.APIs()[id].Actions, operation) {
		return nil
	}
	i := &Integration{
		ResourceType: "aws-sdk:" + id,
		Service:      cmp.Or(service.service, id),
		Action:       operation,
		naming:       naming{api: id, prefix: service.prefix, general: service.prefix + "Exception"},
		Callback:     true,
		members:      &members{lower: service.lower},
		prepare:      ofObject(texts(sdkTexts(id, action)...)),
	}
	if id == "s3" && (i.Action == "PutObject" || i.Action == "UploadPart") {
		i.prepare = ofObject(s3Body(i.Action))
	}
	if id == "sfn" {
		i.answer = func(result any) (any, error) {
			datesAsText(result)
			return result, nil
		}
	}
	return i
}

// s3Body prepares the body of an object or of a part, which is sent as JSON whatever
// it is, a text in its quotes. The SDK adds the type of an object's text, and a checksum.
func s3Body(action string) func(Task, *jsonvalue.Object) (*jsonvalue.Object, error) {
	return func(_ Task, parameters *jsonvalue.Object) (*jsonvalue.Object, error) {
		request := parameters.Clone()
		body, given := request.Get("Body")
		if !given {
			return request, nil
		}
		text, err := jsonvalue.Encode(body)
		if err != nil {
			return nil, err
		}
		request.Set("Body", text)
		if action == "PutObject" && !request.Has("ContentType") {
			request.Set("ContentType", "text/plain; charset=UTF-8")
		}
		if !request.Has("ChecksumAlgorithm") {
			request.Set("ChecksumAlgorithm", "CRC32")
		}
		return request, nil
	}
}

// sdkTexts names the members that take a JSON text and may be given as JSON.
func sdkTexts(id, action string) []string {
	switch id + ":" + action {
	case "sqs:sendMessage":
		return []string{"MessageBody"}
	case "sns:publish":
		return []string{"Message"}
	case "sfn:startExecution", "sfn:startSyncExecution":
		return []string{"Input"}
	case "sfn:sendTaskSuccess":
		return []string{"Output"}
	case "secretsmanager:createSecret", "secretsmanager:putSecretValue", "secretsmanager:updateSecret":
		return []string{"SecretString"}
	default:
		return nil
	}
}

// renamed renames the members of all objects in a value.
func renamed(value any, rename func(string) string) any {
	switch v := value.(type) {
	case *jsonvalue.Object:
		object := jsonvalue.NewObject(v.Len())
		for name, member := range v.All() {
			object.Set(rename(name), renamed(member, rename))
		}
		return object
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = renamed(item, rename)
		}
		return list
	default:
		return value
	}
}

// datesAsText replaces the dates of executions and of their events, which are kept
// as they are written: in seconds since 1970.
func datesAsText(value any) {
	switch v := value.(type) {
	case *jsonvalue.Object:
		for name, member := range v.All() {
			if seconds, ok := jsonvalue.Float(member); ok && (strings.HasSuffix(name, "Date") || name == "Timestamp") {
				v.Set(name, time.UnixMilli(int64(math.Round(seconds*1000))).UTC().Format(time.RFC3339Nano))
			}
			datesAsText(member)
		}
	case []any:
		for _, item := range v {
			datesAsText(item)
		}
	}
}
