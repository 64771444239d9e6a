package statetest

// This file finds the state machine in a synthesized assembly. What its definition
// takes from other resources becomes a name like theirs: nothing is called.

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/assembly"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// FromAssembly makes a machine of a resource in an assembly (cdk.out, or a
// template), by its logical id, or STACK/ID.
func FromAssembly(t testing.TB, path, id string) *Machine {
	t.Helper()
	m, err := FindInAssembly(path, id)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// FindInAssembly is FromAssembly where there is no test.
func FindInAssembly(path, id string) (*Machine, error) {
	a, err := assembly.Load(path, cloud.Site{})
	if err != nil {
		return nil, err
	}
	stack, logicalID, within := strings.Cut(id, "/")
	if !within {
		stack, logicalID = "", id
	}
	var found []*Machine
	var known []string
	for _, s := range a.Stacks {
		machines, err := machinesIn(a, s)
		if err != nil {
			return nil, fmt.Errorf("stack %s: %w", s.Name, err)
		}
		for name, m := range machines {
			known = append(known, s.Name+"/"+name)
			if name == logicalID && (stack == "" || stack == s.Name) {
				found = append(found, m)
			}
		}
	}
	slices.Sort(known)
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("%s has no state machine %s, but %s", path, id, cmp.Or(strings.Join(known, ", "), "none at all"))
	case 1:
		return found[0], nil
	default:
		return nil, fmt.Errorf("%s has several state machines %s: %s; say STACK/ID", path, id, strings.Join(known, ", "))
	}
}

// machinesIn reads the state machines of a stack's template, by logical id.
func machinesIn(a *assembly.Assembly, s assembly.Stack) (map[string]*Machine, error) {
	text, err := os.ReadFile(s.TemplateFile)
	if err != nil {
		return nil, err
	}
	template, err := jsonvalue.Decode(text)
	if err != nil {
		return nil, err
	}
	resources := member(template, "Resources")
	machines := map[string]*Machine{}
	for id, resource := range resources.All() {
		if textOf(resource, "Type") != "AWS::StepFunctions::StateMachine" {
			continue
		}
		m, err := machineOf(a, id, member(resource, "Properties"))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
		machines[id] = m
	}
	return machines, nil
}

func machineOf(a *assembly.Assembly, id string, properties *jsonvalue.Object) (*Machine, error) {
	values := map[string]string{}
	for name, value := range member(properties, "DefinitionSubstitutions").All() {
		values[name] = asText(value)
	}
	definition, err := definitionOf(a, properties)
	if err != nil {
		return nil, err
	}
	m := New(id, definition, values)
	m.Express = textOf(properties, "StateMachineType") == "EXPRESS"
	return m, nil
}

// definitionOf is the definition, by whichever property gives it.
func definitionOf(a *assembly.Assembly, properties *jsonvalue.Object) (string, error) {
	if text, ok := properties.Get("DefinitionString"); ok {
		return asText(text), nil
	}
	if definition, ok := properties.Get("Definition"); ok {
		return asText(resolved(definition)), nil
	}
	if !properties.Has("DefinitionS3Location") {
		return "", errors.New("there is no DefinitionString, Definition or DefinitionS3Location")
	}
	at, _ := resolved(member(properties, "DefinitionS3Location")).(*jsonvalue.Object)
	own := strings.NewReplacer(account, a.Site.Account, region, a.Site.Region)
	bucket, key := own.Replace(textOf(at, "Bucket")), textOf(at, "Key")
	file, ok := a.Asset(bucket, key)
	if !ok {
		return "", fmt.Errorf("the assembly has no asset for s3://%s/%s", bucket, key)
	}
	text, err := os.ReadFile(file)
	return string(text), err
}

// member is a member that is an object, or an empty one.
func member(value any, name string) *jsonvalue.Object {
	object, _ := value.(*jsonvalue.Object)
	found, _ := object.Get(name)
	if inner, ok := found.(*jsonvalue.Object); ok {
		return inner
	}
	return jsonvalue.NewObject(0)
}

func textOf(value any, name string) string {
	object, _ := value.(*jsonvalue.Object)
	found, _ := object.Get(name)
	text, _ := found.(string)
	return text
}

// resolved replaces the functions of a template in a value.
func resolved(value any) any {
	switch v := value.(type) {
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = resolved(item)
		}
		return list
	case *jsonvalue.Object:
		if text, ok := call(v); ok {
			return text
		}
		object := jsonvalue.NewObject(v.Len())
		for name, inner := range v.All() {
			object.Set(name, resolved(inner))
		}
		return object
	default:
		return value
	}
}

// asText is a value as text: a function of a template by what it may give, anything
// else as JSON.
func asText(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	if object, ok := value.(*jsonvalue.Object); ok {
		if text, ok := call(object); ok {
			return text
		}
	}
	return jsonvalue.Text(value)
}

// call is what a function of a template may give, if an object is one.
func call(object *jsonvalue.Object) (string, bool) {
	for name, argument := range object.All() {
		if object.Len() != 1 {
			break
		}
		list, _ := argument.([]any)
		switch {
		case name == "Ref":
			return reference(asText(argument)), true
		case name == "Fn::GetAtt" && len(list) == 2:
			return attribute(asText(list[0]), asText(list[1])), true
		case name == "Fn::GetAtt":
			id, name, _ := strings.Cut(asText(argument), ".")
			return attribute(id, name), true
		case name == "Fn::Join" && len(list) == 2:
			return join(asText(list[0]), list[1]), true
		case name == "Fn::Sub" && len(list) == 2:
			return substituted(asText(list[0]), list[1]), true
		case name == "Fn::Sub":
			return substituted(asText(argument), nil), true
		case strings.HasPrefix(name, "Fn::"):
			return functionARN(strings.TrimPrefix(name, "Fn::")), true
		}
	}
	return "", false
}

// reference is what Ref gives.
func reference(name string) string {
	switch name {
	case "AWS::Partition":
		return "aws"
	case "AWS::Region":
		return region
	case "AWS::AccountId":
		return account
	case "AWS::URLSuffix":
		return "amazonaws.com"
	default:
		return name
	}
}

// attribute is what Fn::GetAtt gives. An ARN is taken for that of a function, since
// no other names what a task calls.
func attribute(id, name string) string {
	if name == "Arn" {
		return functionARN(id)
	}
	return id + "." + name
}

func join(separator string, list any) string {
	var parts []string
	items, _ := list.([]any)
	for _, item := range items {
		parts = append(parts, asText(item))
	}
	return strings.Join(parts, separator)
}

var inSub = regexp.MustCompile(`\$\{([A-Za-z0-9_:.]+)\}`)

// substituted is what Fn::Sub gives.
func substituted(text string, values any) string {
	given, _ := values.(*jsonvalue.Object)
	return inSub.ReplaceAllStringFunc(text, func(found string) string {
		name := found[2 : len(found)-1]
		if value, ok := given.Get(name); ok {
			return asText(value)
		}
		if id, member, ok := strings.Cut(name, "."); ok {
			return attribute(id, member)
		}
		return reference(name)
	})
}
