package states

// Tests of TestState. What AWS says, and what it leaves out of inspectionData, is
// as recorded there by LocalStack's tests.

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const testRole = "arn:aws:iam::123456789012:role/r"

// tried calls TestState with what a JSON object in single quotes has, and returns
// the answer as JSON.
func (w *world) tried(request string) string {
	w.t.Helper()
	var input map[string]any
	if err := json.Unmarshal([]byte(request), &input); err != nil {
		w.t.Fatalf("%v in %s", err, request)
	}
	for _, member := range []string{"definition", "input", "variables", "context"} {
		if value, ok := input[member]; ok {
			if _, isText := value.(string); !isText {
				text, _ := json.Marshal(value)
				input[member] = string(text)
			}
		}
	}
	answer, err := w.call("TestState", input)
	if err != nil {
		return err.Error()
	}
	text, _ := json.Marshal(answer)
	return string(text)
}

// debug is the answer at the level DEBUG, with the texts in it as they read.
func (w *world) debug(request string) string {
	w.t.Helper()
	return strings.ReplaceAll(w.tried(strings.Replace(request, "{", `{"inspectionLevel":"DEBUG",`, 1)), `\"`, `'`)
}

const (
	lambdaTask = `{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f","Payload.$":"$.a"},"ResultSelector":{"said.$":"$.Payload"},"ResultPath":"$.r","Next":"N"`
	guarded    = `{"Type":"Task","QueryLanguage":"JSONata","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"f"},
		"Retry":[{"ErrorEquals":["Other"]},{"ErrorEquals":["Slow"],"IntervalSeconds":2,"MaxAttempts":3}],
		"Catch":[{"ErrorEquals":["Gone"],"Next":"A"},{"ErrorEquals":["States.ALL"],"Next":"B","Output":"{% $states.errorOutput.Cause %}","Assign":{"why":"{% $states.errorOutput.Error %}"}}],"End":true}`
	branches = `{"Type":"Parallel","Branches":[{"StartAt":"B1","States":{"B1":{"Type":"Pass","End":true}}},{"StartAt":"B2","States":{"B2":{"Type":"Pass","End":true}}}],"ResultPath":"$.p","End":true}`
)

func TestAStateIsTestedAlone(t *testing.T) {
	inWorld(t, lambdaOnly(functions{"f": func(_ context.Context, payload any) (any, error) { return payload, nil }}), func(t *testing.T, w *world) {
		for name, row := range map[string]struct{ request, want string }{
			"Pass": {`{"definition":{"Type":"Pass","InputPath":"$.a","Parameters":{"b.$":"$.c"},"ResultPath":"$.d","End":true},"input":{"a":{"c":1}}}`,
				`{"inspectionData":{"afterInputPath":"{'c':1}","afterParameters":"{'b':1}","afterResultPath":"{'a':{'c':1},'d':{'b':1}}","afterResultSelector":"{'b':1}","input":"{'a':{'c':1}}"},"output":"{'a':{'c':1},'d':{'b':1}}","status":"SUCCEEDED"}`},
			"Pass with a Result": {`{"definition":{"Type":"Pass","Result":1,"Next":"elsewhere"}}`,
				`{"inspectionData":{"afterResultPath":"1","afterResultSelector":"1","input":"{}","result":"1"},"nextState":"elsewhere","output":"1","status":"SUCCEEDED"}`},
			"Pass in JSONata, with variables": {`{"definition":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% $x + $states.input %}","Assign":{"y":2},"End":true},"input":1,"variables":{"x":3}}`,
				`{"inspectionData":{"input":"1","variables":"{'x':3,'y':2}"},"output":"4","status":"SUCCEEDED"}`},
			"Pass with the context": {`{"definition":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% $keys($states.context.Execution) %}","End":true}}`,
				`{"inspectionData":{"input":"{}"},"output":"['Id','Input','StartTime','Name','RoleArn']","status":"SUCCEEDED"}`},
			"Choice": {`{"definition":{"Type":"Choice","Choices":[{"Variable":"$.a","NumericEquals":1,"Next":"One"}],"Default":"Other"},"input":{"a":1}}`,
				`{"inspectionData":{"afterInputPath":"{'a':1}","input":"{'a':1}"},"nextState":"One","output":"{'a':1}","status":"SUCCEEDED"}`},
			"Choice by Default": {`{"definition":{"Type":"Choice","Choices":[{"Variable":"$.a","NumericEquals":1,"Next":"One"}],"Default":"Other"},"input":{"a":2}}`,
				`{"inspectionData":{"afterInputPath":"{'a':2}","input":"{'a':2}"},"nextState":"Other","output":"{'a':2}","status":"SUCCEEDED"}`},
			"Fail": {`{"definition":{"Type":"Fail","Error":"E","Cause":"c"}}`,
				`{"cause":"c","error":"E","inspectionData":{"afterInputPath":"{}","input":"{}"},"status":"FAILED"}`},
			"Wait":    {`{"definition":{"Type":"Wait","Seconds":299,"Next":"N"}}`, `{"inspectionData":{"afterInputPath":"{}","input":"{}"},"nextState":"N","output":"{}","status":"SUCCEEDED"}`},
			"waiting": {`{"definition":{"Type":"Wait","Seconds":301,"Next":"N"}}`, `{"error":"States.Timeout","inspectionData":{"afterInputPath":"{}","input":"{}"},"status":"FAILED"}`},
			"a path that leads nowhere": {`{"definition":{"Type":"Pass","InputPath":"$.a","End":true}}`,
				`{"cause":"Invalid path '$.a' : No results for path: $['a']","error":"States.Runtime","inspectionData":{"input":"{}"},"status":"FAILED"}`},
			"the context": {`{"definition":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% [$states.context.State.Name, $states.context.Execution.RoleArn, $exists($states.context.State.RetryCount)] %}","End":true}}`,
				`{"inspectionData":{"input":"{}"},"output":"['StateName',null,false]","status":"SUCCEEDED"}`},
		} {
			if got := w.debug(row.request); got != row.want {
				t.Errorf("%s:\n%s\nwant\n%s", name, got, row.want)
			}
		}
		got := w.tried(`{"definition":` + lambdaTask + `},"input":{"a":7},"roleArn":"` + testRole + `"}`)
		if want := `{"nextState":"N","output":"{\"a\":7,\"r\":{\"said\":7}}","status":"SUCCEEDED"}`; got != want {
			t.Errorf("a Task, at the level INFO:\n%s\nwant\n%s", got, want)
		}
	})
}

func TestAMockStandsForTheWorkOfAState(t *testing.T) {
	inWorld(t, lambdaOnly(functions{}), func(t *testing.T, w *world) {
		for name, row := range map[string]struct{ request, want string }{
			"a Task": {`{"definition":` + lambdaTask + `},"input":{"a":7},"mock":{"result":"{\"Payload\": \"p\"}"}}`,
				`{"inspectionData":{"afterInputPath":"{'a':7}","afterParameters":"{'FunctionName':'f','Payload':7}","afterResultPath":"{'a':7,'r':{'said':'p'}}","afterResultSelector":"{'said':'p'}","input":"{'a':7}","result":"{'Payload': 'p'}"},"nextState":"N","output":"{'a':7,'r':{'said':'p'}}","status":"SUCCEEDED"}`},
			"its error": {`{"definition":` + lambdaTask + `},"input":{"a":7},"mock":{"errorOutput":{"error":"E","cause":"c"}}}`,
				`{"cause":"c","error":"E","inspectionData":{"afterInputPath":"{'a':7}","afterParameters":"{'FunctionName':'f','Payload':7}","input":"{'a':7}"},"status":"FAILED"}`},
			"a Parallel state": {`{"definition":` + branches + `,"mock":{"result":"[1, 2]"}}`,
				`{"inspectionData":{"afterResultPath":"{'p':[1,2]}","afterResultSelector":"[1, 2]","input":"{}"},"output":"{'p':[1,2]}","status":"SUCCEEDED"}`},
			"a first failure": {`{"definition":` + guarded + `,"mock":{"errorOutput":{"error":"Slow","cause":"c"}}}`,
				`{"cause":"c","error":"Slow","inspectionData":{"afterArguments":"{'FunctionName':'f'}","errorDetails":{"retryBackoffIntervalSeconds":2,"retryIndex":1},"input":"{}"},"status":"RETRIABLE"}`},
			"a third one": {`{"definition":` + guarded + `,"mock":{"errorOutput":{"error":"Slow","cause":"c"}},"stateConfiguration":{"retrierRetryCount":2}}`,
				`{"cause":"c","error":"Slow","inspectionData":{"afterArguments":"{'FunctionName':'f'}","errorDetails":{"retryBackoffIntervalSeconds":8,"retryIndex":1},"input":"{}"},"status":"RETRIABLE"}`},
			"the last one": {`{"definition":` + guarded + `,"mock":{"errorOutput":{"error":"Slow","cause":"c"}},"stateConfiguration":{"retrierRetryCount":3}}`,
				`{"cause":"c","error":"Slow","inspectionData":{"afterArguments":"{'FunctionName':'f'}","errorDetails":{"catchIndex":1,"retryIndex":1},"input":"{}","variables":"{'why':'Slow'}"},"nextState":"B","output":"'c'","status":"CAUGHT_ERROR"}`},
			"one that is caught": {`{"definition":` + guarded + `,"mock":{"errorOutput":{"error":"Gone"}}}`,
				`{"error":"Gone","inspectionData":{"afterArguments":"{'FunctionName':'f'}","errorDetails":{"catchIndex":0},"input":"{}"},"nextState":"A","output":"{'Error':'Gone','Cause':''}","status":"CAUGHT_ERROR"}`},
			"a task that waits for its token": {`{"definition":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Parameters":{"FunctionName":"f","Payload.$":"$$.Task.Token"},"OutputPath":"$.x","End":true},"context":{"Task":{"Token":"t"}},"mock":{"result":"{\"x\":1}"}}`,
				`{"inspectionData":{"afterInputPath":"{}","afterParameters":"{'FunctionName':'f','Payload':'t'}","afterResultPath":"{'x':1}","afterResultSelector":"{'x':1}","input":"{}","result":"{'x':1}"},"output":"1","status":"SUCCEEDED"}`},
			"an empty context": {`{"definition":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"},"ResultSelector":{"c.$":"$$"},"End":true},"context":{},"mock":{"result":"{}"}}`,
				`{"inspectionData":{"afterInputPath":"{}","afterParameters":"{'FunctionName':'f'}","afterResultPath":"{'c':{}}","afterResultSelector":"{'c':{}}","input":"{}","result":"{}"},"output":"{'c':{}}","status":"SUCCEEDED"}`},
		} {
			if got := w.debug(row.request); got != row.want {
				t.Errorf("%s:\n%s\nwant\n%s", name, got, row.want)
			}
		}
	})
}

func TestTheErrorOfABranchIsCaughtByItsOwnName(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		caught := strings.TrimSuffix(branches, "}") + `,"Catch":[{"ErrorEquals":["States.BranchFailed"],"Next":"C"}]}`
		got := w.tried(`{"definition":` + caught + `,"mock":{"errorOutput":{"error":"E"}},"stateConfiguration":{"errorCausedByState":"B2"}}`)
		if want := `{"error":"E","nextState":"C","output":"{\"Error\":\"E\",\"Cause\":\"\"}","status":"CAUGHT_ERROR"}`; got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	})
}

func TestAStateIsFoundInADefinition(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		machine := `{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"In","States":{"In":{"Type":"Pass","Next":"End"},"End":{"Type":"Succeed"}}}],"End":true}}}`
		for name, row := range map[string]struct{ request, want string }{
			"within another": {`{"definition":` + machine + `,"stateName":"In"}`, `{"nextState":"End","output":"{}","status":"SUCCEEDED"}`},
			"not there":      {`{"definition":` + machine + `,"stateName":"Out"}`, `ValidationException: State not found in definition`},
			"a definition that is no machine's": {`{"definition":{"Type":"Pass","End":true},"stateName":"P"}`,
				`InvalidDefinition: Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /, SCHEMA_VALIDATION_FAILED: Field 'End' is not supported at /, SCHEMA_VALIDATION_FAILED: Field 'Type' is not supported at /'`},
		} {
			if got := w.tried(row.request); got != row.want {
				t.Errorf("%s:\n%s\nwant\n%s", name, got, row.want)
			}
		}
	})
}

func TestWhatTestStateRefuses(t *testing.T) {
	task := `{"definition":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"},"End":true}`
	result := task + `,"mock":{"result":"{}"}`
	inWorld(t, lambdaOnly(functions{}), func(t *testing.T, w *world) {
		for name, row := range map[string]struct{ request, want string }{
			"no JSON":                      {`{"definition":"abc"}`, `InvalidDefinition: Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: Unrecognized token 'abc'`},
			"an unknown field":             {`{"definition":{"Type":"Pass","End":true,"Foo":1}}`, `'SCHEMA_VALIDATION_FAILED: Field 'Foo' is not supported at /States/StateName'`},
			"an empty list of branches":    {`{"definition":{"Type":"Parallel","Branches":[],"End":true},"mock":{"result":"[]"}}`, `'SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/StateName/Branches'`},
			"a level":                      {`{"definition":{"Type":"Pass","End":true},"inspectionLevel":"ALL"}`, `Member must satisfy enum value set: [INFO, DEBUG, TRACE]`},
			"a member":                     {`{"definition":{"Type":"Pass","End":true},"level":"ALL"}`, `NotImplemented`},
			"an input":                     {`{"definition":{"Type":"Pass","End":true},"input":"x"}`, `InvalidExecutionInput`},
			"variables":                    {`{"definition":{"Type":"Pass","End":true},"variables":[]}`, `ValidationException: Variables must be a valid JSON object`},
			"a variable":                   {`{"definition":{"Type":"Pass","End":true},"variables":{"states":1}}`, `ValidationException: Invalid variable name: 'states'`},
			"a role":                       {`{"definition":{"Type":"Pass","End":true},"roleArn":"r"}`, `InvalidArn: Invalid Role Arn: 'r'`},
			"Parallel without a mock":      {`{"definition":` + branches + `}`, `InvalidDefinition: TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]`},
			"a Task without a role":        {task + `}`, `ValidationException: RoleArn must be specified when testing a Task state`},
			"a token without a mock":       {strings.Replace(task, "invoke", "invoke.waitForTaskToken", 1) + `,"roleArn":"` + testRole + `"}`, `InvalidDefinition: TestState API does not support '.sync' or '.waitForTaskToken'`},
			"an activity without a mock":   {`{"definition":{"Type":"Task","Resource":"` + activityARN + `","End":true},"roleArn":"` + testRole + `"}`, `InvalidDefinition: TestState API does not support Activity tasks`},
			"a Map's count for another":    {`{"definition":` + branches + `,"mock":{"result":"[1,2]"},"stateConfiguration":{"mapIterationFailureCount":0}}`, `ValidationException: TestState supports MapIterationFailureCount for a Map state only.`},
			"items without an ItemReader":  {`{"definition":` + branches + `,"mock":{"result":"[1,2]"},"stateConfiguration":{"mapItemReaderData":"[]"}}`, `ValidationException: TestState supports MapItemReaderData for a Map state with an ItemReader only.`},
			"a count without a mock":       {`{"definition":` + branches + `,"stateConfiguration":{"mapIterationFailureCount":0}}`, `ValidationException: TestState does not support MapIterationFailureCount when a mock is not specified.`},
			"retries without a mock":       {task + `,"stateConfiguration":{"retrierRetryCount":0}}`, `RetrierRetryCount when a mock is not specified.`},
			"a context without a mock":     {task + `,"context":{}}`, `Context when a mock is not specified.`},
			"a mocked Pass":                {`{"definition":{"Type":"Pass","End":true},"mock":{"result":"{}"}}`, `ValidationException: State type 'Pass' is not supported when a mock is specified`},
			"both of a mock":               {task + `,"mock":{"result":"{}","errorOutput":{"error":"E"}}}`, `ValidationException: A test mock should have only one of the following fields: [result, errorOutput].`},
			"none of a mock":               {task + `,"mock":{}}`, `ValidationException: A test mock should have one of`},
			"an error without a name":      {task + `,"mock":{"errorOutput":{"cause":"c"}}}`, `ValidationException`},
			"secrets of a mock":            {result + `,"revealSecrets":true}`, `ValidationException: TestState does not support RevealSecrets when a mock is specified.`},
			"a mode":                       {task + `,"mock":{"result":"{}","fieldValidationMode":"LAX"}}`, `Member must satisfy enum value set: [STRICT, PRESENT, NONE]`},
			"a result that is no JSON":     {task + `,"mock":{"result":"no","fieldValidationMode":"NONE"}}`, `ValidationException: Mocked result must be valid JSON`},
			"no list of branches' results": {`{"definition":` + branches + `,"mock":{"result":"{}"}}`, `ValidationException: Mocked result must be an array.`},
			"one branch's result":          {`{"definition":` + branches + `,"mock":{"result":"[1]"}}`, `ValidationException: Mocked result must contain the same number of items as number of Parallel branches.`},
			"a negative count":             {result + `,"stateConfiguration":{"retrierRetryCount":-1}}`, `Member must have value greater than or equal to 0`},
			"a cause in a Task":            {task + `,"mock":{"errorOutput":{"error":"E"}},"stateConfiguration":{"errorCausedByState":"X"}}`, `ErrorCausedByState is only supported`},
			"a cause that is elsewhere":    {`{"definition":` + branches + `,"mock":{"errorOutput":{"error":"E"}},"stateConfiguration":{"errorCausedByState":"B3"}}`, `State 'B3' not found`},
			"a context's token":            {result + `,"context":{"Task":{"Token":"t"}}}`, `ValidationException: Invalid Context object provided: Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service integration pattern`},
			"a context's Map":              {result + `,"context":{"Map":{}}}`, `Invalid Context object provided: 'Map' field is not supported when mocking a Context object`},
			"a context's field":            {result + `,"context":{"Pokedex":{}}}`, `Invalid Context object provided: Field 'Pokedex' is not allowed`},
			"a context's member":           {result + `,"context":{"Execution":{"pokemon":1}}}`, `Invalid Context object provided: Field 'pokemon' is not allowed`},
			"a context's type":             {result + `,"context":{"Execution":{"Id":1}}}`, `Invalid Context object provided: Execution.Id must be a string`},
			"a context's part":             {result + `,"context":{"State":1}}`, `Invalid Context object provided: State must be an object`},
			"a context":                    {result + `,"context":"x"}`, `Invalid Context object provided`},
		} {
			if got := w.tried(row.request); !strings.Contains(got, row.want) {
				t.Errorf("%s:\n%s\nwant\n%s", name, got, row.want)
			}
		}
	})
}

func TestATestNeedsTheRightsOfItsCaller(t *testing.T) {
	inWorld(t, lambdaOnly(functions{"f": func(context.Context, any) (any, error) { return 1, nil }}), func(t *testing.T, w *world) {
		asked := &asking{}
		w.cloud.Authorizer = asked
		started := time.Now()
		w.tried(`{"definition":` + lambdaTask + `},"input":{"a":7},"roleArn":"` + testRole + `","revealSecrets":true}`)
		if got := strings.Join(asked.actions, ", "); got != "states:TestState *, states:RevealSecrets *, iam:PassRole "+testRole {
			t.Error(got)
		}
		asked.refuse = true
		for _, action := range []string{"states:TestState", "states:RevealSecrets", "iam:PassRole"} {
			asked.only = action
			if got := w.tried(`{"definition":` + lambdaTask + `},"input":{"a":7},"roleArn":"` + testRole + `","revealSecrets":true}`); !strings.Contains(got, action) {
				t.Errorf("without %s: %s", action, got)
			}
		}
		if !time.Now().Equal(started) {
			t.Error("it took time")
		}
	})
}

// asking takes down what is asked of it, and refuses one action.
type asking struct {
	roles
	actions []string
	refuse  bool
	only    string
}

func (a *asking) Authorize(_ cloud.Caller, action, resource string) error {
	a.actions = append(a.actions, action+" "+resource)
	if a.refuse && action == a.only {
		return cloud.Errorf(400, "AccessDeniedException", "not authorized to perform: %s on resource: %s", action, resource)
	}
	return nil
}

func TestAMockedResultIsHeldToTheAPIOfItsService(t *testing.T) {
	task := func(resource string) string {
		return `{"definition":{"Type":"Task","QueryLanguage":"JSONata","Resource":"arn:aws:states:::` + resource + `","End":true},"mock":`
	}
	const ok = `"status":"SUCCEEDED"`
	inWorld(t, nil, func(t *testing.T, w *world) { // which serves nothing
		for _, row := range []struct{ resource, mock, want string }{
			{"states:startExecution", `{"result":"{}"}`, `ValidationException: Mock result schema validation error: Required field 'ExecutionArn' is missing`},
			{"states:startExecution", `{"result":"{}","fieldValidationMode":"PRESENT"}`, ok},
			{"states:startExecution", `{"result":"{\"StartDate\":true}","fieldValidationMode":"PRESENT"}`, `Mock result schema validation error: Field 'StartDate' must be a string`},
			{"states:startExecution", `{"result":"{\"StartDate\":true}","fieldValidationMode":"NONE"}`, ok},
			{"states:startExecution.waitForTaskToken", `{"result":"7"}`, ok},
			{"states:startExecution.sync", `{"result":"{}"}`, `Required field 'ExecutionArn' is missing`},
			{"states:startExecution.sync", `{"result":"{\"Output\":{}}","fieldValidationMode":"PRESENT"}`, `Field 'Output' must be a string`},
			{"states:startExecution.sync:2", `{"result":"{\"Output\":{},\"StartDate\":1764103483000}","fieldValidationMode":"PRESENT"}`, ok},
			{"glue:startJobRun.sync", `{"result":"{\"Attempt\":\"1\"}"}`, `Field 'Attempt' must be a number`},
			{"aws-sdk:sqs:receiveMessage", `{"result":"{\"Messages\":[{\"Body\":1}]}"}`, `Field 'Body' must be a string`},
			{"aws-sdk:cloudwatchlogs:describeLogGroups", `{"result":"{\"LogGroups\":1}"}`, `Field 'LogGroups' must be an array`},
			{"apigateway:invoke", `{"result":"7"}`, ok},
			{"aws-sdk:bedrockruntime:converse", `{"result":"7"}`, ok}, // which the engine has not
			{"ecs:runTask.sync", `{"result":"7"}`, ok},
			{"nonsense", `{"result":"7"}`, `The resource provided arn:aws:states:::nonsense is not recognized`},
		} {
			if got := w.tried(task(row.resource) + row.mock + `}`); !strings.Contains(got, row.want) {
				t.Errorf("%s %s:\n%s\nwant\n%s", row.resource, row.mock, got, row.want)
			}
		}
		if got := w.tried(`{"definition":{"Type":"Task","Resource":"arn:aws:lambda:eu-central-1:123456789012:function:f","End":true},"mock":{"result":"7"}}`); !strings.Contains(got, ok) {
			t.Error(got)
		}
		if got := w.tried(`{"definition":{"Type":"Task","Resource":"` + activityARN + `","End":true},"mock":{"result":"7"}}`); !strings.Contains(got, ok) {
			t.Error(got)
		}
	})
}

func TestAMapIsTestedByItsMock(t *testing.T) {
	mapping := func(fields string) string {
		return `{"definition":{"Type":"Map","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},` + fields + `,"End":true},"input":{"a":[1,2,3]},`
	}
	distributed := func(fields string) string {
		return strings.Replace(mapping(fields), `{"StartAt"`, `{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt"`, 1)
	}
	inWorld(t, nil, func(t *testing.T, w *world) {
		for name, row := range map[string]struct{ request, want string }{
			"in JSONPath": {mapping(`"ItemsPath":"$.a","ItemSelector":{"n.$":"$$.Map.Item.Index","of.$":"$.a[0]"},"ResultPath":"$.r","MaxConcurrency":2`) + `"mock":{"result":"[7]"}}`,
				`{"inspectionData":{"afterInputPath":"{'a':[1,2,3]}","afterItemSelector":"[{'n':0,'of':1},{'n':1,'of':1},{'n':2,'of':1}]","afterItemsPath":"[1,2,3]","afterResultPath":"{'a':[1,2,3],'r':[7]}","afterResultSelector":"[7]","input":"{'a':[1,2,3]}","maxConcurrency":2},"output":"{'a':[1,2,3],'r':[7]}","status":"SUCCEEDED"}`},
			"in JSONata": {mapping(`"QueryLanguage":"JSONata","Items":"{% $states.input.a %}","ToleratedFailurePercentage":50,"Output":"{% $states.result[0] %}"`) + `"mock":{"result":"[7]"},"stateConfiguration":{"mapIterationFailureCount":1}}`,
				`{"inspectionData":{"input":"{'a':[1,2,3]}","maxConcurrency":0,"toleratedFailurePercentage":50},"output":"7","status":"SUCCEEDED"}`},
			"with batches": {distributed(`"QueryLanguage":"JSONata","Items":"{% $states.input.a %}","ItemBatcher":{"MaxItemsPerBatch":2}`) + `"mock":{"result":"[7]"}}`,
				`{"inspectionData":{"afterItemBatcher":"[{'Items':[1,2]},{'Items':[3]}]","input":"{'a':[1,2,3]}","maxConcurrency":0},"output":"[7]","status":"SUCCEEDED"}`},
			"failing too often": {distributed(`"ItemsPath":"$.a","ToleratedFailureCount":1,"Retry":[{"ErrorEquals":["States.ExceedToleratedFailureThreshold"]}]`) + `"mock":{"result":"[1,2,3]"},"stateConfiguration":{"mapIterationFailureCount":2}}`,
				`{"cause":"The specified tolerated failure threshold was exceeded","error":"States.ExceedToleratedFailureThreshold","inspectionData":{"afterInputPath":"{'a':[1,2,3]}","afterItemsPath":"[1,2,3]","errorDetails":{"retryBackoffIntervalSeconds":1,"retryIndex":0},"input":"{'a':[1,2,3]}","maxConcurrency":0,"toleratedFailureCount":1},"status":"RETRIABLE"}`},
			"failing as often as may be": {distributed(`"ItemsPath":"$.a","ToleratedFailureCount":2,"ResultSelector":{}`) + `"mock":{"result":"[1,2,3]"},"stateConfiguration":{"mapIterationFailureCount":2}}`,
				`{"inspectionData":{"afterInputPath":"{'a':[1,2,3]}","afterItemsPath":"[1,2,3]","afterResultPath":"{}","afterResultSelector":"{}","input":"{'a':[1,2,3]}","maxConcurrency":0,"toleratedFailureCount":2},"output":"{}","status":"SUCCEEDED"}`},
			"failing, with nothing said about that": {distributed(`"ItemsPath":"$.a","ResultSelector":{}`) + `"mock":{"result":"[1,2,3]"},"stateConfiguration":{"mapIterationFailureCount":2}}`,
				`{"inspectionData":{"afterInputPath":"{'a':[1,2,3]}","afterItemsPath":"[1,2,3]","afterResultPath":"{}","afterResultSelector":"{}","input":"{'a':[1,2,3]}","maxConcurrency":0},"output":"{}","status":"SUCCEEDED"}`},
			"without items": {mapping(`"ItemsPath":"$$.Execution.Input"`) + `"mock":{"result":"[1,2,3]"}}`,
				`{"cause":"Reference path '$.Execution.Input' must point to array.","error":"States.Runtime","inspectionData":{"afterInputPath":"{'a':[1,2,3]}","input":"{'a':[1,2,3]}"},"status":"FAILED"}`},
			"by an error": {distributed(`"ItemsPath":"$.a","ToleratedFailureCount":2`) + `"mock":{"errorOutput":{"error":"E","cause":"c"}},"stateConfiguration":{"mapIterationFailureCount":0,"errorCausedByState":"I"}}`,
				`{"cause":"c","error":"E","inspectionData":{"afterInputPath":"{'a':[1,2,3]}","afterItemsPath":"[1,2,3]","input":"{'a':[1,2,3]}","maxConcurrency":0,"toleratedFailureCount":2},"status":"FAILED"}`},
			"with an ItemReader": {distributed(`"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"},"Parameters":{"Bucket.$":"$$.Execution.Id","Key":"k"}},"ItemSelector":{"is.$":"$$.Map.Item.Value.x"}`) + `"mock":{"result":"[7]"},"stateConfiguration":{"mapItemReaderData":"x,y\n1,2\n3,4\n"}}`,
				`{"inspectionData":{"afterInputPath":"{'a':[1,2,3]}","afterItemSelector":"[{'is':'1'},{'is':'3'}]","afterResultPath":"[7]","afterResultSelector":"[7]","input":"{'a':[1,2,3]}","maxConcurrency":0},"output":"[7]","status":"SUCCEEDED"}`},
			"with an ItemReader that says nothing": {distributed(`"ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Bucket":"b"}}`) + `"mock":{"result":"[7]"}}`,
				`{"inspectionData":{"afterInputPath":"{'a':[1,2,3]}","afterResultPath":"[7]","afterResultSelector":"[7]","input":"{'a':[1,2,3]}","maxConcurrency":0},"output":"[7]","status":"SUCCEEDED"}`},
			"with a list for the ItemReader": {distributed(`"ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Bucket":"b"}},"ItemBatcher":{"MaxItemsPerBatch":1}`) + `"mock":{"result":"[7]"},"stateConfiguration":{"mapItemReaderData":"[{\"Key\":\"a\"}]"}}`,
				`{"inspectionData":{"afterInputPath":"{'a':[1,2,3]}","afterItemBatcher":"[{'Items':[{'Key':'a'}]}]","afterResultPath":"[7]","afterResultSelector":"[7]","input":"{'a':[1,2,3]}","maxConcurrency":0},"output":"[7]","status":"SUCCEEDED"}`},
			"with an ItemReader whose bucket is nowhere": {distributed(`"ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Bucket.$":"$.b"}}`) + `"mock":{"result":"[7]"}}`,
				`{"cause":"The JSONPath '$.b' specified for the field 'Bucket.$' could not be found in the input '{'a':[1,2,3]}'","error":"States.Runtime","inspectionData":{"afterInputPath":"{'a':[1,2,3]}","input":"{'a':[1,2,3]}"},"status":"FAILED"}`},
			"with an ItemReader whose bucket is no text": {distributed(`"ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Bucket.$":"$.a"}}`) + `"mock":{"result":"[7]"}}`,
				`{"cause":"The value of the field 'Bucket' has an invalid format: [1,2,3]","error":"States.Runtime","inspectionData":{"afterInputPath":"{'a':[1,2,3]}","input":"{'a':[1,2,3]}"},"status":"FAILED"}`},
			"with an ItemReader of which a member is unknown": {distributed(`"QueryLanguage":"JSONata","ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2","Arguments":"{% {'Bucket': 'b', 'Key': 'k'} %}"}`) + `"mock":{"result":"[7]"}}`,
				`{"cause":"The field 'Key' is not supported","error":"States.Runtime","inspectionData":{"input":"{'a':[1,2,3]}"},"status":"FAILED"}`},
			"with an ItemReader that reads so many": {distributed(`"ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2","ReaderConfig":{"MaxItemsPath":"$.a[1]"},"Parameters":{"Bucket":"b"}},"ItemSelector":{"n.$":"$$.Map.Item.Value"}`) + `"mock":{"result":"[7]"},"stateConfiguration":{"mapItemReaderData":"[1,2,3]"}}`,
				`{"inspectionData":{"afterInputPath":"{'a':[1,2,3]}","afterItemSelector":"[{'n':1},{'n':2}]","afterResultPath":"[7]","afterResultSelector":"[7]","input":"{'a':[1,2,3]}","maxConcurrency":0},"output":"[7]","status":"SUCCEEDED"}`},
			"with an ItemReader that reads -1": {distributed(`"ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2","ReaderConfig":{"MaxItemsPath":"$.n"},"Parameters":{"Bucket":"b"}}`) + `"input":"{\"n\":-1}","mock":{"result":"[7]"},"stateConfiguration":{"mapItemReaderData":"[1,2,3]"}}`,
				`{"cause":"field MaxItems must be positive","error":"States.ItemReaderFailed","inspectionData":{"afterInputPath":"{'n':-1}","input":"{'n':-1}"},"status":"FAILED"}`},
			"with an ItemReader of an inventory": {distributed(`"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"ManifestType":"S3_INVENTORY"},"Parameters":{"Bucket":"b","Key":"k"}},"ItemSelector":{"k.$":"$$.Map.Item.Value.Key"}`) + `"mock":{"result":"[7]"},"stateConfiguration":{"mapItemReaderData":"[{\"Key\":\"a\"}]"}}`,
				`{"inspectionData":{"afterInputPath":"{'a':[1,2,3]}","afterItemSelector":"[{'k':'a'}]","afterResultPath":"[7]","afterResultSelector":"[7]","input":"{'a':[1,2,3]}","maxConcurrency":0},"output":"[7]","status":"SUCCEEDED"}`},
			"with an ItemReader of unloaded lines": {distributed(`"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSONL","ManifestType":"ATHENA_DATA"},"Parameters":{"Bucket":"b","Key":"k"}},"ItemSelector":{"k.$":"$$.Map.Item.Value.k"}`) + `"mock":{"result":"[7]"},"stateConfiguration":{"mapItemReaderData":"{\"k\":1}\n{\"k\":2}"}}`,
				`{"inspectionData":{"afterInputPath":"{'a':[1,2,3]}","afterItemSelector":"[{'k':1},{'k':2}]","afterResultPath":"[7]","afterResultSelector":"[7]","input":"{'a':[1,2,3]}","maxConcurrency":0},"output":"[7]","status":"SUCCEEDED"}`},
			"with a ResultWriter":         {distributed(`"ItemsPath":"$.a","ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b"}}`) + `"mock":{"result":"[7]"}}`, `ValidationException: Mocked result must be a JSON object.`},
			"by no list":                  {distributed(`"ItemsPath":"$.a"`) + `"mock":{"result":"{}"}}`, `ValidationException: Mocked result must be an array.`},
			"with more failures than are": {distributed(`"ItemsPath":"$.a"`) + `"mock":{"result":"[1]"},"stateConfiguration":{"mapIterationFailureCount":2}}`, `ValidationException: Map iteration failure count must be less than or equal to the number of Map iterations`},
		} {
			if got := w.debug(row.request); got != row.want {
				t.Errorf("%s:\n%s\nwant\n%s", name, got, row.want)
			}
		}
	})
}

func TestTheItemsOfAMapAreToldAsTheyAreWritten(t *testing.T) {
	const inline, distributed = `"StartAt"`, `"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt"`
	inWorld(t, nil, func(t *testing.T, w *world) {
		for name, row := range map[string]struct{ mode, fields, want string }{
			"by a path":           {inline, `"ItemsPath":"$.a[1].b"`, `[1,  {"c": [ ]}]`},
			"in children":         {distributed, `"ItemsPath":"$.a[1].b"`, `[1,  {"c": [ ]}]`},
			"behind an InputPath": {inline, `"InputPath":"$.a[1]","ItemsPath":"$.b"`, `[1,  {"c": [ ]}]`},
			"of the context":      {inline, `"ItemsPath":"$$.Execution.Input.x"`, `["y",  "z"]`},
			"by a wildcard":       {inline, `"ItemsPath":"$.a[*]"`, `[0,{"b":[1,{"c":[]}]}]`},
			"as a whole":          {inline, `"InputPath":"$.a"`, `[0,  {"b": [1,  {"c": [ ]}]}]`},
		} {
			out := w.mustCall("TestState", map[string]any{
				"definition": `{"Type":"Map",` + row.fields + `,"ItemProcessor":{` + row.mode + `:"I","States":{"I":{"Type":"Pass","End":true}}},"End":true}`,
				"input":      `{"a": [0,  {"b": [1,  {"c": [ ]}]}]}`, "context": `{"Execution": {"Input": {"x": ["y",  "z"]}}}`,
				"mock": map[string]any{"result": "[7]"}, "inspectionLevel": "DEBUG",
			})
			if got := out["inspectionData"].(map[string]any)["afterItemsPath"]; got != row.want {
				t.Errorf("%s: %v, not %s", name, got, row.want)
			}
		}
	})
}

func TestTextsOfRequestsHaveBounds(t *testing.T) {
	long := func(n int) string { return strings.Repeat("ä", n) }
	task := `{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"},"End":true}`
	failing := func(name, cause string) map[string]any {
		return map[string]any{"definition": task, "mock": map[string]any{"errorOutput": map[string]any{"error": name, "cause": cause}}}
	}
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(waiting)
		x := w.start(m, `{}`)
		for name, row := range map[string]struct {
			action  string
			request map[string]any
			member  string // empty: nothing is too long
		}{
			"a task's error":            {"SendTaskFailure", map[string]any{"taskToken": "t", "error": long(257)}, "error"},
			"a task's cause":            {"SendTaskFailure", map[string]any{"taskToken": "t", "cause": long(32769)}, "cause"},
			"a stopped one's error":     {"StopExecution", map[string]any{"executionArn": x.arn, "error": long(257)}, "error"},
			"a stopped one's cause":     {"StopExecution", map[string]any{"executionArn": x.arn, "cause": long(32769)}, "cause"},
			"a mocked error":            {"TestState", failing(long(257), ""), "mock.errorOutput.error"},
			"a mocked cause":            {"TestState", failing("E", long(32769)), "mock.errorOutput.cause"},
			"as long as they may be":    {"TestState", failing(long(256), long(32768)), ""},
			"a mocked result":           {"TestState", map[string]any{"definition": task, "mock": map[string]any{"result": `"` + long(256<<10) + `"`}}, "mock.result"},
			"a context":                 {"TestState", map[string]any{"definition": task, "context": long(256<<10 + 1)}, "context"},
			"variables":                 {"TestState", map[string]any{"definition": task, "variables": long(256<<10 + 1)}, "variables"},
			"a definition":              {"TestState", map[string]any{"definition": long(1<<20 + 1)}, "definition"},
			"a state":                   {"TestState", map[string]any{"definition": task, "stateName": long(81)}, "stateName"},
			"what an ItemReader reads":  {"TestState", map[string]any{"definition": task, "stateConfiguration": map[string]any{"mapItemReaderData": long(256<<10 + 1)}}, "stateConfiguration.mapItemReaderData"},
			"the state of an iteration": {"TestState", map[string]any{"definition": task, "stateConfiguration": map[string]any{"errorCausedByState": long(81)}}, "stateConfiguration.errorCausedByState"},
		} {
			_, err := w.call(row.action, row.request)
			if row.member == "" {
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			if want := "ValidationException: 1 validation error detected: Value at '" + row.member + "' failed to satisfy constraint: Member must have length less than or equal to"; err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%s: got %.300v", name, err)
			}
		}
		w.mustCall("StopExecution", map[string]any{"executionArn": x.arn, "error": long(256), "cause": long(32768)})
	})
}
