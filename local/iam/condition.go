// This file evaluates the conditions of a statement.

package iam

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// comparison decides one condition: the request's value against the policy's.
type comparison func(value, pattern string) bool

var comparisons = map[string]comparison{
	"StringEquals":             func(v, p string) bool { return v == p },
	"StringEqualsIgnoreCase":   strings.EqualFold,
	"StringLike":               func(v, p string) bool { return wildcard(p, v) },
	"ArnEquals":                func(v, p string) bool { return wildcard(p, v) },
	"ArnLike":                  func(v, p string) bool { return wildcard(p, v) },
	"BinaryEquals":             func(v, p string) bool { return v == p },
	"Bool":                     strings.EqualFold,
	"DateEquals":               dated(func(order int) bool { return order == 0 }),
	"DateLessThan":             dated(func(order int) bool { return order < 0 }),
	"DateLessThanEquals":       dated(func(order int) bool { return order <= 0 }),
	"DateGreaterThan":          dated(func(order int) bool { return order > 0 }),
	"DateGreaterThanEquals":    dated(func(order int) bool { return order >= 0 }),
	"IpAddress":                within,
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
	"DateNotEquals":             "DateEquals",
	"NotIpAddress":              "IpAddress",
}

// within tells whether an address is in a range, or is the only one of it.
func within(value, pattern string) bool {
	address, err := netip.ParseAddr(value)
	if err != nil {
		return false
	}
	if one, err := netip.ParseAddr(pattern); err == nil {
		return one == address
	}
	prefix, err := netip.ParsePrefix(pattern)
	return err == nil && prefix.Contains(address)
}

func numeric(compare func(v, p float64) bool) comparison {
	return func(value, pattern string) bool {
		v, err := strconv.ParseFloat(value, 64)
		p, err2 := strconv.ParseFloat(pattern, 64)
		return err == nil && err2 == nil && compare(v, p)
	}
}

// dated compares times, written as in ISO 8601 or as seconds since 1970.
func dated(holds func(order int) bool) comparison {
	return func(value, pattern string) bool {
		v, ok := readTime(value)
		p, ok2 := readTime(pattern)
		return ok && ok2 && holds(v.Compare(p))
	}
}

func readTime(text string) (time.Time, bool) {
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(seconds, 0), true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// condition is one key of one operator.
type condition struct {
	key      string // lower case
	name     string // as written
	null     bool   // the operator is Null, which asks whether the key is there
	compare  comparison
	negated  bool
	optional bool // holds where the key is not there: ...IfExists, ForAllValues:...
	required bool // does not, even if it is negated: ForAnyValue:...
	every    bool // all values have to fit: ForAllValues:...
	patterns []pattern
}

func compileCondition(operator, key string, values []scalar, variables bool) (condition, error) {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = string(value)
	}
	c := condition{key: strings.ToLower(key), name: key, null: operator == "Null", patterns: compilePatterns(texts, variables)}
	if c.null {
		return c, nil
	}
	name, every := strings.CutPrefix(operator, "ForAllValues:")
	name, c.required = strings.CutPrefix(name, "ForAnyValue:")
	name, ifExists := strings.CutSuffix(name, "IfExists")
	c.every, c.optional = every, every || ifExists
	if positive, ok := negations[name]; ok {
		name, c.negated = positive, true
	}
	var ok bool
	if c.compare, ok = comparisons[name]; !ok {
		return c, fmt.Errorf("condition operator %s is not supported by the local engine", operator)
	}
	return c, nil
}

func (c *condition) holds(r *request) bool {
	values, present := r.values(c.key)
	if c.null {
		return slices.ContainsFunc(c.patterns, func(p pattern) bool { return (p.text == "true") != present })
	}
	if !present {
		return c.optional || c.negated && !c.required
	}
	if !c.every && !c.required && r.simulation.hasList(c.key) {
		return false // a list is asked about by ForAllValues and ForAnyValue only
	}
	all := c.every || c.negated && !c.required
	for _, value := range values {
		if c.fits(r, value) != all {
			return !all
		}
	}
	return all
}

// fits tells whether a value is one that the condition wants.
func (c *condition) fits(r *request, value string) bool {
	matched := slices.ContainsFunc(c.patterns, func(p pattern) bool {
		text, ok := p.in(r)
		return ok && c.compare(value, text)
	})
	return matched != c.negated
}
