// Values of a template, and how Java and API Gateway print them.

package vtl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
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

// decode parses JSON text and keeps its numbers as they are written.
func decode(text string, value *any) error {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(value); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something behind the JSON value")
	}
	return nil
}

// fromJSON makes a value of a JSON document, or of a member of Data.Context.
func fromJSON(value any) any {
	switch v := value.(type) {
	case map[string]any:
		m := newMapping()
		for _, key := range slices.Sorted(maps.Keys(v)) {
			m.put(key, fromJSON(v[key]))
		}
		return m
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
	case json.Number:
		if n, err := strconv.Atoi(v.String()); err == nil {
			return n
		}
		if f, err := v.Float64(); err == nil && strings.ContainsAny(v.String(), ".eE") {
			return f
		}
		return v
	case int64:
		return int(v)
	default:
		return v
	}
}

// toJSON is the opposite of fromJSON.
func toJSON(value any) any {
	switch v := value.(type) {
	case *mapping:
		m := make(map[string]any, len(v.keys))
		for key, member := range v.values {
			m[key] = toJSON(member)
		}
		return m
	case *list:
		l := make([]any, len(v.items))
		for i, item := range v.items {
			l[i] = toJSON(item)
		}
		return l
	case *entry, *loop:
		return print(v)
	default:
		return v
	}
}

// jsonText is the JSON text of a document, with <, > and & as they are.
func jsonText(document any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return fmt.Sprint(document)
	}
	return strings.TrimSuffix(b.String(), "\n")
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
			return jsonText(toJSON(v))
		}
		parts := make([]string, len(v.items))
		for i, item := range v.items {
			parts[i] = printMember(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case *mapping:
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
