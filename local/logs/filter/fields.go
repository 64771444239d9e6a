package filter

// This file is the patterns of events that are fields between spaces:
// [host, user, ..., status = 4* || status = 5*, bytes > 1000].

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// field judges the value of its place; the fields before and after an ellipsis are
// counted from either end.
type field struct {
	rest  bool // ... for any number of fields
	holds func(value string) bool
}

func parseFields(text string) (func(string) bool, error) {
	inner, ok := strings.CutSuffix(text[1:], "]")
	if !ok {
		return nil, errors.New("a pattern of fields must end with ]")
	}
	var fields []field
	ellipsis := -1
	for i, part := range splitFields(inner) {
		f, err := parseField(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		if f.rest {
			if ellipsis >= 0 {
				return nil, errors.New("there may be one ellipsis only")
			}
			ellipsis = i
		}
		fields = append(fields, f)
	}
	return func(message string) bool {
		values := split(message)
		if ellipsis < 0 {
			return len(values) == len(fields) && hold(fields, values)
		}
		after := len(fields) - ellipsis - 1
		return len(values) >= ellipsis+after &&
			hold(fields[:ellipsis], values) && hold(fields[ellipsis+1:], values[len(values)-after:])
	}, nil
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
		return field{holds: func(string) bool { return true }}, nil
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
	return field{holds: holds}, err
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
