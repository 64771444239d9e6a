package dynamodb

// Keys: which attributes make up the key of a table or an index, and what their
// values have to be.

import (
	"maps"
	"slices"
	"strings"
)

const (
	maxPartitionKey = 2048 // bytes
	maxSortKey      = 1024 // bytes

	maxKeyAttributes = 4 // of a global index's partition key, and of its sort key
)

// A keyAttribute is a part of a key.
type keyAttribute struct {
	name string
	kind kind
}

// A schema is the key of a table or of an index. A global index may have up to
// four attributes of either sort, everything else one, and none to sort by.
type schema struct{ partition, sort []keyAttribute }

// schemaOf reads a KeySchema with at most so many attributes of either sort,
// whose definitions have these types.
func schemaOf(elements []keyElement, kinds map[string]kind, most int) (schema, error) {
	var s schema
	if len(elements) < 1 || len(elements) > 2*most {
		return s, invalid("1 validation error detected: Value '%v' at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to %d", elements, 2*most)
	}
	for _, element := range elements {
		k, ok := kinds[element.AttributeName]
		attribute := keyAttribute{element.AttributeName, k}
		switch {
		case !ok:
			return s, invalid("One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [%s], AttributeDefinitions: [%s]", element.AttributeName, strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
		case s.has(attribute.name):
			return s, invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")
		case element.KeyType == "HASH" && len(s.sort) > 0:
			return s, invalid("Invalid KeySchema: every HASH element has to precede the RANGE elements")
		case element.KeyType == "HASH":
			s.partition = append(s.partition, attribute)
		case element.KeyType == "RANGE":
			s.sort = append(s.sort, attribute)
		default:
			return s, checkEnum("keySchema.member.keyType", element.KeyType, "HASH", "RANGE")
		}
	}
	switch {
	case len(s.partition) == 0:
		return s, invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	case len(s.partition) > most:
		return s, invalid("Invalid KeySchema: at most %d HASH elements are allowed", most)
	case len(s.sort) > most && most == 1:
		return s, invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
	case len(s.sort) > most:
		return s, invalid("Invalid KeySchema: at most %d RANGE elements are allowed", most)
	}
	return s, nil
}

func (s schema) attributes() []keyAttribute { return slices.Concat(s.partition, s.sort) }

func (s schema) has(attribute string) bool {
	named := func(a keyAttribute) bool { return a.name == attribute }
	return slices.ContainsFunc(s.partition, named) || slices.ContainsFunc(s.sort, named)
}

// storageKey returns the key under which an item is stored; false if it lacks
// an attribute of the key.
func (s schema) storageKey(i item) (string, bool) {
	sort, ok := valuesOf(s.sort, i)
	if !ok {
		return "", false
	}
	key, ok := s.collectionKey(i)
	if !ok {
		return "", false
	}
	for _, v := range sort {
		key = appendKey(key, v)
	}
	return string(key), true
}

// collectionKey is what the storage keys begin with of all items that have the
// item's partition key; false if it lacks an attribute of that.
func (s schema) collectionKey(i item) ([]byte, bool) {
	partition, ok := valuesOf(s.partition, i)
	if !ok {
		return nil, false
	}
	return appendPartition(nil, partition...), true
}

// valuesOf returns an item's values of the attributes; false if it lacks one.
func valuesOf(attributes []keyAttribute, i item) ([]value, bool) {
	values := make([]value, len(attributes))
	for n, attribute := range attributes {
		v, ok := i[attribute.name]
		if !ok {
			return nil, false
		}
		values[n] = v
	}
	return values, true
}

// of returns the attributes of an item that make up the key.
func (s schema) of(i item) item {
	key := item{}
	for _, attribute := range s.attributes() {
		key[attribute.name] = i[attribute.name]
	}
	return key
}

// check refuses key values that are empty or too long. Their types are right.
func (s schema) check(i item) error {
	for _, attribute := range s.attributes() {
		if v := i[attribute.name]; v.kind != kindNumber && v.text == "" {
			return invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", emptyWord(v.kind), attribute.name)
		}
	}
	return s.checkSize(i)
}

// checkSize refuses key values that are too long together.
func (s schema) checkSize(i item) error {
	size := func(attributes []keyAttribute) int {
		total := 0
		for _, attribute := range attributes {
			if v, ok := i[attribute.name]; ok {
				total += v.size()
			}
		}
		return total
	}
	switch {
	case size(s.partition) > maxPartitionKey:
		return invalid("One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of%d bytes", maxPartitionKey)
	case size(s.sort) > maxSortKey:
		return invalid("One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of %d bytes", maxSortKey)
	}
	return nil
}

func emptyWord(k kind) string {
	if k == kindBinary {
		return "binary"
	}
	return "string"
}

// check refuses an item whose attributes cannot be keys of the index.
func (x *index) check(i item) error {
	for _, attribute := range x.schema.attributes() {
		v, ok := i[attribute.name]
		switch {
		case !ok:
		case v.kind != attribute.kind:
			return invalid("One or more parameter values were invalid: Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s", attribute.name, attribute.kind, v.kind, x.name)
		case v.kind != kindNumber && v.text == "":
			return invalid("One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty %s value. IndexName: %s, IndexKey: %s", emptyWord(v.kind), x.name, attribute.name)
		}
	}
	return x.schema.checkSize(i)
}
