package lambda

// This file is the filters of a mapping.

import (
	"encoding/json"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/match"
)

// filterPatterns are those of Lambda:
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
var filterPatterns = match.Dialect{MaxNumber: 5e9}

const (
	maxFilters     = 5
	maxFilterBytes = 4096
)

// filter decides which records the function gets: those that match one of the patterns. Without patterns it gets all of them.
type filter []*match.Pattern

// filter compiles the mapping's patterns. Of Kinesis they look at data only.
func (p mappingSettings) filter() (f filter, err error) {
	if p.FilterCriteria == nil {
		return nil, nil
	}
	if n := len(p.FilterCriteria.Filters); n > maxFilters {
		return nil, invalid("FilterCriteria has %d filters; it may have up to %d", n, maxFilters)
	}
	for _, given := range p.FilterCriteria.Filters {
		if n := len(given.Pattern); n > maxFilterBytes {
			return nil, invalid("FilterCriteria has a pattern of %d bytes; it may have up to %d", n, maxFilterBytes)
		}
		pattern, err := filterPatterns.Compile(given.Pattern)
		var fields map[string]json.RawMessage
		if err != nil || json.Unmarshal([]byte(given.Pattern), &fields) != nil || fields == nil {
			return nil, invalid("Invalid filter pattern definition.") // which is all that AWS says
		}
		if _, ok := fields["data"]; (!ok || len(fields) > 1) && serviceOf(p.EventSourceArn) == "kinesis" {
			return nil, &cfn.Unsupported{Property: "FilterCriteria", Reason: "records of a stream are filtered by their data only"}
		}
		f = append(f, pattern)
	}
	return f, nil
}

// match tells whether a record is wanted.
func (f filter) match(record match.Node) bool {
	return slices.ContainsFunc(f, func(p *match.Pattern) bool { return p.Matches(record) })
}
