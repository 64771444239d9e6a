package statemachines

import (
	"encoding/json"
	"slices"
	"testing"

	contract "github.com/tradepost-dev/tradepost/internal/contract/approval"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

var question = agreement{
	placeholders: []string{"ApprovalRequestFunctionArn", "ApprovalConcludeFunctionArn", "ApprovalTimeoutSeconds"},
	members:      map[string][]string{"states.input": {"title", "details"}},
}

// What both tasks send is what their functions read, and what the first one
// retries is what its function fails with when asking again would help.
func TestTheQuestionIsWhatTheFunctionsRead(t *testing.T) {
	var machine struct {
		States map[string]struct {
			Arguments struct{ Payload map[string]string }
		}
	}
	if err := json.Unmarshal([]byte(Definition("approval/question.asl.json")), &machine); err != nil {
		t.Fatal(err)
	}
	asks, concludes := machine.States["Ask"].Arguments.Payload, machine.States["Conclude"].Arguments.Payload
	for name, shape := range map[string][]string{"Ask": fields(contract.Asked{}), "Conclude": fields(contract.Concluded{})} {
		for member := range machine.States[name].Arguments.Payload {
			if !slices.Contains(shape, member) {
				t.Errorf("%s sends %s, which is none of %q", name, member, shape)
			}
		}
	}
	if asks["name"] != concludes["name"] {
		t.Error("the two tasks do not name the same question")
	}
	for name, s := range parse(t, Definition("approval/question.asl.json")).States {
		if !slices.Contains(s.Retry[0].ErrorEquals, errorType(&patience.ServiceBusy{})) {
			t.Errorf("%s does not retry a service that is busy", name)
		}
	}
}
