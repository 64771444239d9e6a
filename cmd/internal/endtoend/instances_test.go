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

// What the machine does after its wait is tested under a virtual clock, beside
// the client. Here it is stopped before, so that it leaves the instance alone.
func TestTheAsynchronousRouteOfTheSwitchStartsOncePerKeyAndTellsTheStatus(t *testing.T) {
	t.Parallel()
	begin := func(key, body string) instances.Begun {
		t.Helper()
		begun, err := power.Begin(deadline(t), key, body)
		if err != nil {
			t.Fatal(err)
		}
		return begun
	}
	look := func(location string) instances.Outcome {
		t.Helper()
		outcome, err := power.Look(deadline(t), location)
		if err != nil {
			t.Fatal(err)
		}
		return outcome
	}
	const key = "3f0e7a52-5b0d-4a43-8f0e-2f6f3c6f6b1e"
	begun := begin(key, instances.Body(power.Instance))
	if begun.Status != http.StatusAccepted || begun.Location != power.URL+"/standard-instance/"+key {
		t.Fatalf("got %+v", begun)
	}
	machines := sfn.NewFromConfig(here.AWS())
	stop := &sfn.StopExecutionInput{ExecutionArn: aws.String(begun.ExecutionArn), Error: aws.String("Enough"), Cause: aws.String("The test has seen it.")}
	defer machines.StopExecution(deadline(t), stop)

	eventually(t, "the execution to wait", func() bool {
		history, err := machines.GetExecutionHistory(deadline(t), &sfn.GetExecutionHistoryInput{ExecutionArn: aws.String(begun.ExecutionArn)})
		if err != nil {
			t.Fatal(err)
		}
		last := history.Events[len(history.Events)-1]
		return fmt.Sprint(last.Type) == "WaitStateEntered" && *last.StateEnteredEventDetails.Name == "Wait"
	})
	if got := look(begun.Location); got.Code != http.StatusOK || got.Status != "RUNNING" || got.ExecutionArn != begun.ExecutionArn {
		t.Errorf("got %+v", got)
	}
	if again := begin(key, instances.Body(power.Instance)); again != begun {
		t.Errorf("the key again: got %+v, first it was %+v", again, begun)
	}
	if other := begin(key, instances.Body("i-00000000")); other.Status != http.StatusConflict || other.Error != "IDEMPOTENCY_CONFLICT" {
		t.Errorf("the key with another body: got %+v", other)
	}
	if _, err := machines.StopExecution(deadline(t), stop); err != nil {
		t.Fatal(err)
	}
	if got := look(begun.Location); got.Status != "ABORTED" || got.Error != "Enough" {
		t.Errorf("stopped: got %+v", got)
	}
	if again := begin(key, instances.Body(power.Instance)); again != begun {
		t.Errorf("the key again, later: got %+v, first it was %+v", again, begun)
	}
	if got := look(power.URL + "/standard-instance/nobody"); got.Code != http.StatusNotFound || got.Error != "EXECUTION_NOT_FOUND" {
		t.Errorf("another one: got %+v", got)
	}
	if got := begin("", `{`); got.Status != http.StatusBadRequest || got.Error != "BAD_REQUEST_BODY" {
		t.Errorf("no JSON: got %+v", got)
	}
}
