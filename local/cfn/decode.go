package cfn

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

var (
	ignoredType = reflect.TypeFor[Ignored]()
	rawType     = reflect.TypeFor[json.RawMessage]()
)

// decode fills target from a resolved property value and returns all faults,
// each with the path of the property.
func decode(value any, target reflect.Value, path string) []string {
	if value == nil || target.Type() == ignoredType {
		return nil
	}
	if target.Type() == rawType {
		if text, ok := value.(string); ok && isObject(text) {
			target.SetBytes([]byte(text))
			return nil
		}
		raw, err := json.Marshal(value)
		if err != nil {
			return []string{fmt.Sprintf("property %s: %v", path, err)}
		}
		target.SetBytes(raw)
		return nil
	}
	switch target.Kind() {
	case reflect.Interface:
		target.Set(reflect.ValueOf(value))
		return nil
	case reflect.Pointer:
		target.Set(reflect.New(target.Type().Elem()))
		return decode(value, target.Elem(), path)
	case reflect.Struct:
		return decodeStruct(value, target, path)
	case reflect.Map:
		return decodeMap(value, target, path)
	case reflect.Slice:
		return decodeSlice(value, target, path)
	default:
		return decodeScalar(value, target, path)
	}
}

// isObject tells whether a text is a document, which stands for it where AWS's
// schemas have "object or string": as Fn::Sub makes policies.
func isObject(text string) bool {
	return strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") && json.Valid([]byte(text))
}

func decodeStruct(value any, target reflect.Value, path string) []string {
	object, ok := value.(map[string]any)
	if !ok {
		return mismatch(path, "an object", value)
	}
	var faults []string
	for _, name := range slices.Sorted(maps.Keys(object)) {
		field := target.FieldByName(name)
		if !field.IsValid() {
			faults = append(faults, unsupported(join(path, name)))
			continue
		}
		faults = append(faults, decode(object[name], field, join(path, name))...)
	}
	return faults
}

func decodeMap(value any, target reflect.Value, path string) []string {
	object, ok := value.(map[string]any)
	if !ok {
		return mismatch(path, "an object", value)
	}
	target.Set(reflect.MakeMapWithSize(target.Type(), len(object)))
	var faults []string
	for _, key := range slices.Sorted(maps.Keys(object)) {
		element := reflect.New(target.Type().Elem()).Elem()
		faults = append(faults, decode(object[key], element, join(path, key))...)
		target.SetMapIndex(reflect.ValueOf(key), element)
	}
	return faults
}

func decodeSlice(value any, target reflect.Value, path string) []string {
	list, ok := value.([]any)
	if !ok {
		return mismatch(path, "a list", value)
	}
	target.Set(reflect.MakeSlice(target.Type(), len(list), len(list)))
	var faults []string
	for i, element := range list {
		faults = append(faults, decode(element, target.Index(i), fmt.Sprintf("%s[%d]", path, i))...)
	}
	return faults
}

// decodeScalar accepts what CloudFormation accepts: a number or a boolean may
// be written as a string, and the other way round.
func decodeScalar(value any, target reflect.Value, path string) []string {
	text, ok := scalarText(value)
	if !ok {
		return mismatch(path, "a scalar", value)
	}
	switch target.Kind() {
	case reflect.String:
		target.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return mismatch(path, "a boolean", value)
		}
		target.SetBool(b)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return mismatch(path, "an integer", value)
		}
		target.SetInt(n)
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return mismatch(path, "a number", value)
		}
		target.SetFloat(f)
	default:
		panic(fmt.Sprintf("cfn: property %s has a field of type %s", path, target.Type()))
	}
	return nil
}

func scalarText(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return strconv.FormatInt(int64(v), 10), true
		}
		return strconv.FormatFloat(v, 'g', -1, 64), true
	default:
		return "", false
	}
}

// check reports the properties that decode would refuse, in a template whose
// intrinsics are not resolved yet: an intrinsic stands for any value.
func check(value any, target reflect.Type, path string) []string {
	for target.Kind() == reflect.Pointer {
		target = target.Elem()
	}
	if isIntrinsic(value) || target == ignoredType || target == rawType {
		return nil
	}
	var faults []string
	switch v := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			switch target.Kind() {
			case reflect.Struct:
				field, ok := target.FieldByName(name)
				if !ok {
					faults = append(faults, unsupported(join(path, name)))
					continue
				}
				faults = append(faults, check(v[name], field.Type, join(path, name))...)
			case reflect.Map:
				faults = append(faults, check(v[name], target.Elem(), join(path, name))...)
			}
		}
	case []any:
		if target.Kind() == reflect.Slice {
			for i, element := range v {
				faults = append(faults, check(element, target.Elem(), fmt.Sprintf("%s[%d]", path, i))...)
			}
		}
	}
	return faults
}

func unsupported(path string) string {
	return fmt.Sprintf("property %s is not supported by the local engine", path)
}

func mismatch(path, want string, got any) []string {
	return []string{fmt.Sprintf("property %s must be %s, got %T", path, want, got)}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
