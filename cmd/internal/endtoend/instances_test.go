package endtoend

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/cmd/internal/instances"
	contract "github.com/tradepost-dev/tradepost/internal/contract/instances"
)

// One test has the only instance: what it is doing is its own doing.
func TestTheSwitchStopsAndStartsItsInstanceAndTellsWhatItCannotDo(t *testing.T) {
	t.Parallel()
	toggle := func(body string) instances.Answer {
		t.Helper()
		answer, err := power.Toggle(deadline(t), body)
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	switched := contract.Switched{InstanceID: power.Instance, Action: contract.Stopped, Previous: "running", Current: "stopping"}
	if got := toggle(instances.Body(power.Instance)); got.Status != http.StatusOK || got.Switched != switched {
		t.Errorf("got %+v, want %+v", got, switched)
	}
	for _, row := range []struct {
		body   string
		status int
		want   string
	}{
		{instances.Body(power.Instance), 409, contract.ErrorInstanceStopping},
		{instances.Body("i-00000000"), 404, contract.ErrorInstanceUnknown},
		{`{}`, 400, contract.ErrorInstanceNotNamed},
		{``, 400, contract.ErrorInstanceNotNamed},
		{`{"instance_id": 'x'}`, 400, "BAD_REQUEST_BODY"},
	} {
		if got := toggle(row.body); got.Status != row.status || got.Error != row.want || got.Message == "" {
			t.Errorf("%s: got %+v, want %d %s", row.body, got, row.status, row.want)
		}
	}
	switched = contract.Switched{InstanceID: power.Instance, Action: contract.Started, Previous: "stopped", Current: "pending"}
	got, err := power.Settled(deadline(t))
	if err != nil || got.Switched != switched {
		t.Errorf("got %+v, %v, want %+v", got, err, switched)
	}
}

// What the machine does after its wait is tested under a virtual clock.
func TestTheStandardMachineWaitsBeforeItLooksAtTheInstance(t *testing.T) {
	t.Parallel()
	machines := sfn.NewFromConfig(here.AWS())
	started, err := machines.StartExecution(deadline(t), &sfn.StartExecutionInput{StateMachineArn: aws.String(power.Standard), Input: aws.String(instances.Body(power.Instance))})
	if err != nil {
		t.Fatal(err)
	}
	defer machines.StopExecution(deadline(t), &sfn.StopExecutionInput{ExecutionArn: started.ExecutionArn})
	eventually(t, "the execution to wait", func() bool {
		history, err := machines.GetExecutionHistory(deadline(t), &sfn.GetExecutionHistoryInput{ExecutionArn: started.ExecutionArn})
		if err != nil {
			t.Fatal(err)
		}
		last := history.Events[len(history.Events)-1]
		return fmt.Sprint(last.Type) == "WaitStateEntered" && *last.StateEnteredEventDetails.Name == "Wait"
	})
}
