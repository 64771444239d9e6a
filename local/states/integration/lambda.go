// This file calls Lambda functions: as lambda:invoke, and by the function's ARN.

package integration

import (
	"encoding/json"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

func lambdaInvoke() *Integration {
	return &Integration{
		Service: "lambda", Action: "Invoke", Callback: true,
		naming:  lambdaNaming(),
		prepare: ofObject(lambdaRequest), failed: functionError(writtenAnew), answer: lambdaAnswer, metadata: ofLambda(),
	}
}

func lambdaNaming() naming {
	return naming{api: "lambda", prefix: "Lambda", general: "AWSLambdaException", service: "AWSLambda"}
}

// Function is the integration of a Resource that is a function's ARN: the
// state's input is the payload, and the payload of the answer is the result.
func Function(arn string) *Integration {
	return &Integration{
		ResourceType: "lambda", Service: "lambda", Action: "Invoke", naming: lambdaNaming(), Direct: true,
		prepare: func(_ Task, payload Document) (any, error) {
			request := jsonvalue.NewObject(3).Set("FunctionName", arn).Set("InvocationType", "RequestResponse")
			return request.Set("Payload", json.RawMessage(payload.Text)), nil
		},
		failed: functionError(memberText), part: "Payload",
	}
}

// lambdaRequest prepares an Invoke. A Payload that is a text is the request's body
// as it is, and null is an empty object.
func lambdaRequest(_ Task, parameters *jsonvalue.Object) (*jsonvalue.Object, error) {
	request := parameters.Clone()
	if !request.Has("InvocationType") {
		request.Set("InvocationType", "RequestResponse")
	}
	payload, given := request.Get("Payload")
	switch body, isText := payload.(string); {
	case isText:
		if _, err := jsonvalue.Decode([]byte(body)); err != nil {
			return nil, &Failure{Name: "Lambda.InvalidRequestContentException", Cause: "Could not parse request body into json: " + err.Error()}
		}
		request.Set("Payload", json.RawMessage(body))
	case given && payload == nil:
		request.Set("Payload", jsonvalue.NewObject(0))
	}
	return request, nil
}

// lambdaAnswer is the result of lambda:invoke.
func lambdaAnswer(result any) (any, error) {
	answer, ok := result.(*jsonvalue.Object)
	if !ok {
		return result, nil
	}
	if !answer.Has("Payload") {
		answer.Set("Payload", jsonvalue.NewObject(0)) // of an asynchronous invocation
	}
	return answer, nil
}

// functionError finds the failure of a function that answered with an error. Its
// name is the error's type as the function gave it, its cause is the answer as
// textOf gives it.
func functionError(textOf func(output json.RawMessage, member string) string) func(any, json.RawMessage) *Failure {
	return func(result any, output json.RawMessage) *Failure {
		answer, _ := result.(*jsonvalue.Object)
		if failed, _ := answer.Get("FunctionError"); failed == nil {
			return nil
		}
		thrown, _ := answer.Get("Payload")
		payload := textOf(output, "Payload")
		if name := textIn(thrown, "errorType"); name != "" {
			return &Failure{Name: name, Cause: payload}
		}
		return &Failure{
			Name:  "Lambda.Unknown",
			Cause: "The cause could not be determined because Lambda did not return an error type. Returned payload: " + payload,
		}
	}
}

// writtenAnew is the text of a member without blanks, as lambda:invoke tells of an
// error; a state whose Resource is the function itself tells the function's bytes.
func writtenAnew(output json.RawMessage, member string) string {
	text := memberText(output, member)
	value, err := jsonvalue.Decode([]byte(text))
	if err != nil {
		return text
	}
	return jsonvalue.Text(value)
}
