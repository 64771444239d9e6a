package states

import (
	"fmt"
	"testing"
)

func TestADescriptionTellsWhichVariablesTheStatesReferTo(t *testing.T) {
	for name, row := range map[string]struct{ definition, want string }{
		"JSONPath": {`{"StartAt":"Set","States":{
			"Set":{"Type":"Pass","Assign":{"a":1,"b":[1],"c":"x","text":"$a"},"Next":"Use"},
			"Use":{"Type":"Pass","InputPath":"$b","Parameters":{"x.$":"States.Format('$c {}', $a)","y":"$c"},"ResultPath":"$.c","OutputPath":"$.c","Next":"Pick"},
			"Pick":{"Type":"Choice","Choices":[{"Variable":"$c","StringEqualsPath":"$a","Next":"Each"}],"Default":"Each"},
			"Each":{"Type":"Map","ItemsPath":"$b","ItemProcessor":{"StartAt":"One","States":{"One":{"Type":"Pass","Parameters":{"a.$":"$a","context.$":"$$.State.Name"},"End":true}}},"Next":"Wait"},
			"Wait":{"Type":"Wait","SecondsPath":"$a","End":true}}}`,
			"map[Each:[b] One:[a] Pick:[a c] Use:[a b] Wait:[a]]"},
		"JSONata": {`{"QueryLanguage":"JSONata","StartAt":"Set","States":{
			"Set":{"Type":"Pass","Assign":{"a":1,"b":"{% $a + 1 %}"},"Next":"Both"},
			"Both":{"Type":"Parallel","Branches":[{"StartAt":"In","States":{"In":{"Type":"Pass","Output":"{% $sum([$a, $states.input]) & '$b' %}","End":true}}}],"Output":"$b","End":true}}}`,
			"map[In:[a] Set:[a]]"},
		"none": {passing, "<nil>"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, nil, func(t *testing.T, w *world) {
				m := w.create(row.definition)
				if got := fmt.Sprint(w.mustCall("DescribeStateMachine", map[string]any{"stateMachineArn": m.arn})["variableReferences"]); got != row.want {
					t.Errorf("got %s, want %s", got, row.want)
				}
			})
		})
	}
}
