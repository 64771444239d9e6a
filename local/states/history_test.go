package states

import (
	"context"
	"strings"
	"testing"
	"time"
)

// The sequences in this file follow histories that the service recorded.

func TestHistoryOfPassStates(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, _ := w.run(`{"StartAt":"A","States":{
			"A":{"Type":"Pass","Result":{"x":1},"ResultPath":"$.r","Assign":{"n.$":"$.x"},"Next":"B"},
			"B":{"Type":"Pass","Parameters":{"v.$":"$n"},"Next":"Done"},
			"Done":{"Type":"Succeed"}}}`, `{"in":true}`)
		w.expectHistory(e, `
			1<0 ExecutionStarted {"input":"{\"in\":true}","roleArn":"arn:aws:iam::123456789012:role/r"}
			2<0 PassStateEntered {"input":"{\"in\":true}","name":"A"}
			3<2 PassStateExited {"assignedVariables":{"n":"1"},"name":"A","output":"{\"in\":true,\"r\":{\"x\":1}}"}
			4<3 PassStateEntered {"input":"{\"in\":true,\"r\":{\"x\":1}}","name":"B"}
			5<4 PassStateExited {"name":"B","output":"{\"v\":1}"}
			6<5 SucceedStateEntered {"input":"{\"v\":1}","name":"Done"}
			7<6 SucceedStateExited {"name":"Done","output":"{\"v\":1}"}
			8<7 ExecutionSucceeded {"output":"{\"v\":1}"}`)
	})
}

func TestHistoryOfALambdaFunctionNamedByItsARN(t *testing.T) {
	services := lambdaOnly(functions{"double": func(_ context.Context, payload any) (any, error) {
		n, ok := payload.(float64)
		if !ok {
			return nil, &thrown{"NotANumber", "give me a number"}
		}
		return n * 2, nil
	}})
	const definition = `{"StartAt":"A","States":{"A":{"Type":"Task","TimeoutSeconds":5,
		"Resource":"arn:aws:lambda:eu-central-1:123456789012:function:double","End":true}}}`

	t.Run("succeeds", func(t *testing.T) {
		inWorld(t, services, func(t *testing.T, w *world) {
			e, _ := w.run(definition, `21`)
			w.expectHistory(e, `
				1<0 ExecutionStarted {"input":"21","roleArn":"arn:aws:iam::123456789012:role/r"}
				2<0 TaskStateEntered {"input":"21","name":"A"}
				3<2 LambdaFunctionScheduled {"input":"21","resource":"arn:aws:lambda:eu-central-1:123456789012:function:double","timeoutInSeconds":5}
				4<3 LambdaFunctionStarted
				5<4 LambdaFunctionSucceeded {"output":"42"}
				6<5 TaskStateExited {"name":"A","output":"42"}
				7<6 ExecutionSucceeded {"output":"42"}`)
		})
	})
	t.Run("fails with the error's type", func(t *testing.T) {
		inWorld(t, services, func(t *testing.T, w *world) {
			e, _ := w.run(definition, `"x"`)
			lines := w.lines(e)
			want := []string{
				`5<4 LambdaFunctionFailed {"cause":"{\"errorMessage\":\"give me a number\",\"errorType\":\"NotANumber\"}","error":"NotANumber"}`,
				`6<5 ExecutionFailed {"cause":"{\"errorMessage\":\"give me a number\",\"errorType\":\"NotANumber\"}","error":"NotANumber"}`,
			}
			if got := strings.Join(lines[4:], "\n"); got != strings.Join(want, "\n") {
				t.Errorf("got\n%s", got)
			}
		})
	})
}

func TestHistoryOfARetriedAndCaughtServiceTask(t *testing.T) {
	inWorld(t, lambdaOnly(functions{"bad": func(context.Context, any) (any, error) {
		return nil, &thrown{"Oops", "no"}
	}}), func(t *testing.T, w *world) {
		start := time.Now()
		e, _ := w.run(`{"StartAt":"A","States":{
			"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"bad","Payload":1},
				"Retry":[{"ErrorEquals":["Oops"],"MaxAttempts":1,"IntervalSeconds":7}],
				"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.error","Next":"B"}],"End":true},
			"B":{"Type":"Fail"}}}`, `{}`)
		w.expectHistory(e, `
			1<0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::123456789012:role/r"}
			2<0 TaskStateEntered {"input":"{}","name":"A"}
			3<2 TaskScheduled {"parameters":"{\"FunctionName\":\"bad\",\"Payload\":1}","region":"eu-central-1","resource":"invoke","resourceType":"lambda"}
			4<3 TaskStarted {"resource":"invoke","resourceType":"lambda"}
			5<4 TaskFailed {"cause":"{\"errorMessage\":\"no\",\"errorType\":\"Oops\"}","error":"Oops","resource":"invoke","resourceType":"lambda"}
			6<5 TaskScheduled {"parameters":"{\"FunctionName\":\"bad\",\"Payload\":1}","region":"eu-central-1","resource":"invoke","resourceType":"lambda"}
			7<6 TaskStarted {"resource":"invoke","resourceType":"lambda"}
			8<7 TaskFailed {"cause":"{\"errorMessage\":\"no\",\"errorType\":\"Oops\"}","error":"Oops","resource":"invoke","resourceType":"lambda"}
			9<8 TaskStateExited {"name":"A","output":"{\"error\":{\"Error\":\"Oops\",\"Cause\":\"{\\\"errorMessage\\\":\\\"no\\\",\\\"errorType\\\":\\\"Oops\\\"}\"}}"}
			10<9 FailStateEntered {"input":"{\"error\":{\"Error\":\"Oops\",\"Cause\":\"{\\\"errorMessage\\\":\\\"no\\\",\\\"errorType\\\":\\\"Oops\\\"}\"}}","name":"B"}
			11<10 ExecutionFailed`)
		if waited := time.Since(start); waited != 7*time.Second {
			t.Errorf("retried after %v, want 7s", waited)
		}
	})
}
