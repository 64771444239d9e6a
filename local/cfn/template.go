package cfn

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Template is a CloudFormation template as written.
type Template struct {
	Body        string `json:"-"` // its text, in JSON or YAML
	yaml        bool   // which of these
	Version     string `json:"AWSTemplateFormatVersion"`
	Description string
	Metadata    Metadata

	Parameters map[string]parameter
	Rules      map[string]rule
	Mappings   map[string]map[string]map[string]any
	Conditions map[string]any
	Resources  map[string]*declaration
	Outputs    map[string]output
}

type parameter struct {
	Type                  string
	Description           string
	Default               any
	NoEcho                any // a boolean, or the text of one
	AllowedValues         []any
	AllowedPattern        string
	MinLength, MaxLength  any // numbers, or the texts of such
	MinValue, MaxValue    any
	ConstraintDescription string
}

// Secret tells whether nobody is told the parameter's value.
func (p parameter) Secret() bool { return fmt.Sprint(p.NoEcho) == "true" }

// Told is the parameter's value as CloudFormation tells it: the default unless
// another is given, and no secret.
func (p parameter) Told(given string, isGiven bool) string {
	switch {
	case p.Secret():
		return "****"
	case isGiven:
		return given
	}
	text, _ := scalarText(p.Default)
	return text
}

type declaration struct {
	Transform  any `json:"Fn::Transform"` // which is refused
	Type       string
	Properties map[string]any
	Metadata   Metadata
	DependsOn  names
	Condition  string

	// Policies are texts, or functions of parameters and conditions.
	DeletionPolicy      any // what becomes of the resource when it is not wanted any more
	UpdateReplacePolicy any // and when another one has taken its place
}

type output struct {
	Description string

	Value     any
	Condition string
	Export    *struct{ Name any }
}

// deletionPolicy says what becomes of a resource that the stack does not need.
type deletionPolicy string

// policies are those of a resource.
type policies struct{ deletion, replacement deletionPolicy }

// policies resolves those of a resource. They may depend on parameters only.
func (r *resolver) policies(d *declaration) (p policies, err error) {
	if p.deletion, err = r.policy("DeletionPolicy", d.DeletionPolicy); err == nil {
		p.replacement, err = r.policy("UpdateReplacePolicy", d.UpdateReplacePolicy)
	}
	if err == nil && p.replacement == exceptOnCreate {
		err = notKept("UpdateReplacePolicy", string(p.replacement))
	}
	return p, err
}

func (r *resolver) policy(name string, value any) (deletionPolicy, error) {
	if value == nil {
		return "", nil
	}
	blind := *r
	blind.early, blind.handles = nil, nil
	resolved, err := blind.resolve(value)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	if _, removed := resolved.(noValue); removed {
		return "", nil
	}
	text, ok := resolved.(string)
	if p := deletionPolicy(text); ok && p.valid() {
		return p, nil
	}
	return "", notKept(name, fmt.Sprint(resolved))
}

func notKept(name, policy string) error {
	return fmt.Errorf("%s %q is not supported by the local engine: it makes no snapshots", name, policy)
}

func (p deletionPolicy) valid() bool {
	return p == "" || p == "Delete" || p.retains()
}

// retains tells whether the resource outlives a stack that was created.
func (p deletionPolicy) retains() bool { return p == "Retain" || p == exceptOnCreate }

// exceptOnCreate retains a resource unless its stack could not be created.
const exceptOnCreate deletionPolicy = "RetainExceptOnCreate"

// names is one logical id or a list of them.
type names []string

func (n *names) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*n = names{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(n))
}

// sections are what a template may consist of.
var sections = []string{
	"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules",
	"Mappings", "Conditions", "Resources", "Outputs",
}

// Parse reads a template in JSON, as the CDK synthesizes it, or in YAML.
func Parse(raw []byte) (*Template, error) {
	t := Template{Body: string(raw)}
	var present map[string]json.RawMessage
	if err := json.Unmarshal(raw, &present); err != nil {
		converted, notYAML := fromYAML(raw)
		switch {
		case notYAML != nil && strings.HasPrefix(strings.TrimSpace(t.Body), "{"):
			return nil, notJSON(t.Body, err)
		case notYAML != nil:
			return nil, notYAML
		}
		raw, t.yaml = converted, true
		if err := json.Unmarshal(raw, &present); err != nil {
			return nil, fmt.Errorf("parse template: %w", err)
		}
	}
	for _, section := range slices.Sorted(maps.Keys(present)) {
		if !slices.Contains(sections, section) {
			return nil, fmt.Errorf("template section %s is not supported by the local engine", section)
		}
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, fmt.Errorf("parse template: %w", err)
	}
	if _, transformed := t.Resources["Fn::Transform"]; transformed {
		return nil, errors.New("Fn::Transform among the Resources is not supported by the local engine")
	}
	return &t, nil
}

// notJSON tells where a text is no JSON, in CloudFormation's words.
func notJSON(body string, err error) error {
	var broken *json.SyntaxError
	if !errors.As(err, &broken) {
		return errUnstructured
	}
	before := body[:broken.Offset]
	return fmt.Errorf("JSON not well-formed. (line %d, column %d)", strings.Count(before, "\n")+1, len(before)-strings.LastIndexByte(before, '\n'))
}

// order returns the logical ids so that each comes after what it refers to and
// depends on; among equals, alphabetically.
func (t *Template) order(included func(id string) bool) ([]string, error) {
	const (
		unseen = iota
		open
		done
	)
	state := map[string]int{}
	var sorted, path []string
	var visit func(id string) error
	visit = func(id string) error {
		resource, ok := t.Resources[id]
		if !ok || !included(id) || state[id] == done {
			return nil
		}
		if state[id] == open {
			return refusal("Circular dependency between resources: [" + strings.Join(path[slices.Index(path, id):], ", ") + "]")
		}
		state[id] = open
		path = append(path, id)
		for _, dependency := range resource.DependsOn {
			if _, ok := t.Resources[dependency]; !ok {
				return fmt.Errorf("%s: DependsOn names %s, which the template does not declare", id, dependency)
			}
		}
		for _, need := range slices.Sorted(maps.Keys(resource.needs())) {
			if err := visit(need); err != nil {
				return err
			}
		}
		path = path[:len(path)-1]
		state[id] = done
		sorted = append(sorted, id)
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if err := visit(id); err != nil {
			return nil, err
		}
	}
	return sorted, nil
}

// needs returns the names that the resource refers to or depends on.
func (d *declaration) needs() map[string]bool {
	names := map[string]bool{}
	references(d.Properties, names)
	references(d.Metadata.Members, names)
	for _, dependency := range d.DependsOn {
		names[dependency] = true
	}
	return names
}

// needsAny tells whether the resource needs one of these.
func (d *declaration) needsAny(these map[string]bool) bool {
	if len(these) == 0 {
		return false
	}
	for name := range d.needs() {
		if these[name] {
			return true
		}
	}
	return false
}

// references collects the names that Ref, Fn::GetAtt and Fn::Sub mention.
func references(value any, into map[string]bool) {
	attributes := map[string]bool{}
	mentions(value, into, attributes)
	for attribute := range attributes {
		name, _, _ := strings.Cut(attribute, ".")
		into[name] = true
	}
}

// mentions collects what Ref refers to, and the attributes that Fn::GetAtt and
// Fn::Sub ask for, as "Resource.Attribute".
func mentions(value any, refs, attributes map[string]bool) {
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			mentions(element, refs, attributes)
		}
	case map[string]any:
		for key, argument := range v {
			switch key {
			case "Ref":
				if name, ok := argument.(string); ok {
					refs[name] = true
				}
			case "Fn::GetAtt":
				if id, attribute, err := getAttArguments(argument); err == nil {
					attributes[id+"."+attribute] = true
				} else if list, ok := argument.([]any); ok && len(list) == 2 && isIntrinsic(list[1]) {
					if id, ok := list[0].(string); ok {
						refs[id] = true // for whatever attribute
					}
				}
			case "Fn::Sub":
				for _, name := range subTerms(argument) {
					if strings.Contains(name, ".") {
						attributes[name] = true
					} else {
						refs[name] = true
					}
				}
			}
			mentions(argument, refs, attributes)
		}
	}
}
