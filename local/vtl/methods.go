// The methods of Java's strings, lists and maps that templates use.

package vtl

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// methodNames are all methods there are; Parse refuses others.
var methodNames = func() map[string]bool {
	names := map[string]bool{"toString": true, "equals": true, "getKey": true, "getValue": true, "hasNext": true}
	for name := range textMethods {
		names[name] = true
	}
	for name := range listMethods {
		names[name] = true
	}
	for name := range mapMethods {
		names[name] = true
	}
	return names
}()

// call is "$value.name(args)".
func call(value any, name string, args []any) (any, error) {
	switch {
	case name == "toString" && len(args) == 0:
		return print(value), nil
	case name == "equals" && len(args) == 1:
		return equal(value, args[0]) && sameKind(value, args[0]), nil
	}
	switch v := value.(type) {
	case string:
		if m, ok := textMethods[name]; ok && m.takes(len(args)) {
			return m.apply(v, args)
		}
	case *list:
		if m, ok := listMethods[name]; ok && m.takes(len(args)) {
			return m.apply(v, args)
		}
	case *mapping:
		if m, ok := mapMethods[name]; ok && m.takes(len(args)) {
			return m.apply(v, args)
		}
	case *entry:
		switch name {
		case "getKey":
			return v.key, nil
		case "getValue":
			return v.value, nil
		}
	case *loop:
		if name == "hasNext" {
			return v.property(name), nil
		}
	}
	return nil, fmt.Errorf("%s has no method %s with %d arguments", kindOf(value), name, len(args))
}

// kindOf names a value in an error, without printing what may be large.
func kindOf(value any) string {
	switch v := value.(type) {
	case string:
		return strconv.Quote(excerpt(v))
	case *list:
		return "a list"
	case *mapping:
		return "a map"
	case *entry:
		return "a map's entry"
	default:
		return print(v)
	}
}

func sameKind(left, right any) bool {
	_, l := left.(string)
	_, r := right.(string)
	return l == r
}

type method[T any] struct {
	min, max int
	apply    func(receiver T, args []any) (any, error)
}

func (m method[T]) takes(args int) bool { return args >= m.min && args <= m.max }

// plain is a method that cannot fail.
func plain[T any](args int, f func(receiver T, args []any) any) method[T] {
	return method[T]{args, args, func(receiver T, args []any) (any, error) { return f(receiver, args), nil }}
}

var textMethods = map[string]method[string]{
	"length":           plain(0, func(s string, _ []any) any { return len(units(s)) }),
	"isEmpty":          plain(0, func(s string, _ []any) any { return s == "" }),
	"trim":             plain(0, func(s string, _ []any) any { return strings.TrimFunc(s, func(r rune) bool { return r <= ' ' }) }),
	"toLowerCase":      plain(0, func(s string, _ []any) any { return strings.ToLower(s) }),
	"toUpperCase":      plain(0, func(s string, _ []any) any { return strings.ToUpper(s) }),
	"contains":         plain(1, func(s string, a []any) any { return strings.Contains(s, print(a[0])) }),
	"startsWith":       plain(1, func(s string, a []any) any { return strings.HasPrefix(s, print(a[0])) }),
	"endsWith":         plain(1, func(s string, a []any) any { return strings.HasSuffix(s, print(a[0])) }),
	"equalsIgnoreCase": plain(1, func(s string, a []any) any { return strings.EqualFold(s, print(a[0])) }),
	"concat":           plain(1, func(s string, a []any) any { return s + print(a[0]) }),
	"compareTo":        plain(1, func(s string, a []any) any { return slices.Compare(units(s), units(print(a[0]))) }),
	"indexOf":          plain(1, func(s string, a []any) any { return inUnits(s, strings.Index(s, print(a[0]))) }),
	"lastIndexOf":      plain(1, func(s string, a []any) any { return inUnits(s, strings.LastIndex(s, print(a[0]))) }),
	"replace":          plain(2, func(s string, a []any) any { return strings.ReplaceAll(s, print(a[0]), print(a[1])) }),
	"replaceAll":       {2, 2, func(s string, a []any) (any, error) { return replace(s, print(a[0]), print(a[1]), -1) }},
	"replaceFirst":     {2, 2, func(s string, a []any) (any, error) { return replace(s, print(a[0]), print(a[1]), 1) }},
	"matches":          {1, 1, matches},
	"split":            {1, 2, split},
	"substring":        {1, 2, substring},
	"charAt":           {1, 1, func(s string, a []any) (any, error) { return substring(s, []any{a[0], next(a[0])}) }},
}

var listMethods = map[string]method[*list]{
	"size":     plain(0, func(l *list, _ []any) any { return len(l.items) }),
	"length":   plain(0, func(l *list, _ []any) any { return len(l.items) }), // of an array, as split makes them
	"isEmpty":  plain(0, func(l *list, _ []any) any { return len(l.items) == 0 }),
	"contains": plain(1, func(l *list, a []any) any { return indexOf(l, a[0]) >= 0 }),
	"indexOf":  plain(1, func(l *list, a []any) any { return indexOf(l, a[0]) }),
	"add":      plain(1, func(l *list, a []any) any { l.items = append(l.items, a[0]); return true }),
	"addAll":   plain(1, func(l *list, a []any) any { l.items = append(l.items, iterate(a[0])...); return true }),
	"clear":    plain(0, func(l *list, _ []any) any { l.items = nil; return nil }),
	"get":      {1, 1, func(l *list, a []any) (any, error) { i, err := l.index(a[0]); return item(l, i), err }},
	"set":      {2, 2, setItem},
	"remove":   {1, 1, removeItem},
	"subList":  {2, 2, subList},
}

var mapMethods = map[string]method[*mapping]{
	"size":          plain(0, func(m *mapping, _ []any) any { return len(m.keys) }),
	"isEmpty":       plain(0, func(m *mapping, _ []any) any { return len(m.keys) == 0 }),
	"get":           plain(1, func(m *mapping, a []any) any { return m.get(print(a[0])) }),
	"getOrDefault":  plain(2, getOrDefault),
	"containsKey":   plain(1, func(m *mapping, a []any) any { _, ok := m.values[print(a[0])]; return ok }),
	"containsValue": plain(1, func(m *mapping, a []any) any { return indexOf(&list{items: iterate(m)}, a[0]) >= 0 }),
	"put":           plain(2, func(m *mapping, a []any) any { old := m.get(print(a[0])); m.put(print(a[0]), a[1]); return old }),
	"putAll":        plain(1, putAll),
	"remove":        plain(1, func(m *mapping, a []any) any { return m.remove(print(a[0])) }),
	"clear":         plain(0, func(m *mapping, _ []any) any { *m = *newMapping(); return nil }),
	"keySet":        plain(0, func(m *mapping, _ []any) any { return keySet(m) }),
	"values":        plain(0, func(m *mapping, _ []any) any { return &list{items: iterate(m)} }),
	"entrySet":      plain(0, func(m *mapping, _ []any) any { return entrySet(m) }),
}

// units are a text's UTF-16 units, by which Java counts.
func units(s string) []uint16 { return utf16.Encode([]rune(s)) }

// inUnits converts an index of bytes; -1 stays.
func inUnits(s string, index int) int {
	if index < 0 {
		return -1
	}
	return len(units(s[:index]))
}

func next(index any) any {
	if i, ok := index.(int); ok {
		return i + 1
	}
	return index
}

func substring(s string, args []any) (any, error) {
	u := units(s)
	first, ok := args[0].(int)
	end, ok2 := len(u), true
	if len(args) == 2 {
		end, ok2 = args[1].(int)
	}
	if !ok || !ok2 || first < 0 || end > len(u) || first > end {
		return nil, fmt.Errorf("%s of a text of length %d", "substring is out of range", len(u))
	}
	return string(utf16.Decode(u[first:end])), nil
}

func pattern(text string) (*regexp.Regexp, error) {
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("the regular expression %q is not supported: %w", text, err)
	}
	return re, nil
}

// replace is replaceAll and replaceFirst, with Java's spelling of the replacement: $1, and \ before what
// is meant literally.
func replace(s, expression, replacement string, times int) (any, error) {
	re, err := pattern(expression)
	if err != nil {
		return nil, err
	}
	template, err := replacementTemplate(replacement)
	if err != nil {
		return nil, err
	}
	return expand(re, template, s, times)
}

func replacementTemplate(java string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(java); i++ {
		switch c := java[i]; {
		case c == '$' && i+1 < len(java) && java[i+1] >= '0' && java[i+1] <= '9':
			i++
			b.WriteString("${" + java[i:i+1] + "}")
			continue
		case c == '$', c == '\\' && i+1 == len(java):
			return "", fmt.Errorf("the replacement %q ends within a group reference", java)
		case c == '\\':
			i++
		}
		if java[i] == '$' {
			b.WriteByte('$')
		}
		b.WriteByte(java[i])
	}
	return b.String(), nil
}

func matches(s string, args []any) (any, error) {
	re, err := pattern(`\A(?:` + print(args[0]) + `)\z`)
	if err != nil {
		return nil, err
	}
	return re.MatchString(s), nil
}

// split drops empty texts at the end, unless a limit is given.
func split(s string, args []any) (any, error) {
	re, err := pattern(print(args[0]))
	if err != nil {
		return nil, err
	}
	limit := 0
	if len(args) == 2 {
		limit, _ = args[1].(int)
	}
	n := maxItems + 1
	if limit > 0 {
		n = min(n, limit)
	}
	parts := re.Split(s, n)
	if len(parts) > maxItems {
		return nil, errItems
	}
	for limit == 0 && len(parts) > 1 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	l := &list{}
	for _, part := range parts {
		l.items = append(l.items, part)
	}
	return l, nil
}

func indexOf(l *list, value any) int {
	return slices.IndexFunc(l.items, func(item any) bool { return equal(item, value) && sameKind(item, value) })
}

func (l *list) index(value any) (int, error) {
	i, ok := value.(int)
	if !ok || i < 0 || i >= len(l.items) {
		return 0, fmt.Errorf("index %s is outside of the list of %d items", printMember(value), len(l.items))
	}
	return i, nil
}

func setItem(l *list, args []any) (any, error) {
	i, err := l.index(args[0])
	if err != nil {
		return nil, err
	}
	old := l.items[i]
	l.items[i] = args[1]
	return old, nil
}

// removeItem removes by index, or the first item that equals a value of another kind.
func removeItem(l *list, args []any) (any, error) {
	if _, byIndex := args[0].(int); !byIndex {
		i := indexOf(l, args[0])
		if i >= 0 {
			l.items = slices.Delete(l.items, i, i+1)
		}
		return i >= 0, nil
	}
	i, err := l.index(args[0])
	if err != nil {
		return nil, err
	}
	old := l.items[i]
	l.items = slices.Delete(l.items, i, i+1)
	return old, nil
}

func subList(l *list, args []any) (any, error) {
	first, ok := args[0].(int)
	end, ok2 := args[1].(int)
	if !ok || !ok2 || first < 0 || end > len(l.items) || first > end {
		return nil, errors.New("subList is out of range")
	}
	return &list{items: slices.Clone(l.items[first:end]), fromJSON: l.fromJSON}, nil
}

func getOrDefault(m *mapping, args []any) any {
	if value, ok := m.values[print(args[0])]; ok {
		return value
	}
	return args[1]
}

func putAll(m *mapping, args []any) any {
	if other, ok := args[0].(*mapping); ok {
		for _, key := range other.keys {
			m.put(key, other.get(key))
		}
	}
	return nil
}

func keySet(m *mapping) *list {
	l := &list{}
	for _, key := range m.keys {
		l.items = append(l.items, key)
	}
	return l
}

func entrySet(m *mapping) *list {
	l := &list{}
	for _, key := range m.keys {
		l.items = append(l.items, &entry{key, m.get(key)})
	}
	return l
}
