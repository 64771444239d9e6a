package states

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// faultsOf parses a definition and returns its faults, one a line.
func faultsOf(t *testing.T, definition string, express bool) string {
	t.Helper()
	w := newWorld(t, map[string]fakeService{
		"sqs": (&echo{}).service("SendMessage"), "dynamodb": (&echo{}).service("PutItem"),
	})
	defer w.cloud.Close()
	_, err := parse(definition, express, w.states.resolver())
	if err == nil {
		return ""
	}
	var invalid *InvalidDefinition
	if !errors.As(err, &invalid) {
		t.Fatalf("%v", err)
	}
	var lines []string
	for _, f := range invalid.faults {
		lines = append(lines, f.path+": "+f.message)
	}
	return strings.Join(lines, "\n")
}

func TestFaultsOfADefinition(t *testing.T) {
	for _, row := range []struct {
		name, definition, want string
	}{
		{"no JSON", `{`, `/: decode a JSON document: unexpected end of the text`},
		{"no object", `[]`, "/: must be an object, not array\n/StartAt: is required\n/States: is required"},
		{"nothing", `{}`, "/StartAt: is required\n/States: is required"},
		{"no states", `{"StartAt":"A","States":{}}`, "/States: must not be empty\n/StartAt: there is no state \"A\""},
		{"an empty start", `{"StartAt":"","States":{"A":{"Type":"Succeed"}}}`, `/StartAt: there is no state ""`},
		{"unknown fields", `{"StartAt":"A","Sates":1,"States":{"A":{"Type":"Succeed","Ouput":1}}}`,
			"/States/A/Ouput: is not a field of a Succeed state in JSONPath\n/Sates: is not a field of a state machine"},
		{"a heartbeat as long as its task", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:eu-central-1:123456789012:activity:a","End":true,"TimeoutSeconds":9,"HeartbeatSeconds":9}}}`, `/States/T/HeartbeatSeconds: must be less than TimeoutSeconds`},
		{"errors that are no names", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:eu-central-1:123456789012:activity:a","End":true,"Retry":[{"ErrorEquals":[1]}]}}}`, `/States/T/Retry[0]/ErrorEquals: must be strings, not number`},
		{"all errors and another", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:eu-central-1:123456789012:activity:a","End":true,"Retry":[{"ErrorEquals":["States.ALL","E"]}]}}}`, `/States/T/Retry[0]/ErrorEquals: States.ALL must stand alone, and in the last one`},
		{"all errors before another", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:eu-central-1:123456789012:activity:a","End":true,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"T"},{"ErrorEquals":["E"],"Next":"T"}]}}}`, `/States/T/Catch[0]/ErrorEquals: States.ALL must stand alone, and in the last one`},
		{"a Map of nothing", `{"StartAt":"T","States":{"T":{"Type":"Map","End":true,"Comment":"c"}}}`, `/States/T/ItemProcessor: is required`},
		{"two processors", `{"StartAt":"T","States":{"T":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"Iterator":{"StartAt":"J","States":{"J":{"Type":"Pass","End":true}}}}}}`, "/States/T: must have only one of ItemProcessor, Iterator\n/States/T/ItemProcessor: is not a field of a Map state in JSONPath"},
		{"two selectors", `{"StartAt":"T","States":{"T":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"ItemSelector":{},"Parameters":{}}}}`, "/States/T: must have only one of ItemSelector, Parameters\n/States/T/ItemSelector: is not a field of a Map state in JSONPath"},
		{"another mode", `{"StartAt":"T","States":{"T":{"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"ASIDE"},"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}}}}`, `/States/T/ItemProcessor/ProcessorConfig/Mode: must be INLINE or DISTRIBUTED, not "ASIDE"`},
		{"too great a percentage", `{"StartAt":"T","States":{"T":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"ToleratedFailurePercentage":101}}}`, `/States/T/ToleratedFailurePercentage: must be a number between 0 and 100`},
		{"a negative percentage", `{"StartAt":"T","States":{"T":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"ToleratedFailurePercentage":-1}}}`, `/States/T/ToleratedFailurePercentage: must be a number between 0 and 100`},
		{"no percentage", `{"StartAt":"T","States":{"T":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"ToleratedFailurePercentage":"1"}}}`, `/States/T/ToleratedFailurePercentage: must be a number between 0 and 100`},
		{"unknown type", `{"StartAt":"A","States":{"A":{"Type":"Sleep"}}}`,
			"/States/A/Type: must be one of Choice, Fail, Map, Parallel, Pass, Succeed, Task, Wait, not \"Sleep\""},
		{"targets that do not exist", `{"StartAt":"A","States":{"A":{"Type":"Choice","Default":"X","Choices":[{"Variable":"$.a","IsNull":true,"Next":"Y"}]}}}`,
			"/States/A/Choices[0]/Next: there is no state \"Y\"\n/States/A/Default: there is no state \"X\"\n/States: no state ends the workflow"},
		{"unreachable states", `{"StartAt":"A","States":{"A":{"Type":"Succeed"},"B":{"Type":"Pass","Next":"C"},"C":{"Type":"Pass","Next":"B"}}}`,
			"/States/B: can not be reached\n/States/C: can not be reached"},
		{"no way out", `{"StartAt":"A","States":{"A":{"Type":"Pass"}}}`, "/States/A: must have either Next or End"},
		{"two ways out", `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"A","End":true}}}`, "/States/A: must have either Next or End\n/States: no state ends the workflow"},
		{"a loop for ever", `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"A"}}}`, "/States: no state ends the workflow"},
		{"fields of the other language", `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","InputPath":"$","End":true}}}`,
			"/States/A/InputPath: is not a field of a Pass state in JSONata"},
		{"JSONPath state in a JSONata machine", `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Succeed","QueryLanguage":"JSONPath"}}}`,
			"/States/A/QueryLanguage: can not be JSONPath if it is JSONata for the whole state machine"},
		{"broken expression", `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Succeed","Output":"{% 1 + %}"}}}`, "/States/A/Output: "},
		{"broken path", `{"StartAt":"A","States":{"A":{"Type":"Succeed","InputPath":"a["}}}`, "/States/A/InputPath: "},
		{"same name twice", `{"StartAt":"A","States":{"A":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}]}}}`,
			"/States/A/Branches[0]/States/A: has the same name as /States/A"},
		{"long name", `{"StartAt":"` + strings.Repeat("x", 81) + `","States":{"` + strings.Repeat("x", 81) + `":{"Type":"Succeed"}}}`,
			"/States/" + strings.Repeat("x", 81) + ": a state's name has 1 to 80 characters, not 81"},
		{"variable of the outer scope", `{"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"x":1},"Next":"M"},"M":{"Type":"Map","End":true,
			"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","Assign":{"x.$":"$"},"End":true}}}}}}`,
			"/States/M/ItemProcessor/States/I/Assign: \"x\" is a variable of the outer scope"},
		{"bad variable", `{"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"2x":1,"states":1},"End":true}}}`,
			"/States/A/Assign: \"2x\" is not a name for a variable\n/States/A/Assign: \"states\" is not a name for a variable"},
		{"unknown resource", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::nope:run","End":true}}}`,
			`/States/A/Resource: the resource "arn:aws:states:::nope:run" is not known`},
		{"unsupported action", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::dynamodb:getItem","End":true}}}`,
			`/States/A/Resource: dynamodb:GetItem is not supported by the local engine`},
		{"pattern that the integration has not", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.sync","End":true}}}`,
			`/States/A/Resource: sqs:sendMessage does not support .sync`},
		{"fields of a distributed Map in another one", `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"Label":"L","ItemBatcher":{},
			"ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"I","States":{"I":{"Type":"Succeed"}}}}}}`,
			"/States/M/ItemBatcher: belongs to a distributed Map: the ProcessorConfig does not say that this is one\n" +
				"/States/M/Label: belongs to a distributed Map: the ProcessorConfig does not say that this is one"},
		{"distributed Map without a type", `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED"},"StartAt":"I","States":{"I":{"Type":"Succeed"}}}}}}`,
			"/States/M/ItemProcessor/ProcessorConfig/ExecutionType: is required"},
		{"distributed Map of another type", `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"FAST"},"StartAt":"I","States":{"I":{"Type":"Succeed"}}}}}}`,
			"/States/M/ItemProcessor/ProcessorConfig/ExecutionType: must be STANDARD or EXPRESS, not \"FAST\""},
		{"empty label", `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"Label":"",
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Succeed"}}}}}}`,
			"/States/M/Label: must not be empty"},
		{"label with a forbidden character", `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"Label":"a/b",
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Succeed"}}}}}}`,
			"/States/M/Label: \"a/b\" has a character that a label must not have"},
		{"batches without a limit", `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemBatcher":{"BatchInput":{}},
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Succeed"}}}}}}`,
			"/States/M/ItemBatcher: must have MaxItemsPerBatch or MaxInputBytesPerBatch"},
		{"batches that are too large", `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemBatcher":{"MaxInputBytesPerBatch":262145,"MaxItemsPerBatch":0},
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Succeed"}}}}}}`,
			"/States/M/ItemBatcher/MaxItemsPerBatch: must be an integer between 1 and 99999999\n" +
				"/States/M/ItemBatcher/MaxInputBytesPerBatch: must be an integer between 1 and 262144"},
		{"long label", `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"Label":"` + strings.Repeat("x", 41) + `",
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Succeed"}}}}}}`,
			"/States/M/Label: must have at most 40 characters, not 41"},
		{"same label twice", `{"StartAt":"M","States":{"M":{"Type":"Map","Label":"L","Next":"N",
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Succeed"}}}},
			"N":{"Type":"Map","Label":"L","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"J","States":{"J":{"Type":"Succeed"}}}}}}`,
			"/States/N/Label: is the label of the state \"M\" too"},
		{"Express children that wait", `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},
			"StartAt":"I","States":{"I":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","End":true}}}}}}`,
			"/States/M/ItemProcessor/States/I/Resource: an Express state machine does not support the .waitForTaskToken service integration"},
		{"Wait without a time", `{"StartAt":"A","States":{"A":{"Type":"Wait","End":true}}}`, "/States/A: must have exactly one of Seconds and Timestamp"},
		{"Wait with a bad time", `{"StartAt":"A","States":{"A":{"Type":"Wait","Timestamp":"2016-12-05 21:29:29Z","End":true}}}`,
			"/States/A/Timestamp: must be a timestamp as in RFC 3339: 2026-01-02T15:04:05Z"},
		{"States.ALL not last", `{"StartAt":"A","States":{"A":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"B","States":{"B":{"Type":"Succeed"}}}],
			"Retry":[{"ErrorEquals":["States.ALL"]},{"ErrorEquals":["E"]}]}}}`,
			"/States/A/Retry[0]/ErrorEquals: States.ALL must stand alone, and in the last one"},
		{"Retry out of bounds", `{"StartAt":"A","States":{"A":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"B","States":{"B":{"Type":"Succeed"}}}],
			"Retry":[{"ErrorEquals":["E"],"BackoffRate":0.5,"IntervalSeconds":5,"MaxDelaySeconds":5,"JitterStrategy":"HALF"}]}}}`,
			"/States/A/Retry[0]/BackoffRate: must be between 1 and 1.7976931348623157e+308\n" +
				"/States/A/Retry[0]/JitterStrategy: must be FULL or NONE, not \"HALF\"\n" +
				"/States/A/Retry[0]/MaxDelaySeconds: must be more than IntervalSeconds"},
		{"rule with two operators", `{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Variable":"$","IsNull":true,"IsString":true,"Next":"B"}]},"B":{"Type":"Succeed"}}}`,
			"/States/A/Choices[0]: must have exactly one operator, not 2"},
		{"rule whose operand has the wrong type", `{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":"1","Next":"B"}]},"B":{"Type":"Succeed"}}}`,
			"/States/A/Choices[0]/NumericEquals: can not be compared with string"},
		{"nested rule that leads somewhere", `{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Not":{"Variable":"$","IsNull":true,"Next":"B"},"Next":"B"}]},"B":{"Type":"Succeed"}}}`,
			"/States/A/Choices[0]/Not/Next: is not a field of a nested rule"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := faultsOf(t, row.definition, false)
			if got != row.want && (!strings.HasSuffix(row.want, ": ") || !strings.HasPrefix(got, row.want)) {
				t.Errorf("got\n%s\nwant\n%s", got, row.want)
			}
		})
	}
}

func TestAnExpressMachineHasNoDistributedMap(t *testing.T) {
	got := faultsOf(t, distributing(``, passOn), true)
	if want := "/States/M/ItemProcessor/ProcessorConfig/Mode: an Express state machine does not support a distributed Map"; got != want {
		t.Errorf("got %s", got)
	}
}

func TestAnExpressMachineCannotWait(t *testing.T) {
	got := faultsOf(t, `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","End":true}}}`, true)
	if want := "/States/A/Resource: an Express state machine does not support the .waitForTaskToken service integration"; got != want {
		t.Errorf("got %s", got)
	}
}

// What the Catch of a Parallel assigns is assigned when its branches are over.
func TestABranchMayAssignWhatTheCatchAroundItAssigns(t *testing.T) {
	const definition = `{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,%s"Catch":[{"ErrorEquals":["States.ALL"],"Assign":{"x":1},"Next":"F"}],
		"Branches":[{"StartAt":"B","States":{"B":{"Type":"Pass","Assign":{"x":2},"End":true}}}]},"F":{"Type":"Succeed"}}}`
	if _, err := parse(fmt.Sprintf(definition, ""), false, resolver{}); err != nil {
		t.Error(err)
	}
	if got, want := faultsOf(t, fmt.Sprintf(definition, `"Assign":{"x":3},`), false), `/States/P/Branches[0]/States/B/Assign: "x" is a variable of the outer scope`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
