// This file parses a definition into a graph of states and checks it as a whole.

package states

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// The kinds of states.
const (
	kindPass     = "Pass"
	kindTask     = "Task"
	kindChoice   = "Choice"
	kindWait     = "Wait"
	kindSucceed  = "Succeed"
	kindFail     = "Fail"
	kindParallel = "Parallel"
	kindMap      = "Map"
)

// maxStateName is in characters.
const maxStateName = 80

// maxSeconds bounds all timeouts and delays: a bit more than three years.
const maxSeconds = 99_999_999

// A graph is what one thread walks: the states of a machine, of a branch, or of
// a Map's iteration.
type graph struct {
	start  string
	states map[string]state
}

// definition is a machine's program.
type definition struct {
	graph   *graph
	timeout time.Duration           // 0: none
	tasks   map[string]*task        // its Task states, by name
	maps    map[string]*distributed // its distributed Maps, by label
}

// parser reads one definition.
type parser struct {
	faults   []fault
	resolver resolver
	express  bool
	language language          // of the machine
	names    map[string]string // of all states, to their paths
	tasks    map[string]*task
	maps     map[string]*distributed
}

func newParser(resolver resolver, express bool) *parser {
	return &parser{resolver: resolver, express: express, names: map[string]string{}, tasks: map[string]*task{}, maps: map[string]*distributed{}}
}

// parse reads a definition. Its error is an *InvalidDefinition with all faults.
func parse(text string, express bool, resolver resolver) (*definition, error) {
	value, err := jsonvalue.Decode([]byte(text))
	if err != nil {
		return nil, notJSON(text, err)
	}
	p := newParser(resolver, express)
	f := object(&p.faults, "", value)
	d := &definition{timeout: seconds(f.whole("TimeoutSeconds", 0, 1, maxSeconds)), tasks: p.tasks, maps: p.maps}
	if version := f.text("Version"); version != "" && version != "1.0" {
		f.complain("Version", "must be 1.0, not %q", version)
	}
	p.language = f.language(jsonPathLanguage, jsonPathLanguage)
	d.graph = p.graph(f, p.language, nil)
	f.done("a state machine")
	if len(p.faults) > 0 {
		return nil, &InvalidDefinition{p.faults}
	}
	return d, nil
}

// language reads QueryLanguage. A machine in JSONata has no JSONPath states; a Map
// or Parallel state in JSONata may have some in it.
func (f fields) language(outer, machine language) language {
	switch name := f.text("QueryLanguage"); name {
	case "":
		return outer
	case "JSONata":
		return jsonataLanguage
	case "JSONPath":
		if machine == jsonataLanguage {
			f.complain("QueryLanguage", "can not be JSONPath if it is JSONata for the whole state machine").aws = diagnosis{
				message: "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", location: f.at(""),
			}
		}
		return jsonPathLanguage
	default:
		f.complain("QueryLanguage", "must be JSONata or JSONPath, not %q", name)
		return outer
	}
}

// graph reads StartAt and States. outer are the variables of enclosing graphs.
func (p *parser) graph(f fields, in language, outer []string) *graph {
	f.take("Comment")
	g := &graph{start: f.required("StartAt"), states: map[string]state{}}
	value, ok := f.take("States")
	if !ok {
		f.lacks("States")
		return g
	}
	states := object(&p.faults, f.at("States"), value)
	if states.values.Len() == 0 {
		f.complain("States", "must not be empty").aws = diagnosis{message: "Value cannot be empty"}
	}
	p.checkVariables(states, outer)
	for _, name := range slices.Sorted(states.values.Names()) {
		p.name(states, name)
		value, _ := states.values.Get(name)
		s := p.state(object(&p.faults, states.at(name), value), name, in, slices.Concat(outer, seenInside(states, name)))
		if s != nil {
			g.states[name] = s
		}
	}
	p.connect(f, states, g)
	return g
}

// name checks that a state's name is legal and the only one of its machine.
func (p *parser) name(states fields, name string) {
	if n := len([]rune(name)); n == 0 || n > maxStateName {
		states.complain(name, "a state's name has 1 to %d characters, not %d", maxStateName, n)
	}
	if other, ok := p.names[name]; ok {
		states.complain(name, "has the same name as %s", other)
	}
	p.names[name] = states.at(name)
}

// checkVariables reports the variables that the states of a graph assign though
// an enclosing graph has them.
func (p *parser) checkVariables(states fields, outer []string) {
	for _, state := range slices.Sorted(states.values.Names()) {
		value, _ := states.values.Get(state)
		for _, name := range assignedBy(value, "Catch", "Choices") {
			if slices.Contains(outer, name) {
				states.complain(state+"/Assign", "%q is a variable of the outer scope", name)
			}
		}
	}
}

// seenInside returns the variables of a graph that the graphs inside of one of its
// states must not assign. What only a Catch of that state assigns is set when they
// are over.
func seenInside(states fields, inside string) []string {
	var names []string
	for _, state := range slices.Sorted(states.values.Names()) {
		value, _ := states.values.Get(state)
		if state == inside {
			names = append(names, assignedBy(value, "Choices")...)
		} else {
			names = append(names, assignedBy(value, "Catch", "Choices")...)
		}
	}
	return names
}

// assignedBy returns the names in all Assign fields of a state, but not those
// of the graphs inside it: its own, and those of the arrays that are named.
func assignedBy(value any, arrays ...string) []string {
	var names []string
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			names = append(names, assignedBy(item, arrays...)...)
		}
	case *jsonvalue.Object:
		value, _ := v.Get("Assign")
		if assign, ok := value.(*jsonvalue.Object); ok {
			for _, name := range slices.Sorted(assign.Names()) {
				names = append(names, strings.TrimSuffix(name, ".$"))
			}
		}
		for _, inside := range arrays {
			value, _ := v.Get(inside)
			names = append(names, assignedBy(value, arrays...)...)
		}
	}
	return names
}

// state reads one state.
func (p *parser) state(f fields, name string, in language, variables []string) state {
	b := base{name: name, kind: f.required("Type"), language: f.language(in, p.language)}
	f.take("Comment")
	read, ok := p.kinds()[b.kind]
	if !ok {
		if b.kind != "" {
			f.complain("Type", "must be one of %s, not %q", strings.Join(slices.Sorted(maps.Keys(p.kinds())), ", "), b.kind).aws.message =
				"The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]"
		}
		return nil
	}
	switch b.kind {
	case kindChoice, kindFail, kindSucceed:
	default:
		f.transition(&b)
	}
	s := read(f, b, variables)
	f.done(fmt.Sprintf("a %s state in %s", b.kind, b.language))
	return s
}

// kinds returns what reads each kind of state.
func (p *parser) kinds() map[string]func(f fields, b base, variables []string) state {
	return map[string]func(f fields, b base, variables []string) state{
		kindPass:     p.pass,
		kindTask:     p.task,
		kindChoice:   p.choice,
		kindWait:     p.wait,
		kindSucceed:  p.succeed,
		kindFail:     p.fail,
		kindParallel: p.parallel,
		kindMap:      p.mapping,
	}
}

// transition reads Next or End.
func (f fields) transition(b *base) {
	b.next = f.text("Next")
	end := f.boolean("End")
	if (b.next != "") == end {
		f.complain("", "must have either Next or End")
	}
}

// A link is a field that names a state to go to.
type link struct{ field, target string }

// linked are states that go elsewhere than to their Next.
type linked interface{ links() []link }

// connect checks that every target exists and that every state can be reached.
func (p *parser) connect(f, states fields, g *graph) {
	if start, _ := f.take("StartAt"); start == any(g.start) && !states.values.Has(g.start) {
		f.complain("StartAt", "there is no state %q", g.start).aws = missingTarget(g.start)
	}
	for _, name := range slices.Sorted(maps.Keys(g.states)) {
		for _, l := range linksOf(g.states[name]) {
			if !states.values.Has(l.target) {
				states.complain(name+"/"+l.field, "there is no state %q", l.target).aws = missingTarget(l.target)
			}
		}
	}
	if n := states.values.Len(); n > 0 && len(g.states) == n && !g.ends() {
		f.complain("States", "no state ends the workflow").aws = diagnosis{code: missingEndState, message: "Workflow has no terminal state", nowhere: true}
		return
	}
	if g.start == "" {
		return // nothing can be reached
	}
	reached := map[string]bool{}
	for open := []string{g.start}; len(open) > 0; open = open[1:] {
		s, ok := g.states[open[0]]
		if !ok || reached[open[0]] {
			continue
		}
		reached[open[0]] = true
		for _, l := range linksOf(s) {
			open = append(open, l.target)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.states)) {
		if !reached[name] {
			states.complain(name, "can not be reached").aws = diagnosis{code: missingTransitionTarget, message: "State \"" + name + "\" is not reachable."}
		}
	}
}

// ends tells whether a state is the last one.
func (g *graph) ends() bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(g.states)), func(s state) bool {
		return s.common().next == "" && s.common().kind != kindChoice
	})
}

// linksOf returns all ways out of a state.
func linksOf(s state) []link {
	var links []link
	if next := s.common().next; next != "" {
		links = append(links, link{"Next", next})
	}
	if l, ok := s.(linked); ok {
		links = append(links, l.links()...)
	}
	return links
}

// item returns one element of an array field.
func (f fields) item(name string, index int, value any) fields {
	return object(f.faults, f.at(fmt.Sprintf("%s[%d]", name, index)), value)
}
