package statetest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/states/statetest"
)

// write writes files into a folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// template has the state machine, as the CDK writes it.
const template = `{"Resources": {
	"Charge": {"Type": "AWS::Lambda::Function", "Properties": {}},
	"Order1234": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"StateMachineType": "EXPRESS", "DefinitionString": {"Fn::Join": ["", [
		"{\"StartAt\":\"Charge\",\"States\":{\"Charge\":{\"Type\":\"Task\",\"Resource\":\"arn:", {"Ref": "AWS::Partition"}, ":states:::lambda:invoke\",\"Parameters\":{\"FunctionName\":\"", {"Fn::GetAtt": ["Charge", "Arn"]}, "\"},\"OutputPath\":\"$.Payload\",\"End\":true}}}"]]}}},
	"Other": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": "{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"${Arn}\",\"End\":true}}}", "DefinitionSubstitutions": {"Arn": {"Fn::GetAtt": "Charge.Arn"}}}},
	"Third": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"Definition": {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": {"Fn::Sub": "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:x"}, "End": true}}}}}}}`

func TestTheTestsOfAFileRun(t *testing.T) {
	const config = `{"StateMachines":{"Local":{"TestCases":{"Refused":{"Charge":"No"}}}},"MockedResponses":{"No":{"0":{"Throw":{"Error":"E","Cause":"c"}}}}}`
	for name, row := range map[string]struct{ suite, want string }{
		"as it should": {`{"definition": "order.asl.json", "tests": [{"input": {"id": 1}, "mocks": {"Charge": {"result": {"amount": 1}}, "Send": [{"result": "{\"MessageId\":\"m\",\"MD5OfMessageBody\":\"d\"}"}]},
			"expect": {"output": {"charge": {"amount": 1}, "id": 1}}}]}`, ""},
		"with an error": {`{"definition": "order.asl.json", "tests": [{"mocks": {"Charge": {"errorOutput": {"error": "X", "cause": "c"}}}, "expect": {"error": "Refused", "cause": "c", "states": ["Charge", "Refuse"]}}]}`, ""},
		"otherwise": {`{"definition": "order.asl.json", "tests": [{"mocks": {"Charge": {"errorOutput": {"error": "X"}}}, "expect": {"error": "Lost", "cause": "d", "states": ["Charge"]}}]}`,
			"error is Refused, want Lost\ncause is , want d\nway is Charge -> Refuse, want Charge"},
		"with another output": {`{"definition": "order.asl.json", "tests": [{"mocks": {"Charge": {"result": {"amount": 1}}, "Ship": {"result": "[1,2]"}}, "expect": {"output": {}}}]}`, `output is {"charge":{"amount":1}}, want {}`},
		"failing":             {`{"definition": "order.asl.json", "tests": [{"mocks": {"Charge": {"errorOutput": {"error": "X", "cause": "c"}}}}]}`, "status is FAILED, want SUCCEEDED: Refused: c"},
		"of a configuration":  {`{"definition": "order.asl.json", "mockConfig": "mocks.json", "stateMachine": "Local", "tests": [{"case": "Refused", "expect": {"error": "Refused"}}]}`, ""},
		"of an assembly":      {`{"machine": "Order1234", "tests": [{"mocks": {"Charge": {"result": {"Payload": {"a": 1}}}}, "expect": {"output": {"a": 1}}}]}`, ""},
		"of a stack":          {`{"machine": "shop/Other", "tests": [{"mocks": {"T": {"result": "7"}}, "expect": {"output": 7, "states": ["T"]}}]}`, ""},
		"of an object":        {`{"machine": "Third", "tests": [{"mocks": {"T": {"result": "\"x\""}}, "expect": {"output": "x"}}]}`, ""},
		"with substitutions":  {`{"definition": "order.asl.json", "substitutions": {"Charge": "nothing"}, "tests": [{}]}`, "The resource provided nothing is not recognized"},
		"of nobody":           {`{"machine": "Nobody", "tests": []}`, "has no state machine Nobody, but shop/Order1234, shop/Other, shop/Third"},
		"of both":             {`{"machine": "Other", "definition": "order.asl.json", "tests": []}`, "want either a definition or a machine"},
		"with a typo":         {`{"machine": "Other", "testz": []}`, `unknown field "testz"`},
		"with a mock's typo":  {`{"machine": "Other", "tests": [{"mocks": {"T": {"output": 1}}}]}`, `the mocks of T: json: unknown field "output"`},
	} {
		dir := write(t, map[string]string{"order.asl.json": order, "mocks.json": config, "shop.template.json": template, "order.test.json": row.suite})
		suite, err := statetest.ReadSuite(filepath.Join(dir, "order.test.json"), filepath.Join(dir, "shop.template.json"))
		if err == nil {
			for _, test := range suite.Tests {
				_, err = suite.Run(t, test)
			}
		}
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: %v, want %q", name, err, row.want)
		}
	}
}
