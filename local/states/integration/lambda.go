// This file calls Lambda functions: as lambda:invoke, and by the function's ARN.

package integration

import (
	"maps"

	"github.com/tradepost-dev/tradepost/local/states/internal/jsontext"
)

func lambdaInvoke() *Integration {
	return &Integration{
		Service: "lambda", Action: "Invoke", Callback: true,
		naming:  lambdaNaming(),
		prepare: ofObject(lambdaRequest), answer: lambdaAnswer,
	}
}

func lambdaNaming() naming {
	return naming{prefix: "Lambda", general: "AWSLambdaException", service: "AWSLambda"}
}

// Function is the integration of a Resource that is a function's ARN: the
// state's input is the payload, and the payload of the answer is the result.
func Function(arn string) *Integration {
	return &Integration{
		ResourceType: "lambda", Service: "lambda", Action: "Invoke", naming: lambdaNaming(), Direct: true,
		prepare: func(_ Task, payload any) (any, error) {
			return map[string]any{"FunctionName": arn, "InvocationType": "RequestResponse", "Payload": payload}, nil
		},
		answer: func(result any) (any, error) {
			if f := functionError(result); f != nil {
				return nil, f
			}
			answer, _ := result.(map[string]any)
			return answer["Payload"], nil
		},
	}
}

// lambdaRequest prepares an Invoke.
func lambdaRequest(_ Task, parameters map[string]any) (map[string]any, error) {
	request := maps.Clone(parameters)
	if _, ok := request["InvocationType"]; !ok {
		request["InvocationType"] = "RequestResponse"
	}
	return request, nil
}

// lambdaAnswer is the result of lambda:invoke.
func lambdaAnswer(result any) (any, error) {
	if f := functionError(result); f != nil {
		return nil, f
	}
	answer, ok := result.(map[string]any)
	if !ok {
		return result, nil
	}
	if _, ok := answer["Payload"]; !ok {
		answer["Payload"] = map[string]any{} // of an asynchronous invocation
	}
	headers := map[string]string{"x-amzn-Remapped-Content-Length": "0"}
	if version, ok := answer["ExecutedVersion"].(string); ok {
		headers["X-Amz-Executed-Version"] = version
	}
	return addMetadata(answer, "application/json", headers), nil
}

// functionError returns the failure of a function that answered with an error.
// Its name is the error's type as the function gave it.
func functionError(result any) *Failure {
	answer, _ := result.(map[string]any)
	if answer["FunctionError"] == nil {
		return nil
	}
	payload, err := jsontext.Encode(answer["Payload"])
	if err != nil {
		payload = err.Error()
	}
	thrown, _ := answer["Payload"].(map[string]any)
	if name, _ := thrown["errorType"].(string); name != "" {
		return &Failure{Name: name, Cause: payload}
	}
	return &Failure{
		Name:  "Lambda.Unknown",
		Cause: "The cause could not be determined because Lambda did not return an error type. Returned payload: " + payload,
	}
}
