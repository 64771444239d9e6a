package statemachines

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

const atLeast = ">= 0.8"

func TestARunTrainsServesPredictsAndIsRecorded(t *testing.T) {
	inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
		execution := l.start("Training", "{}")
		result := contract.Result{}
		if err := json.Unmarshal([]byte(l.end(execution)), &result); err != nil {
			t.Fatal(l.end(execution))
		}
		run := l.searches[0].Run
		if want := (contract.Result{Outcome: contract.Succeeded, Run: run, Metric: "auc", Value: 0.9, Rows: 5}); result != want {
			t.Errorf("got %+v, want %+v", result, want)
		}
		if day, hash, ok := strings.Cut(run, "-"); !ok || day != time.Now().UTC().Format("20060102") || len(hash) != 10 {
			t.Errorf("run %s", run)
		}
		var job map[string]any
		l.do("sagemaker", "DescribeTrainingJob", map[string]string{"TrainingJobName": "churn-" + run + "-0-0"}, &job)
		text, _ := json.Marshal(job)
		for _, part := range []string{
			`"TrainingImage":"111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn:7"`, `"RoleArn":"arn:aws:iam::111122223333:role/training"`,
			`"HyperParameters":{"rounds":"100"}`, `"MetricDefinitions":[{"Name":"auc","Regex":"auc=(.*)"}]`, `"EnableNetworkIsolation":true`,
			`"S3Uri":"s3://work/transformed/` + run + `/train/"`, `"S3Uri":"s3://work/transformed/` + run + `/validation/"`,
			`"S3OutputPath":"s3://work/models/` + run + `"`, `"InstanceType":"ml.m5.large"`, `"VolumeSizeInGB":30`, `"MaxRuntimeInSeconds":3600`,
		} {
			if !strings.Contains(string(text), part) {
				t.Errorf("no %s in the training job %s", part, text)
			}
		}
		var runs struct {
			JobRuns []struct{ Arguments map[string]string }
		}
		l.do("glue", "GetJobRuns", map[string]string{"JobName": "transform"}, &runs)
		arguments, _ := json.Marshal(runs.JobRuns[0].Arguments)
		if want := `{"--data":"s3://data/in/","--manifest":"s3://work/manifests/m","--output":"s3://work/transformed/` + run + `/"}`; string(arguments) != want {
			t.Errorf("the ETL job was called with %s", arguments)
		}
		name := "churn-" + run + "-0-0"
		if status, configuration := l.endpoint(); status != "InService" || configuration != name {
			t.Errorf("the endpoint is %s with %s", status, configuration)
		}
		var configuration map[string]any
		l.do("sagemaker", "DescribeEndpointConfig", map[string]string{"EndpointConfigName": name}, &configuration)
		text, _ = json.Marshal(configuration["ProductionVariants"])
		for _, part := range []string{`"ModelName":"` + name + `"`, `"InstanceType":"ml.t2.medium"`, `"InitialInstanceCount":2`} {
			if !strings.Contains(string(text), part) {
				t.Errorf("no %s in %s", part, text)
			}
		}
		var model struct {
			PrimaryContainer       struct{ Image, ModelDataURL string }
			ExecutionRoleArn       string
			EnableNetworkIsolation bool
		}
		l.do("sagemaker", "DescribeModel", map[string]string{"ModelName": name}, &model)
		if !strings.HasPrefix(model.PrimaryContainer.ModelDataURL, "s3://work/models/"+run+"/") || model.ExecutionRoleArn != "arn:aws:iam::111122223333:role/training" || !model.EnableNetworkIsolation {
			t.Errorf("the model is %+v", model)
		}
		for key, want := range map[string]map[string]string{
			run:            {"run": run, "outcome": "SUCCEEDED", "execution": execution, "manifest": "manifests/m", "metric": "auc", "value": "0.9", "model": name, "configuration": name, "rows": "5"},
			"last-success": {"run": "last-success", "lastRun": run, "manifest": "manifests/m", "model": name, "configuration": name},
			"current":      {"run": "current"},
		} {
			row := l.row(key)
			if at, err := time.Parse(time.RFC3339, row["at"]); err != nil || time.Since(at).Abs() > time.Hour {
				t.Errorf("row %s is of %q", key, row["at"])
			}
			delete(row, "at")
			if fmt.Sprint(row) != fmt.Sprint(want) {
				t.Errorf("row %s is\n%v\nwant\n%v", key, row, want)
			}
		}
	})
}

func TestWithoutNewDataNothingIsDoneAndTheRunIsGivenBack(t *testing.T) {
	inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
		l.found = contract.Found{Objects: 3}
		for range 2 {
			if result := l.run(); result.Outcome != contract.NothingNew {
				t.Errorf("got %+v", result)
			}
			if row := l.row("current"); row["execution"] != "" {
				t.Errorf("the run is still %s's", row["execution"])
			}
		}
		if names := l.names("TrainingJobs", "TrainingJobName"); len(names) != 0 {
			t.Errorf("training jobs %q", names)
		}
	})
}

func TestARunThatIsGoingIsNotStartedTwice(t *testing.T) {
	inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
		l.wait = make(chan struct{})
		first := l.start("Training", "{}")
		time.Sleep(time.Second)
		synctest.Wait()
		result := l.run()
		if result.Outcome != contract.AlreadyRunning || result.Execution != first {
			t.Errorf("got %+v, want the execution %s", result, first)
		}
		if len(l.searches) != 1 {
			t.Errorf("data were looked for %d times", len(l.searches))
		}
		close(l.wait)
		if output := l.end(first); !strings.Contains(output, "SUCCEEDED") {
			t.Error(output)
		}
		l.wait = nil
		if result := l.run(); result.Outcome != contract.Succeeded {
			t.Errorf("then %+v", result)
		}
	})
}

func TestARunThatFailedOrWasStoppedIsTakenOverByTheNext(t *testing.T) {
	inLab(t, atLeast, jobs{"startJobRun": `{"0": {"Throw": {"Error": "States.TaskFailed", "Cause": "no space left"}}, "1-9": {"Return": {"Objects": {"${--output}train/0.csv": "1", "${--output}validation/0.csv": "1"}}}}`}, func(t *testing.T, l *lab) {
		if got := l.fails(); !strings.HasPrefix(got, "States.TaskFailed: ") || !strings.Contains(got, "no space left") {
			t.Errorf("got %s", got)
		}
		if l.row("current")["execution"] == "" || l.row("last-success") != nil {
			t.Errorf("rows %v, %v", l.row("current"), l.row("last-success"))
		}
		l.wait = make(chan struct{})
		stopped := l.start("Training", "{}")
		time.Sleep(time.Second)
		synctest.Wait()
		l.do("states", "StopExecution", map[string]string{"executionArn": stopped}, nil)
		close(l.wait)
		synctest.Wait()
		l.wait = nil
		if result := l.run(); result.Outcome != contract.Succeeded {
			t.Errorf("then %+v", result)
		}
	})
}

// It ended more than 90 days ago, say.
func TestARunOfWhichNothingIsKnownAnyMoreIsTakenOver(t *testing.T) {
	inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
		l.do("dynamodb", "PutItem", map[string]any{"TableName": "Runs", "Item": map[string]any{"run": map[string]string{"S": "current"}, "execution": map[string]string{"S": l.created.Handles["Training"].Ref + ":gone"}}}, nil)
		l.refuse = func(call cloud.Call) error {
			if call.Action == "DescribeExecution" {
				return cloud.Errorf(400, "ExecutionDoesNotExist", "Execution Does Not Exist")
			}
			return nil
		}
		if result := l.run(); result.Outcome != contract.Succeeded {
			t.Errorf("got %+v", result)
		}
	})
}

func TestARunIsTakenOverAlthoughServicesAreBusy(t *testing.T) {
	for _, action := range []string{"GetItem", "DescribeExecution", "UpdateItem"} {
		t.Run(action, func(t *testing.T) {
			inLab(t, atLeast, jobs{"startJobRun": `{"0": {"Throw": {"Error": "States.TaskFailed", "Cause": "x"}}, "1-9": {"Return": {"Objects": {"${--output}train/0.csv": "1", "${--output}validation/0.csv": "1"}}}}`}, func(t *testing.T, l *lab) {
				l.fails()
				busy := 0
				l.refuse = func(call cloud.Call) error {
					claims := action == "UpdateItem" && !strings.Contains(string(call.Input), ":other") // only taking over is meant
					if call.Action != action || claims || busy == 3 {
						return nil
					}
					busy++
					return cloud.Errorf(400, "ThrottlingException", "Rate exceeded")
				}
				if result := l.run(); result.Outcome != contract.Succeeded || busy != 3 {
					t.Errorf("got %+v after %d", result, busy)
				}
			})
		})
	}
}

// Both see that the one before has failed. One of them is faster.
func TestOnlyOneTakesARunOver(t *testing.T) {
	inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
		claim := func(execution string) {
			l.do("dynamodb", "PutItem", map[string]any{"TableName": "Runs", "Item": map[string]any{"run": map[string]string{"S": "current"}, "execution": map[string]string{"S": execution}}}, nil)
		}
		machine := strings.Replace(l.created.Handles["Training"].Ref, ":stateMachine:", ":execution:", 1)
		claim(machine + ":gone")
		l.refuse = func(call cloud.Call) error {
			if strings.Contains(string(call.Input), ":other") {
				claim(machine + ":faster")
			}
			return nil
		}
		if result := l.run(); result.Outcome != contract.AlreadyRunning || len(l.searches) != 0 {
			t.Errorf("got %+v", result)
		}
	})
}

func TestWhatIsFoundNotToBeNewIsGivenBackAlthoughTheTableIsBusy(t *testing.T) {
	for name, effect := range map[string]bool{"it is busy": false, "its answer is lost": true} {
		t.Run(name, func(t *testing.T) {
			inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
				l.found = contract.Found{}
				busy := 0
				l.refuse = func(call cloud.Call) error {
					if !strings.Contains(string(call.Input), "REMOVE execution") || busy == 3 {
						return nil
					}
					if busy++; effect && busy == 1 {
						if _, err := l.Call(t.Context(), l.Administrator(), call.Service, call.Action, call.Input); err != nil {
							t.Error(err)
						}
					}
					return cloud.Errorf(400, "ThrottlingException", "Rate exceeded")
				}
				if result := l.run(); result.Outcome != contract.NothingNew || l.row("current")["execution"] != "" || busy != 3 {
					t.Errorf("got %+v after %d; the run is %v", result, busy, l.row("current"))
				}
			})
		})
	}
}

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

func TestTheGateLetsThroughWhatIsGoodEnough(t *testing.T) {
	for _, row := range []struct {
		gate  string
		value string
		want  contract.Outcome
	}{
		{">= 0.8", "0.8", contract.Succeeded}, {">= 0.8", "0.79999", contract.Refused}, {">= 0.8", "-1", contract.Refused}, {">= 0.8", "1e3", contract.Succeeded},
		{"<= 0.25", "0.25", contract.Succeeded}, {"<= 0.25", "0.2500001", contract.Refused}, {">= -3", "0", contract.Succeeded}, {">= 1e-09", "0", contract.Refused},
	} {
		t.Run(row.value+" "+row.gate, func(t *testing.T) {
			trained := `{"0": {"Return": {"FinalMetricDataList": [{"MetricName": "auc", "Value": ` + row.value + `, "Timestamp": 0}]}}}`
			inLab(t, row.gate, jobs{"createTrainingJob": trained}, func(t *testing.T, l *lab) {
				result := l.run()
				value, _ := json.Number(row.value).Float64()
				if result.Outcome != row.want || result.Value != value || result.Metric != "auc" {
					t.Errorf("got %+v", result)
				}
			})
		})
	}
}

func TestARefusedModelChangesNothingAndIsRemembered(t *testing.T) {
	trained := `{"0": {"Return": {"FinalMetricDataList": [{"MetricName": "auc", "Value": 0.9, "Timestamp": 0}]}}, "1": {"Return": {"FinalMetricDataList": [{"MetricName": "auc", "Value": 0.5, "Timestamp": 0}]}}}`
	inLab(t, atLeast, jobs{"createTrainingJob": trained}, func(t *testing.T, l *lab) {
		first := l.run()
		_, serving := l.endpoint()
		l.found.Fingerprint = "f2"
		second := l.run()
		if second.Outcome != contract.Refused {
			t.Fatalf("got %+v", second)
		}
		if _, now := l.endpoint(); now != serving || len(l.names("Models", "ModelName")) != 1 || len(l.batches) != 1 {
			t.Errorf("it serves %s, with the models %q, after %d predictions", now, l.names("Models", "ModelName"), len(l.batches))
		}
		if row := l.row("last-success"); row["lastRun"] != first.Run {
			t.Errorf("the last success is %v", row)
		}
		if row := l.row("last-refusal"); row["fingerprint"] != "f2" || row["lastRun"] != second.Run || row["at"] == "" {
			t.Errorf("the last refusal is %v", row)
		}
		if row := l.row(second.Run); row["outcome"] != "REFUSED" || row["value"] != "0.5" || row["metric"] != "auc" || row["manifest"] != "manifests/m" || row["execution"] == "" {
			t.Errorf("the run is %v", row)
		}
		if row := l.row("current"); row["execution"] != "" {
			t.Errorf("the run is still %v", row)
		}
	})
}

func TestAJobThatDoesNotTellTheMetricFailsTheRun(t *testing.T) {
	for name, metrics := range map[string]string{"none": `[]`, "another": `[{"MetricName": "auc2", "Value": 1, "Timestamp": 0}]`} {
		t.Run(name, func(t *testing.T) {
			inLab(t, atLeast, jobs{"createTrainingJob": `{"0": {"Return": {"FinalMetricDataList": ` + metrics + `}}}`}, func(t *testing.T, l *lab) {
				if got := l.fails(); !strings.HasPrefix(got, "MetricMissing: The training job has not told auc") {
					t.Errorf("got %s", got)
				}
			})
		})
	}
}

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

// busyFor fails the first calls of every kind.
func (l *lab) busyFor(times int) {
	calls := map[string]int{}
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

func TestPredictGoesOnWhereItEnded(t *testing.T) {
	inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
		l.predicted = []contract.Predicted{{Rows: 3, After: "a"}, {Rows: 4, After: "b"}, {Rows: 5, After: "c", Done: true}}
		result := l.run()
		want := []contract.Batch{{Run: result.Run}, {Run: result.Run, After: "a"}, {Run: result.Run, After: "b"}}
		if result.Rows != 12 || !slices.Equal(l.batches, want) {
			t.Errorf("%d rows after %+v", result.Rows, l.batches)
		}
	})
}

// One that is redriven after another run has begun may not say what the last
// success was.
func TestARunThatAnotherHasTakenOverRecordsNothing(t *testing.T) {
	inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
		l.refuse = func(call cloud.Call) error {
			if call.Service == "lambda" && strings.Contains(string(call.Input), "predict") {
				return cloud.Errorf(404, "ResourceNotFoundException", "gone")
			}
			return nil
		}
		first := l.start("Training", "{}")
		if got := l.end(first); !strings.HasPrefix(got, "Lambda.ResourceNotFoundException") {
			t.Fatal(got)
		}
		l.refuse = nil
		second := l.run()
		l.do("states", "RedriveExecution", map[string]string{"executionArn": first}, nil)
		if got := l.end(first); strings.HasPrefix(got, "{") {
			t.Errorf("it ended well: %s", got)
		}
		if row := l.row("last-success"); row["lastRun"] != second.Run {
			t.Errorf("the last success is %v", row)
		}
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
	steps := map[string]*atomic.Int32{}
	for _, step := range []string{
		"dynamodb:UpdateItem", "dynamodb:GetItem", "dynamodb:TransactWriteItems", "lambda:Invoke", "glue:StartJobRun",
		"sagemaker:CreateTrainingJob", "sagemaker:CreateModel", "sagemaker:CreateEndpointConfig", "sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint", "states:StartExecution",
		"sagemaker:DeleteModel", "sagemaker:DeleteEndpointConfig",
	} {
		steps[step] = new(atomic.Int32)
	}
	inLab(t, atLeast, nil, func(t *testing.T, l *lab) {
		l.refuse = func(call cloud.Call) error {
			count, ok := steps[call.Service+":"+call.Action]
			if ok && count.Add(1) <= times {
				code := map[string]string{"dynamodb": "ProvisionedThroughputExceededException", "lambda": "TooManyRequestsException"}[call.Service]
				if code == "" {
					code = "ThrottlingException"
				}
				return cloud.Errorf(400, code, "Rate exceeded")
			}
			return nil
		}
		for range 3 {
			if result := l.run(); result.Outcome != contract.Succeeded {
				t.Errorf("got %+v", result)
			}
		}
		if models := l.names("Models", "ModelName"); len(models) != 2 {
			t.Errorf("models %q", models)
		}
	})
	for step, count := range steps {
		if count.Load() <= times {
			t.Errorf("%s was called %d times", step, count.Load())
		}
	}
}
