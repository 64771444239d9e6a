// This file calls HTTP endpoints with the credentials of a connection.

package integration

import (
	"fmt"

	"github.com/tradepost-dev/tradepost/local/httpcall"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

func httpInvoke() *Integration {
	return &Integration{
		Service: "http", Action: "Invoke",
		naming: naming{prefix: "Http", verbatim: true}, prepare: ofObject(httpRequest), answer: httpAnswer,
	}
}

func httpRequest(t Task, parameters *jsonvalue.Object) (*jsonvalue.Object, error) {
	if err := httpcall.Check(parameters); err != nil {
		return nil, err
	}
	return jsonvalue.NewObject(2).Set("Machine", t.Machine()).Set("Parameters", parameters), nil
}

// httpAnswer fails the task for an answer that is not a success.
func httpAnswer(result any) (any, error) {
	answer, _ := result.(*jsonvalue.Object)
	number, _ := answer.Get("StatusCode")
	status, _ := jsonvalue.Float(number)
	if status >= 200 && status < 300 {
		return result, nil
	}
	body, _ := answer.Get("ResponseBody")
	cause, isText := body.(string)
	if !isText {
		cause = jsonvalue.Text(body)
	}
	return nil, &Failure{Name: fmt.Sprintf("States.Http.StatusCode.%d", int(status)), Cause: cause}
}
