package states

// This file sends documents through every kind of state and every integration,
// and compares bytes: users' data keeps the order of its members and the text of
// its numbers, and what nothing touches keeps its bytes.

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

const (
	// untouched has blanks, escapes that nobody needs, and a name that is there twice.
	untouched = `{ "z": 0.0, "a": 12345678901234567890,"m": [1e2, {"$keys": "\u003c&>", "b": -0}], "\u00e9": 1.50, "z": 0.0 }`

	// touched is the same document as the engine writes it.
	touched = `{"z":0.0,"a":12345678901234567890,"m":[1e2,{"$keys":"<&>","b":-0}],"é":1.50}`
)

// rawService remembers the very bytes that it was called with, and answers with
// bytes.
type rawService struct {
	asked  []string
	answer string
}

func (*rawService) Supports(string) bool { return true }

func (s *rawService) Call(_ context.Context, _ cloud.Caller, _ string, input json.RawMessage) (json.RawMessage, error) {
	s.asked = append(s.asked, string(input))
	return json.RawMessage(s.answer), nil
}

func TestEveryKindOfStateKeepsOrderAndNumbers(t *testing.T) {
	const end = `,"End":true`
	for _, row := range []struct{ name, states, want string }{ // the states begin with S
		{"Pass", `"S":{"Type":"Pass"` + end + `}`, untouched},
		{"Pass in JSONata", `"S":{"Type":"Pass","QueryLanguage":"JSONata"` + end + `}`, untouched},
		{"an expression of the input as it is", `"S":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% $states.input %}"` + end + `}`, untouched},
		{"a discarded result", `"S":{"Type":"Pass","Result":1.0,"ResultPath":null` + end + `}`, untouched},
		{"Succeed", `"S":{"Type":"Succeed"}`, untouched},
		{"Succeed in JSONata", `"S":{"Type":"Succeed","QueryLanguage":"JSONata"}`, untouched},
		{"Wait", `"S":{"Type":"Wait","Seconds":1` + end + `}`, untouched},
		{"SecondsPath of a number with an exponent", `"S":{"Type":"Wait","SecondsPath":"$.m[0]"` + end + `}`, untouched},
		{"Choice", `"S":{"Type":"Choice","Choices":[{"And":[{"Variable":"$.z","NumericEquals":0},{"Variable":"$.m[0]","NumericEquals":100.0},
			{"Variable":"$.a","NumericGreaterThan":1e19},{"Variable":"$.z","IsNumeric":true}],"Next":"T"}]},"T":{"Type":"Succeed"}`, untouched},
		{"InputPath", `"S":{"Type":"Pass","InputPath":"$.m"` + end + `}`, `[1e2,{"$keys":"<&>","b":-0}]`},
		{"OutputPath", `"S":{"Type":"Pass","OutputPath":"$.a"` + end + `}`, `12345678901234567890`},
		{"a wildcard, in order", `"S":{"Type":"Pass","Parameters":{"all.$":"$.*"}` + end + `}`, `{"all":[0.0,12345678901234567890,[1e2,{"$keys":"<&>","b":-0}],1.50]}`},
		{"descendants, in order", `"S":{"Type":"Pass","Parameters":{"all.$":"$..*"}` + end + `}`,
			`{"all":[0.0,12345678901234567890,[1e2,{"$keys":"<&>","b":-0}],1.50,1e2,{"$keys":"<&>","b":-0},"<&>",-0]}`},
		{"several names", `"S":{"Type":"Pass","Parameters":{"x.$":"$['z','none','a']"}` + end + `}`, `{"x":{"z":0.0,"a":12345678901234567890}}`},
		{"Result", `"S":{"Type":"Pass","Result":{"z":1.0,"a":[1E3],"x.$":"$.z"}` + end + `}`, `{"z":1.0,"a":[1E3],"x.$":"$.z"}`},
		{"ResultPath", `"S":{"Type":"Pass","Result":{"z":1.0,"a":2},"ResultPath":"$.r.s"` + end + `}`, strings.TrimSuffix(touched, "}") + `,"r":{"s":{"z":1.0,"a":2}}}`},
		{"ResultPath in place", `"S":{"Type":"Pass","Result":0.10,"ResultPath":"$.a"` + end + `}`, strings.Replace(touched, "12345678901234567890", "0.10", 1)},
		{"Parameters", `"S":{"Type":"Pass","Parameters":{"z.$":"$","lit":[0.0,{"y":1e2,"b":1}],"a.$":"$.z"}` + end + `}`, `{"z":` + touched + `,"lit":[0.0,{"y":1e2,"b":1}],"a":0.0}`},
		{"Output in JSONata", `"S":{"Type":"Pass","QueryLanguage":"JSONata","Output":{"z":"{% $states.input.m %}","lit":[0.0,{"y":1e2,"b":1}],"a":"{% $states.input.z %}"}` + end + `}`,
			`{"z":[1e2,{"$keys":"<&>","b":-0}],"lit":[0.0,{"y":1e2,"b":1}],"a":0.0}`},
		{"an object that JSONata makes", `"S":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% {'z': $states.input.a, 'a': $states.input.z} %}"` + end + `}`, `{"z":12345678901234567890,"a":0.0}`},
		{"variables", `"S":{"Type":"Pass","Assign":{"v.$":"$","w":1.0},"Next":"T"},"T":{"Type":"Pass","Parameters":{"w.$":"$w","v.$":"$v"}` + end + `}`, `{"w":1.0,"v":` + touched + `}`},
		{"variables in JSONata", `"S":{"Type":"Pass","QueryLanguage":"JSONata","Assign":{"v":"{% $states.input %}"},"Next":"T"},"T":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% $v %}"` + end + `}`, untouched},
		{"Parallel", `"S":{"Type":"Parallel","Branches":[{"StartAt":"B","States":{"B":{"Type":"Pass"` + end + `}}},{"StartAt":"C","States":{"C":{"Type":"Pass","Result":2.0` + end + `}}}]` + end + `}`, `[` + untouched + `,2.0]`},
		{"Map", `"S":{"Type":"Map","ItemsPath":"$.m","ItemProcessor":{"StartAt":"B","States":{"B":{"Type":"Pass"` + end + `}}}` + end + `}`, `[1e2,{"$keys":"<&>","b":-0}]`},
		{"ItemSelector", `"S":{"Type":"Map","ItemsPath":"$.m","ItemSelector":{"z.$":"$$.Map.Item.Value","a.$":"$.z"},"ItemProcessor":{"StartAt":"B","States":{"B":{"Type":"Pass"` + end + `}}}` + end + `}`,
			`[{"z":1e2,"a":0.0},{"z":{"$keys":"<&>","b":-0},"a":0.0}]`},
		{"Map in JSONata", `"S":{"Type":"Map","QueryLanguage":"JSONata","Items":"{% $states.input.m %}","ItemProcessor":{"StartAt":"B","States":{"B":{"Type":"Pass"` + end + `}}}` + end + `}`, `[1e2,{"$keys":"<&>","b":-0}]`},
		{"an error output", `"S":{"Type":"Parallel","Branches":[{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"c"}}}],
			"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.e","Next":"T"}]` + end + `},"T":{"Type":"Succeed"}`, strings.TrimSuffix(touched, "}") + `,"e":{"Error":"E","Cause":"c"}}`},
		{"the execution's input in the context", `"S":{"Type":"Pass","Parameters":{"x.$":"$$.Execution.Input"}` + end + `}`, `{"x":` + touched + `}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, nil, func(t *testing.T, w *world) {
				e, o := w.finish(w.create(`{"StartAt":"S","States":{`+row.states+`}}`), untouched)
				if o.output != row.want {
					t.Fatalf("%+v, want output\n%s", o, row.want)
				}
				events := e.history.snapshot()
				if got := events[1].details.(*stateEnteredDetails).Input; got != untouched {
					t.Errorf("the history has the input %s", got)
				}
			})
		})
	}
}

func TestIntrinsicFunctionsKeepOrderAndNumbers(t *testing.T) {
	for call, want := range map[string]string{
		`States.Array($.a, 0.0, 1e2, $.z)`:                                                      `[12345678901234567890,0.0,1e2,0.0]`,
		`States.JsonToString($.m)`:                                                              `"[1e2,{\"$keys\":\"<&>\",\"b\":-0}]"`,
		`States.StringToJson('{"z":1.0,"a":[12345678901234567890],"z":2.0}')`:                   `{"z":2.0,"a":[12345678901234567890]}`,
		`States.JsonMerge($.m[1], $, false)`:                                                    `{"$keys":"<&>","b":-0,"z":0.0,"a":12345678901234567890,"m":[1e2,{"$keys":"<&>","b":-0}],"é":1.50}`,
		`States.JsonMerge($, States.StringToJson('{"a":1.0}'), false)`:                          strings.Replace(touched, "12345678901234567890", "1.0", 1),
		`States.Format('{} {} {}', $.a, $.z, $.m[0])`:                                           `"12345678901234567890 0.0 1e2"`,
		`States.ArrayUnique(States.Array($.z, 0, $.m[0], 100, $.a, $.a, 12345678901234567891))`: `[0.0,1e2,12345678901234567890,12345678901234567891]`,
		`States.ArrayContains(States.Array($.m[0], $.a), 100)`:                                  `true`,
		`States.ArrayContains(States.Array($.m[0], $.a), 12345678901234567891)`:                 `false`,
		`States.ArrayPartition($.m, 1)`:                                                         `[[1e2],[{"$keys":"<&>","b":-0}]]`,
		`States.ArrayGetItem($.m, 0.0)`:                                                         `1e2`,
		`States.MathAdd($.m[0], 1.0)`:                                                           `101`,
	} {
		inWorld(t, nil, func(t *testing.T, w *world) {
			text, err := json.Marshal(map[string]string{"x.$": call})
			if err != nil {
				t.Fatal(err)
			}
			m := w.create(`{"StartAt":"S","States":{"S":{"Type":"Pass","Parameters":` + string(text) + `,"OutputPath":"$.x","End":true}}}`)
			if _, o := w.finish(m, untouched); o.output != want {
				t.Errorf("%s: %+v, want output %s", call, o, want)
			}
		})
	}
}

// A machine's own text, which is quoted within the request.
func quoted(text string) string {
	encoded, err := jsonvalue.Encode(text)
	if err != nil {
		panic(err)
	}
	return encoded
}

func TestEveryIntegrationKeepsOrderAndNumbers(t *testing.T) {
	const machine, execution = "arn:aws:states:eu-central-1:123456789012:stateMachine:m", "arn:aws:states:eu-central-1:123456789012:execution:m:n"
	for _, row := range []struct{ resource, service, parameters, request string }{
		{"lambda:invoke", "lambda", `{"Payload.$":"$","FunctionName":"f"}`, `{"Payload":` + touched + `,"FunctionName":"f","InvocationType":"RequestResponse"}`},
		{"sqs:sendMessage", "sqs", `{"QueueUrl":"q","MessageBody.$":"$"}`, `{"QueueUrl":"q","MessageBody":` + quoted(touched) + `}`},
		{"sns:publish", "sns", `{"TopicArn":"t","Message":{"z.$":"$.z","a":1.0}}`, `{"TopicArn":"t","Message":"{\"z\":0.0,\"a\":1.0}"}`},
		{"events:putEvents", "events", `{"Entries":[{"Source":"s","Detail.$":"$","DetailType":"d"}]}`,
			`{"Entries":[{"Source":"s","Detail":` + quoted(touched) + `,"DetailType":"d","Resources":["` + machine + `","` + execution + `"]}]}`},
		{"dynamodb:putItem", "dynamodb", `{"TableName":"t","Item":{"z":{"N.$":"States.Format('{}', $.a)"},"a":{"L":[{"N":"0.0"}]}}}`,
			`{"TableName":"t","Item":{"z":{"N":"12345678901234567890"},"a":{"L":[{"N":"0.0"}]}}}`},
		{"apigateway:invoke", "execute-api", `{"ApiEndpoint":"a","Method":"POST","RequestBody.$":"$"}`, `{"ApiEndpoint":"a","Method":"POST","RequestBody":` + touched + `}`},
		{"aws-sdk:sqs:sendMessage", "sqs", `{"QueueUrl":"q","MessageBody.$":"$"}`, `{"QueueUrl":"q","MessageBody":` + quoted(touched) + `}`},
		{"aws-sdk:kinesis:putRecord", "kinesis", `{"StreamName":"s","Data.$":"$"}`, `{"StreamName":"s","Data":` + touched + `}`},
	} {
		t.Run(row.resource, func(t *testing.T) {
			inWorld(t, nil, func(t *testing.T, w *world) {
				service := &rawService{answer: `{"z":0.0,"Payload":` + touched + `}`}
				w.cloud.Register(row.service, service)
				m := w.create(fmt.Sprintf(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::%s","Parameters":%s,"OutputPath":"$['z','Payload']","End":true}}}`, row.resource, row.parameters))
				input := untouched
				e, err := m.now().start(context.Background(), startRequestBody{Name: "n", Input: &input})
				if err != nil {
					t.Fatal(err)
				}
				<-e.done()
				if o, _ := e.now(); o.output != service.answer {
					t.Errorf("%+v, want output %s", o, service.answer)
				}
				if len(service.asked) != 1 || service.asked[0] != row.request {
					t.Errorf("asked\n%s, want\n%s", service.asked, row.request)
				}
			})
		})
	}
}

func TestAStartedExecutionGetsTheVeryDocument(t *testing.T) {
	for parameters, want := range map[string]string{`{"StateMachineArn":"%s","Input.$":"$"}`: touched, `{"StateMachineArn":"%s","Input.$":"$.text"}`: untouched} {
		inWorld(t, nil, func(t *testing.T, w *world) {
			inner := w.createNamed("inner", `{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}`, false)
			m := w.create(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Parameters":` + fmt.Sprintf(parameters, inner.arn) +
				`,"OutputPath":"$['Input','Output']","End":true}}}`)
			input := touched
			if want == untouched {
				input = `{"text":` + quoted(untouched) + `}`
			}
			if _, o := w.finish(m, input); o.output != `{"Input":`+touched+`,"Output":`+touched+`}` {
				t.Errorf("%+v", o)
			}
			started := w.mustCall("ListExecutions", map[string]any{"stateMachineArn": inner.arn})["executions"].([]any)[0].(map[string]any)
			if got := w.mustCall("DescribeExecution", map[string]any{"executionArn": started["executionArn"]})["input"]; got != want {
				t.Errorf("started with %s, want %s", got, want)
			}
		})
	}
}

func TestTheErrorOfAFunctionKeepsItsBytesUnlessItIsInvokedByTheService(t *testing.T) {
	const thrown = `{ "errorType": "E", "n": 1.0, "errorMessage": "\u003c" }`
	for resource, cause := range map[string]string{
		`"arn:aws:lambda:eu-central-1:123456789012:function:f"`:              thrown,
		`"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"}`: `{"errorType":"E","n":1.0,"errorMessage":"<"}`,
	} {
		inWorld(t, nil, func(t *testing.T, w *world) {
			w.cloud.Register("lambda", &rawService{answer: `{"StatusCode":200,"FunctionError":"Unhandled","Payload":` + thrown + `}`})
			m := w.create(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":` + resource + `,"End":true}}}`)
			if _, o := w.finish(m, `{}`); o.error != "E" || o.cause != cause {
				t.Errorf("%s: %+v, want cause %s", resource, o, cause)
			}
		})
	}
}

func TestAFunctionGetsAndGivesTheVeryBytes(t *testing.T) {
	for _, row := range []struct{ answer, output, cause string }{
		{`{"StatusCode":200,"Payload":` + untouched + `}`, untouched, ""},
		{`{"StatusCode":200,"FunctionError":"Unhandled","Payload":{ "errorType": "E", "errorMessage": "\u003c" }}`, "", `{ "errorType": "E", "errorMessage": "\u003c" }`},
	} {
		inWorld(t, nil, func(t *testing.T, w *world) {
			service := &rawService{answer: row.answer}
			w.cloud.Register("lambda", service)
			m := w.create(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:lambda:eu-central-1:123456789012:function:f","End":true}}}`)
			if _, o := w.finish(m, untouched); o.output != row.output || o.cause != row.cause {
				t.Errorf("%+v, want output %s, cause %s", o, row.output, row.cause)
			}
			if want := `{"FunctionName":"arn:aws:lambda:eu-central-1:123456789012:function:f","InvocationType":"RequestResponse","Payload":` + untouched + `}`; service.asked[0] != want {
				t.Errorf("asked %s, want %s", service.asked[0], want)
			}
		})
	}
}

// As recorded on AWS, for branches.
func TestTheResultsOfBranchesAndIterationsKeepTheirBytes(t *testing.T) {
	const branch = `"Branches":[{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},{"StartAt":"Q","States":{"Q":{"Type":"Pass","InputPath":"$[0]","End":true}}}]`
	const each = `"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Parallel",` + branch + `,"End":true}}}`
	for name, row := range map[string]struct{ state, input, want string }{
		"branches":                      {`"Type":"Parallel",` + branch, `[ 1.0, {"b" : 2} ]`, `[[ 1.0, {"b" : 2} ],1.0]`},
		"branches in JSONata":           {`"QueryLanguage":"JSONata","Type":"Parallel",` + strings.ReplaceAll(branch, `"InputPath":"$[0]"`, `"Output":"{% $states.input[0] %}"`), `[ 1.0 ]`, `[[ 1.0 ],1.0]`},
		"branches of which one is left": {`"Type":"Parallel","ResultPath":"$[1]",` + branch, `[ 1.0, {"b" : 2} ]`, `[1.0,[[1.0,{"b":2}],1.0]]`},
		"iterations":                    {`"Type":"Map",` + each, `[[ 1.0, 2 ],[3, 4]]`, `[[[1.0,2],1.0],[[3,4],3]]`},
	} {
		inWorld(t, nil, func(t *testing.T, w *world) {
			if _, o := w.run(`{"StartAt":"S","States":{"S":{`+row.state+`,"End":true}}}`, row.input); o.output != row.want {
				t.Errorf("%s: %+v, want %s", name, o, row.want)
			}
		})
	}
}

func TestTheResultsOfBranchesAreWithinTheLimit(t *testing.T) {
	branch := func(name string) string {
		return `{"StartAt":"` + name + `","States":{"` + name + `":{"Type":"Pass","End":true}}}`
	}
	half := `"` + strings.Repeat("x", maxPayload/2) + `"`
	for state, want := range map[string]string{
		`"Type":"Parallel","Branches":[` + branch("P") + `,` + branch("Q") + `]`:                     errDataLimitExceeded,
		`"Type":"Parallel","Branches":[` + branch("P") + `,` + branch("Q") + `],"OutputPath":"$[0]"`: "",
	} {
		inWorld(t, nil, func(t *testing.T, w *world) {
			if _, o := w.run(`{"StartAt":"S","States":{"S":{`+state+`,"End":true}}}`, half); o.error != want {
				t.Errorf("%s: %s %s, want %q", state, o.error, o.cause, want)
			}
		})
	}
}

func TestATaskTokensOutputKeepsItsBytes(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		service := &rawService{answer: `{}`}
		w.cloud.Register("sqs", service)
		m := w.create(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
			"Parameters":{"QueueUrl":"q","MessageBody.$":"$$.Task.Token"},"End":true}}}`)
		e := w.start(m, `{}`)
		synctest.Wait()
		var asked struct{ MessageBody string }
		mustDecode(t, service.asked[0], &asked)
		w.mustCall("SendTaskSuccess", map[string]any{"taskToken": asked.MessageBody, "output": untouched})
		<-e.done()
		if o, _ := e.now(); o.output != untouched {
			t.Errorf("%+v", o)
		}
	})
}

func TestHugeDocumentsKeepTheirBytes(t *testing.T) {
	var wide strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&wide, `, "member %d": [%d.0, {"z%d": 1e2, "a": "x"}]`, 4000-i, i, i)
	}
	document := `{ "first": 0.0` + wide.String() + `}`
	compact := strings.NewReplacer(", ", ",", ": ", ":", "{ ", "{").Replace(document)
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(`{"StartAt":"S","States":{"S":{"Type":"Pass","Next":"R"},"R":{"Type":"Pass","Result":1.0,"ResultPath":"$.last","End":true}}}`)
		e, o := w.finish(m, document)
		if o.output != strings.TrimSuffix(compact, "}")+`,"last":1.0}` {
			t.Errorf("got %d bytes: %.200s", len(o.output), o.output)
		}
		if got := e.history.snapshot()[2].details.(*stateExitedDetails).Output; got != document {
			t.Errorf("the history has %d bytes: %.200s", len(got), got)
		}
	})
}
