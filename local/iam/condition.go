package iam

import (
	"slices"
	"strconv"
	"strings"
)

// comparison decides one condition: the request's value against the policy's.
type comparison func(value, pattern string) bool

var comparisons = map[string]comparison{
	"StringEquals":             func(v, p string) bool { return v == p },
	"StringEqualsIgnoreCase":   strings.EqualFold,
	"StringLike":               func(v, p string) bool { return wildcard(p, v) },
	"ArnEquals":                func(v, p string) bool { return wildcard(p, v) },
	"ArnLike":                  func(v, p string) bool { return wildcard(p, v) },
	"Bool":                     strings.EqualFold,
	"NumericEquals":            numeric(func(v, p float64) bool { return v == p }),
	"NumericLessThan":          numeric(func(v, p float64) bool { return v < p }),
	"NumericLessThanEquals":    numeric(func(v, p float64) bool { return v <= p }),
	"NumericGreaterThan":       numeric(func(v, p float64) bool { return v > p }),
	"NumericGreaterThanEquals": numeric(func(v, p float64) bool { return v >= p }),
}

// negations are the operators that hold when the positive one does not.
var negations = map[string]string{
	"StringNotEquals":           "StringEquals",
	"StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
	"StringNotLike":             "StringLike",
	"ArnNotEquals":              "ArnEquals",
	"ArnNotLike":                "ArnLike",
	"NumericNotEquals":          "NumericEquals",
}

func numeric(compare func(v, p float64) bool) comparison {
	return func(value, pattern string) bool {
		v, err := strconv.ParseFloat(value, 64)
		p, err2 := strconv.ParseFloat(pattern, 64)
		return err == nil && err2 == nil && compare(v, p)
	}
}

func knownOperator(operator string) bool {
	operator = strings.TrimSuffix(operator, "IfExists")
	_, positive := comparisons[operator]
	_, negative := negations[operator]
	return positive || negative || operator == "Null"
}

// holds tells whether all conditions of the statement hold.
func (s *statement) holds(r *request) bool {
	for operator, keys := range s.Condition {
		for key, patterns := range keys {
			value, present := r.context[strings.ToLower(key)]
			if !conditionHolds(operator, value, present, patterns, r.context) {
				return false
			}
		}
	}
	return true
}

func conditionHolds(operator, value string, present bool, patterns []scalar, context map[string]string) bool {
	if operator == "Null" {
		return slices.ContainsFunc(patterns, func(p scalar) bool { return (p == "true") != present })
	}
	operator, optional := strings.CutSuffix(operator, "IfExists")
	positive, negated := negations[operator]
	if negated {
		operator = positive
	}
	if !present {
		return optional || negated
	}
	compare := comparisons[operator]
	matched := slices.ContainsFunc(patterns, func(p scalar) bool {
		return compare(value, substitute(string(p), context))
	})
	return matched != negated
}
