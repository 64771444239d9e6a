package filter

// This file is the patterns of JSON events: { $.a.b[0] = "x" && ($.n > 1 || $.m IS NULL) }.

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// condition judges a decoded event.
type condition func(event any) bool

func parseJSON(text string) (func(string) bool, error) {
	inner, ok := strings.CutSuffix(text[1:], "}")
	if !ok {
		return nil, errors.New("a JSON pattern must end with }")
	}
	p := selectors{rest: strings.TrimSpace(inner)}
	holds, err := p.either()
	if err != nil {
		return nil, err
	}
	if p.rest != "" {
		return nil, fmt.Errorf("there is %q behind the condition", p.rest)
	}
	return func(message string) bool {
		var event any
		if message == "" || message[0] != '{' || json.Unmarshal([]byte(message), &event) != nil {
			return false
		}
		return holds(event)
	}, nil
}

// selectors reads the conditions of a pattern.
type selectors struct {
	rest  string
	depth int
}

// maxNested bounds the parentheses within each other.
const maxNested = 50

// take takes a token off, if it is there.
func (p *selectors) take(token string) bool {
	after, ok := strings.CutPrefix(p.rest, token)
	if ok {
		p.rest = strings.TrimLeft(after, " \t\n")
	}
	return ok
}

func (p *selectors) either() (condition, error) {
	left, err := p.both()
	for err == nil && p.take("||") {
		var right condition
		one := left
		if right, err = p.both(); err == nil {
			left = func(event any) bool { return one(event) || right(event) }
		}
	}
	return left, err
}

func (p *selectors) both() (condition, error) {
	left, err := p.single()
	for err == nil && p.take("&&") {
		var right condition
		one := left
		if right, err = p.single(); err == nil {
			left = func(event any) bool { return one(event) && right(event) }
		}
	}
	return left, err
}

func (p *selectors) single() (condition, error) {
	if p.take("(") {
		if p.depth++; p.depth > maxNested {
			return nil, fmt.Errorf("parentheses are nested more than %d levels deep", maxNested)
		}
		inner, err := p.either()
		if err == nil && !p.take(")") {
			err = errors.New("a parenthesis is not closed")
		}
		p.depth--
		return inner, err
	}
	find, err := p.selector()
	if err != nil {
		return nil, err
	}
	switch {
	case p.take("IS NULL"):
		return func(event any) bool { value, ok := find(event); return ok && value == nil }, nil
	case p.take("IS TRUE"):
		return func(event any) bool { value, ok := find(event); return ok && value == true }, nil
	case p.take("IS FALSE"):
		return func(event any) bool { value, ok := find(event); return ok && value == false }, nil
	case p.take("NOT EXISTS"):
		return func(event any) bool { _, ok := find(event); return !ok }, nil
	}
	c, rest, err := parseComparison(p.rest, "&|) \t\n")
	if err != nil {
		return nil, err
	}
	p.rest = strings.TrimLeft(rest, " \t\n")
	return func(event any) bool {
		value, ok := find(event)
		if !ok {
			return false
		}
		text, number, numeric, ok := scalar(value)
		return ok && c.holds(text, number, numeric)
	}, nil
}

// scalar is a value as it is compared; false for lists, objects and null.
func scalar(value any) (text string, number float64, numeric, ok bool) {
	switch v := value.(type) {
	case string:
		return v, 0, false, true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), v, true, true
	case bool:
		return strconv.FormatBool(v), 0, false, true
	}
	return "", 0, false, false
}

var selectorStep = regexp.MustCompile(`^(?:\.([A-Za-z0-9_$@-]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\])`)

// selector takes $.a.b[0]['c'] off, and returns what finds it in an event.
func (p *selectors) selector() (find func(event any) (value any, ok bool), err error) {
	rest, ok := strings.CutPrefix(p.rest, "$")
	if !ok {
		return nil, fmt.Errorf("expected a selector such as $.name at %q", p.rest)
	}
	var steps []func(any) (any, bool)
	for {
		m := selectorStep.FindStringSubmatch(rest)
		if m == nil {
			break
		}
		rest = rest[len(m[0]):]
		if m[2] != "" {
			index, err := strconv.Atoi(m[2])
			if err != nil {
				return nil, fmt.Errorf("the index %s is too large", m[2])
			}
			steps = append(steps, func(value any) (any, bool) {
				list, _ := value.([]any)
				if index >= len(list) {
					return nil, false
				}
				return list[index], true
			})
			continue
		}
		name := m[1] + m[3] + m[4]
		steps = append(steps, func(value any) (any, bool) {
			object, _ := value.(map[string]any)
			member, ok := object[name]
			return member, ok
		})
	}
	if len(steps) == 0 || rest != "" && !strings.ContainsRune(" \t\n=!<>)", rune(rest[0])) {
		return nil, fmt.Errorf("expected a selector such as $.name at %q", p.rest)
	}
	p.rest = strings.TrimLeft(rest, " \t\n")
	return func(value any) (any, bool) {
		ok := true
		for _, step := range steps {
			if value, ok = step(value); !ok {
				return nil, false
			}
		}
		return value, true
	}, nil
}
