package statemachines

// This file has runs whose services and functions fail, and what is tried again.

import (
	"strings"
	"testing"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// A function that is busy is tried seven times, one whose process died three
// times, and one that refuses once.
func TestFunctionsOfARunAreTriedAgain(t *testing.T) {
	for by, attempts := range map[failure]int{
		contract.ErrorServiceBusy: 6, "Sandbox.Timedout": 6, "Runtime.ExitError": 2, "Runtime.OutOfMemory": 2, "Runtime.Unknown": 2, "ServiceRefused": 0, contract.ErrorPredictionsMismatch: 0,
	} {
		t.Run(string(by), func(t *testing.T) {
			inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
				for _, function := range []string{"find", "predict"} {
					l.failing = map[string]int{function: attempts}
					l.failure = by
					if result := l.run(); result.Outcome != contract.Succeeded {
						t.Errorf("%s, after %d failures: %+v", function, attempts, result)
					}
					l.failing = map[string]int{function: attempts + 1}
					if got := l.fails(); !strings.HasPrefix(got, string(by)) {
						t.Errorf("%s, after %d failures: %s", function, attempts+1, got)
					}
				}
			})
		})
	}
}

// busyFor fails the first calls of every kind, and returns how many there are of
// each.
func (l *lab) busyFor(times int) (calls map[string]int) {
	calls = map[string]int{}
	l.refuse = func(call cloud.Call) error {
		kind := call.Service + ":" + call.Action
		if call.Service == "s3" || kind == "sagemaker:DescribeTrainingJob" || kind == "glue:GetJobRun" { // of the jobs, and of Step Functions itself
			return nil
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if calls[kind]++; calls[kind] > times {
			return nil
		}
		code := map[string]string{"dynamodb": "ProvisionedThroughputExceededException", "lambda": "TooManyRequestsException"}[call.Service]
		if code == "" {
			code = "ThrottlingException"
		}
		return cloud.Errorf(400, code, "Rate exceeded")
	}
	return calls
}

func TestWhatABusyServiceDelaysComesOutAsItWould(t *testing.T) {
	poor := `{"0": {"Return": {"FinalMetricDataList": [{"MetricName": "auc", "Value": 0.9, "Timestamp": 0}]}}, "1": {"Return": {"FinalMetricDataList": [{"MetricName": "auc", "Value": 0.5, "Timestamp": 0}]}}}`
	t.Run("a refusal", func(t *testing.T) {
		inLab(t, atLeast, jobs{"createTrainingJob": poor}, func(t *testing.T, l *lab) {
			l.run()
			l.busyFor(2)
			if result := l.run(); result.Outcome != contract.Refused {
				t.Errorf("got %+v", result)
			}
		})
	})
	t.Run("a first model that fails", func(t *testing.T) {
		inLab(t, atLeast, jobs{"createEndpoint": `{"0": {"Throw": {"Error": "States.TaskFailed", "Cause": "no ping"}}}`}, func(t *testing.T, l *lab) {
			l.busyFor(2)
			if got := l.fails(); got != "EndpointFailed: no ping" {
				t.Errorf("got %s", got)
			}
			l.refuse = nil
			time.Sleep(time.Minute)
			if status, _ := l.endpoint(); status != "" || len(l.names("Models", "ModelName")) != 0 || len(l.names("EndpointConfigs", "EndpointConfigName")) != 0 {
				t.Errorf("the endpoint is %q; models %q, configurations %q", status, l.names("Models", "ModelName"), l.names("EndpointConfigs", "EndpointConfigName"))
			}
		})
	})
	t.Run("a way back", func(t *testing.T) {
		inLab(t, atLeast, jobs{"updateEndpoint": `{"0": {"Return": {"EndpointStatus": "Failed", "FailureReason": "no ping"}}}`}, func(t *testing.T, l *lab) {
			l.run()
			_, former := l.endpoint()
			starts := 0
			l.refuse = func(call cloud.Call) error {
				if call.Action != "StartExecution" {
					return nil
				}
				if starts++; starts == 1 || starts > 3 { // putting it into service, and back at last
					return nil
				}
				return cloud.Errorf(400, "ThrottlingException", "Rate exceeded")
			}
			if got := l.fails(); got != "EndpointFailed: no ping" {
				t.Errorf("got %s", got)
			}
			if status, now := l.endpoint(); status != "InService" || now != former || starts != 4 {
				t.Errorf("the endpoint is %s with %s after %d", status, now, starts)
			}
		})
	})
	t.Run("a record that another run's claim is in the way of", func(t *testing.T) {
		inLab(t, atLeast, jobs{"createTrainingJob": poor}, func(t *testing.T, l *lab) {
			for _, want := range []contract.Outcome{contract.Succeeded, contract.Refused} {
				conflicts := 0
				l.refuse = func(call cloud.Call) error {
					if call.Action != "TransactWriteItems" || conflicts == 2 {
						return nil
					}
					conflicts++
					return cloud.Errorf(400, "TransactionCanceledException", "TransactionConflict")
				}
				if result := l.run(); result.Outcome != want || conflicts != 2 {
					t.Errorf("got %+v after %d", result, conflicts)
				}
			}
		})
	})
}

func TestARedriveGoesOnAtTheStepThatFailed(t *testing.T) {
	inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
		l.refuse = func(call cloud.Call) error {
			if call.Service == "lambda" && strings.Contains(string(call.Input), "predict") {
				return cloud.Errorf(404, "ResourceNotFoundException", "gone")
			}
			return nil
		}
		execution := l.start("Training", "{}")
		l.end(execution)
		l.refuse = nil
		l.do("states", "RedriveExecution", map[string]string{"executionArn": execution}, nil)
		if got := l.end(execution); !strings.Contains(got, `"outcome":"SUCCEEDED"`) || len(l.names("TrainingJobs", "TrainingJobName")) != 1 {
			t.Errorf("got %s after the training jobs %q", got, l.names("TrainingJobs", "TrainingJobName"))
		}
	})
}

// Whatever a run calls may be busy for a moment.
func TestEveryStepOfARunIsTriedAgainWhenTheFailurePasses(t *testing.T) {
	const times = 3
	inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
		calls := l.busyFor(times)
		for range 3 {
			if result := l.run(); result.Outcome != contract.Succeeded {
				t.Errorf("got %+v", result)
			}
		}
		if models := l.names("Models", "ModelName"); len(models) != 2 {
			t.Errorf("models %q", models)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, step := range []string{
			"dynamodb:UpdateItem", "dynamodb:GetItem", "dynamodb:TransactWriteItems", "lambda:Invoke", "glue:StartJobRun",
			"sagemaker:CreateTrainingJob", "sagemaker:CreateModel", "sagemaker:CreateEndpointConfig", "sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint", "states:StartExecution",
			"sagemaker:DeleteModel", "sagemaker:DeleteEndpointConfig",
		} {
			if calls[step] <= times {
				t.Errorf("%s was called %d times", step, calls[step])
			}
		}
	})
}
