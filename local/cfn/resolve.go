package cfn

import (
	"encoding/base64"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// noValue is what {"Ref": "AWS::NoValue"} resolves to: the property is removed.
type noValue struct{}

// resolver evaluates intrinsic functions.
type resolver struct {
	template   *Template
	parameters map[string]any // pseudo parameters included
	conditions map[string]bool
	handles    map[string]Handle
	given      map[string]map[string]any // properties of the resources that have handles
	imports    func(name string) (any, bool)
	unexported []string // names that imports was asked for in vain, of a resolver that shows
	dynamic    func(service, reference string) (string, error)

	// early makes what stands for a resource that is not there yet, and for its
	// attributes. Where it is nil, there is no such resource.
	early func(name string) string
}

// knows lets a resource be referred to.
func (r *resolver) knows(id string, h Handle, properties map[string]any) {
	r.handles[id], r.given[id] = h, properties
}

type function func(r *resolver, argument any) (any, error)

// function returns the intrinsic of a key.
func (r *resolver) function(key string) (function, bool) {
	switch key {
	case "Ref":
		return (*resolver).ref, true
	case "Condition":
		return (*resolver).condition, true
	case "Fn::GetAtt":
		return (*resolver).getAtt, true
	case "Fn::Sub":
		return (*resolver).sub, true
	case "Fn::Join":
		return (*resolver).join, true
	case "Fn::Split":
		return (*resolver).split, true
	case "Fn::Select":
		return (*resolver).choose, true
	case "Fn::If":
		return (*resolver).branch, true
	case "Fn::Equals":
		return (*resolver).equals, true
	case "Fn::And", "Fn::Or":
		return func(r *resolver, argument any) (any, error) { return r.combine(argument, key == "Fn::And") }, true
	case "Fn::Not":
		return (*resolver).not, true
	case "Fn::FindInMap":
		return (*resolver).findInMap, true
	case "Fn::Base64":
		return (*resolver).base64, true
	case "Fn::ImportValue":
		return (*resolver).importValue, true
	case "Fn::GetAZs":
		return (*resolver).zones, true
	case "Fn::Contains":
		return (*resolver).contains, true
	case "Fn::EachMemberEquals":
		return (*resolver).eachMemberEquals, true
	case "Fn::EachMemberIn":
		return (*resolver).eachMemberIn, true
	case "Fn::RefAll":
		return (*resolver).refAll, true
	}
	return nil, false
}

// resolve evaluates all intrinsics in a value.
func (r *resolver) resolve(value any) (any, error) {
	switch v := value.(type) {
	case string:
		return r.expand(v)
	case []any:
		return r.resolveList(v)
	case map[string]any:
		if !isIntrinsic(v) {
			return r.resolveObject(v)
		}
		for key, argument := range v {
			f, ok := r.function(key)
			if !ok {
				return nil, fmt.Errorf("intrinsic function %s is not supported by the local engine", key)
			}
			result, err := f(r, argument)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			if text, ok := result.(string); ok {
				return r.expand(text)
			}
			return result, nil
		}
	}
	return value, nil
}

func (r *resolver) resolveList(list []any) (any, error) {
	resolved := make([]any, 0, len(list))
	for i, element := range list {
		value, err := r.resolve(element)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		if _, removed := value.(noValue); !removed {
			resolved = append(resolved, value)
		}
	}
	return resolved, nil
}

func (r *resolver) resolveObject(object map[string]any) (any, error) {
	resolved := make(map[string]any, len(object))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		value, err := r.resolve(object[key])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if _, removed := value.(noValue); !removed {
			resolved[key] = value
		}
	}
	return resolved, nil
}

func (r *resolver) ref(argument any) (any, error) {
	name, _ := argument.(string)
	if value, ok := r.parameters[name]; ok {
		if p, ok := value.(ssmParameter); ok {
			return r.held(p)
		}
		return value, nil
	}
	if handle, ok := r.handles[name]; ok {
		return handle.Ref, nil
	}
	if r.early != nil {
		return r.early(name), nil
	}
	return nil, fmt.Errorf("%v is neither a parameter nor a resource of this template", argument)
}

func getAttArguments(argument any) (id, attribute string, err error) {
	switch v := argument.(type) {
	case string:
		if id, attribute, ok := strings.Cut(v, "."); ok {
			return id, attribute, nil
		}
	case []any:
		if len(v) == 2 {
			id, ok := v[0].(string)
			attribute, ok2 := v[1].(string)
			if ok && ok2 {
				return id, attribute, nil
			}
		}
	}
	return "", "", fmt.Errorf("wants [logical id, attribute], got %v", argument)
}

// getAtt takes an attribute that Ref names, too.
func (r *resolver) getAtt(argument any) (any, error) {
	if list, ok := argument.([]any); ok && len(list) == 2 && isIntrinsic(list[1]) {
		name, err := r.resolve(list[1])
		if err != nil {
			return nil, err
		}
		argument = []any{list[0], name}
	}
	id, attribute, err := getAttArguments(argument)
	if err != nil {
		return nil, err
	}
	return r.attribute(id, attribute)
}

func (r *resolver) attribute(id, attribute string) (any, error) {
	handle, ok := r.handles[id]
	if !ok && r.early != nil {
		return r.early(id + "." + attribute), nil
	}
	if !ok {
		return nil, fmt.Errorf("resource %s does not exist", id)
	}
	value, ok := handle.Attributes[attribute]
	if !ok {
		value, ok = r.given[id][attribute] // AWS tells properties, too (recorded in April 2025)
	}
	if !ok {
		return nil, fmt.Errorf("attribute %s of %s (%s) is not supported by the local engine", attribute, id, r.template.Resources[id].Type)
	}
	return value, nil
}

var placeholder = regexp.MustCompile(`\$\{([^}]*)\}`)

// subTerms are what stands between the braces of Fn::Sub's text, without its own
// variables and what is meant to be there.
func subTerms(argument any) (terms []string) {
	text, _ := argument.(string)
	var local map[string]any
	if list, ok := argument.([]any); ok && len(list) == 2 {
		text, _ = list[0].(string)
		local, _ = list[1].(map[string]any)
	}
	for _, match := range placeholder.FindAllStringSubmatch(text, -1) {
		if _, isLocal := local[match[1]]; !isLocal && !strings.HasPrefix(match[1], "!") {
			terms = append(terms, match[1])
		}
	}
	return terms
}

func (r *resolver) sub(argument any) (any, error) {
	text, local := "", map[string]any{}
	switch v := argument.(type) {
	case string:
		text = v
	case []any:
		if len(v) != 2 {
			return nil, fmt.Errorf("wants a string, or [string, variables], got %d elements", len(v))
		}
		text, _ = v[0].(string)
		variables, err := r.resolve(v[1])
		if err != nil {
			return nil, err
		}
		local, _ = variables.(map[string]any)
	}
	var firstError error
	result := placeholder.ReplaceAllStringFunc(text, func(match string) string {
		name := match[2 : len(match)-1]
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			return "${" + literal + "}"
		}
		value, ok := local[name]
		if !ok {
			var err error
			if id, attribute, dotted := strings.Cut(name, "."); dotted {
				value, err = r.attribute(id, attribute)
			} else {
				value, err = r.ref(name)
			}
			if err != nil && firstError == nil {
				firstError = err
			}
		}
		replacement, _ := scalarText(value)
		return replacement
	})
	return result, firstError
}

// list resolves an argument that must be a list of n elements, or of any
// number if n is negative.
func (r *resolver) list(argument any, n int) ([]any, error) {
	resolved, err := r.resolve(argument)
	if err != nil {
		return nil, err
	}
	list, ok := resolved.([]any)
	switch {
	case !ok:
		return nil, fmt.Errorf("wants a list, got %v", resolved)
	case n >= 0 && len(list) != n:
		return nil, fmt.Errorf("wants a list of %d elements, got %v", n, resolved)
	}
	return list, nil
}

func (r *resolver) join(argument any) (any, error) {
	arguments, err := r.list(argument, 2)
	if err != nil {
		return nil, err
	}
	parts, ok := arguments[1].([]any)
	if !ok {
		return nil, fmt.Errorf("wants [delimiter, list], got %v", arguments)
	}
	texts := make([]string, len(parts))
	for i, part := range parts {
		if texts[i], ok = scalarText(part); !ok {
			return nil, fmt.Errorf("element %d is not a scalar but %v", i, part)
		}
	}
	delimiter, _ := arguments[0].(string)
	return strings.Join(texts, delimiter), nil
}

func (r *resolver) split(argument any) (any, error) {
	arguments, err := r.list(argument, 2)
	if err != nil {
		return nil, err
	}
	delimiter, ok := arguments[0].(string)
	text, ok2 := arguments[1].(string)
	if !ok || !ok2 {
		return nil, fmt.Errorf("wants [delimiter, string], got %v", arguments)
	}
	var parts []any
	for part := range strings.SplitSeq(text, delimiter) {
		parts = append(parts, part)
	}
	return parts, nil
}

func (r *resolver) choose(argument any) (any, error) {
	arguments, err := r.list(argument, 2)
	if err != nil {
		return nil, err
	}
	index, _ := scalarText(arguments[0])
	elements, _ := arguments[1].([]any)
	for i, element := range elements {
		if fmt.Sprint(i) == index {
			return element, nil
		}
	}
	return nil, fmt.Errorf("index %s is outside of a list of %d elements", index, len(elements))
}

func (r *resolver) findInMap(argument any) (any, error) {
	arguments, err := r.list(argument, 3)
	if err != nil {
		return nil, err
	}
	keys := [3]string{}
	for i := range keys {
		keys[i], _ = scalarText(arguments[i])
	}
	value, ok := r.template.Mappings[keys[0]][keys[1]][keys[2]]
	if !ok {
		return nil, fmt.Errorf("mapping %s has no %s, %s", keys[0], keys[1], keys[2])
	}
	return value, nil
}

func (r *resolver) base64(argument any) (any, error) {
	value, err := r.resolve(argument)
	if err != nil {
		return nil, err
	}
	text, ok := value.(string)
	if !ok {
		return nil, fmt.Errorf("wants a string, got %v", value)
	}
	return base64.StdEncoding.EncodeToString([]byte(text)), nil
}

func (r *resolver) importValue(argument any) (any, error) {
	value, err := r.resolve(argument)
	if err != nil {
		return nil, err
	}
	name, _ := value.(string)
	if imported, ok := r.imports(name); ok {
		return imported, nil
	}
	return nil, fmt.Errorf("no stack exports %v", value)
}

func (r *resolver) zones(argument any) (any, error) {
	value, err := r.resolve(argument)
	if err != nil {
		return nil, err
	}
	region, _ := value.(string)
	if region == "" {
		region, _ = r.parameters["AWS::Region"].(string)
	}
	return []any{region + "a", region + "b", region + "c"}, nil
}
