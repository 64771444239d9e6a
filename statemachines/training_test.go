package statemachines

// This file has runs from their data to what they predict.

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
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
