package states

import (
	"fmt"
	"testing"
)

func TestComparisons(t *testing.T) {
	const early, late = `"2026-01-02T03:04:05Z"`, `"2026-01-02T03:04:06.5+01:00"` // late is the earlier one
	for _, row := range []struct {
		variable, rule string
		want           bool
	}{
		{`true`, `"BooleanEquals":true`, true},
		{`false`, `"BooleanEquals":true`, false},
		{`"true"`, `"BooleanEquals":true`, false},
		{`true`, `"BooleanEqualsPath":"$.t"`, true},
		{`1`, `"NumericEquals":1.0`, true},
		{`"1"`, `"NumericEquals":1`, false},
		{`1`, `"NumericLessThan":2`, true},
		{`2`, `"NumericLessThan":2`, false},
		{`2`, `"NumericLessThanEquals":2`, true},
		{`3`, `"NumericGreaterThan":2`, true},
		{`2`, `"NumericGreaterThanEquals":2`, true},
		{`1`, `"NumericGreaterThanEqualsPath":"$.two"`, false},
		{`"b"`, `"StringEquals":"b"`, true},
		{`"a"`, `"StringLessThan":"b"`, true},
		{`"B"`, `"StringLessThan":"a"`, true},
		{`"b"`, `"StringLessThanEquals":"a"`, false},
		{`"b"`, `"StringGreaterThan":"a"`, true},
		{`"a"`, `"StringGreaterThanEqualsPath":"$.s"`, true},
		{`1`, `"StringEquals":"1"`, false},
		{`"a.b.log"`, `"StringMatches":"*.log"`, true},
		{`"log"`, `"StringMatches":"*.log"`, false},
		{`"foo23.log"`, `"StringMatches":"foo*.log"`, true},
		{`"fool"`, `"StringMatches":"foo*ol"`, false},
		{`"a*b"`, `"StringMatches":"a\\*b"`, true},
		{`"axb"`, `"StringMatches":"a\\*b"`, false},
		{`""`, `"StringMatches":"*"`, true},
		{early, `"TimestampEquals":"2026-01-02T04:04:05+01:00"`, true},
		{late, `"TimestampLessThan":` + early, true},
		{early, `"TimestampLessThanEquals":` + early, true},
		{early, `"TimestampGreaterThan":` + late, true},
		{early, `"TimestampGreaterThanEqualsPath":"$.time"`, true},
		{`"yesterday"`, `"TimestampLessThan":` + early, false},
		{`null`, `"IsNull":true`, true},
		{`0`, `"IsNull":true`, false},
		{`0`, `"IsNull":false`, true},
		{`false`, `"IsBoolean":true`, true},
		{`0`, `"IsNumeric":true`, true},
		{`"0"`, `"IsNumeric":true`, false},
		{`"0"`, `"IsString":true`, true},
		{early, `"IsTimestamp":true`, true},
		{`"2026-01-02"`, `"IsTimestamp":true`, false},
		{`null`, `"IsPresent":true`, true},
		{`null`, `"IsPresent":false`, false},
	} {
		t.Run(row.variable+" "+row.rule, func(t *testing.T) {
			rule := `"Variable":"$.v",` + row.rule
			input := fmt.Sprintf(`{"v":%s,"t":true,"two":2,"s":"a","time":"2026-01-01T00:00:00Z"}`, row.variable)
			expectChoice(t, rule, input, row.want)
			expectChoice(t, `"Not":{`+rule+`}`, input, !row.want)
		})
	}
}

func TestCombinedRules(t *testing.T) {
	const yes, no = `{"Variable":"$.v","IsPresent":true}`, `{"Variable":"$.v","IsPresent":false}`
	const broken = `{"Variable":"$.missing","IsNull":true}`
	for _, row := range []struct {
		rule string
		want bool
	}{
		{`"And":[` + yes + `,` + yes + `]`, true},
		{`"And":[` + yes + `,` + no + `]`, false},
		{`"And":[` + no + `,` + broken + `]`, false},
		{`"Or":[` + no + `,` + yes + `]`, true},
		{`"Or":[` + yes + `,` + broken + `]`, true},
		{`"Or":[` + no + `,` + no + `]`, false},
		{`"Not":{"And":[` + yes + `,{"Not":` + no + `}]}`, false},
		{`"Variable":"$.missing","IsPresent":false`, true},
		{`"Variable":"$.missing.deeper[3]","IsPresent":true`, false},
		{`"Variable":"$$.Execution.Input.v","NumericEquals":1`, true},
	} {
		t.Run(row.rule, func(t *testing.T) { expectChoice(t, row.rule, `{"v":1}`, row.want) })
	}
}

func expectChoice(t *testing.T, rule, input string, want bool) {
	t.Helper()
	inWorld(t, nil, func(t *testing.T, w *world) {
		_, o := w.run(fmt.Sprintf(`{"StartAt":"C","States":{
			"C":{"Type":"Choice","Choices":[{%s,"Next":"Yes"}],"Default":"No"},
			"Yes":{"Type":"Pass","Result":true,"End":true},"No":{"Type":"Pass","Result":false,"End":true}}}`, rule), input)
		if got := o.output; got != fmt.Sprint(want) {
			t.Errorf("%s on %s: %s %s %s, want %t", rule, input, got, o.error, o.cause, want)
		}
	})
}

func TestAChoiceFails(t *testing.T) {
	for _, row := range []struct {
		name, definition, error, cause string
	}{
		{"when no rule holds and there is no default",
			`{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.v","NumericEquals":2,"Next":"S"}]},"S":{"Type":"Succeed"}}}`,
			errNoChoiceMatched, "An error occurred while executing the state 'C' (entered at the event id #2). Failed to transition out of the state. The state does not point to a next state."},
		{"when its variable is not there",
			`{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.x","NumericEquals":2,"Next":"S"}],"Default":"S"},"S":{"Type":"Succeed"}}}`,
			errRuntime, "An error occurred while executing the state 'C' (entered at the event id #2). Invalid path '$.x': The choice state's condition path references an invalid value."},
		{"when the operand is not there",
			`{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.v","NumericEqualsPath":"$.y","Next":"S"}],"Default":"S"},"S":{"Type":"Succeed"}}}`,
			errRuntime, "An error occurred while executing the state 'C' (entered at the event id #2). Invalid path '$.y': The choice state's condition path references an invalid value."},
		{"when a JSONata condition is no boolean",
			`{"QueryLanguage":"JSONata","StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Condition":"{% 1 %}","Next":"S"}],"Default":"S"},"S":{"Type":"Succeed"}}}`,
			errQueryEvaluation, "An error occurred while executing the state 'C' (entered at the event id #2). The Condition field must be a boolean, but was 'number'."},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, nil, func(t *testing.T, w *world) {
				_, o := w.run(row.definition, `{"v":1}`)
				if o.status != statusFailed || o.error != row.error || o.cause != row.cause {
					t.Errorf("ended %+v", o)
				}
			})
		})
	}
}

func TestARuleAssignsAndGivesItsOwnOutput(t *testing.T) {
	const definition = `{"QueryLanguage":"JSONata","StartAt":"C","States":{
		"C":{"Type":"Choice","Output":"default","Assign":{"by":"default"},"Default":"End",
			"Choices":[{"Condition":"{% $states.input %}","Next":"End","Output":"rule","Assign":{"by":"rule"}}]},
		"End":{"Type":"Pass","Output":"{% $states.input & ' ' & $by %}","End":true}}}`
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(definition)
		if _, o := w.finish(m, `true`); o.output != `"rule rule"` {
			t.Errorf("rule: %+v", o)
		}
		if _, o := w.finish(m, `false`); o.output != `"default default"` {
			t.Errorf("default: %+v", o)
		}
	})
}
