// This file calls the methods of REST APIs.

package integration

import (
	"fmt"
	"net/http"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

func apiGateway() *Integration {
	return &Integration{
		Service: "execute-api", Action: "Invoke", Callback: true,
		naming: naming{prefix: "ApiGateway"},
		answer: apiAnswer,
	}
}

// apiAnswer fails the task for an API's answer that is not a success.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-api-gateway.html
func apiAnswer(result any) (any, error) {
	answer, _ := result.(*jsonvalue.Object)
	number, _ := answer.Get("StatusCode")
	status, _ := jsonvalue.Float(number)
	if status < 400 {
		return result, nil
	}
	body, _ := answer.Get("ResponseBody")
	cause, isText := body.(string)
	if !isText {
		var err error
		if cause, err = jsonvalue.Encode(body); err != nil {
			cause = err.Error()
		}
	}
	f := &Failure{Name: fmt.Sprintf("ApiGateway.%d", int(status)), Cause: cause}
	if status == http.StatusForbidden {
		f.Also = []string{errPermissions}
	}
	return nil, f
}
