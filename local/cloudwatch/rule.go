package cloudwatch

// This file reads the rules of composite alarms, such as
// ALARM("one") AND NOT (OK(two) OR FALSE).

import (
	"fmt"
	"regexp"
	"strings"
)

// A rule holds or not, given the states of alarms by name or ARN.
type rule func(stateOf func(alarm string) state) bool

// ruleParser reads a rule word by word.
type ruleParser struct {
	words []string
	err   error
}

func parseRule(text string) (rule, error) {
	// A word is a parenthesis, a quoted name, or anything else up to the next one.
	words := regexp.MustCompile(`[()]|"[^"]*"|[^\s()"]+`)
	p := &ruleParser{words: words.FindAllString(text, -1)}
	parsed := p.disjunction()
	if p.err == nil && len(p.words) > 0 {
		p.fail("unexpected %s", p.words[0])
	}
	if p.err != nil {
		return nil, fmt.Errorf("alarm rule %s: %w", text, p.err)
	}
	return parsed, nil
}

func (p *ruleParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
	p.words = nil
}

func (p *ruleParser) accept(word string) bool {
	if len(p.words) == 0 || !strings.EqualFold(p.words[0], word) {
		return false
	}
	p.words = p.words[1:]
	return true
}

func (p *ruleParser) take() string {
	if len(p.words) == 0 {
		p.fail("it ends too early")
		return ""
	}
	word := p.words[0]
	p.words = p.words[1:]
	return word
}

func (p *ruleParser) expect(word string) {
	if !p.accept(word) {
		p.fail("expected %s", word)
	}
}

func (p *ruleParser) disjunction() rule {
	left := p.conjunction()
	for p.accept("OR") {
		one, two := left, p.conjunction()
		left = func(stateOf func(string) state) bool { return one(stateOf) || two(stateOf) }
	}
	return left
}

func (p *ruleParser) conjunction() rule {
	left := p.primary()
	for p.accept("AND") {
		one, two := left, p.primary()
		left = func(stateOf func(string) state) bool { return one(stateOf) && two(stateOf) }
	}
	return left
}

func (p *ruleParser) primary() rule {
	switch {
	case p.accept("NOT"):
		inner := p.primary()
		return func(stateOf func(string) state) bool { return !inner(stateOf) }
	case p.accept("("):
		inner := p.disjunction()
		p.expect(")")
		return inner
	case p.accept("TRUE"):
		return func(func(string) state) bool { return true }
	case p.accept("FALSE"):
		return func(func(string) state) bool { return false }
	}
	wanted := state(strings.ToUpper(p.take()))
	switch wanted {
	case stateOK, stateAlarm, stateInsufficient:
	default:
		p.fail("unknown function %s", wanted)
	}
	p.expect("(")
	name := strings.Trim(p.take(), `"`)
	p.expect(")")
	return func(stateOf func(string) state) bool { return stateOf(name) == wanted }
}
