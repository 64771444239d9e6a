// This file is the table of optimized integrations: what arn:aws:states:::X calls,
// and how its parameters and its answer differ from the API's own.
// https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html

package states

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// An integration is one API action that tasks can call.
type integration struct {
	resourceType string // in history: "sqs", "aws-sdk:dynamodb"
	service      string // the engine's service: "sqs"
	action       string // "SendMessage"
	naming       naming // of its errors
	direct       bool   // a Lambda function named by its own ARN
	callback     bool   // supports .waitForTaskToken

	// prepare makes the request out of the task's parameters; nil: it is them.
	// It must not change its argument.
	prepare func(v *visit, parameters any) (any, error)

	// answer makes the task's result out of the service's; nil: it is that.
	answer func(result any) (any, *failure)

	// job waits for the job that a call with this answer started, and stop ends
	// the job early. nil: no .sync.
	job  func(ctx context.Context, v *visit, version int, answer any) (any, *failure)
	stop func(answer any)
}

// integrations returns the optimized integrations by name.
func (r resolver) integrations() map[string]*integration {
	dynamoDB := naming{"DynamoDB", "AmazonDynamoDBException", "AmazonDynamoDBv2"}
	table := map[string]*integration{
		"apigateway:invoke": {
			service: "execute-api", action: "Invoke", callback: true,
			naming: naming{prefix: "ApiGateway"},
			answer: apiAnswer,
		},
		"events:putEvents": {
			service: "events", action: "PutEvents", callback: true,
			naming:  naming{"EventBridge", "AmazonEventBridgeException", "AmazonEventBridge"},
			prepare: ofObject(eventEntries), answer: allEventsTaken,
		},
		"lambda:invoke": {
			service: "lambda", action: "Invoke", callback: true,
			naming:  lambdaNaming(),
			prepare: ofObject(lambdaRequest), answer: lambdaAnswer,
		},
		"sns:publish": {
			service: "sns", action: "Publish", callback: true,
			naming:  naming{"SNS", "AmazonSNSException", "AmazonSNS"},
			prepare: ofObject(texts("Message")), answer: withMetadata("text/xml"),
		},
		"sqs:sendMessage": {
			service: "sqs", action: "SendMessage", callback: true,
			naming:  naming{"SQS", "AmazonSQSException", "AmazonSQS"},
			prepare: ofObject(texts("MessageBody")), answer: withMetadata("application/x-amz-json-1.0"),
		},
		"states:startExecution": {
			service: "states", action: "StartExecution", callback: true,
			naming:  naming{"StepFunctions", "AWSStepFunctionsException", "AWSStepFunctions"},
			prepare: ofObject(startRequest), answer: startAnswer, job: r.nested.awaitNested, stop: r.nested.stopNested,
		},
		"dynamodb:getItem":    {action: "GetItem"},
		"dynamodb:putItem":    {action: "PutItem"},
		"dynamodb:updateItem": {action: "UpdateItem"},
		"dynamodb:deleteItem": {action: "DeleteItem"},
	}
	for name, i := range table {
		i.resourceType = name[:len(name)-len(actionOf(name))-1]
		if i.service == "" {
			i.service, i.naming, i.answer = "dynamodb", dynamoDB, withMetadata("application/x-amz-json-1.0")
		}
	}
	return table
}

// call performs the action as the machine's role.
func (i *integration) call(ctx context.Context, v *visit, parameters data) (any, *failure) {
	request, err := i.request(v, parameters)
	if err != nil {
		return nil, v.failed(errRuntime, "The Parameters could not be used to start the Task: [%v]", err)
	}
	output, err := v.execution.machine.states.cloud.Call(ctx, v.caller(), i.service, i.action, request)
	if err != nil {
		return nil, i.naming.failure(err)
	}
	var result any = map[string]any{}
	if len(output) > 0 {
		if result, err = decode(output); err != nil {
			return nil, i.naming.failure(err)
		}
	}
	if i.answer == nil {
		return result, nil
	}
	return i.answer(result)
}

func (i *integration) request(v *visit, parameters data) (json.RawMessage, error) {
	if i.prepare == nil {
		return json.RawMessage(parameters.text), nil
	}
	request, err := i.prepare(v, parameters.value)
	if err != nil {
		return nil, err
	}
	text, err := encode(request)
	return json.RawMessage(text), err
}

// A preparation makes a request out of a task's parameters.
type preparation func(v *visit, parameters map[string]any) (map[string]any, error)

// ofObject is for actions whose parameters must be an object.
func ofObject(prepare preparation) func(*visit, any) (any, error) {
	return func(v *visit, parameters any) (any, error) {
		members, ok := parameters.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("they must be an object, not %s", kindOf(parameters))
		}
		return prepare(v, members)
	}
}

// texts prepares members that the API takes as text: any other JSON value is
// sent as its JSON text.
func texts(names ...string) preparation {
	return func(_ *visit, parameters map[string]any) (map[string]any, error) {
		request := maps.Clone(parameters)
		for _, name := range names {
			value, given := parameters[name]
			if _, isText := value.(string); !given || isText || value == nil {
				continue
			}
			text, err := encode(value)
			if err != nil {
				return nil, err
			}
			request[name] = text
		}
		return request, nil
	}
}

// eventEntries prepares the entries of PutEvents: details may be JSON values, and
// the execution and its machine are added to the resources.
func eventEntries(v *visit, parameters map[string]any) (map[string]any, error) {
	entries, _ := parameters["Entries"].([]any)
	prepared := make([]any, len(entries))
	for i, value := range entries {
		entry, ok := value.(map[string]any)
		if !ok {
			return nil, errors.New("the value of the field 'Entries' has an invalid format")
		}
		entry, err := texts("Detail")(v, entry)
		if err != nil {
			return nil, err
		}
		resources, _ := entry["Resources"].([]any)
		entry["Resources"] = append(resources[:len(resources):len(resources)], v.execution.arn, v.execution.machine.arn)
		prepared[i] = entry
	}
	request := maps.Clone(parameters)
	request["Entries"] = prepared
	return request, nil
}

// allEventsTaken fails the task if any entry of PutEvents failed.
func allEventsTaken(result any) (any, *failure) {
	answer, _ := result.(map[string]any)
	if n, _ := answer["FailedEntryCount"].(float64); n == 0 {
		return result, nil
	}
	cause, err := encode(result)
	if err != nil {
		cause = err.Error()
	}
	return nil, &failure{name: "EventBridge.FailedEntry", cause: cause}
}

// apiAnswer fails the task for an API's answer that is not a success.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-api-gateway.html
func apiAnswer(result any) (any, *failure) {
	answer, _ := result.(map[string]any)
	status, _ := answer["StatusCode"].(float64)
	if status < 400 {
		return result, nil
	}
	cause, isText := answer["ResponseBody"].(string)
	if !isText {
		var err error
		if cause, err = encode(answer["ResponseBody"]); err != nil {
			cause = err.Error()
		}
	}
	f := &failure{name: fmt.Sprintf("ApiGateway.%d", int(status)), cause: cause}
	if status == http.StatusForbidden {
		f.also = []string{errPermissions}
	}
	return nil, f
}

// withMetadata adds what the optimized integrations tell of the HTTP answer.
func withMetadata(contentType string) func(any) (any, *failure) {
	return func(result any) (any, *failure) {
		answer, ok := result.(map[string]any)
		if !ok {
			return result, nil
		}
		return addMetadata(answer, contentType, nil), nil
	}
}

// addMetadata adds SdkHttpMetadata and SdkResponseMetadata to an answer that
// nobody else holds.
func addMetadata(answer map[string]any, contentType string, headers map[string]string) map[string]any {
	id := cloud.UUID()
	single := map[string]any{
		"connection":       "keep-alive",
		"Content-Type":     contentType,
		"Date":             time.Now().UTC().Format(http.TimeFormat),
		"x-amzn-RequestId": id,
	}
	for name, value := range headers {
		single[name] = value
	}
	all := make(map[string]any, len(single))
	for name, value := range single {
		all[name] = []any{value}
	}
	answer["SdkHttpMetadata"] = map[string]any{"AllHttpHeaders": all, "HttpHeaders": single, "HttpStatusCode": float64(http.StatusOK)}
	answer["SdkResponseMetadata"] = map[string]any{"RequestId": id}
	return answer
}
