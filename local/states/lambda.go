// This file calls Lambda functions: as lambda:invoke, and by the function's ARN.

package states

import (
	"maps"
)

func lambdaNaming() naming { return naming{"Lambda", "AWSLambdaException", "AWSLambda"} }

// lambdaFunction is the integration of a Resource that is a function's ARN: the
// state's input is the payload, and the payload of the answer is the result.
func lambdaFunction(arn string) *integration {
	return &integration{
		resourceType: "lambda", service: "lambda", action: "Invoke", naming: lambdaNaming(), direct: true,
		prepare: func(_ *visit, payload any) (any, error) {
			return map[string]any{"FunctionName": arn, "InvocationType": "RequestResponse", "Payload": payload}, nil
		},
		answer: func(result any) (any, *failure) {
			if f := functionError(result); f != nil {
				return nil, f
			}
			answer, _ := result.(map[string]any)
			return answer["Payload"], nil
		},
	}
}

// lambdaRequest prepares an Invoke.
func lambdaRequest(_ *visit, parameters map[string]any) (map[string]any, error) {
	request := maps.Clone(parameters)
	if _, ok := request["InvocationType"]; !ok {
		request["InvocationType"] = "RequestResponse"
	}
	return request, nil
}

// lambdaAnswer is the result of lambda:invoke.
func lambdaAnswer(result any) (any, *failure) {
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
func functionError(result any) *failure {
	answer, _ := result.(map[string]any)
	if answer["FunctionError"] == nil {
		return nil
	}
	payload, err := encode(answer["Payload"])
	if err != nil {
		payload = err.Error()
	}
	thrown, _ := answer["Payload"].(map[string]any)
	if name, _ := thrown["errorType"].(string); name != "" {
		return &failure{name: name, cause: payload}
	}
	return &failure{
		name:  "Lambda.Unknown",
		cause: "The cause could not be determined because Lambda did not return an error type. Returned payload: " + payload,
	}
}
