package iam

// This file simulates calls: the evaluation is that of calls, with the policies
// and the context that whoever asks wants to know about.

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// simulation is what is supposed of calls.
type simulation struct {
	caller  cloud.Caller // with the resource's policy
	subject *entity      // has the policies
	context map[string][]string
	lists   map[string]bool       // keys of the context that have a list, be it of one value
	sources map[*statement]source // of all policies

	matched []*statement // by the request that is being judged
}

// source is where a statement is written.
type source struct {
	policy     string
	kind       string
	start, end position
}

type position struct{ Line, Column int }

// The kinds of policies, as answers name them.
const (
	ofIdentity = "IAM Policy"
	ofResource = "Resource Policy"
)

// note remembers a statement that matches a simulated request.
func (s *simulation) note(matched *statement) {
	if s != nil {
		s.matched = append(s.matched, matched)
	}
}

// value returns the value of a condition key that is supposed to have one, or
// follows from who calls.
func (s *simulation) value(r *request, key string) (string, bool) {
	if given, ok := s.context[key]; ok {
		if len(given) == 1 {
			return given[0], true
		}
		return "", false
	}
	if r.caller.ARN == "" {
		return "", false
	}
	return r.ofCaller(key)
}

// hasList tells whether a condition key has a list.
func (s *simulation) hasList(key string) bool { return s != nil && s.lists[key] }

// include takes a policy in under the name by which answers speak of it.
func (s *simulation) include(name, kind string, p compiled) {
	spans := statementsIn(p.text)
	for i := range p.policy {
		s.sources[&p.policy[i]] = source{name, kind, spans[i].start, spans[i].end}
	}
}

// includeEntity takes in the policies that an entity has, those of its groups too.
func (s *simulation) includeEntity(e *entity) {
	for name, p := range e.inline {
		s.include(e.kind.word()+"_"+e.name+"_"+name, ofIdentity, p)
	}
	for _, p := range e.attached {
		s.include(p.name, ofIdentity, p.current.compiled)
	}
	for _, group := range e.memberOf {
		s.includeEntity(group)
	}
}

type span struct{ start, end position }

// statementsIn returns where the statements of a valid document are. IAM counts a
// statement of a list from behind what is before it, a bracket or a brace, and
// one without a list from behind its own first brace.
func statementsIn(text string) []span {
	decoder := json.NewDecoder(strings.NewReader(text))
	var spans []span
	var start position
	depth, inStatement, listed := 0, false, false
	for {
		token, err := decoder.Token()
		if err != nil {
			return spans
		}
		at := positionIn(text, decoder.InputOffset())
		switch token {
		case json.Delim('['):
			if depth == 1 && inStatement {
				start, listed = at, true
			}
		case json.Delim('{'):
			if depth++; depth == 2 && inStatement && !listed {
				start = at
			}
		case json.Delim('}'):
			if depth--; depth == 1 && inStatement {
				spans = append(spans, span{start, at})
				start = at
			}
		default:
			if name, ok := token.(string); ok && depth == 1 {
				inStatement = name == "Statement"
			}
		}
	}
}

// positionIn counts lines and characters from 1.
func positionIn(text string, offset int64) position {
	before := text[:offset]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return position{strings.Count(before, "\n") + 1, len([]rune(line)) + 1}
}

// verdict is what becomes of one simulated call.
type verdict struct {
	decision string
	matched  []matchedStatement
	missing  []string
	boundary *boundaryDetail // nil without one
}

type matchedStatement struct {
	SourcePolicyId   string
	SourcePolicyType string
	StartPosition    position
	EndPosition      position
}

type boundaryDetail struct{ AllowedByPermissionsBoundary bool }

// judged asks what becomes of a call. IAM's lock is held.
func (sim *simulation) judged(s *IAM, action, resource string) verdict {
	r := s.request(sim.caller, action, resource)
	r.simulation = sim
	sim.matched = nil
	refusal := s.judgeAs(sim.subject, r)
	v := verdict{decision: "allowed", missing: sim.missing(r)}
	switch {
	case refusal == nil:
		v.matched = sim.written(false)
	case refusal.denied:
		v.decision, v.matched = "explicitDeny", sim.written(true)
	default:
		v.decision, v.matched = "implicitDeny", []matchedStatement{}
	}
	if sim.subject.boundary != nil {
		v.boundary = &boundaryDetail{sim.subject.bounds(r) == allowed}
	}
	return v
}

// written returns where the statements are that matched, and deny or allow: those
// of the resource's policy first.
func (sim *simulation) written(deny bool) []matchedStatement {
	list := []matchedStatement{}
	for _, s := range sim.matched {
		at := sim.sources[s]
		found := matchedStatement{at.policy, at.kind, at.start, at.end}
		if s.deny == deny && !slices.Contains(list, found) {
			list = append(list, found)
		}
	}
	slices.SortFunc(list, func(a, b matchedStatement) int {
		return cmp.Or(-cmp.Compare(a.SourcePolicyType, b.SourcePolicyType), cmp.Compare(a.SourcePolicyId, b.SourcePolicyId),
			cmp.Compare(a.StartPosition.Line, b.StartPosition.Line), cmp.Compare(a.StartPosition.Column, b.StartPosition.Column))
	})
	return list
}

// missing returns the condition keys that a call depends on and that are not known.
func (sim *simulation) missing(r *request) []string {
	var names keyNames
	for s := range sim.sources {
		if !s.matchesAction(r.lower) || !s.couldMatchResource(r) {
			continue
		}
		s.eachKey((*condition).needed, func(name string) {
			if _, known := r.values(strings.ToLower(name)); !known {
				names.add(name)
			}
		})
	}
	return names.sorted()
}

// couldMatchResource tells whether the resource matches, if variables have the
// right values.
func (s *statement) couldMatchResource(r *request) bool {
	open := func(p pattern) bool { return p.variables }
	return slices.ContainsFunc(s.resources, open) || slices.ContainsFunc(s.notResources, open) || s.matchesResource(r)
}

// needed tells whether the condition cannot hold without its key.
func (c *condition) needed() bool {
	return !c.null && !c.optional && (!c.negated || c.required)
}

// eachKey calls do with the condition keys that the statement depends on, as they
// are written: those of the conditions that are asked for, and all of variables.
func (s *statement) eachKey(asked func(*condition) bool, do func(name string)) {
	for i := range s.conditions {
		c := &s.conditions[i]
		if asked(c) {
			do(c.name)
		}
		eachVariable(c.patterns, do)
	}
	eachVariable(s.resources, do)
	eachVariable(s.notResources, do)
}

func eachVariable(patterns []pattern, do func(name string)) {
	for _, p := range patterns {
		rest := p.text
		for p.variables && rest != "" {
			var variable string
			_, rest, _ = strings.Cut(rest, "${")
			variable, rest, _ = strings.Cut(rest, "}")
			name, _, _ := strings.Cut(variable, ",")
			if name = strings.TrimSpace(name); strings.Contains(name, ":") {
				do(name)
			}
		}
	}
}

// keyNames are the names of condition keys, in which case does not matter: of
// those that differ by it, there is the last in order, in which lower case follows upper.
type keyNames map[string]string // by the name in lower case

func (k *keyNames) add(name string) {
	if *k == nil {
		*k = keyNames{}
	}
	lower := strings.ToLower(name)
	if known, ok := (*k)[lower]; !ok || name > known {
		(*k)[lower] = name
	}
}

func (k keyNames) sorted() []string {
	list := []string{}
	for _, name := range k {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// contextTypes tells of the types of context keys whether a text is a value.
var contextTypes = map[string]func(string) bool{
	"string":  func(string) bool { return true },
	"numeric": func(text string) bool { _, err := strconv.ParseFloat(text, 64); return err == nil },
	"boolean": func(text string) bool { return strings.EqualFold(text, "true") || strings.EqualFold(text, "false") },
	"ip":      func(text string) bool { return within(text, "0.0.0.0/0") || within(text, "::/0") },
	"binary":  isBase64,
	"date":    func(text string) bool { _, ok := readTime(text); return ok },
}
