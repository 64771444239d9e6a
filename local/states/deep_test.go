package states

import (
	"strings"
	"testing"
)

func TestADeepDefinitionIsReadOrRefused(t *testing.T) {
	for name, row := range map[string]struct{ open, inner, shut string }{
		"Parallel in Parallel": {`{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[`, passing, `]}}}`},
		"Map in Map":           {`{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":`, passing, `}}}`},
		"Not of Not":           {`{"StartAt":"C","States":{"C":{"Type":"Choice","Default":"S","Choices":[{"Next":"S","Not":`, `{"Variable":"$","IsNull":true}`, `}]},"S":{"Type":"Succeed"}}}`},
		"lists in Parameters":  {`{"StartAt":"P","States":{"P":{"Type":"Pass","End":true,"Parameters":{"a":`, `1`, `}}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			open, shut := row.open, row.shut
			definition := strings.Repeat(open, 9_000) + row.inner + strings.Repeat(shut, 9_000)
			switch name { // nested within one state
			case "Not of Not":
				definition = open + strings.Repeat(`{"Not":`, 9_000) + row.inner + strings.Repeat("}", 9_000) + shut
			case "lists in Parameters":
				definition = open + strings.Repeat("[", 200_000) + row.inner + strings.Repeat("]", 200_000) + shut
			}
			inWorld(t, nil, func(t *testing.T, w *world) {
				_, err := w.states.create("m", false, wish{text: definition, role: "r"})
				if refused := err != nil; refused != (name != "Not of Not") {
					t.Errorf("error %.200v", err)
				}
			})
		})
	}
}
