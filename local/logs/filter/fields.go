package filter

// This file is the patterns of events that are fields between spaces:
// [host, user, ..., status = 4* || status = 5*, bytes > 1000].

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// field judges the value of its place; the fields before and after an ellipsis are
// counted from either end.
type field struct {
	name  string
	rest  bool // ... for any number of fields
	holds func(value string) bool
}

// fields are those of a pattern.
type fields struct {
	all      []field
	ellipsis int // its place; or -1
}

func parseFields(text string) (*fields, error) {
	inner, ok := strings.CutSuffix(text[1:], "]")
	if !ok {
		return nil, errors.New("a pattern of fields must end with ]")
	}
	p := &fields{ellipsis: -1}
	if strings.TrimSpace(inner) == "" { // AWS takes it; here it is of events without fields
		return p, nil
	}
	for i, part := range splitFields(inner) {
		f, err := parseField(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		if f.rest {
			if p.ellipsis >= 0 {
				return nil, errors.New("there may be one ellipsis only")
			}
			p.ellipsis = i
		}
		p.all = append(p.all, f)
	}
	return p, nil
}

// placed returns the fields with the values that an event has for them, without the
// ellipsis; false if it has too few or too many.
func (p *fields) placed(message string) ([]field, []string, bool) {
	values := split(message)
	if p.ellipsis < 0 {
		return p.all, values, len(values) == len(p.all)
	}
	after := len(p.all) - p.ellipsis - 1
	if len(values) < p.ellipsis+after {
		return nil, nil, false
	}
	return slices.Concat(p.all[:p.ellipsis], p.all[p.ellipsis+1:]), slices.Concat(values[:p.ellipsis], values[len(values)-after:]), true
}

func (p *fields) match(message string) bool {
	all, values, ok := p.placed(message)
	return ok && hold(all, values)
}

func (p *fields) has(name string) bool {
	return slices.ContainsFunc(p.all, func(f field) bool { return f.name == name && !f.rest })
}

func (p *fields) values(message string) map[string]string {
	all, values, ok := p.placed(message)
	if !ok {
		return nil
	}
	found := map[string]string{}
	for i, f := range all {
		found["$"+f.name] = values[i]
	}
	return found
}

func hold(fields []field, values []string) bool {
	for i, f := range fields {
		if !f.holds(values[i]) {
			return false
		}
	}
	return true
}

// splitFields cuts a pattern at the commas that are not within quotes or a regular expression.
func splitFields(text string) []string {
	var parts []string
	start, within := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case within != 0:
			if c == '\\' && within == '"' {
				i++
			} else if c == within {
				within = 0
			}
		case c == '"' || c == '%':
			within = c
		case c == ',':
			parts, start = append(parts, text[start:i]), i+1
		}
	}
	return append(parts, text[start:])
}

var fieldName = regexp.MustCompile(`^[A-Za-z0-9_-]+`)

func parseField(text string) (field, error) {
	if text == "..." || text == "…" {
		return field{rest: true}, nil
	}
	name := fieldName.FindString(text)
	if name == "" {
		return field{}, fmt.Errorf("expected the name of a field at %q", text)
	}
	rest := strings.TrimSpace(text[len(name):])
	if rest == "" {
		return field{name: name, holds: func(string) bool { return true }}, nil
	}
	holds, rest, err := fieldComparison(rest)
	for err == nil && rest != "" {
		and := strings.HasPrefix(rest, "&&")
		if !and && !strings.HasPrefix(rest, "||") {
			return field{}, fmt.Errorf("there is %q behind the condition of %s", rest, name)
		}
		again, ok := strings.CutPrefix(strings.TrimSpace(rest[2:]), name)
		if !ok {
			return field{}, fmt.Errorf("the conditions of %s must be about %s, got %q", name, name, rest[2:])
		}
		var next func(string) bool
		one := holds
		if next, rest, err = fieldComparison(strings.TrimSpace(again)); err != nil {
			break
		}
		if and {
			holds = func(value string) bool { return one(value) && next(value) }
		} else {
			holds = func(value string) bool { return one(value) || next(value) }
		}
	}
	return field{name: name, holds: holds}, err
}

func fieldComparison(text string) (holds func(value string) bool, rest string, err error) {
	c, rest, err := parseComparison(text, "&|")
	return func(value string) bool {
		number, err := strconv.ParseFloat(value, 64)
		return c.holds(value, number, err == nil)
	}, strings.TrimSpace(rest), err
}

// split cuts an event at its spaces; what is in quotes or brackets is one field.
func split(message string) []string {
	var values []string
	for rest := strings.TrimSpace(message); rest != ""; rest = strings.TrimLeft(rest, " \t") {
		closing := ""
		switch rest[0] {
		case '"':
			closing = `"`
		case '[':
			closing = "]"
		}
		end := -1
		if closing != "" {
			end = strings.Index(rest[1:], closing)
		}
		if end >= 0 {
			values, rest = append(values, rest[1:end+1]), rest[end+2:]
			continue
		}
		if end = strings.IndexAny(rest, " \t"); end < 0 {
			end = len(rest)
		}
		values, rest = append(values, rest[:end]), rest[end:]
	}
	return values
}
