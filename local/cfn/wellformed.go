package cfn

// This file finds what CloudFormation refuses of a template by its form alone, in
// its words: names, and arguments of functions that are written out.

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var alphanumeric = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// wellFormed refuses what could not be resolved whatever the parameters are.
func (t *Template) wellFormed() error {
	for _, name := range slices.Sorted(maps.Keys(t.Parameters)) {
		if !alphanumeric.MatchString(name) {
			return formatError("Parameter name %s is non alphanumeric.", name)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		d := t.Resources[id]
		switch {
		case !alphanumeric.MatchString(id):
			return formatError("Resource name %s is non alphanumeric.", id)
		case d != nil && d.Transform != nil:
			return formatError("[/Resources/%s] Fn::Transform is not supported by the local engine", id)
		case d == nil || d.Type == "":
			return formatError("[/Resources/%s] Every Resources object must contain a Type member.", id)
		case d.Condition != "" && t.Conditions[d.Condition] == nil:
			return formatError("Unresolved condition dependency %s in the Resources block of the template", d.Condition)
		}
		if err := t.functions(orEmpty(d.Properties)); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Outputs)) {
		if o := t.Outputs[name]; o.Condition != "" && t.Conditions[o.Condition] == nil {
			return formatError("Unresolved condition dependency %s in the Outputs block of the template", o.Condition)
		} else if err := t.functions(o.Value); err != nil {
			return err
		}
	}
	return nil
}

func formatError(format string, arguments ...any) error {
	return refusal("Template format error: " + fmt.Sprintf(format, arguments...))
}

// functions checks the functions within a value, from the outside in.
func (t *Template) functions(value any) error {
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			if err := t.functions(element); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if err := t.function(name, v[name]); err != nil {
				return err
			}
			if err := t.functions(v[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

// function checks the arguments of a function, as far as they are no functions.
func (t *Template) function(name string, argument any) error {
	switch name {
	case "Fn::If":
		list, _ := argument.([]any)
		if len(list) == 0 {
			return nil
		}
		if condition, ok := list[0].(string); ok && t.Conditions[condition] == nil {
			return refusal("Template error: unresolved condition dependency " + condition + " in Fn::If")
		}
	case "Fn::GetAtt":
		if id, attribute, err := getAttArguments(argument); !refers(argument) && (err != nil || id == "" || attribute == "") {
			return refusal("Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute")
		}
	case "Fn::Select":
		if !selects(argument) {
			return refusal("Template error: Fn::Select requires a list argument with two elements: an integer index and a list")
		}
	case "Fn::FindInMap":
		return t.findsInMap(argument, scalarText)
	}
	return nil
}

// refers tells whether an attribute is asked for by a name that a function makes.
func refers(argument any) bool {
	list, ok := argument.([]any)
	return ok && len(list) == 2 && slices.ContainsFunc(list, isFunction)
}

func isFunction(value any) bool {
	_, is := value.(map[string]any)
	return is
}

// selects tells whether a Fn::Select may find something.
func selects(argument any) bool {
	arguments, ok := argument.([]any)
	if !ok || len(arguments) != 2 {
		return false
	}
	elements, isList := arguments[1].([]any)
	if !isList && !isFunction(arguments[1]) {
		return false
	}
	if isFunction(arguments[0]) {
		return true
	}
	text, _ := scalarText(arguments[0])
	index, err := strconv.Atoi(text)
	return err == nil && index >= 0 && (!isList || index < len(elements))
}

// Finds refuses a Fn::FindInMap that finds nothing with the parameters as they are
// given, as far as no condition decides whether it is asked.
func (t *Template) Finds(parameters map[string]string) error {
	given := func(value any) (string, bool) {
		object, _ := value.(map[string]any)
		name, isRef := object["Ref"].(string)
		declared, isParameter := t.Parameters[name]
		if !isRef || !isParameter || strings.HasPrefix(declared.Type, "AWS::SSM::") {
			return scalarText(value)
		}
		if text, ok := parameters[name]; ok {
			return text, true
		}
		return scalarText(declared.Default)
	}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if d := t.Resources[id]; d.Condition == "" {
			if err := t.findsWithin(orEmpty(d.Properties), given); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Outputs)) {
		if o := t.Outputs[name]; o.Condition == "" {
			if err := t.findsWithin(o.Value, given); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *Template) findsWithin(value any, given func(any) (string, bool)) error {
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			if err := t.findsWithin(element, given); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if name == "Fn::If" {
				continue
			}
			if name == "Fn::FindInMap" {
				if err := t.findsInMap(v[name], given); err != nil {
					return err
				}
			}
			if err := t.findsWithin(v[name], given); err != nil {
				return err
			}
		}
	}
	return nil
}

// findsInMap refuses what finds nothing. What given does not know, a function says.
func (t *Template) findsInMap(argument any, given func(any) (string, bool)) error {
	list, ok := argument.([]any)
	if !ok || len(list) != 3 {
		return nil
	}
	var keys [3]string
	for i, value := range list {
		text, ok := given(value)
		if !ok {
			return nil
		}
		keys[i] = text
	}
	if _, ok := t.Mappings[keys[0]][keys[1]][keys[2]]; !ok {
		return refusal("Template error: Unable to get mapping for " + keys[0] + "::" + keys[1] + "::" + keys[2])
	}
	return nil
}
