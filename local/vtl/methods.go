// The methods of Java's strings, lists and maps that templates use.

package vtl

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
)

// unsupportedMethods are those that Java's texts, numbers, lists and maps have, and values here have not; Parse
// refuses them.
var unsupportedMethods = func() map[string]bool {
	names := map[string]bool{}
	for _, name := range strings.Fields(`
		getClass hashCode notify notifyAll wait clone
		chars codePointAt codePointBefore codePointCount codePoints contentEquals copyValueOf describeConstable format
		formatted getBytes getChars indent intern join lines offsetByCodePoints regionMatches resolveConstantDesc
		stripIndent subSequence toCharArray transform translateEscapes valueOf
		compare byteValue shortValue bitCount parseInt parseLong parseDouble toHexString toBinaryString toOctalString
		isNaN isInfinite booleanValue signum negate divide multiply subtract remainder pow scale setScale
		addFirst addLast copyOf ensureCapacity forEach getFirst getLast iterator listIterator of parallelStream
		removeFirst removeIf removeLast retainAll reversed sort spliterator stream toArray trimToSize
		compute computeIfAbsent computeIfPresent entry merge ofEntries setValue
		toJSONString appendElement`) {
		names[name] = true
	}
	return names
}()

// call is "$value.name(args)". A method that there is not makes nothing, as whatever there is not.
func call(value any, name string, args []any) (any, error) {
	switch {
	case name == "toString" && len(args) == 0:
		return print(value), nil
	case name == "equals" && len(args) == 1:
		return same(value, args[0]), nil
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
	if n, ok := numeric(value); ok {
		return ofNumber(n, name, args), nil
	}
	return nil, nil
}

// ofNumber is a method of a number.
func ofNumber(n float64, name string, args []any) any {
	switch {
	case name == "compareTo" && len(args) == 1:
		if other, ok := numeric(args[0]); ok {
			return cmp.Compare(n, other)
		}
	case len(args) > 0:
	case name == "intValue" || name == "longValue":
		return int(n)
	case name == "doubleValue" || name == "floatValue":
		return n
	}
	return nil
}

// same is Java's equals: unlike to a template's ==, a text is no number to it.
func same(left, right any) bool {
	_, l := left.(string)
	_, r := right.(string)
	return l == r && equal(left, right)
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
	"compareToIgnoreCase": plain(1, func(s string, a []any) any {
		return slices.Compare(units(strings.ToLower(s)), units(strings.ToLower(print(a[0]))))
	}),
	"isBlank":       plain(0, func(s string, _ []any) any { return strings.TrimSpace(s) == "" }),
	"strip":         plain(0, func(s string, _ []any) any { return strings.TrimSpace(s) }),
	"stripLeading":  plain(0, func(s string, _ []any) any { return strings.TrimLeftFunc(s, unicode.IsSpace) }),
	"stripTrailing": plain(0, func(s string, _ []any) any { return strings.TrimRightFunc(s, unicode.IsSpace) }),
	"repeat":        {1, 1, repeat},
	"compareTo":     plain(1, func(s string, a []any) any { return slices.Compare(units(s), units(print(a[0]))) }),
	"indexOf":       plain(1, func(s string, a []any) any { return inUnits(s, strings.Index(s, print(a[0]))) }),
	"lastIndexOf":   plain(1, func(s string, a []any) any { return inUnits(s, strings.LastIndex(s, print(a[0]))) }),
	"replace":       plain(2, func(s string, a []any) any { return strings.ReplaceAll(s, print(a[0]), print(a[1])) }),
	"replaceAll":    {2, 2, func(s string, a []any) (any, error) { return replace(s, print(a[0]), print(a[1]), -1) }},
	"replaceFirst":  {2, 2, func(s string, a []any) (any, error) { return replace(s, print(a[0]), print(a[1]), 1) }},
	"matches":       {1, 1, matches},
	"split":         {1, 2, split},
	"substring":     {1, 2, substring},
	"charAt":        {1, 1, func(s string, a []any) (any, error) { return substring(s, []any{a[0], next(a[0])}) }},
}

var listMethods = map[string]method[*list]{
	"size":        plain(0, func(l *list, _ []any) any { return len(l.items) }),
	"length":      plain(0, func(l *list, _ []any) any { return len(l.items) }), // of an array, as split makes them
	"isEmpty":     plain(0, func(l *list, _ []any) any { return len(l.items) == 0 }),
	"contains":    plain(1, func(l *list, a []any) any { return indexOf(l, a[0]) >= 0 }),
	"indexOf":     plain(1, func(l *list, a []any) any { return indexOf(l, a[0]) }),
	"lastIndexOf": plain(1, func(l *list, a []any) any { return lastIndexOf(l, a[0]) }),
	"containsAll": plain(1, func(l *list, a []any) any {
		return !slices.ContainsFunc(iterate(a[0]), func(item any) bool { return indexOf(l, item) < 0 })
	}),
	"removeAll": plain(1, func(l *list, a []any) any {
		gone, before := &list{items: iterate(a[0])}, len(l.items)
		l.items = slices.DeleteFunc(l.items, func(item any) bool { return indexOf(gone, item) >= 0 })
		return len(l.items) < before
	}),
	"add":     plain(1, func(l *list, a []any) any { l.items = append(l.items, a[0]); return true }),
	"addAll":  plain(1, func(l *list, a []any) any { l.items = append(l.items, iterate(a[0])...); return true }),
	"clear":   plain(0, func(l *list, _ []any) any { l.items = nil; return nil }),
	"get":     {1, 1, itemAt},
	"set":     {2, 2, setItem},
	"remove":  {1, 1, removeItem},
	"subList": {2, 2, subList},
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
	"putIfAbsent":   plain(2, putIfAbsent),
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
		return nil, fmt.Errorf("substring is out of range of a text of length %d", len(u))
	}
	return string(utf16.Decode(u[first:end])), nil
}

func indexOf(l *list, value any) int {
	return slices.IndexFunc(l.items, func(item any) bool { return same(item, value) })
}

func lastIndexOf(l *list, value any) int {
	for i := len(l.items) - 1; i >= 0; i-- {
		if same(l.items[i], value) {
			return i
		}
	}
	return -1
}

// repeat is bounded by what a text may be.
func repeat(s string, args []any) (any, error) {
	n, ok := args[0].(int)
	switch {
	case !ok || n < 0:
		return nil, fmt.Errorf("a text cannot be repeated %s times", printMember(args[0]))
	case n > 0 && len(s) > maxText/n:
		return nil, errText
	}
	return strings.Repeat(s, n), nil
}

func (l *list) index(value any) (int, error) {
	i, ok := value.(int)
	if !ok || i < 0 || i >= len(l.items) {
		return 0, fmt.Errorf("index %s is outside of the list of %d items", printMember(value), len(l.items))
	}
	return i, nil
}

func itemAt(l *list, args []any) (any, error) {
	i, err := l.index(args[0])
	if err != nil {
		return nil, err
	}
	return l.items[i], nil
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

// putIfAbsent takes a member that is null for none, as Java does.
func putIfAbsent(m *mapping, args []any) any {
	old := m.get(print(args[0]))
	if old == nil {
		m.put(print(args[0]), args[1])
	}
	return old
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
