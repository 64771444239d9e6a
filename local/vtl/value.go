// Values of a template, and how Java and API Gateway print them.

package vtl

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// A value is nil, bool, string, int, float64, json.Number (an integer beyond int), *list, *mapping, *entry
// or *loop.

// list is a mutable list.
type list struct {
	items    []any
	fromJSON bool // it came out of a document, and prints as JSON
}

// mapping is a mutable map that keeps the order of its keys.
type mapping struct {
	keys   []string
	values map[string]any
	silent bool // prints as nothing
}

// entry is a key with its value, of a map's entrySet.
type entry struct {
	key   string
	value any
}

func newMapping() *mapping { return &mapping{values: map[string]any{}} }

func (m *mapping) get(key string) any { return m.values[key] }

func (m *mapping) put(key string, value any) {
	if _, ok := m.values[key]; !ok {
		m.keys = append(m.keys, key)
	}
	m.values[key] = value
}

func (m *mapping) remove(key string) any {
	old := m.values[key]
	delete(m.values, key)
	m.keys = slices.DeleteFunc(m.keys, func(k string) bool { return k == key })
	return old
}

// fromJSON makes a value of a JSON document, or of a member of Data.Context.
func fromJSON(value any) any {
	switch v := value.(type) {
	case *jsonvalue.Object:
		m := newMapping()
		for key, member := range v.All() {
			m.put(key, fromJSON(member))
		}
		return m
	case map[string]any:
		return fromJSON(jsonvalue.Of(v))
	case map[string]string:
		m := newMapping()
		for _, key := range slices.Sorted(maps.Keys(v)) {
			m.put(key, v[key])
		}
		return m
	case []any:
		l := &list{items: make([]any, len(v)), fromJSON: true}
		for i, item := range v {
			l.items[i] = fromJSON(item)
		}
		return l
	case float64, jsonvalue.Number:
		return fromNumber(v)
	case int64:
		return int(v)
	default:
		return v
	}
}

// fromNumber tells integers from other numbers, as Java does.
func fromNumber(value any) any {
	text := jsonvalue.Text(value)
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	if f, ok := jsonvalue.Float(value); ok && strings.ContainsAny(text, ".eE") {
		return f
	}
	return json.Number(text)
}

// toJSON is the opposite of fromJSON.
func toJSON(value any) any {
	switch v := value.(type) {
	case *mapping:
		o := jsonvalue.NewObject(len(v.keys))
		for _, key := range v.keys {
			o.Set(key, toJSON(v.values[key]))
		}
		return o
	case *list:
		l := make([]any, len(v.items))
		for i, item := range v.items {
			l[i] = toJSON(item)
		}
		return l
	case *entry, *loop:
		return print(v)
	case int:
		return jsonvalue.Number(strconv.Itoa(v))
	case json.Number:
		return jsonvalue.Number(v)
	default:
		return v
	}
}

// print is a value's text: Java's toString.
func print(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case float64:
		return printDouble(v)
	case *list:
		if v.fromJSON {
			return jsonvalue.Text(toJSON(v))
		}
		parts := make([]string, len(v.items))
		for i, item := range v.items {
			parts[i] = printMember(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case *mapping:
		if v.silent {
			return ""
		}
		parts := make([]string, len(v.keys))
		for i, key := range v.keys {
			parts[i] = key + "=" + printMember(v.get(key))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case *entry:
		return v.key + "=" + printMember(v.value)
	case *loop:
		return ""
	default:
		return fmt.Sprint(v)
	}
}

func printMember(value any) string {
	if value == nil {
		return "null"
	}
	return print(value)
}

// printDouble is Java's Double.toString: 1.0, 12.5, 1.0E10.
func printDouble(v float64) string {
	if math.IsInf(v, 0) {
		return strings.Replace(strconv.FormatFloat(v, 'f', -1, 64), "Inf", "Infinity", 1)
	}
	size := math.Abs(v)
	if v == 0 || size >= 1e-3 && size < 1e7 {
		s := strconv.FormatFloat(v, 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'E', -1, 64), "E")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	n, _ := strconv.Atoi(exponent)
	return mantissa + "E" + strconv.Itoa(n)
}

// number is a numeric value, also of a text.
func number(value any) (float64, bool) {
	switch v := value.(type) {
	case int:
		return float64(v), true
	case float64:
		return v, true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		return f, err == nil
	default:
		return 0, false
	}
}

// truth is Velocity 1.7's idea of a condition: anything is true but false and nothing.
func truth(value any) bool {
	if b, ok := value.(bool); ok {
		return b
	}
	return value != nil
}
