package statemachines

// This file has the rules that every machine keeps, in every state of it:
// those inside of Map and Parallel, too.

import (
	"cmp"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// machine is a definition, or a part of one that runs inside of a state.
type machine struct {
	Comment        string
	QueryLanguage  string
	StartAt        string
	TimeoutSeconds int
	States         map[string]state
}

type state struct {
	Type           string
	Comment        string
	QueryLanguage  string
	Resource       string
	TimeoutSeconds any // a number, or an expression
	Next           string
	Default        string
	End            bool
	Choices        []struct{ Next string }
	Retry          []retry
	Catch          []catch
	Branches       []machine
	ItemProcessor  *machine
	Iterator       *machine // ItemProcessor's old name
}

type retry struct {
	ErrorEquals     []string
	MaxAttempts     *int
	MaxDelaySeconds int
	JitterStrategy  string
}

type catch struct {
	ErrorEquals []string
	Next        string
}

// parts are the machines inside of a state, by where they stand.
func (s state) parts() []machine {
	parts := slices.Clone(s.Branches)
	for _, part := range []*machine{s.ItemProcessor, s.Iterator} {
		if part != nil {
			parts = append(parts, *part)
		}
	}
	return parts
}

// all passes every state of the machine to test, however deep it stands.
func (m machine) all(test func(name string, s state)) {
	for name, s := range m.States {
		test(name, s)
		for _, part := range s.parts() {
			part.all(test)
		}
	}
}

func (s state) successors() []string {
	next := []string{s.Next, s.Default}
	for _, choice := range s.Choices {
		next = append(next, choice.Next)
	}
	for _, catch := range s.Catch {
		next = append(next, catch.Next)
	}
	return slices.DeleteFunc(next, func(name string) bool { return name == "" })
}

// definitions are the embedded files.
func definitions(t *testing.T) []string {
	t.Helper()
	names, err := fs.Glob(files, "*/*")
	if err != nil || len(names) == 0 {
		t.Fatalf("%q, %v", names, err)
	}
	return names
}

func parse(t *testing.T, text string) machine {
	t.Helper()
	var m machine
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func each(t *testing.T, test func(t *testing.T, m machine)) {
	for _, name := range definitions(t) {
		t.Run(name, func(t *testing.T) { test(t, parse(t, Definition(name))) })
	}
}

// A file that is not embedded would keep no rules.
func TestEveryFileOfASystemIsEmbedded(t *testing.T) {
	embedded := definitions(t)
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.Contains(path, "/") {
			return err
		}
		if !slices.Contains(embedded, path) {
			t.Errorf("%s is not embedded: a definition is <system>/<name>.asl.json", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryStateIsReachedAndLeadsOn(t *testing.T) {
	each(t, func(t *testing.T, m machine) {
		checkGraph(t.Errorf, m)
		m.all(func(_ string, s state) {
			for _, part := range s.parts() {
				checkGraph(t.Errorf, part)
			}
		})
	})
}

func checkGraph(fault func(format string, arguments ...any), m machine) {
	reached := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		s, ok := m.States[name]
		if !ok {
			fault("state %q does not exist", name)
			return
		}
		if reached[name] {
			return
		}
		reached[name] = true
		next := s.successors()
		if terminal := s.Type == "Succeed" || s.Type == "Fail" || s.End; terminal != (s.Next == "" && s.Default == "") {
			fault("state %q of type %s has successors %q", name, s.Type, next)
		}
		for _, successor := range next {
			visit(successor)
		}
	}
	visit(m.StartAt)
	for name := range m.States {
		if !reached[name] {
			fault("state %q is never reached", name)
		}
	}
}

func TestEveryMachineAndTaskEndsInTimeAndRetriesWithJitter(t *testing.T) {
	each(t, func(t *testing.T, m machine) {
		if m.TimeoutSeconds == 0 || m.Comment == "" || m.QueryLanguage == "" {
			t.Errorf("the machine needs TimeoutSeconds, a Comment and a QueryLanguage")
		}
		m.all(func(name string, s state) { checkState(t.Errorf, name, s) })
	})
}

func checkState(fault func(format string, arguments ...any), name string, s state) {
	if s.QueryLanguage != "" {
		fault("state %q has a query language of its own", name)
	}
	if s.Type != "Task" {
		return
	}
	if s.TimeoutSeconds == nil {
		fault("task %q has no TimeoutSeconds", name)
	}
	if len(s.Retry) == 0 {
		fault("task %q retries nothing", name)
	}
	for _, retry := range s.Retry {
		if retry.MaxAttempts != nil && *retry.MaxAttempts == 0 {
			continue // says that it is not to be tried again
		}
		if retry.JitterStrategy != "FULL" || retry.MaxDelaySeconds == 0 {
			fault("task %q retries without jitter or MaxDelaySeconds", name)
		}
		if slices.Contains(retry.ErrorEquals, "States.ALL") && strings.Contains(s.Resource, "dynamodb") {
			fault("task %q is a write and retries States.ALL", name)
		}
	}
}

// The rules themselves: each finds what breaks it, inside of a Map and a
// Parallel as well.
func TestRulesReachIntoMapAndParallel(t *testing.T) {
	const task = `{"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "TimeoutSeconds": 1, "Next": "Gone",
		"Retry": [{"ErrorEquals": ["States.ALL"], "MaxDelaySeconds": 1, "JitterStrategy": "FULL"}]}`
	for name, text := range map[string]string{
		"Map":               `{"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "T", "States": {"T": ` + task + `}}}`,
		"Parallel":          `{"Type": "Parallel", "End": true, "Branches": [{"StartAt": "T", "States": {"T": ` + task + `}}]}`,
		"Map in Parallel":   `{"Type": "Parallel", "End": true, "Branches": [{"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "Iterator": {"StartAt": "T", "States": {"T": ` + task + `}}}}}]}`,
		"Parallel in a Map": `{"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "T", "States": {"T": ` + task + `}}]}}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			m := parse(t, `{"StartAt": "S", "States": {"S": `+text+`}}`)
			faults := map[string]bool{}
			note := func(format string, arguments ...any) { faults[format] = true }
			m.all(func(name string, s state) {
				checkState(note, name, s)
				for _, part := range s.parts() {
					checkGraph(note, part)
				}
			})
			if got := slices.Sorted(maps.Keys(faults)); !slices.Equal(got, []string{"state %q does not exist", "task %q is a write and retries States.ALL"}) {
				t.Errorf("found %q", got)
			}
		})
	}
}

// A choice is made by what a table has, not by what it had a moment ago.
func TestWhatIsReadOfATableIsReadAsItIsNow(t *testing.T) {
	var look func(t *testing.T, value any)
	look = func(t *testing.T, value any) {
		switch v := value.(type) {
		case []any:
			for _, member := range v {
				look(t, member)
			}
		case map[string]any:
			if v["Resource"] == "arn:aws:states:::dynamodb:getItem" {
				arguments, _ := cmp.Or(v["Arguments"], v["Parameters"]).(map[string]any)
				if arguments["ConsistentRead"] != true {
					t.Errorf("it may read what was there before: %v", arguments)
				}
			}
			for _, member := range v {
				look(t, member)
			}
		}
	}
	for _, name := range definitions(t) {
		t.Run(name, func(t *testing.T) {
			var definition any
			if err := json.Unmarshal([]byte(Definition(name)), &definition); err != nil {
				t.Fatal(err)
			}
			look(t, definition)
		})
	}
}
