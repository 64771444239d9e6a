package statemachines

// This file ties the machines of model training to their contract.

import (
	"encoding/json"
	"testing"

	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
)

// claim are the attributes of the row that says which execution runs.
var claim = []string{contract.AttrExecution, contract.AttrAt}

var trainingRun = agreement{
	placeholders: []string{
		"Name", "RunsTable", "DataBucket", "DataPrefix", "WorkBucket", "FindDataArn", "PredictArn",
		"JobName", "TransformTimeoutSeconds",
		"Image", "TrainingRoleArn", "HyperParameters", "MetricDefinitions", "TrainingInstanceType", "TrainingVolume", "TrainingSeconds", "TrainingTimeoutSeconds",
		"Metric", "Gate",
		"EndpointInstanceType", "EndpointInstances", "EndpointMachineArn", "EndpointTimeoutSeconds",
	},
	attributes: map[string][]string{
		"Claim The Run: RunsTable Key":             {contract.AttrRun},
		"Claim The Run: RunsTable Expressions":     claim,
		"Whose Run Is It?: RunsTable Key":          {contract.AttrRun},
		"Take The Run Over: RunsTable Key":         {contract.AttrRun},
		"Take The Run Over: RunsTable Expressions": claim,
		"Give The Run Back: RunsTable Key":         {contract.AttrRun},
		"Give The Run Back: RunsTable Expressions": claim,
		"Read Last Success: RunsTable Key":         {contract.AttrRun},
		"Record Refusal: RunsTable Key":            {contract.AttrRun},
		"Record Refusal: RunsTable Expressions":    claim,
		"Record Refusal: RunsTable Item": {
			contract.AttrRun, contract.AttrOutcome, contract.AttrAt, contract.AttrExecution, contract.AttrManifest, contract.AttrMetric, contract.AttrValue,
			contract.AttrLastRun, contract.AttrFingerprint,
		},
		"Record Success: RunsTable Key":         {contract.AttrRun},
		"Record Success: RunsTable Expressions": claim,
		"Record Success: RunsTable Item": {
			contract.AttrRun, contract.AttrOutcome, contract.AttrAt, contract.AttrExecution, contract.AttrManifest, contract.AttrMetric, contract.AttrValue,
			contract.AttrModel, contract.AttrConfiguration, contract.AttrRows,
			contract.AttrLastRun, contract.AttrFormerModel, contract.AttrFormerConfiguration,
		},
	},
	members: map[string][]string{
		"found":                 {"new", "manifest", "fingerprint"}, // of a contract.Found
		"states.result.Payload": fields(contract.Predicted{}),
		"last":                  {contract.AttrModel, contract.AttrConfiguration, contract.AttrFormerModel, contract.AttrFormerConfiguration},
		"fault":                 {"Error", "Cause"}, // Step Functions'
	},
	words: []string{
		string(contract.Succeeded), string(contract.Refused), string(contract.NothingNew), string(contract.AlreadyRunning),
		"RUNNING", "PENDING_REDRIVE", "Failed", // Step Functions', SageMaker's
	},
}

var trainingEndpoint = agreement{
	placeholders: []string{"Name", "EndpointSeconds"},
	members:      map[string][]string{"states.input": fields(contract.Wanted{})},
	words:        []string{"InService", "Failed", "UpdateRollbackFailed", "None", "Unknown"}, // SageMaker's, and of an endpoint of which nothing is known
}

func TestTheErrorsOfTrainingAreThoseOfItsContract(t *testing.T) {
	for name, want := range map[string]map[string]string{
		"training/training.asl.json": {"Metric Missing": contract.ErrorMetricMissing, "Model Not In Service": "{% $fault.Error %}"},
		"training/endpoint.asl.json": {
			"Refused": contract.ErrorEndpointRefused, "Failed": contract.ErrorEndpointFailed, "Rolled Back": contract.ErrorEndpointRolledBack, "Not In Service": contract.ErrorEndpointNotInService,
		},
	} {
		var machine struct {
			States map[string]struct{ Type, Error string }
		}
		if err := json.Unmarshal([]byte(Definition(name)), &machine); err != nil {
			t.Fatal(err)
		}
		for state, s := range machine.States {
			if s.Type == "Fail" && s.Error != want[state] {
				t.Errorf("%s: %s fails with %s, want %s", name, state, s.Error, want[state])
			}
		}
	}
}
