package statemachines

// This file has models that come into service, or make way for the former one.

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestAFirstModelThatDoesNotComeIntoServiceLeavesNothing(t *testing.T) {
	inLab(t, atLeast, jobs{"createEndpoint": `{"0": {"Throw": {"Error": "States.TaskFailed", "Cause": "no ping"}}, "1": {"Return": {}}}`}, func(t *testing.T, l *lab) {
		if got := l.fails(); got != "EndpointFailed: no ping" {
			t.Errorf("got %s", got)
		}
		time.Sleep(time.Minute)
		if status, _ := l.endpoint(); status != "" || len(l.names("Models", "ModelName")) != 0 || len(l.names("EndpointConfigs", "EndpointConfigName")) != 0 {
			t.Errorf("the endpoint is %s; models %q, configurations %q", status, l.names("Models", "ModelName"), l.names("EndpointConfigs", "EndpointConfigName"))
		}
		if result := l.run(); result.Outcome != contract.Succeeded {
			t.Errorf("the next run: %+v", result)
		}
	})
}

func TestAModelThatDoesNotComeIntoServiceMakesWayForTheFormer(t *testing.T) {
	for name, row := range map[string]struct{ updated, want string }{
		"SageMaker rolls it back": {`"Throw": {"Error": "States.TaskFailed", "Cause": "no ping"}`, "EndpointRolledBack: SageMaker serves %s again: no ping"},
		"the endpoint fails":      {`"Return": {"EndpointStatus": "Failed", "FailureReason": "no ping"}`, "EndpointFailed: no ping"},
	} {
		t.Run(name, func(t *testing.T) {
			inLab(t, atLeast, jobs{"updateEndpoint": `{"0": {` + row.updated + `}, "1-9": {"Return": {}}}`}, func(t *testing.T, l *lab) {
				first := l.run()
				_, former := l.endpoint()
				want := row.want
				if strings.Contains(want, "%s") {
					want = fmt.Sprintf(want, former)
				}
				if got := l.fails(); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
				if status, now := l.endpoint(); status != "InService" || now != former {
					t.Errorf("the endpoint is %s with %s, want %s", status, now, former)
				}
				if models, configurations := l.names("Models", "ModelName"), l.names("EndpointConfigs", "EndpointConfigName"); len(models) != 1 || !slices.Equal(configurations, []string{former}) {
					t.Errorf("models %q, configurations %q", models, configurations)
				}
				if row := l.row("last-success"); row["lastRun"] != first.Run {
					t.Errorf("the last success is %v", row)
				}
				if result := l.run(); result.Outcome != contract.Succeeded {
					t.Errorf("the next run: %+v", result)
				}
			})
		})
	}
}

func TestAnEndpointThatNeverComesIntoServiceIsNotWaitedForForever(t *testing.T) {
	inLab(t, atLeast, jobs{"updateEndpoint": `{"0": {"Return": {"EndpointStatus": "Updating"}}}`}, func(t *testing.T, l *lab) {
		l.run()
		_, former := l.endpoint()
		began := time.Now()
		got := l.fails() // the former one is served, but SageMaker is not done
		if !strings.Contains(got, "EndpointNotInService") || !strings.Contains(got, "After 1800 seconds the endpoint is Updating") {
			t.Errorf("got %s", got)
		}
		if took := time.Since(began); took < time.Hour || took > 65*time.Minute { // half an hour each way
			t.Errorf("it took %v", took)
		}
		if _, now := l.endpoint(); now != former {
			t.Errorf("it serves %s, want %s", now, former)
		}
	})
}

func TestAnEndpointThatHasFailedBeforeIsMadeAnew(t *testing.T) {
	inLab(t, atLeast, jobs{"createEndpoint": `{"0": {"Throw": {"Error": "States.TaskFailed", "Cause": "by hand"}}, "1": {"Return": {}}}`}, func(t *testing.T, l *lab) {
		l.do("sagemaker", "CreateModel", map[string]any{"ModelName": "m", "ExecutionRoleArn": "arn:aws:iam::111122223333:role/training", "PrimaryContainer": map[string]string{"Image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn:7"}}, nil)
		l.do("sagemaker", "CreateEndpointConfig", map[string]any{"EndpointConfigName": "c", "ProductionVariants": []map[string]any{{"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}}}, nil)
		l.do("sagemaker", "CreateEndpoint", map[string]any{"EndpointName": "churn", "EndpointConfigName": "c"}, nil)
		time.Sleep(time.Minute)
		if status, _ := l.endpoint(); status != "Failed" {
			t.Fatalf("the endpoint is %s", status)
		}
		if result := l.run(); result.Outcome != contract.Succeeded {
			t.Errorf("got %+v", result)
		}
	})
}

// A call that took effect, and whose answer was lost, is refused when it is made
// again.
func TestAnEndpointThatIsChangedAlreadyIsWaitedFor(t *testing.T) {
	for _, action := range []string{"CreateEndpoint", "UpdateEndpoint"} {
		t.Run(action, func(t *testing.T) {
			inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
				if action == "UpdateEndpoint" {
					l.run()
				}
				lost := false
				l.refuse = func(call cloud.Call) error {
					if call.Action != action || lost {
						return nil
					}
					lost = true
					if _, err := l.Call(t.Context(), l.Administrator(), call.Service, call.Action, call.Input); err != nil {
						t.Error(err)
					}
					return cloud.Errorf(400, "ThrottlingException", "the answer is lost")
				}
				if result := l.run(); result.Outcome != contract.Succeeded || !lost {
					t.Errorf("got %+v, lost: %v", result, lost)
				}
			})
		})
	}
}

func TestAnEndpointThatSageMakerDoesNotTakeIsToldWhy(t *testing.T) {
	inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
		l.refuse = func(call cloud.Call) error {
			if call.Action == "CreateEndpoint" {
				return cloud.Errorf(400, "ResourceLimitExceeded", "no instances are left")
			}
			return nil
		}
		if got := l.fails(); !strings.HasPrefix(got, "EndpointRefused: ") || !strings.Contains(got, "no instances are left") {
			t.Errorf("got %s", got)
		}
	})
}

func TestWithoutKnowingWhatIsInServiceNothingIsChanged(t *testing.T) {
	inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
		l.run()
		_, serving := l.endpoint()
		l.refuse = func(call cloud.Call) error {
			if call.Action == "DescribeEndpoint" {
				return cloud.Errorf(400, "ThrottlingException", "Rate exceeded")
			}
			return nil
		}
		if got := l.fails(); !strings.HasPrefix(got, "SageMaker.SageMakerException: Rate exceeded") {
			t.Errorf("got %s", got)
		}
		l.refuse = nil
		if status, now := l.endpoint(); status != "InService" || now != serving || len(l.names("Models", "ModelName")) != 1 {
			t.Errorf("the endpoint is %s with %s; models %q", status, now, l.names("Models", "ModelName"))
		}
	})
}

// A model that nobody uses costs nothing.
func TestWhatCannotBeRemovedIsLeft(t *testing.T) {
	inLab(t, atLeast, jobs{"updateEndpoint": `{"0-1": {"Return": {}}, "2": {"Throw": {"Error": "States.TaskFailed", "Cause": "no ping"}}}`}, func(t *testing.T, l *lab) {
		l.refuse = func(call cloud.Call) error {
			if call.Action == "DeleteModel" || call.Action == "DeleteEndpointConfig" {
				return cloud.Errorf(400, "AccessDeniedException", "not allowed")
			}
			return nil
		}
		for range 3 {
			if result := l.run(); result.Outcome != contract.Succeeded {
				t.Errorf("got %+v", result)
			}
		}
		if got := l.fails(); !strings.HasPrefix(got, "EndpointRolledBack") {
			t.Errorf("got %s", got)
		}
		if models := l.names("Models", "ModelName"); len(models) != 4 {
			t.Errorf("models %q", models)
		}
	})
}

func TestTheFormerModelIsKeptAndTheOneBeforeItIsNot(t *testing.T) {
	inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
		var names []string
		for range 4 {
			names = append(names, "churn-"+l.run().Run+"-0-0")
			time.Sleep(time.Second)
		}
		models, configurations := l.names("Models", "ModelName"), l.names("EndpointConfigs", "EndpointConfigName")
		slices.Sort(models)
		slices.Sort(configurations)
		want := slices.Sorted(slices.Values(names[2:]))
		if !slices.Equal(models, want) || !slices.Equal(configurations, want) {
			t.Errorf("models %q, configurations %q, want %q", models, configurations, want)
		}
		if row := l.row("last-success"); row["formerModel"] != names[2] || row["formerConfiguration"] != names[2] || row["model"] != names[3] {
			t.Errorf("the last success is %v", row)
		}
	})
}
