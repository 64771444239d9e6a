// This file finds out which variables the states of a definition refer to.

package states

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// references are the variables that each state refers to, by the state's name, as
// DescribeStateMachine gives them: states without any are left out.
func references(definition string) map[string][]string {
	var root map[string]any
	if err := json.Unmarshal([]byte(definition), &root); err != nil {
		return nil // a machine's definition is an object
	}
	r := referenceFinder{assigned: map[string]bool{}, found: map[string]map[string]bool{}}
	r.assignments(root)
	r.graph(root, root["QueryLanguage"] == "JSONata")
	list := map[string][]string{}
	for state, names := range r.found {
		list[state] = slices.Sorted(maps.Keys(names))
	}
	return list
}

type referenceFinder struct {
	assigned map[string]bool // the names of all variables
	found    map[string]map[string]bool
}

// assignments notes what is assigned anywhere in a value.
func (r referenceFinder) assignments(value any) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			r.assignments(item)
		}
	case map[string]any:
		if assign, ok := v["Assign"].(map[string]any); ok {
			for name := range assign {
				r.assigned[strings.TrimSuffix(name, ".$")] = true
			}
		}
		for _, member := range v {
			r.assignments(member)
		}
	}
}

// graph looks at the states of a machine, of a branch or of a Map's iteration.
func (r referenceFinder) graph(value any, jsonata bool) {
	graph, _ := value.(map[string]any)
	states, _ := graph["States"].(map[string]any)
	for name, value := range states {
		state, ok := value.(map[string]any)
		if !ok {
			continue
		}
		inJSONata := jsonata || state["QueryLanguage"] == "JSONata"
		for field, value := range state {
			switch field {
			case "Branches":
				branches, _ := value.([]any)
				for _, branch := range branches {
					r.graph(branch, inJSONata)
				}
			case "ItemProcessor", "Iterator":
				r.graph(value, inJSONata)
			default:
				r.value(name, field, value, inJSONata)
			}
		}
	}
}

// value looks at a field and what is in it.
func (r referenceFinder) value(state, field string, value any, jsonata bool) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			r.value(state, field, item, jsonata)
		}
	case map[string]any:
		for member, inside := range v {
			r.value(state, member, inside, jsonata)
		}
	case string:
		if jsonata && strings.HasPrefix(v, "{%") || !jsonata && isPathField(field) {
			r.text(state, v)
		}
	}
}

// isPathField tells the fields of JSONPath that refer to something.
func isPathField(name string) bool {
	return strings.HasSuffix(name, ".$") || name == "Variable" || strings.HasSuffix(name, "Path") && name != "ResultPath"
}

var (
	quotedText = regexp.MustCompile(`'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`)
	reference  = regexp.MustCompile(`\$([\pL_][\pL\p{Nd}_]*)`)
)

// text notes the variables in a path, in the call of an intrinsic function or in
// an expression. What is in quotes is none, but for names of members in brackets.
func (r referenceFinder) text(state, text string) {
	for _, match := range reference.FindAllStringSubmatch(quotedText.ReplaceAllString(text, ""), -1) {
		if name := match[1]; r.assigned[name] {
			if r.found[state] == nil {
				r.found[state] = map[string]bool{}
			}
			r.found[state][name] = true
		}
	}
}
