package cfn

// This file tells what of a resource differs from what is wanted, and what that
// means for it.

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn/schema"
)

// same tells whether two resolved values mean the same: a scalar may be given as
// text.
func same(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, same)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, same)
	}
	one, isScalar := scalarText(a)
	other, isScalar2 := scalarText(b)
	if isScalar && isScalar2 {
		return one == other
	}
	return reflect.DeepEqual(a, b)
}

// differences are the paths of the properties that differ, or come, or go.
func differences(a, b any, path ...string) (paths [][]string) {
	if same(a, b) {
		return nil
	}
	one, other := members(a), members(b)
	if one == nil || other == nil || len(one) != len(other) && isList(a) {
		return [][]string{path}
	}
	keys := maps.Clone(one)
	maps.Copy(keys, other)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		paths = append(paths, differences(one[key], other[key], append(slices.Clone(path), key)...)...)
	}
	return paths
}

func isList(value any) bool { _, ok := value.([]any); return ok }

// members are those of an object, or of a list by their places.
func members(value any) map[string]any {
	switch v := value.(type) {
	case map[string]any:
		return v
	case []any:
		all := map[string]any{}
		for i, element := range v {
			all[strconv.Itoa(i)] = element
		}
		return all
	}
	return nil
}

// recreation is what a change at some paths means for a resource.
func recreation(typeName string, paths [][]string) schema.Recreation {
	worst := schema.Never
	if isCustom(typeName) {
		return worst // the resource's function decides
	}
	for _, path := range paths {
		switch r, _ := schema.Of(typeName, path...); {
		case r == schema.Always, worst == schema.Never:
			worst = r
		}
	}
	return worst
}

// customName is the name that the template gives to a resource and to the one
// that is to take its place, or empty. What is named within something else, as a
// stage is within its API, may have the name there once more, and so may what has
// the names of two others, as a key in a usage plan has.
func customName(now, wanted *instance, paths [][]string) string {
	for _, path := range paths {
		if slices.Contains([]string{"RestApiId", "EventBusName", "GroupName", "KeyId", "UsagePlanId"}, path[0]) {
			return ""
		}
	}
	for _, property := range slices.Sorted(maps.Keys(now.properties)) {
		name, isText := now.properties[property].(string)
		if !isText || wanted.properties[property] != name {
			continue
		}
		if r, _ := schema.Of(now.Type, property); r != schema.Always {
			continue
		}
		if ref := now.handle.Ref; ref == name || strings.HasSuffix(ref, ":"+name) || strings.HasSuffix(ref, "/"+name) {
			return name
		}
	}
	return ""
}

// refusal is why CloudFormation does not do something, as it says it.
type refusal string

func (r refusal) Error() string { return string(r) }

// alike tells whether a resource's properties are the same as far as the engine
// knows them, or which of those that are wanted do not fit.
func (t Type) alike(r Resource, before, after map[string]any) (bool, error) {
	if t.properties == nil {
		return false, nil
	}
	had, wanted := reflect.New(t.properties).Elem(), reflect.New(t.properties).Elem()
	if faults := decode(after, wanted, ""); len(faults) > 0 {
		return false, faultError(r, faults)
	}
	return len(decode(before, had, "")) == 0 && reflect.DeepEqual(had.Interface(), wanted.Interface()), nil
}

// fault says of which resource, and what of it, an error is.
func (i *instance) fault(of string, err error) error {
	return about(i.Resource, fmt.Errorf("%s %w", of, err))
}
