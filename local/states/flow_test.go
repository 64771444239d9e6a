package states

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

func TestDataFlow(t *testing.T) {
	for _, row := range []struct {
		name, state, input, want string
	}{
		{"InputPath selects", `"Type":"Pass","InputPath":"$.a"`, `{"a":{"b":1}}`, `{"b":1}`},
		{"InputPath null is an empty object", `"Type":"Pass","InputPath":null`, `{"a":1}`, `{}`},
		{"Parameters build", `"Type":"Pass","InputPath":"$.a","Parameters":{"x.$":"$.b","y":"$.b"}`, `{"a":{"b":1}}`, `{"x":1,"y":"$.b"}`},
		{"ResultPath adds to the raw input", `"Type":"Pass","InputPath":"$.a","ResultPath":"$.r.s"`, `{"a":1}`, `{"a":1,"r":{"s":1}}`},
		{"ResultPath null discards", `"Type":"Pass","Result":5,"ResultPath":null`, `{"a":1}`, `{"a":1}`},
		{"OutputPath selects", `"Type":"Pass","Result":5,"ResultPath":"$.r","OutputPath":"$.r"`, `{"a":1}`, `5`},
		{"OutputPath null is an empty object", `"Type":"Pass","OutputPath":null`, `{"a":1}`, `{}`},
		{"Result replaces", `"Type":"Pass","Result":{"x.$":"$.a"}`, `{"a":1}`, `{"x.$":"$.a"}`},
		{"context object", `"Type":"Pass","Parameters":{"n.$":"$$.StateMachine.Name","s.$":"$$.State.Name","in.$":"$$.Execution.Input.a"}`, `{"a":1}`, `{"n":"m","s":"S","in":1}`},
		{"intrinsic function", `"Type":"Pass","Parameters":{"x.$":"States.Format('{}-{}', $.a, 'b')"}`, `{"a":"a"}`, `{"x":"a-b"}`},
		{"JSONata output", `"Type":"Pass","QueryLanguage":"JSONata","Output":{"x":"{% $states.input.a + 1 %}","y":["{% 'q' %}"]}`, `{"a":1}`, `{"x":2,"y":["q"]}`},
		{"JSONata without output hands on the input", `"Type":"Pass","QueryLanguage":"JSONata"`, `{"a":"<&>"}`, `{"a":"<&>"}`},
		{"JSONata context", `"Type":"Pass","QueryLanguage":"JSONata","Output":"{% $states.context.State.Name & $states.context.Execution.Name %}"`, `1`, `"Sname"`},
		{"what passes whole keeps its text", `"Type":"Pass"`, `{"z":1.0,"a":12345678901234567890.10}`, `{"z":1.0,"a":12345678901234567890.10}`},
		{"a list that passes whole, too", `"Type":"Pass"`, `[1.0,12345678901234567890]`, `[1.0,12345678901234567890]`},
		{"a number, too", `"Type":"Pass","QueryLanguage":"JSONata"`, `12345678901234567890`, `12345678901234567890`},
		{"Succeed filters", `"Type":"Succeed","InputPath":"$.a","OutputPath":"$.b"`, `{"a":{"b":1}}`, `1`},
		{"Choice filters", `"Type":"Choice","InputPath":"$.a","OutputPath":"$.b","Choices":[{"Variable":"$.b","NumericEquals":1,"Next":"T"}]},"T":{"Type":"Succeed"`, `{"a":{"b":1}}`, `1`},
		{"Wait hands on what it selects", `"Type":"Wait","Seconds":1,"InputPath":"$.a"`, `{"a":1}`, `1`},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, nil, func(t *testing.T, w *world) {
				end := `,"End":true`
				if strings.Contains(row.state, `"Succeed"`) {
					end = ""
				}
				m := w.create(`{"StartAt":"S","States":{"S":{` + row.state + end + `}}}`)
				e, err := m.now().start(context.Background(), startRequestBody{Name: "name", Input: &row.input})
				if err != nil {
					t.Fatal(err)
				}
				<-e.done()
				if o, _ := e.now(); o.output != row.want {
					t.Errorf("%+v, want output %s", o, row.want)
				}
			})
		})
	}
}

func TestDataFlowFailures(t *testing.T) {
	const within = "An error occurred while executing the state 'S' (entered at the event id #2). "
	for _, row := range []struct {
		name, state, input, error, cause string
	}{
		{"InputPath finds nothing", `"Type":"Pass","InputPath":"$.x"`, `{}`, errRuntime, within + "Invalid path '$.x'"},
		{"Parameters find nothing", `"Type":"Pass","Parameters":{"v.$":"$.x"}`, `{}`, errRuntime,
			within + "The JSONPath '$.x' specified for the field 'v.$' could not be found in the input '{}'"},
		{"ResultPath does not fit", `"Type":"Pass","ResultPath":"$.a.b"`, `{"a":1}`, errResultPathMismatch, within},
		{"intrinsic function fails", `"Type":"Pass","Parameters":{"v.$":"States.ArrayGetItem($.a, 7)"}`, `{"a":[1]}`, errIntrinsicFailure, within},
		{"JSONata gives nothing", `"Type":"Pass","QueryLanguage":"JSONata","Output":{"r":"{% $x %}"}`, `{}`, errQueryEvaluation,
			within + "The JSONata expression '$x' specified for the field 'Output/r' returned nothing (undefined)."},
		{"JSONata throws", `"Type":"Pass","QueryLanguage":"JSONata","Output":"{% $error('no') %}"`, `{}`, errQueryEvaluation,
			within + "The JSONata expression '$error('no')' specified for the field 'Output' threw an error during evaluation. "},
		{"output too large", `"Type":"Pass","QueryLanguage":"JSONata","Output":"{% $pad('', 300000, 'x') %}"`, `{}`, errDataLimitExceeded,
			"The state/task 'S' returned a result with a size exceeding the maximum number of bytes service limit."},
		{"SecondsPath is negative", `"Type":"Wait","SecondsPath":"$.s"`, `{"s":-1}`, errRuntime, within + "The SecondsPath parameter references a negative value: $.s == -1"},
		{"SecondsPath finds nothing", `"Type":"Wait","SecondsPath":"$.s"`, `{}`, errRuntime, within + "The SecondsPath parameter does not reference an input value: $.s"},
		{"TimestampPath is too far", `"Type":"Wait","TimestampPath":"$.s"`, `{"s":"2100-01-01T00:00:00Z"}`, errRuntime, within + "Wait state delay is too long."},
		{"SecondsPath is a fraction", `"Type":"Wait","SecondsPath":"$.s"`, `{"s":1.5}`, errRuntime, within + "The SecondsPath parameter cannot be parsed as a long value: $.s == 1.5"},
		{"TimestampPath is no time", `"Type":"Wait","TimestampPath":"$.s"`, `{"s":"2016-12-05 21:29:29Z"}`, errRuntime,
			within + "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.s == 2016-12-05 21:29:29Z"},
		{"JSONata timestamp is no time", `"Type":"Wait","QueryLanguage":"JSONata","Timestamp":"{% $states.input.s %}"`, `{"s":"x"}`, errQueryEvaluation,
			within + "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: x"},
		{"Map over no array", `"Type":"Map","ItemsPath":"$.s","ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Succeed"}}}`, `{"s":"x"}`, errRuntime,
			within + `Reference path "$.s" must point to array.`},
		{"JSONata Map over no array", `"Type":"Map","QueryLanguage":"JSONata","Items":"{% 'x' %}","ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Succeed"}}}`, `{}`, errQueryEvaluation,
			within + `The JSONata expression ''x'' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was 'string' for value: "x"`},
		{"MaxConcurrencyPath is no number", `"Type":"Map","ItemsPath":"$.a","MaxConcurrencyPath":"$.n","ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Succeed"}}}`, `{"a":[1],"n":"NoNumber"}`, errRuntime,
			within + `The MaxConcurrencyPath field refers to value "NoNumber" which is not a valid integer: $.n`},
		{"MaxConcurrencyPath is a fraction", `"Type":"Map","ItemsPath":"$.a","MaxConcurrencyPath":"$.n","ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Succeed"}}}`, `{"a":[1],"n":"1.5"}`, errRuntime,
			within + `The MaxConcurrencyPath field refers to value "1.5" which is not a valid integer: $.n`},
		{"JSONata MaxConcurrency is a text", `"Type":"Map","QueryLanguage":"JSONata","Items":[1],"MaxConcurrency":"{% '1' %}","ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Succeed"}}}`, `{}`, errQueryEvaluation, within},
		{"ErrorPath finds nothing", `"Type":"Fail","ErrorPath":"$.e"`, `{}`, errRuntime, within},
		{"ErrorPath is a path", `"Type":"Fail","ErrorPath":"$.e","Cause":"c"`, `{"e":"E"}`, "E", "c"},
		{"CausePath is a function", `"Type":"Fail","Error":"E","CausePath":"States.Format('c {}', $.e)"`, `{"e":"E"}`, "E", "c E"},
		{"Error in JSONata", `"Type":"Fail","QueryLanguage":"JSONata","Error":"{% $states.input.e %}","Cause":"{% 'c' %}"`, `{"e":"E"}`, "E", "c"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, nil, func(t *testing.T, w *world) {
				end := `,"End":true`
				if strings.HasPrefix(row.state, `"Type":"Fail"`) {
					end = ""
				}
				_, o := w.run(`{"StartAt":"S","States":{"S":{`+row.state+end+`}}}`, row.input)
				if o.status != statusFailed || o.error != row.error || !strings.HasPrefix(o.cause, row.cause) {
					t.Errorf("ended %+v\nwant  %s: %s", o, row.error, row.cause)
				}
			})
		})
	}
}

func TestAFailedEvaluationIsRecorded(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, _ := w.run(`{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Next":"S"},
			"S":{"Type":"Pass","Output":"{% $x %}","End":true}}}`, `{}`)
		const cause = `"cause":"An error occurred while executing the state 'S' (entered at the event id #4). The JSONata expression '$x' specified for the field 'Output' returned nothing (undefined).","error":"States.QueryEvaluationError"`
		w.expectHistory(e, `
			1<0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::123456789012:role/r"}
			2<0 PassStateEntered {"input":"{}","name":"A"}
			3<2 PassStateExited {"name":"A","output":"{}"}
			4<3 PassStateEntered {"input":"{}","name":"S"}
			5<3 EvaluationFailed {`+cause+`,"location":"Output","state":"S"}
			6<5 ExecutionFailed {`+cause+`}`)
	})
}

func TestAssignIsSeenFromTheNextStateOn(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		_, o := w.run(`{"QueryLanguage":"JSONata","StartAt":"A","States":{
			"A":{"Type":"Pass","Assign":{"x":1},"Next":"B"},
			"B":{"Type":"Pass","Assign":{"x":"{% $x + 1 %}","y":"{% $x %}"},"Output":"{% $x %}","Next":"C"},
			"C":{"Type":"Pass","Output":"{% [$states.input, $x, $y] %}","End":true}}}`, `{}`)
		if o.output != `[1,2,1]` {
			t.Errorf("%+v", o)
		}
	})
}

func TestAJSONataTask(t *testing.T) {
	var asked any
	inWorld(t, lambdaOnly(functions{"f": func(_ context.Context, payload any) (any, error) {
		asked = payload
		return map[string]any{"n": 20}, nil
	}}), func(t *testing.T, w *world) {
		_, o := w.run(`{"QueryLanguage":"JSONata","StartAt":"T","States":{
			"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":"{% $states.input.t %}",
				"Arguments":{"FunctionName":"f","Payload":{"q":"{% $states.input.q & '?' %}"}},
				"Assign":{"n":"{% $states.result.Payload.n %}"},"Output":"{% $states.result.Payload.n + $states.input.t %}","Next":"P"},
			"P":{"Type":"Pass","Output":"{% [$states.input, $n] %}","End":true}}}`, `{"q":"why","t":5}`)
		if text, _ := jsonvalue.Encode(jsonvalue.Of(asked)); text != `{"q":"why?"}` || o.output != `[25,20]` {
			t.Errorf("asked %s, %+v", text, o)
		}
	})
}

func TestFailedArgumentsOfATaskAreRecorded(t *testing.T) {
	inWorld(t, lambdaOnly(functions{}), func(t *testing.T, w *world) {
		e, _ := w.run(`{"QueryLanguage":"JSONata","StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",
			"Arguments":{"FunctionName":"{% $doesNotExist %}"},"End":true}}}`, `{}`)
		w.expectTypes(e, "ExecutionStarted", "TaskStateEntered", "EvaluationFailed", "ExecutionFailed")
		failed := e.history.snapshot()[2]
		if d := failed.details.(*evaluationFailedDetails); failed.previous != 0 || d.Location != "Arguments/FunctionName" {
			t.Errorf("%+v %+v", failed, d)
		}
	})
}

func TestATasksResultPassesThroughItsFields(t *testing.T) {
	inWorld(t, lambdaOnly(functions{"f": func(context.Context, any) (any, error) { return map[string]any{"n": 1, "m": 2}, nil }}), func(t *testing.T, w *world) {
		_, o := w.run(`{"StartAt":"T","States":{
			"T":{"Type":"Task","Resource":"arn:aws:lambda:eu-central-1:123456789012:function:f","Assign":{"raw.$":"$.m"},
				"ResultSelector":{"n.$":"$.n"},"ResultPath":"$.r","OutputPath":"$.r","Next":"P"},
			"P":{"Type":"Pass","Parameters":{"result.$":"$","assigned.$":"$raw"},"End":true}}}`, `{"in":1}`)
		if o.output != `{"result":{"n":1},"assigned":2}` {
			t.Errorf("%+v", o)
		}
	})
}

func TestAPathThatLeadsNowhereIsToldAsItsFieldDoes(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		for i, row := range []struct{ state, cause string }{
			{`"Type":"Pass","End":true,"InputPath":"$.a"`, `Invalid path '$.a' : No results for path: $['a']`},
			{`"Type":"Pass","End":true,"OutputPath":"$.there[0].b"`, `Invalid path '$.there[0].b' : No results for path: $['there'][0]['b']`},
			{`"Type":"Pass","End":true,"OutputPath":"$.there[1].b"`, `Invalid path '$.there[1].b' : Missing property in path $['there'][1]`},
			{`"Type":"Pass","End":true,"OutputPath":"$.a.b.c"`, `Invalid path '$.a.b.c' : Missing property in path $['a']`},
			{`"Type":"Fail","ErrorPath":"$.a"`, `The JSONPath '$.a' specified for the field 'ErrorPath' could not be found in the input '{"there":[{}]}'`},
			{`"Type":"Fail","CausePath":"$.a"`, `The JSONPath '$.a' specified for the field 'CausePath' could not be found in the input '{"there":[{}]}'`},
			{`"Type":"Pass","End":true,"Parameters":{"v.$":"$$.a"}`, `The JSONPath '$$.a' specified for the field 'v.$' could not be found in the input '{"there":[{}]}'`},
		} {
			_, o := w.finish(w.createNamed(fmt.Sprint("m", i), `{"StartAt":"S","States":{"S":{`+row.state+`}}}`, false), `{"there":[{}]}`)
			if want := "An error occurred while executing the state 'S' (entered at the event id #2). " + row.cause; o.error != errRuntime || o.cause != want {
				t.Errorf("%s: %s\nwant %s", row.state, o.cause, want)
			}
		}
	})
}

func TestTheExpressionsInAnArrayOfItemsAreEvaluated(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		_, o := w.run(`{"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","Items":[1,"{% $states.input.two %}",{"three":"{% 1 + 2 %}"}],
			"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"End":true}}}`, `{"two":2}`)
		if want := `[1,2,{"three":3}]`; o.output != want {
			t.Errorf("%+v, want %s", o, want)
		}
	})
}

// AWS answers States.Runtime, and lets it be handled by the name that it documents.
func TestAPathThatFindsNothingIsCaughtByItsName(t *testing.T) {
	for name, want := range map[string]string{errParameterPath: "States.Runtime", errRuntime: "", errIntrinsicFailure: ""} {
		inWorld(t, lambdaOnly(functions{}), func(t *testing.T, w *world) {
			_, o := w.run(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f","Payload.$":"$.x"},"End":true,
				"Catch":[{"ErrorEquals":["`+name+`"],"Next":"C"}]},"C":{"Type":"Pass","OutputPath":"$.Error","End":true}}}`, `{}`)
			if got := strings.Trim(o.output, `"`); got != want {
				t.Errorf("caught by %s: %+v", name, o)
			}
		})
	}
}

// A state whose expressions fail at once counts as not entered, but for a Wait.
func TestWhatAFailedEvaluationFollows(t *testing.T) {
	for state, want := range map[string]string{`"Type":"Pass","Output":"{% $x %}"`: "5<3 EvaluationFailed", `"Type":"Wait","Seconds":"{% $x %}"`: "5<4 EvaluationFailed"} {
		inWorld(t, nil, func(t *testing.T, w *world) {
			e, _ := w.run(`{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Next":"S"},"S":{`+state+`,"End":true}}}`, `{}`)
			if got := w.lines(e)[4]; !strings.HasPrefix(got, want) {
				t.Errorf("%s: got %s, want %s", state, got, want)
			}
		})
	}
}
