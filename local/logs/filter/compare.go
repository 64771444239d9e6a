package filter

// This file compares a value with what a pattern says.

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// comparison is an operator with its right side.
type comparison struct {
	operator   string // =, !=, <, >, <=, >=
	number     float64
	numeric    bool
	text       string
	wild       bool
	expression *regexp.Regexp
}

// operators, the longer ones first.
var operators = []string{"!=", "<=", ">=", "=", "<", ">"}

// parseComparison takes an operator and a value off a pattern. A value ends before
// one of the characters of ends.
func parseComparison(text, ends string) (c comparison, rest string, err error) {
	for _, operator := range operators {
		if after, ok := strings.CutPrefix(text, operator); ok {
			c.operator, rest = operator, strings.TrimLeft(after, " \t")
			break
		}
	}
	switch {
	case c.operator == "":
		return c, "", fmt.Errorf("expected one of =, !=, <, >, <=, >= at %q", text)
	case rest == "":
		return c, "", errors.New("a comparison has no right side")
	case rest[0] == '"':
		c.text, rest, err = quoted(rest)
		c.wild = strings.Contains(c.text, "*")
	case rest[0] == '%':
		c.expression, rest, err = regular(rest)
	default:
		end := strings.IndexAny(rest, ends)
		if end < 0 {
			end = len(rest)
		}
		c.text, rest = strings.TrimSpace(rest[:end]), rest[end:]
		c.number, err = strconv.ParseFloat(c.text, 64)
		c.numeric, err = err == nil, nil
		c.wild = strings.Contains(c.text, "*")
		if c.text == "" {
			err = errors.New("a comparison has no right side")
		}
	}
	if err == nil && c.operator != "=" && c.operator != "!=" && !c.numeric {
		err = fmt.Errorf("the operator %s needs a number", c.operator)
	}
	return c, rest, err
}

// holds compares a value that is there.
func (c comparison) holds(value string, number float64, numeric bool) bool {
	switch c.operator {
	case "=":
		return c.equals(value, number, numeric)
	case "!=":
		return !c.equals(value, number, numeric)
	}
	if !numeric {
		return false
	}
	switch c.operator {
	case "<":
		return number < c.number
	case ">":
		return number > c.number
	case "<=":
		return number <= c.number
	default:
		return number >= c.number
	}
}

func (c comparison) equals(value string, number float64, numeric bool) bool {
	switch {
	case c.expression != nil:
		return c.expression.MatchString(value)
	case c.numeric && numeric:
		return number == c.number
	case c.wild:
		return wildcard(c.text, value)
	}
	return value == c.text
}

// wildcard matches a pattern in which * stands for any characters.
func wildcard(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	first, last := parts[0], parts[len(parts)-1]
	if !strings.HasPrefix(text, first) || len(text) < len(first)+len(last) || !strings.HasSuffix(text, last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(text, part)
		if !found {
			return false
		}
		text = after
	}
	return true
}
