package sns

// This file is the limits of filter policies.
// https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html

import (
	"slices"

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

// errFilterComplexity is AWS's for whatever a policy has too much of but keys.
var errFilterComplexity = invalid("FilterPolicy: Filter policy is too complex")

// isNested tells a policy that SNS takes for bodies only.
func isNested(branches [][]match.Field) bool {
	return slices.ContainsFunc(branches, func(fields []match.Field) bool {
		return slices.ContainsFunc(fields, func(f match.Field) bool { return f.Depth > 1 })
	})
}

// checkFilterLimits measures a policy that is sound otherwise. Alternatives of
// $or add up where fields multiply.
func checkFilterLimits(text string, branches [][]match.Field) error {
	if len(text) > maxFilterBytes {
		return invalid("FilterPolicy: Filter policy is too long")
	}
	keys := map[string]bool{}
	combinations, points := 0, 0
	for _, fields := range branches {
		ofBranch, pointsOfBranch := 1, 0
		for _, f := range fields {
			keys[f.Path] = true
			ofBranch *= f.Values * f.Depth // three values two levels deep count six times
			if slices.ContainsFunc(f.Stars, func(stars int) bool { return stars > maxWildcards }) {
				return errFilterComplexity
			}
			if p := wildcardPoints(f.Stars); p > 0 {
				pointsOfBranch = p * max(pointsOfBranch, 1)
			}
		}
		combinations += ofBranch
		points += pointsOfBranch
	}
	switch {
	case len(keys) > maxFilterKeys:
		return invalid("FilterPolicy: Filter policy can not have more than %d keys", maxFilterKeys)
	case combinations > maxFilterCombinations, points > maxWildcardsPoints:
		return errFilterComplexity
	}
	return nil
}

// wildcardPoints scores a field: one point for a pattern with one star, three
// for each star of a pattern with more.
func wildcardPoints(patterns []int) int {
	points := 0
	for _, stars := range patterns {
		if stars > 1 {
			stars *= 3
		}
		points += stars
	}
	return points
}
