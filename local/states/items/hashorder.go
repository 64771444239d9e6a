// This file orders the columns of a row as AWS does.

package items

import (
	"slices"
	"unicode/utf16"
)

// hashOrder gives each name, once, with its index, in the order of Java's HashMap:
// every recorded row of AWS's has it, and so have the examples of the
// documentation. What a Map hands on is text in which this order shows.
func hashOrder(names []string) columns {
	buckets := 16
	for len(names)*4 > buckets*3 {
		buckets *= 2
	}
	seen := make(map[string]bool, len(names))
	order := make(columns, 0, len(names))
	for i, name := range names {
		if !seen[name] {
			seen[name] = true
			order = append(order, column{name, i})
		}
	}
	slices.SortStableFunc(order, func(a, b column) int { return bucketOf(a.name, buckets) - bucketOf(b.name, buckets) })
	return order
}

// bucketOf is where a HashMap of so many buckets keeps a text.
func bucketOf(text string, buckets int) int {
	var hash uint32
	for _, unit := range utf16.Encode([]rune(text)) {
		hash = 31*hash + uint32(unit)
	}
	return int((hash ^ hash>>16) & uint32(buckets-1))
}
