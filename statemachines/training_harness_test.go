package statemachines

// This file runs model training against the engine's own table, Glue and
// SageMaker, under a virtual clock.

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/dynamodb"
	"github.com/tradepost-dev/tradepost/local/glue"
	"github.com/tradepost-dev/tradepost/local/mock"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/sagemaker"
)

// lab is an account with both machines, the table and the job.
type lab struct {
	*cloud.Cloud
	t       *testing.T
	created *cfn.Created

	mu        sync.Mutex
	found     contract.Found       // what FindData answers
	failure   error                // what functions fail with
	failing   map[string]int       // how often each of them does
	wait      chan struct{}        // what it waits for, unless it is nil
	predicted []contract.Predicted // what Predict answers, one after the other
	batches   []contract.Batch     // what it was asked
	searches  []contract.Search
	refuse    func(call cloud.Call) error // of calls, unless it is nil
}

const labTemplate = `{"Resources": {
	"Runs": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "Runs", "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "run", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "run", "KeyType": "HASH"}]}},
	"Data": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "data"}},
	"Work": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "work"}},
	"Job": {"Type": "AWS::Glue::Job", "Properties": {"Name": "transform", "Role": "arn:aws:iam::111122223333:role/job", "Timeout": 60,
		"Command": {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": "s3://assets/transform.py"}, "MaxCapacity": 1, "ExecutionProperty": {"MaxConcurrentRuns": 1}}},
	"Endpoint": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
		"RoleArn": "arn:aws:iam::111122223333:role/r", "DefinitionString": %s, "DefinitionSubstitutions": {"Name": "churn", "EndpointSeconds": "1800"}}},
	"Training": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
		"RoleArn": "arn:aws:iam::111122223333:role/r", "DefinitionString": %s, "DefinitionSubstitutions": {
			"Name": "churn", "RunsTable": {"Ref": "Runs"}, "DataBucket": "data", "DataPrefix": "in/", "WorkBucket": "work",
			"FindDataArn": "find", "PredictArn": "predict", "JobName": {"Ref": "Job"}, "TransformTimeoutSeconds": "3600",
			"Image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn:7", "TrainingRoleArn": "arn:aws:iam::111122223333:role/training",
			"HyperParameters": "{\\\"rounds\\\":\\\"100\\\"}", "MetricDefinitions": "[{\\\"Name\\\":\\\"auc\\\",\\\"Regex\\\":\\\"auc=(.*)\\\"}]",
			"TrainingInstanceType": "ml.m5.large", "TrainingVolume": "30", "TrainingSeconds": "3600", "TrainingTimeoutSeconds": "7200",
			"Metric": "auc", "Gate": %s, "EndpointInstanceType": "ml.t2.medium", "EndpointInstances": "2",
			"EndpointMachineArn": {"Ref": "Endpoint"}, "EndpointTimeoutSeconds": "2400"}}}}}`

// jobs are what becomes of Glue's and SageMaker's jobs, by name of the action: a
// response for each call, as in a mock configuration. What is not given is a
// success.
type jobs map[string]string

func (j jobs) config(t *testing.T) *mock.Config {
	t.Helper()
	responses := map[string]string{
		"startJobRun":       `{"0-99": {"Return": {"JobRunState": "SUCCEEDED", "Objects": {"${--output}train/0.csv": "1,2\n", "${--output}validation/0.csv": "0,1\n"}}}}`,
		"createTrainingJob": `{"0-99": {"Return": {"FinalMetricDataList": [{"MetricName": "loss", "Value": 9, "Timestamp": 0}, {"MetricName": "auc", "Value": 0.9, "Timestamp": 0}]}}}`,
		"createEndpoint":    `{"0-99": {"Return": {}}}`,
		"updateEndpoint":    `{"0-99": {"Return": {}}}`,
	}
	for action, given := range j {
		responses[action] = given
	}
	text := fmt.Sprintf(`{"StateMachines": {"aws-sdk:glue": {"TestCases": {"*": {"startJobRun": "startJobRun"}}},
		"aws-sdk:sagemaker": {"TestCases": {"*": {"createTrainingJob": "createTrainingJob", "createEndpoint": "createEndpoint", "updateEndpoint": "updateEndpoint"}}}},
		"MockedResponses": {"startJobRun": %s, "createTrainingJob": %s, "createEndpoint": %s, "updateEndpoint": %s}}`,
		responses["startJobRun"], responses["createTrainingJob"], responses["createEndpoint"], responses["updateEndpoint"])
	config, err := mock.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// inLab runs a test under a virtual clock. The gate is that of the construct.
func inLab(t *testing.T, gate string, scripted jobs, test func(t *testing.T, l *lab)) {
	t.Helper()
	config := scripted.config(t)
	folder, script := t.TempDir(), filepath.Join(t.TempDir(), "transform.py")
	if err := os.WriteFile(script, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		l := &lab{Cloud: cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"}), t: t,
			found: contract.Found{New: 2, Objects: 3, Bytes: 9, Manifest: "manifests/m", Fingerprint: "f1"}}
		defer l.Close()
		l.Fault = func(_ context.Context, call cloud.Call) error {
			if l.refuse == nil || call.Caller.Root {
				return nil
			}
			return l.refuse(call)
		}
		objects := s3.New(l.Cloud, s3.Options{Dir: folder, Assets: func(bucket, key string) (string, error) {
			if bucket != "assets" || key != "transform.py" {
				return "", fmt.Errorf("s3://%s/%s is no asset", bucket, key)
			}
			return script, nil
		}})
		services := map[string]cloud.API{
			"s3":        objects,
			"dynamodb":  dynamodb.New(l.Cloud, dynamodb.Options{}),
			"glue":      glue.New(l.Cloud, glue.Options{Mocks: config}),
			"sagemaker": sagemaker.New(l.Cloud, sagemaker.Options{Mocks: config, Objects: objects}),
			"states":    newStates(t, l.Cloud),
			"lambda":    functions{"find": l.find, "predict": l.predict},
		}
		types := map[string]cfn.Type{}
		for name, api := range services {
			l.Register(name, api)
			if definer, ok := api.(interface{ Types() []cfn.Type }); ok {
				for _, kind := range definer.Types() {
					types[kind.Name] = kind
				}
			}
		}
		template, err := cfn.Parse(fmt.Appendf(nil, labTemplate, quote(t, Definition("training/endpoint.asl.json")), quote(t, Definition("training/training.asl.json")), quote(t, gate)))
		if err != nil {
			t.Fatal(err)
		}
		stack := cfn.Stack{Name: "test", Site: l.Site, Template: template}
		if l.created, err = stack.Create(t.Context(), types); err != nil {
			t.Fatal(err)
		}
		test(t, l)
	})
}

func quote(t *testing.T, text string) []byte {
	t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return quoted
}

func (l *lab) find(payload json.RawMessage) (any, error) {
	var search contract.Search
	if err := json.Unmarshal(payload, &search); err != nil {
		return nil, err
	}
	l.mu.Lock()
	l.searches = append(l.searches, search)
	wait, found, err := l.wait, l.found, l.fail("find")
	l.mu.Unlock()
	if wait != nil {
		<-wait
	}
	return found, err
}

// fail fails a function as often as it is to fail.
func (l *lab) fail(function string) error {
	if l.failing[function] == 0 {
		return nil
	}
	l.failing[function]--
	return l.failure
}

func (l *lab) predict(payload json.RawMessage) (any, error) {
	var batch contract.Batch
	if err := json.Unmarshal(payload, &batch); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.fail("predict"); err != nil {
		return nil, err
	}
	l.batches = append(l.batches, batch)
	if len(l.predicted) == 0 {
		return contract.Predicted{Rows: 5, After: "a", Done: true}, nil
	}
	next := l.predicted[0]
	l.predicted = l.predicted[1:]
	return next, nil
}

func (l *lab) do(service, action string, in, out any) {
	l.t.Helper()
	if err := l.Do(l.t.Context(), l.Administrator(), service, action, in, out); err != nil {
		l.t.Fatalf("%s: %v", action, err)
	}
}

// start starts an execution of a machine and returns its ARN.
func (l *lab) start(machine, input string) string {
	l.t.Helper()
	var started struct {
		ExecutionArn string `json:"executionArn"`
	}
	l.do("states", "StartExecution", map[string]any{"stateMachineArn": l.created.Handles[machine].Ref, "input": input}, &started)
	return started.ExecutionArn
}

// end waits for an execution, and returns its output, or "error: cause".
func (l *lab) end(execution string) string {
	l.t.Helper()
	for {
		var d struct{ Status, Output, Error, Cause string }
		l.do("states", "DescribeExecution", map[string]any{"executionArn": execution}, &d)
		switch d.Status {
		case "SUCCEEDED":
			return d.Output
		case "RUNNING":
			time.Sleep(time.Second)
			continue
		}
		return strings.TrimSuffix(d.Error+": "+d.Cause, ": ")
	}
}

// run goes through a whole run, which has to end well.
func (l *lab) run() contract.Result {
	l.t.Helper()
	output := l.end(l.start("Training", "{}"))
	var result contract.Result
	if err := json.Unmarshal([]byte(output), &result); err != nil {
		l.t.Fatal(output)
	}
	return result
}

// fails goes through a run that has to fail, and returns how.
func (l *lab) fails() string {
	l.t.Helper()
	output := l.end(l.start("Training", "{}"))
	if strings.HasPrefix(output, "{") {
		l.t.Fatalf("it ended well: %s", output)
	}
	return output
}

// row is a row of the table without the types of its values, nil if there is none.
func (l *lab) row(key string) map[string]string {
	l.t.Helper()
	var got struct{ Item map[string]map[string]string }
	l.do("dynamodb", "GetItem", map[string]any{"TableName": "Runs", "Key": map[string]any{"run": map[string]string{"S": key}}, "ConsistentRead": true}, &got)
	if got.Item == nil {
		return nil
	}
	row := map[string]string{}
	for name, value := range got.Item {
		row[name] = value["S"] + value["N"]
	}
	return row
}

// endpoint is the endpoint's status and configuration, empty if there is none.
func (l *lab) endpoint() (status, configuration string) {
	l.t.Helper()
	var got struct{ EndpointStatus, EndpointConfigName string }
	if err := l.Do(l.t.Context(), l.Administrator(), "sagemaker", "DescribeEndpoint", map[string]string{"EndpointName": "churn"}, &got); err != nil {
		return "", ""
	}
	return got.EndpointStatus, got.EndpointConfigName
}

// names are those of SageMaker's resources of a kind: Models, EndpointConfigs,
// TrainingJobs.
func (l *lab) names(kind, member string) (names []string) {
	l.t.Helper()
	var got map[string]json.RawMessage
	l.do("sagemaker", "List"+kind, struct{}{}, &got)
	var list []map[string]any
	text := got[kind]
	if text == nil {
		text = got[strings.TrimSuffix(kind, "s")+"Summaries"]
	}
	if err := json.Unmarshal(text, &list); err != nil {
		l.t.Fatalf("list %s: %v", kind, err)
	}
	for _, item := range list {
		names = append(names, item[member].(string))
	}
	return names
}
