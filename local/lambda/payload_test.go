package lambda_test

// This file passes documents through functions, and compares bytes.

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/lambda"
)

// mirror is a function that answers what it got.
type mirror struct{ got notes[string] }

func (m *mirror) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	m.got.add(string(payload))
	return payload, nil
}

func TestPayloadsAreTheVeryBytes(t *testing.T) {
	const payload = `{ "z": 0.0, "a": 12345678901234567890, "m": [1e2, "<&>\u003c"], "z": 1.50 }`
	m := &mirror{}
	e := newEngine(t, map[string]lambda.Handler{"app/Worker": m})
	e.mustCreate(t, role(logStatement)+","+function(""))
	output, err := e.Call(t.Context(), e.Administrator(), "lambda", "Invoke", json.RawMessage(`{"FunctionName":"worker","Payload":`+payload+`}`))
	if want := `{"StatusCode":200,"ExecutedVersion":"$LATEST","Payload":` + payload + `}`; err != nil || string(output) != want {
		t.Errorf("answers %s %v, want %s", output, err, want)
	}
	if got := m.got.all(); len(got) != 1 || got[0] != payload {
		t.Errorf("the function got %s", got)
	}
}

func TestDestinationsGetPayloadsWithTheirOrderAndNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const payload = `{"z":0.0,"a":12345678901234567890,"m":[1e2,"<&>"]}`
		e := newEngine(t, map[string]lambda.Handler{"app/Worker": &mirror{}})
		e.mustCreate(t, role(sendStatement)+","+function("")+queues+eventInvokeConfig(destinations))
		e.send(t, payload)
		sleep(time.Second)
		messages := e.receive(t, "successes")
		if len(messages) != 1 || !strings.Contains(messages[0].Body, `"requestPayload":`+payload+`,`) || !strings.HasSuffix(messages[0].Body, `"responsePayload":`+payload+`}`) {
			t.Errorf("messages %+v", messages)
		}
	})
}
