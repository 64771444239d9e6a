// Functions that look for patterns in texts: regular expressions, or functions that match as these do.

package jsonata

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/query/jsonata/internal/regex"
)

// pattern is a regular expression. It is a function, which finds its first match in a text.
type pattern struct {
	source   string
	compiled *regex.Regex
}

func compilePattern(source, flags string) (*pattern, error) {
	compiled, err := regex.Compile(units(source), flags)
	if err != nil {
		return nil, err
	}
	return &pattern{source, compiled}, nil
}

func (p *pattern) arity() int { return 2 }

// apply finds the first match, from an index on: {match, start, end, groups, next}.
func (p *pattern) apply(ev *evaluation, args []any, _ any) (any, error) {
	text := "undefined"
	if len(args) > 0 {
		text = scriptText(args[0])
	}
	from := 0
	if len(args) > 1 {
		if f := floatArg(args[1]); f > 0 {
			from = int(min(f, math.MaxInt32))
		}
	}
	all, err := ev.units(text)
	if err != nil {
		return nil, err
	}
	return p.find(ev, all, from)
}

// scriptText is String(value): what JavaScript matches where it is given no text.
func scriptText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case Undefined:
		return "undefined"
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	}
	if f, ok := numberOf(value); ok {
		return numberText(f)
	}
	items, ok := itemsOf(value)
	if !ok {
		return "[object Object]"
	}
	texts := make([]string, len(items))
	for i, item := range items {
		if item != undefined && item != nil {
			texts[i] = scriptText(item)
		}
	}
	return strings.Join(texts, ",")
}

func (p *pattern) find(ev *evaluation, text []uint16, from int) (any, error) {
	if from > len(text) {
		return undefined, nil
	}
	found, err := p.compiled.Find(text, from, ev.ticks)
	if errors.Is(err, regex.ErrMemory) {
		err = errMemory
	}
	if err != nil || found == nil {
		return undefined, err
	}
	groups := make([]any, 0, len(found)/2)
	for i := 2; i < len(found); i += 2 {
		if found[i] < 0 {
			groups = append(groups, undefined)
		} else {
			groups = append(groups, fromUnits(text[found[i]:found[i+1]]))
		}
	}
	start, end := found[0], found[1]
	result := newObject(5)
	result.Set("match", fromUnits(text[start:end]))
	result.Set("start", float64(start))
	result.Set("end", float64(end))
	result.Set("groups", newArray(groups))
	result.Set("next", &nextMatch{p, text, end})
	return result, ev.charge(5*memberSize + end - start)
}

// nextMatch finds the match after one.
type nextMatch struct {
	pattern *pattern
	text    []uint16
	from    int
}

func (n *nextMatch) arity() int { return 0 }

func (n *nextMatch) apply(ev *evaluation, _ []any, _ any) (any, error) {
	if n.from >= len(n.text) {
		return undefined, nil
	}
	next, err := n.pattern.find(ev, n.text, n.from)
	if err != nil || next == undefined {
		return undefined, err
	}
	members, _ := membersOf(next)
	if matched, _ := members.Get("match"); matched == "" {
		return nil, failValue("D1004", n.pattern.source) // it would never come to an end
	}
	return next, nil
}

// found is a match: of a pattern, or of a function that was given for one.
type found struct {
	match      string
	start, end int
	groups     any
	next       any
	value      any
}

// matchNext asks a matcher for a match; nil if there is none.
func (ev *evaluation) matchNext(matcher any, text string) (*found, error) {
	f, ok := matcher.(function)
	if !ok {
		return nil, fail("T1010")
	}
	value, err := ev.apply(f, []any{text}, nil)
	if err != nil || value == undefined {
		return nil, err
	}
	members, ok := membersOf(value)
	if !ok {
		return nil, fail("T1010")
	}
	m := &found{value: value}
	start, hasStart := numberOf(member(members, "start"))
	end, hasEnd := numberOf(member(members, "end"))
	if !hasStart {
		return nil, fail("T1010")
	}
	m.start = int(start)
	m.match, _ = member(members, "match").(string)
	if m.end = m.start + utf16Length(m.match); hasEnd {
		m.end = int(end)
	}
	m.groups, m.next = member(members, "groups"), member(members, "next")
	return m, nil
}

// matches calls a function for each match, at most so often.
func (ev *evaluation) matches(text string, matcher any, limit float64, each func(*found) error) (any bool, err error) {
	m, err := ev.matchNext(matcher, text)
	for n := 0.0; err == nil && m != nil && n < limit; n++ {
		if err = each(m); err == nil {
			any = true
			m, err = ev.matchNext(m.next, text)
		}
	}
	return any, err
}

// limitArg is how many matches are wanted.
func limitArg(arg any, code string) (float64, error) {
	if arg == undefined {
		return math.Inf(1), nil
	}
	limit := floatArg(arg)
	if limit < 0 {
		return 0, failValue(code, arg)
	}
	return limit, nil
}

func contains(ev *evaluation, args []any) (any, error) {
	text := args[0].(string)
	if token, ok := args[1].(string); ok {
		return strings.Contains(text, token), ev.ticks(len(text) / 64)
	}
	m, err := ev.matchNext(args[1], text)
	return m != nil, err
}

func match(ev *evaluation, args []any) (any, error) {
	limit, err := limitArg(args[2], "D3040")
	if err != nil {
		return nil, err
	}
	result := newSequence()
	if limit == 0 {
		return result, nil
	}
	_, err = ev.matches(args[0].(string), args[1], limit, func(m *found) error {
		object := newObject(3)
		members, _ := membersOf(m.value)
		for _, part := range [][2]string{{"match", "match"}, {"index", "start"}, {"groups", "groups"}} {
			if value := member(members, part[1]); value != undefined {
				object.Set(part[0], value)
			}
		}
		result.items = append(result.items, object)
		return ev.charge(listSize + 3*memberSize)
	})
	return result, err
}

func split(ev *evaluation, args []any) (any, error) {
	text := args[0].(string)
	limit, err := limitArg(args[2], "D3020")
	if err != nil {
		return nil, err
	}
	result := newArray(nil)
	if separator, ok := args[1].(string); ok {
		parts := strings.Split(text, separator)
		if separator == "" {
			parts = chars(text) // characters, not halves of surrogate pairs
		}
		for _, part := range parts[:int(min(math.Trunc(limit), float64(len(parts))))] {
			result.items = append(result.items, part)
		}
		return result, ev.grow(len(result.items))
	}
	if limit == 0 {
		return result, nil
	}
	all, err := ev.units(text)
	if err != nil {
		return nil, err
	}
	at, count := 0, 0.0
	_, err = ev.matches(text, args[1], limit, func(m *found) error {
		result.items = append(result.items, between(all, at, m.start))
		at = m.end
		count++
		return nil
	})
	if count < limit {
		result.items = append(result.items, between(all, at, len(all)))
	}
	if err != nil {
		return nil, err
	}
	return result, ev.grow(len(result.items))
}

// between is JavaScript's substring.
func between(text []uint16, start, end int) string {
	start, end = max(0, min(start, len(text))), max(0, min(end, len(text)))
	return fromUnits(text[min(start, end):max(start, end)])
}

func replace(ev *evaluation, args []any) (any, error) {
	text := args[0].(string)
	if args[1] == "" {
		return nil, failValue("D3010", "")
	}
	limit, err := limitArg(args[3], "D3011")
	if err != nil || limit == 0 {
		return text, err
	}
	if old, ok := args[1].(string); ok {
		return ev.replaceText(text, old, args[2], limit)
	}
	all, err := ev.units(text)
	if err != nil {
		return nil, err
	}
	at := 0
	var out []byte
	replaced, err := ev.matches(text, args[1], limit, func(m *found) error {
		by, err := ev.replacement(args[2], m)
		if err != nil {
			return err
		}
		before := len(out)
		out = append(append(out, between(all, at, m.start)...), by...)
		at = m.start + utf16Length(m.match)
		return ev.write(len(out) - before)
	})
	if err != nil || !replaced {
		return text, err
	}
	return rejoined(string(append(out, between(all, at, len(all))...))), nil
}

func (ev *evaluation) replaceText(text, old string, by any, limit float64) (any, error) {
	if by == undefined {
		by = "undefined" // as JavaScript appends it
	}
	replacement, ok := by.(string)
	if !ok {
		return nil, failValue("D3012", by)
	}
	times := int(min(math.Ceil(limit), float64(strings.Count(text, old))))
	if err := ev.charge(len(text) + times*len(replacement)); err != nil {
		return nil, err
	}
	return rejoined(strings.Replace(text, old, replacement, times)), ev.ticks(len(text) / 64)
}

// replacement is what stands in for a match: a function makes it, or a text with $1 for a group.
func (ev *evaluation) replacement(by any, m *found) (string, error) {
	if template, ok := by.(string); ok {
		return filled(template, m), nil
	}
	f, ok := by.(function)
	if !ok {
		return "", failValue("D3012", by)
	}
	value, err := ev.apply(f, []any{m.value}, nil)
	if err != nil {
		return "", err
	}
	text, ok := value.(string)
	if !ok {
		return "", failValue("D3012", value)
	}
	return text, nil
}

// filled fills a template: $$ is a dollar, $0 the match, $1 a group. Of $12, where there are fewer than
// twelve groups, only the first digit counts.
func filled(template string, m *found) string {
	groups, _ := itemsOf(m.groups)
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		switch {
		case strings.HasPrefix(rest, "$"):
			b.WriteByte('$')
			template = rest[1:]
		case strings.HasPrefix(rest, "0"):
			b.WriteString(m.match)
			template = rest[1:]
		default:
			group, digits := groupNumber(rest, len(groups))
			if digits == 0 {
				b.WriteByte('$')
			} else if group >= 1 && group <= len(groups) {
				text, _ := groups[group-1].(string)
				b.WriteString(text)
			}
			template = rest[digits:]
		}
	}
}

// groupNumber reads the number of a group, and returns how many digits it has.
func groupNumber(text string, groups int) (number, digits int) {
	most := len(numberText(float64(max(groups, 1))))
	for digits < most && digits < len(text) && isDigit(text[digits]) {
		number = 10*number + int(text[digits]-'0')
		digits++
	}
	if digits == most && most > 1 && number > groups {
		number, digits = number/10, digits-1
	}
	return number, digits
}
