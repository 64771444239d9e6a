package graph

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

func nested(t testing.TB) *Machine {
	t.Helper()
	text, err := os.ReadFile("testdata/nested.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	m, err := Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// elements are the picture's, by class, as their attributes.
func elements(t testing.TB, picture []byte) map[string][]map[string]string {
	t.Helper()
	found := make(map[string][]map[string]string)
	decoder := xml.NewDecoder(bytes.NewReader(picture))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, picture)
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		attributes := make(map[string]string)
		for _, a := range element.Attr {
			attributes[a.Name.Local] = a.Value
		}
		class, _, _ := strings.Cut(attributes["class"], " ")
		found[class] = append(found[class], attributes)
	}
}

func TestEveryStateIsAnElementWithItsName(t *testing.T) {
	var got []string
	for _, state := range elements(t, nested(t).SVG())["state"] {
		got = append(got, state["data-type"]+" "+state["data-state"])
	}
	slices.Sort(got)
	want := []string{
		"Choice All well?", "Fail Failed", "Map Each line", "Map Each parcel", "Parallel Check both", "Pass Name rejected", "Succeed Done",
		"Task Check address", "Task Check name", "Task Wait for the warehouse <here>", "Wait Cool down",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestEveryTransitionIsAnElementWithItsEnds(t *testing.T) {
	var got []string
	for _, transition := range elements(t, nested(t).SVG())["transition"] {
		kind, _ := strings.CutPrefix(transition["class"], "transition")
		got = append(got, transition["data-from"]+" > "+transition["data-to"]+kind)
	}
	slices.Sort(got)
	want := []string{
		"All well? > All well?", "All well? > Check both", "All well? > Each line", "All well? > Failed",
		"Check both > All well?", "Check both > Failed catch", "Check name > Name rejected catch",
		"Each line > Done", "Each line > Failed catch", "Wait for the warehouse <here> > Each parcel",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestTransitionsOfAKindToOneStateAreOne(t *testing.T) {
	m, err := Read([]byte(`{"StartAt": "A", "States": {"A": {"Type": "Task", "Catch": [
		{"ErrorEquals": ["X"], "Next": "B"}, {"ErrorEquals": ["Y", "Z"], "Next": "B"}], "Next": "B"}, "B": {"Type": "Succeed"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(m.States[0].Transitions)
	if want := "[{B false []} {B true [X Y Z]}]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTheSameDefinitionGivesTheSamePicture(t *testing.T) {
	first := nested(t).SVG()
	for range 20 {
		if !bytes.Equal(nested(t).SVG(), first) {
			t.Fatal("a picture differs from the one before")
		}
	}
}

func TestWhatIsNoDefinitionIsRefused(t *testing.T) {
	deep := strings.Repeat(`{"StartAt": "A", "States": {"A": {"Type": "Map", "ItemProcessor": `, 40) + "{}" + strings.Repeat("}}}", 40)
	for name, row := range map[string]struct{ definition, want string }{
		"no JSON":               {`{`, "read a definition"},
		"no states":             {`{"StartAt": "A"}`, "the member States is no object"},
		"no start":              {`{"StartAt": "B", "States": {"A": {}}}`, `there is no state "B" to start at`},
		"a way to nowhere":      {`{"StartAt": "A", "States": {"A": {"Next": "B"}}}`, `state "A" leads to "B", which does not exist`},
		"a state that is there": {`{"StartAt": "A", "States": {"A": {}, "A": {}}}`, `there are two states "A"`},
		"a state that is none":  {`{"StartAt": "A", "States": {"A": []}}`, `read state "A"`},
		"a fault inside":        {`{"StartAt": "A", "States": {"A": {"Branches": [{"StartAt": "B", "States": {}}]}}}`, `in state "A": there is no state "B"`},
		"without an end":        {deep, "more than 32 deep"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read([]byte(row.definition))
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %s", err, row.want)
			}
		})
	}
}

func TestWhatStatesDoIsPutIntoWords(t *testing.T) {
	for state, want := range map[string]string{
		`{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}`:                        "lambda: invoke",
		`{"Type": "Task", "Resource": "arn:aws-cn:states:::aws-sdk:dynamodb:query"}`:            "dynamodb: query",
		`{"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2"}`:         "states: startExecution.sync: 2",
		`{"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:format"}`: "lambda",
		`{"Type": "Task", "Resource": "arn:aws:states:eu-west-1:123456789012:activity:pack"}`:   "activity",
		`{"Type": "Wait", "Seconds": 29}`:                                                       "29 s",
		`{"Type": "Wait", "Seconds": "{% $x %}"}`:                                               "Wait",
		`{"Type": "Wait", "Timestamp": "2026-11-27T00:00:00Z"}`:                                 "until 2026-11-27T00:00:00Z",
		`{"Type": "Succeed"}`: "Succeed",
	} {
		s, err := readState("A", json.RawMessage(state), 1)
		if err != nil || s.Does != want {
			t.Errorf("%s: got %q, %v, want %q", state, s.Does, err, want)
		}
	}
}

func TestConditionsArePutIntoWords(t *testing.T) {
	for rule, want := range map[string]string{
		`{"Condition": "{% $a\n  and $b %}"}`:                                      "$a and $b",
		`{"Condition": "{% $a %}", "Comment": "It is there."}`:                     "It is there.",
		`{"Variable": "$.a", "StringEquals": "x"}`:                                 "$.a = x",
		`{"Variable": "$.a", "NumericGreaterThanEqualsPath": "$.b"}`:               "$.a ≥ $.b",
		`{"Variable": "$.a", "TimestampLessThan": "2026-11-27T00:00:00Z"}`:         "$.a < 2026-11-27T00:00:00Z",
		`{"Variable": "$.a.b.c.State.Name", "StringMatches": "run*"}`:              "…State.Name matches run*",
		`{"Variable": "$.a", "IsPresent": false}`:                                  "$.a is not present",
		`{"Not": {"Variable": "$.a", "BooleanEquals": true}}`:                      "not ($.a = true)",
		`{"And": [{"Variable": "$.a", "IsNull": true}, {"Or": []}], "Next": "B"}`:  "$.a is null and ",
		`{"Or": [{"Variable": "$.a", "IsString": true}, {"Variable": "$.b"}]}`:     "$.a is string or $.b",
		`{"Variable": "$.a", "Assign": {"x": 1}, "NumericLessThanEquals": 1.5}`:    "$.a ≤ 1.5",
		`{"Variable": "$$.Execution.Id", "StringGreaterThan": "m", "Comment": ""}`: "$$.Execution.Id > m",
	} {
		if _, got := readChoice(json.RawMessage(rule)); got != want {
			t.Errorf("%s: got %q, want %q", rule, got, want)
		}
	}
}

func TestErrorsAreShortened(t *testing.T) {
	for name, want := range map[string]string{
		"States.ALL": "any error", "States.Timeout": "States.Timeout", "NameRejected": "NameRejected",
		"DynamoDB.ConditionalCheckFailedException": "ConditionalCheckFailed", "Ec2.Ec2Exception": "Ec2.Ec2Exception",
		"ApiGateway.404": "ApiGateway.404", "Exception": "Exception",
	} {
		if got := shortError(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestManyConditionsAreCounted(t *testing.T) {
	many := newLabel(&Transition{When: []string{"a", "b", "c", "d"}})
	if got := strings.Join(many.lines, "|"); got != "a|or b|or 2 more conditions" {
		t.Errorf("got %s", got)
	}
	errors := newLabel(&Transition{Catch: true, When: []string{"A", "B", "C"}})
	if got := strings.Join(errors.lines, "|"); got != "A|or B|or C" {
		t.Errorf("got %s", got)
	}
}

func TestLinesAreBrokenWhereTheyAreTooLong(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		"short":                          "short",
		"Is every transaction accounted": "Is every|transaction|accounted",
		"one two three four five six seven eight":                         "one two three|four five six|seven eight",
		"Donaudampfschifffahrtsgesellschaft":                              "Donaudampfsc…",
		"a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f": "a b c d e f g h i j|k l m n o p q r s t|u v w x y z a b…",
	} {
		if got := strings.Join(labelFace.wrap(text, 88, 3), "|"); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func FuzzSVG(f *testing.F) {
	f.Add([]byte(`{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Choice", "Choices": [{"Next": "A"}], "Default": "B"}}}`))
	text, err := os.ReadFile("testdata/nested.asl.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, definition []byte) {
		if len(definition) > 10_000 {
			return
		}
		if m, err := Read(definition); err == nil {
			elements(t, m.SVG())
			checkPlaces(t, lay(m))
		}
	})
}
