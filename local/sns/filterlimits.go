package sns

// This file is the limits of filter policies.
// https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html

import (
	"github.com/tradepost-dev/tradepost/local/match"
)

const (
	maxFilterBytes        = 256 << 10
	maxFilterKeys         = 5
	maxFilterCombinations = 150
	maxFiltersPerTopic    = 200

	maxWildcards       = 3   // of one pattern
	maxWildcardsPoints = 100 // of a policy
)

// isNested tells a policy that SNS takes for bodies only.
func isNested(policy map[string]any) bool {
	for name, value := range policy {
		if _, nested := value.(map[string]any); nested {
			return true
		}
		for _, alternative := range match.Alternatives(name, value) {
			if isNested(alternative) {
				return true
			}
		}
	}
	return false
}

// checkFilterLimits measures a policy that is sound otherwise.
func checkFilterLimits(text string, policy map[string]any) error {
	if len(text) > maxFilterBytes {
		return invalid("FilterPolicy: Filter policy is too long")
	}
	m := measure{combinations: 1}
	m.object(policy, 1)
	switch {
	case m.keys > maxFilterKeys:
		return invalid("FilterPolicy: Filter policy can not have more than %d keys", maxFilterKeys)
	case m.combinations > maxFilterCombinations, m.stars > maxWildcards, m.points > maxWildcardsPoints:
		return invalid("FilterPolicy: Filter policy is too complex")
	}
	return nil
}

// measure is how complex a policy is.
type measure struct {
	keys         int // that hold values, at whatever depth
	combinations int
	stars        int // most of one wildcard pattern
	points       int // product of the points of the fields that have wildcards; 0 if none has
}

func (m *measure) object(policy map[string]any, depth int) {
	for name, value := range policy {
		if alternatives := match.Alternatives(name, value); alternatives != nil {
			m.either(alternatives, depth)
			continue
		}
		switch v := value.(type) {
		case map[string]any:
			m.object(v, depth+1)
		case []any:
			m.keys++
			m.combinations *= len(v) * depth // three values two levels deep count six times
			m.wildcards(v)
		}
	}
}

// either adds up what its alternatives would multiply.
func (m *measure) either(alternatives []map[string]any, depth int) {
	combinations, points := 0, 0
	for _, alternative := range alternatives {
		one := measure{combinations: 1}
		one.object(alternative, depth)
		m.keys += one.keys
		m.stars = max(m.stars, one.stars)
		combinations += one.combinations
		points += one.points
	}
	m.combinations *= combinations
	m.multiply(points)
}

func (m *measure) multiply(points int) {
	if points > 0 {
		m.points = points * max(m.points, 1)
	}
}

// wildcards scores a field: one point for a pattern with one star, three for
// each star of a pattern with more.
func (m *measure) wildcards(values []any) {
	points := 0
	for _, value := range values {
		operator, _ := value.(map[string]any)
		if negated, ok := operator["anything-but"].(map[string]any); ok {
			operator = negated
		}
		glob, ok := operator["wildcard"].(string)
		if !ok {
			continue
		}
		literals, err := match.Literals(glob)
		stars := len(literals) - 1
		if err != nil || stars == 0 {
			continue
		}
		m.stars = max(m.stars, stars)
		if stars > 1 {
			stars *= 3
		}
		points += stars
	}
	m.multiply(points)
}
