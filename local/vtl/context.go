// $context as a map: its order, and what it prints.

package vtl

import (
	"cmp"
	"slices"
	"strings"
)

// inserted are members of $context and its maps in the order in which API Gateway seems to put them into Java's
// hash maps, as far as it can be told from the outside: it decides between members of one bucket.
var inserted = strings.Fields(`path accountId domainPrefix requestTimeEpoch requestId identity domainName deploymentId
	accountId cognitoIdentityId sourceIp principalOrgId header querystring`)

// contextMap makes a map of $context. Its members have the order of a hash map of Java, as recordings show, and
// like all maps in $context it prints as nothing.
func contextMap(members map[string]any) *mapping {
	m := newMapping()
	m.silent = true
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	buckets := 16
	for len(names) > buckets*3/4 {
		buckets *= 2
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(bucket(a, buckets), bucket(b, buckets)),
			cmp.Compare(slices.Index(inserted, a), slices.Index(inserted, b)), strings.Compare(a, b))
	})
	for _, name := range names {
		if inner, ok := members[name].(map[string]any); ok {
			m.put(name, contextMap(inner))
			continue
		}
		m.put(name, fromJSON(members[name]))
	}
	return m
}

// bucket is where a name lies in a hash map with so many buckets.
func bucket(name string, buckets int) int {
	var hash uint32
	for _, unit := range units(name) {
		hash = 31*hash + uint32(unit)
	}
	return int(hash^hash>>16) & (buckets - 1)
}
