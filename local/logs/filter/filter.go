// Package filter is the filter patterns of CloudWatch Logs: terms, JSON selectors and
// space-delimited fields.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
package filter

// This file is patterns as a whole, and those of terms.

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Pattern is a compiled filter pattern. It may be used concurrently.
type Pattern struct {
	matches func(message string) bool
	fields  *fields // of a pattern of fields
	json    bool
}

// Matches tells whether a log event is one that the pattern looks for.
func (p *Pattern) Matches(message string) bool { return p.matches(message) }

// MaxPattern is how many characters a pattern has at most.
const MaxPattern = 1024

// Parse compiles a pattern. The empty one matches everything.
func Parse(text string) (*Pattern, error) {
	if n := len([]rune(text)); n > MaxPattern {
		return nil, fmt.Errorf("it has %d characters, at most %d are allowed", n, MaxPattern)
	}
	trimmed := strings.TrimSpace(text)
	var p Pattern
	var err error
	switch {
	case trimmed == "":
		p.matches = func(string) bool { return true }
	case trimmed[0] == '{':
		p.json = true
		p.matches, err = parseJSON(trimmed)
	case trimmed[0] == '[':
		if p.fields, err = parseFields(trimmed); err == nil {
			p.matches = p.fields.match
		}
	default:
		p.matches, err = parseTerms(trimmed)
	}
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// Reference compiles what a metric filter calls a part of an event: $.latency for a
// member of JSON, $latency for a field that the pattern names. What it returns is
// false for an event that has no such part, or none that is text, a number or a boolean.
func (p *Pattern) Reference(text string) (func(message string) (string, bool), error) {
	switch {
	case p.json:
		s := selectors{rest: text}
		find, err := s.selector()
		if err == nil && s.rest != "" {
			err = fmt.Errorf("there is %q behind the selector", s.rest)
		}
		return func(message string) (string, bool) {
			var event any
			if json.Unmarshal([]byte(message), &event) != nil {
				return "", false
			}
			value, ok := find(event)
			if !ok {
				return "", false
			}
			found, _, _, ok := scalar(value)
			return found, ok
		}, err
	case p.fields != nil && p.fields.has(strings.TrimPrefix(text, "$")):
		return func(message string) (string, bool) {
			found, ok := p.Fields(message)[text]
			return found, ok
		}, nil
	}
	return nil, fmt.Errorf("the pattern has nothing that is called %s", text)
}

// Fields are the fields of an event that a pattern of fields names, as $name; others
// name none.
func (p *Pattern) Fields(message string) map[string]string {
	if p.fields == nil {
		return nil
	}
	return p.fields.values(message)
}

// terms are what a message must have all of, one of, and none of.
type terms struct{ all, any, none []func(message string) bool }

func parseTerms(text string) (func(string) bool, error) {
	var t terms
	for rest := text; rest != ""; rest = strings.TrimLeft(rest, " \t") {
		kind := &t.all
		switch rest[0] {
		case '?':
			kind, rest = &t.any, rest[1:]
		case '-':
			kind, rest = &t.none, rest[1:]
		}
		var one func(string) bool
		var err error
		if one, rest, err = parseTerm(rest); err != nil {
			return nil, err
		}
		*kind = append(*kind, one)
	}
	return t.hold, nil
}

// hold tells whether a message has the terms. Where some are required or excluded,
// optional ones count for nothing.
func (t terms) hold(message string) bool {
	for _, none := range t.none {
		if none(message) {
			return false
		}
	}
	for _, all := range t.all {
		if !all(message) {
			return false
		}
	}
	if len(t.all)+len(t.none) > 0 || len(t.any) == 0 {
		return true
	}
	for _, any := range t.any {
		if any(message) {
			return true
		}
	}
	return false
}

// parseTerm takes a word, a quoted text or a regular expression off a pattern.
func parseTerm(text string) (matches func(string) bool, rest string, err error) {
	switch {
	case text == "" || text[0] == ' ':
		return nil, "", errors.New("a term is missing")
	case text[0] == '"':
		term, rest, err := quoted(text)
		if err != nil {
			return nil, "", err
		}
		return func(message string) bool { return strings.Contains(message, term) }, rest, nil
	case text[0] == '%':
		expression, rest, err := regular(text)
		if err != nil {
			return nil, "", err
		}
		return expression.MatchString, rest, nil
	}
	end := strings.IndexAny(text, " \t")
	if end < 0 {
		end = len(text)
	}
	term := text[:end]
	if at := strings.IndexFunc(term, special); at >= 0 {
		return nil, "", fmt.Errorf("the character %q must be within double quotes", []rune(term[at:])[0])
	}
	return func(message string) bool { return strings.Contains(message, term) }, text[end:], nil
}

// special is true for what a term may only have within quotes.
func special(r rune) bool {
	return r < 0x80 && !strings.ContainsRune("_.-:/@#$,'", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// quoted takes a text in double quotes off a pattern.
func quoted(text string) (value, rest string, err error) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return b.String(), text[i+1:], nil
		case '\\':
			if i++; i == len(text) {
				return "", "", errors.New("a text has no closing quote")
			}
		}
		b.WriteByte(text[i])
	}
	return "", "", errors.New("a text has no closing quote")
}

// regular takes a regular expression in percent signs off a pattern.
func regular(text string) (expression *regexp.Regexp, rest string, err error) {
	end := strings.IndexByte(text[1:], '%')
	if end < 0 {
		return nil, "", errors.New("a regular expression has no closing %")
	}
	if expression, err = regexp.Compile(text[1 : end+1]); err != nil {
		return nil, "", fmt.Errorf("regular expression %s: %w", text[:end+2], err)
	}
	return expression, text[end+2:], nil
}
