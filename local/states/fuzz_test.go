package states

import (
	"errors"
	"testing"
)

// Whatever a definition holds, it becomes a program or a list of faults, each
// with its place.
func FuzzADefinitionIsReadOrRefused(f *testing.F) {
	for _, definition := range []string{
		``, `{`, `[]`, `{}`, `{"StartAt":null,"States":[]}`, `{"StartAt":"A","States":{"A":null}}`,
		`{"StartAt":"A","TimeoutSeconds":9,"States":{"A":{"Type":"Pass","Result":{"a":[1,null,"x"]},"ResultPath":"$.r","Next":"B"},
			"B":{"Type":"Choice","Choices":[{"And":[{"Variable":"$.a","NumericGreaterThan":1},{"Not":{"Variable":"$.b","IsPresent":true}}],"Next":"C"}],"Default":"D"},
			"C":{"Type":"Wait","SecondsPath":"$.s","Next":"D"},"D":{"Type":"Fail","ErrorPath":"States.Format('{}', $.e)"}}}`,
		`{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","HeartbeatSeconds":5,
			"Parameters":{"QueueUrl":"q","MessageBody.$":"$$.Task.Token"},"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":2,"BackoffRate":1.5,"JitterStrategy":"FULL"}],
			"Catch":[{"ErrorEquals":["E"],"ResultPath":"$.e","Next":"B"}],"ResultSelector":{"x.$":"$.y"},"End":true},"B":{"Type":"Succeed"}}}`,
		`{"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","Items":"{% $states.input.list %}","MaxConcurrency":2,"ToleratedFailurePercentage":5,
			"ItemSelector":{"v":"{% $states.context.Map.Item.Value %}"},"ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"I","States":{
			"I":{"Type":"Pass","Assign":{"x":"{% 1 + 1 %}"},"Output":"{% $x %}","End":true}}},"End":true}}}`,
		`{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[{"StartAt":"L","States":{"L":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","End":true}}}],"End":true}}}`,
	} {
		f.Add(definition, true)
		f.Add(definition, false)
	}
	r := resolver{supports: func(string, string) bool { return true }}
	f.Fuzz(func(t *testing.T, definition string, express bool) {
		program, err := parse(definition, express, r)
		var invalid *InvalidDefinition
		switch {
		case err == nil && (program == nil || program.graph.states[program.graph.start] == nil):
			t.Errorf("a program without its first state: %+v", program)
		case err != nil && (!errors.As(err, &invalid) || len(invalid.faults) == 0):
			t.Errorf("no faults: %v", err)
		}
	})
}
