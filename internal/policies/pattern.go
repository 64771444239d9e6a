package policies

// This file compares patterns of actions, in which * stands for any characters,
// none as well, and ? for one. It takes time in proportion to the product of
// both lengths at most, whatever they are.

import (
	"fmt"
	"regexp"
	"strings"
)

// Pattern is an action, or many by wildcards, in lower case: IAM makes no
// difference between letters' cases.
type Pattern string

// patternOf is a pattern as IAM reads it.
func patternOf(text string) Pattern { return Pattern(strings.ToLower(strings.TrimSpace(text))) }

// patternsOf is nil for nil.
func patternsOf(texts []string) []Pattern {
	if texts == nil {
		return nil
	}
	patterns := make([]Pattern, len(texts))
	for i, text := range texts {
		patterns[i] = patternOf(text)
	}
	return patterns
}

var action = regexp.MustCompile(`^(\*|[A-Za-z0-9*?-]+:[A-Za-z0-9*?]+)$`)

// Patterns reads a list of actions, each as it would stand in a policy:
// "s3:DeleteBucket", "iam:*", "*".
func Patterns(actions []string) ([]Pattern, error) {
	for _, text := range actions {
		if !action.MatchString(text) {
			return nil, fmt.Errorf(`%q is no action: give some such as "s3:DeleteBucket", "iam:*" or "*"`, text)
		}
	}
	return patternsOf(actions), nil
}

// overlaps tells whether there is an action that both patterns match.
func (p Pattern) overlaps(q Pattern) bool {
	if !q.reaches(p.least()) || !p.reaches(q.least()) {
		return false
	}
	// met[j] says whether the rest of p, from the current place on, and q[j:]
	// have a text in common; the row is built from the end of p.
	met, next := make([]bool, len(q)+1), make([]bool, len(q)+1)
	for i := len(p); i >= 0; i-- {
		for j := len(q); j >= 0; j-- {
			switch {
			case i == len(p) && j == len(q):
				met[j] = true
			case i < len(p) && p[i] == '*':
				met[j] = next[j] || j < len(q) && met[j+1]
			case j < len(q) && q[j] == '*':
				met[j] = met[j+1] || i < len(p) && next[j]
			default:
				met[j] = i < len(p) && j < len(q) && next[j+1] && (p[i] == '?' || q[j] == '?' || p[i] == q[j])
			}
		}
		met, next = next, met
	}
	return next[0]
}

// least is how many letters a text has at least that a pattern matches.
func (p Pattern) least() int { return len(p) - strings.Count(string(p), "*") }

// reaches tells whether a pattern matches texts of so many letters, or of more.
func (p Pattern) reaches(letters int) bool {
	return len(p) >= letters || strings.Contains(string(p), "*")
}

// covers tells whether a pattern matches every action that q matches. It may
// miss that it does ("?*" matches all that "*?" does), never that it does not.
func (p Pattern) covers(q Pattern) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(q) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && q[j] != '*' && (p[i] == '?' || p[i] == q[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(string(p[i:]), "*") == ""
}
