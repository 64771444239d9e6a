package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

type paging struct{ NextToken string }

type orderInput struct {
	paging
	OrderID string `json:"orderId"`
	Lines   []struct{ Quantity int }
	Tags    map[string]string `json:",omitempty"`
	Mood    mood
}

// mood fails to decode as a service's own type may.
type mood string

func (m *mood) UnmarshalJSON(raw []byte) error {
	if string(raw) == `"bad"` {
		return Errorf(400, "ValidationException", "no bad mood")
	}
	return json.Unmarshal(raw, (*string)(m))
}

// orders is a service of one action, which answers its input.
var orders API = Operations{
	"Echo": Handle(func(_ context.Context, _ Caller, in orderInput) (orderInput, error) {
		if in.OrderID == "lost" {
			return in, Errorf(404, "NotFound", "no such order")
		}
		return in, nil
	}),
	"Count": Handle(func(_ context.Context, _ Caller, in map[string]int) (int, error) { return len(in), nil }),
	"Leak":  Handle(func(context.Context, Caller, struct{}) (chan int, error) { return nil, nil }),
}

func TestOperationsAnswerOrRefuse(t *testing.T) {
	const none = `{"NextToken":"","orderId":"","Lines":null,"Mood":""}`
	for _, test := range []struct {
		name, action, input string
		want                string // the output, or the error up to its message
	}{
		{"an input of the shape", "Echo", `{"orderId": "o-1", "Lines": [{"Quantity": 2}], "NextToken": "n"}`, `{"NextToken":"n","orderId":"o-1","Lines":[{"Quantity":2}],"Mood":""}`},
		{"no input", "Echo", ``, none},
		{"null", "Echo", `null`, none},
		{"a member that the action does not have", "Echo", `{"Tags": {"Last": "\"orderid\": \\"}, "Other": {"ORDERID": 1}}`, "NotImplemented"},
		{"an error of the operation", "Echo", `{"orderId": "lost"}`, "NotFound"},
		{"an unknown action", "echo", `{}`, "UnknownOperationException"},
		{"another shape", "Echo", `{"orderId": 1}`, "SerializationException"},
		{"a list", "Echo", `[]`, "SerializationException"},
		{"what is no JSON", "Echo", `{"orderId"`, "SerializationException"},
		{"a shape with an error of its own", "Echo", `{"Mood": "bad"}`, "ValidationException"},
		{"a name in the case of the Go field", "Echo", `{"OrderID": "o-1"}`, "SerializationException"},
		{"an embedded name in another case", "Echo", `{"Tags": {"a": "\"}", "b": ","}, "nextToken": "n"}`, "SerializationException"},
		{"a wrong name beside the right one", "Echo", `{"orderId": "o-1", "orderid": "o-2"}`, "SerializationException"},
		{"a name in the wrong case in a list", "Echo", `{"Lines": [{"Quantity": 1}, {"quantity": 1}]}`, "SerializationException"},
		{"wrong names that are values", "Echo", `{"NextToken": "orderid", "Lines": [{"Quantity": 1}], "Tags": {"tags": "lines"}}`, `{"NextToken":"orderid","orderId":"","Lines":[{"Quantity":1}],"Tags":{"tags":"lines"},"Mood":""}`},
		{"an input that is not a struct", "Count", `{"a": 1, "A": 2}`, `2`},
	} {
		t.Run(test.name, func(t *testing.T) {
			output, err := orders.Call(t.Context(), Caller{}, test.action, json.RawMessage(test.input))
			got := string(output)
			if err != nil {
				got = AsError(err).Code
			}
			if got != test.want {
				t.Errorf("got %s (%v), want %s", got, err, test.want)
			}
		})
	}
}

func TestOperationsSayHowAMemberIsWritten(t *testing.T) {
	_, err := orders.Call(t.Context(), Caller{}, "Echo", json.RawMessage(`{"ORDERID": "o-1"}`))
	if err == nil || !strings.Contains(err.Error(), `"ORDERID"`) || !strings.Contains(err.Error(), `"orderId"`) {
		t.Errorf("got %v, want both names", err)
	}
}

func TestOperationsFailWithAnOutputThatIsNotJSON(t *testing.T) {
	_, err := orders.Call(t.Context(), Caller{}, "Leak", nil)
	if _, ok := errors.AsType[*json.UnsupportedTypeError](err); !ok {
		t.Errorf("got %v, want the encoder's error", err)
	}
}

func TestOperationsSupportTheirActions(t *testing.T) {
	if !orders.Supports("Echo") || orders.Supports("echo") || orders.Supports("") {
		t.Error("the actions are those by exact name")
	}
}
