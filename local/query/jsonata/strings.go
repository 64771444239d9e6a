// Functions of texts.

package jsonata

import (
	"math"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// stringOf is a value as $string has it.
func (ev *evaluation) stringOf(value any, indent int) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case function:
		return "", nil
	}
	if f, ok := numberOf(value); ok && (math.IsInf(f, 0) || math.IsNaN(f)) {
		return "", failValue("D3001", value)
	}
	if l, ok := value.(*list); ok && l.outerWrapper {
		value = l.items[0]
	}
	s := stringifier{stringifyOptions: stringifyOptions{indent: indent, round: true, charge: ev.write}}
	s.value(value, 0)
	return string(s.out), s.err
}

// write counts a part of a text that grows, for which the whole is copied now and then.
func (ev *evaluation) write(bytes int) error {
	if err := ev.ticks(bytes / 4); err != nil {
		return err
	}
	return ev.charge(2 * bytes)
}

// units are the UTF-16 units of a text.
func (ev *evaluation) units(text string) ([]uint16, error) {
	if err := ev.write(len(text)); err != nil {
		return nil, err
	}
	return units(text), nil
}

func stringFunction(ev *evaluation, args []any) (any, error) {
	indent := 0
	if args[1] == true {
		indent = 2
	}
	return ev.stringOf(args[0], indent)
}

// textArg is an argument as JavaScript would read it as a text.
func textArg(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	return "undefined"
}

// floatArg is an argument as JavaScript would calculate with it.
func floatArg(value any) float64 {
	if f, ok := numberOf(value); ok {
		return f
	}
	return math.NaN()
}

func substring(ev *evaluation, args []any) (any, error) {
	text, start := args[0].(string), floatArg(args[1])
	count := float64(runeCount(text))
	if count+start < 0 {
		start = 0
	}
	end := count
	if args[2] != undefined {
		length := floatArg(args[2])
		if length <= 0 {
			return "", nil
		}
		if end = start + length; !(start >= 0) {
			end = count + start + length
		}
	}
	from, to := sliceIndex(start, int(count)), sliceIndex(end, int(count))
	if from >= to {
		return "", nil
	}
	rest := skipRunes(text, from)
	return rest[:len(rest)-len(skipRunes(rest, to-from))], ev.ticks(len(text) / 16)
}

// sliceIndex is an index as JavaScript's slice has it: negative ones count from the end.
func sliceIndex(f float64, length int) int {
	if math.IsNaN(f) {
		return 0
	}
	f = math.Trunc(f)
	if f < 0 {
		f += float64(length)
	}
	return int(max(0, min(f, float64(length))))
}

func substringBefore(_ *evaluation, args []any) (any, error) {
	before, _, _ := strings.Cut(args[0].(string), textArg(args[1]))
	return before, nil
}

func substringAfter(_ *evaluation, args []any) (any, error) {
	_, after, found := strings.Cut(args[0].(string), textArg(args[1]))
	if !found {
		return args[0], nil
	}
	return after, nil
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func lowercase(ev *evaluation, args []any) (any, error) {
	text := args[0].(string)
	if isASCII(text) {
		text = strings.ToLower(text)
	} else {
		text = cases.Lower(language.Und).String(text)
	}
	return text, ev.charge(len(text))
}

func uppercase(ev *evaluation, args []any) (any, error) {
	text := args[0].(string)
	if isASCII(text) {
		text = strings.ToUpper(text)
	} else {
		text = cases.Upper(language.Und).String(text)
	}
	return text, ev.charge(len(text))
}

func length(ev *evaluation, args []any) (any, error) {
	text := args[0].(string)
	return float64(runeCount(text)), ev.ticks(len(text) / 64)
}

// trim leaves one space of each white space, and none at either end.
func trim(ev *evaluation, args []any) (any, error) {
	words := strings.FieldsFunc(args[0].(string), func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' })
	text := strings.Join(words, " ")
	return text, ev.charge(len(text))
}

func pad(ev *evaluation, args []any) (any, error) {
	text, width := args[0].(string), floatArg(args[1])
	fill := " "
	if s, ok := args[2].(string); ok && s != "" {
		fill = s
	}
	missing := math.Abs(width) - float64(runeCount(text))
	if !(missing > 0) {
		return text, nil
	}
	if missing != math.Trunc(missing) || missing > float64(ev.limits.bytes) {
		return nil, errMemory
	}
	chars := runeCount(fill)
	repeated := int(missing)/chars + 1
	if err := ev.charge(repeated * len(fill)); err != nil {
		return nil, err
	}
	padding := strings.Repeat(fill, repeated)
	padding = padding[:len(padding)-len(skipRunes(padding, int(missing)))]
	if width > 0 {
		return join(text, padding), nil
	}
	return join(padding, text), nil
}

func joinFunction(ev *evaluation, args []any) (any, error) {
	items, _ := itemsOf(args[0])
	separator, _ := args[1].(string)
	size := len(separator) * len(items)
	for _, item := range items {
		if text, ok := item.(string); ok {
			size += len(text)
		}
	}
	if err := ev.charge(size); err != nil {
		return nil, err
	}
	if err := ev.ticks(len(items)); err != nil {
		return nil, err
	}
	var b strings.Builder
	b.Grow(size)
	for i, item := range items {
		if i > 0 {
			b.WriteString(separator)
		}
		text, _ := item.(string)
		b.WriteString(text)
	}
	return rejoined(b.String()), nil
}

// rejoined puts halves of surrogate pairs together that have become neighbours.
func rejoined(text string) string {
	if !strings.Contains(text, "\xED") {
		return text
	}
	var out []byte
	for rest := text; rest != ""; {
		r, size := nextRune(rest)
		out = appendRune(out, r)
		rest = rest[size:]
	}
	return string(out)
}
