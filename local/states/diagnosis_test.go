package states

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestADefinitionIsValidatedInAWSWords(t *testing.T) {
	for name, row := range map[string]struct{ kind, definition, want string }{
		"sound":   {"", passing, ``},
		"nothing": {"", ``, `SCHEMA_VALIDATION_FAILED Definition must be a valid JSON object`},
		"a text": {"", `not a definition`, "INVALID_JSON_DESCRIPTION Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n" +
			" at [Source: (String)\"not a definition\"; line: 1, column: 4] at [Source: (String)\"not a definition\"; line: 1, column: 4]"},
		"an empty object": {"", `{}`, `SCHEMA_VALIDATION_FAILED These fields are required: [States, StartAt] at /`},
		"no start":        {"", `{"States":{"A":{"Type":"Succeed"}}}`, `SCHEMA_VALIDATION_FAILED These fields are required: [StartAt] at /`},
		"targets": {"", `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"X"},"B":{"Type":"Succeed"}}}`,
			`MISSING_TRANSITION_TARGET Missing 'Next' target: X at /States/A/Next; MISSING_TRANSITION_TARGET State "B" is not reachable. at /States/B`},
		"a loop":  {"", `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"A"}}}`, `MISSING_END_STATE Workflow has no terminal state`},
		"a field": {"", `{"StartAt":"A","States":{"A":{"Type":"Succeed","Ouput":1}}}`, `SCHEMA_VALIDATION_FAILED Field 'Ouput' is not supported at /States/A`},
		"a type": {"", `{"StartAt":"A","States":{"A":{"Type":"Sleep"}}}`,
			`SCHEMA_VALIDATION_FAILED The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map] at /States/A/Type`},
		"no branches": {"", `{"StartAt":"A","States":{"A":{"Type":"Parallel","Branches":[],"End":true}}}`, `SCHEMA_VALIDATION_FAILED Value cannot be empty at /States/A/Branches`},
		"a language": {"", `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Succeed","QueryLanguage":"JSONPath"}}}`,
			`SCHEMA_VALIDATION_FAILED 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/A`},
		"a language within a Map": {"", `{"StartAt":"M","States":{"M":{"Type":"Map","QueryLanguage":"JSONata","End":true,
			"ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Pass","QueryLanguage":"JSONPath","InputPath":"$","End":true}}}}}}`, ``},
		"a time": {"", `{"StartAt":"A","States":{"A":{"Type":"Wait","Timestamp":"tomorrow","End":true}}}`, `SCHEMA_VALIDATION_FAILED String does not match RFC3339 timestamp at /States/A/Timestamp`},
		"a resource": {"", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::dynamodb:query","End":true}}}`, `SCHEMA_VALIDATION_FAILED ` +
			`The resource provided arn:aws:states:::dynamodb:query is not recognized. The value is not a valid resource ARN, or the resource is not available in this region. at /States/A/Resource`},
		"a call that is none": {"", `{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"in":{"x.$":"States.Format('\\n')"}},"End":true}}}`,
			`SCHEMA_VALIDATION_FAILED The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call at /States/A/Parameters`},
		"what the engine lacks": {"", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::dynamodb:getItem","End":true}}}`,
			`SCHEMA_VALIDATION_FAILED dynamodb:GetItem is not supported by the local engine at /States/A/Resource`},
		"what only AWS has": {"", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::ecs:runTask.sync","End":true}}}`,
			`SCHEMA_VALIDATION_FAILED ecs:runTask is not supported by the local engine at /States/A/Resource`},
		"what no API has": {"", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sqs:sendMesage","End":true}}}`, `SCHEMA_VALIDATION_FAILED ` +
			`The resource provided arn:aws:states:::aws-sdk:sqs:sendMesage is not recognized. The value is not a valid resource ARN, or the resource is not available in this region. at /States/A/Resource`},
		"a token in Express": {"EXPRESS", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","End":true}}}`,
			`SCHEMA_VALIDATION_FAILED Express state machine does not support '.waitForTaskToken' service integration  at /States/A/Resource`},
		"a job in Express": {"EXPRESS", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","End":true}}}`,
			`SCHEMA_VALIDATION_FAILED Express state machine does not support '.sync' service integration at /States/A/Resource`},
		"an activity in Express": {"EXPRESS", working(""), `SCHEMA_VALIDATION_FAILED Express state machine does not support Activity ARN at /States/T/Resource`},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, nil, func(t *testing.T, w *world) {
				request := map[string]any{"definition": row.definition}
				if row.kind != "" {
					request["type"] = row.kind
				}
				got, result := validated(t, w, request)
				if got != row.want || (result == "OK") != (row.want == "") {
					t.Errorf("%s: got %s\nwant %s", result, got, row.want)
				}
			})
		})
	}
}

// validated returns the diagnostics, "CODE message at location", and the result.
func validated(t *testing.T, w *world, request map[string]any) (diagnostics, result string) {
	t.Helper()
	answer := w.mustCall("ValidateStateMachineDefinition", request)
	var lines []string
	for _, d := range answer["diagnostics"].([]any) {
		d := d.(map[string]any)
		line := fmt.Sprint(d["code"], " ", d["message"])
		if d["location"] != nil {
			line += fmt.Sprint(" at ", d["location"])
		}
		if d["severity"] != "ERROR" {
			t.Errorf("the severity of %v", d)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; "), answer["result"].(string)
}

func TestMoreThanSoManyDiagnosticsAreCutOff(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		state := map[string]any{"Type": "Succeed"}
		for i := range 101 {
			state[fmt.Sprint("x", i)] = 1
		}
		definition, err := json.Marshal(map[string]any{"StartAt": "A", "States": map[string]any{"A": state}})
		if err != nil {
			t.Fatal(err)
		}
		for most, want := range map[int]string{0: "100 true", 100: "100 true", 3: "3 true"} {
			answer := w.mustCall("ValidateStateMachineDefinition", map[string]any{"definition": string(definition), "maxResults": most})
			if got := fmt.Sprint(len(answer["diagnostics"].([]any)), " ", answer["truncated"]); got != want {
				t.Errorf("%d: got %s, want %s", most, got, want)
			}
		}
		if answer := w.mustCall("ValidateStateMachineDefinition", map[string]any{"definition": `{}`, "maxResults": 1}); answer["truncated"] != false {
			t.Errorf("one diagnostic is %v", answer)
		}
		for _, request := range []map[string]any{{"maxResults": 101}, {"maxResults": -1}, {"type": "SLOW"}, {"severity": "INFO"}} {
			request["definition"] = passing
			_, err := w.call("ValidateStateMachineDefinition", request)
			expectCode(t, err, "ValidationException")
		}
	})
}
