package dynamodb

// Attribute values: how they are encoded, compared and measured.

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// A kind is an attribute's data type as the API names it.
type kind string

const (
	kindString    kind = "S"
	kindNumber    kind = "N"
	kindBinary    kind = "B"
	kindBool      kind = "BOOL"
	kindNull      kind = "NULL"
	kindMap       kind = "M"
	kindList      kind = "L"
	kindStringSet kind = "SS"
	kindNumberSet kind = "NS"
	kindBinarySet kind = "BS"
)

const (
	maxItemSize  = 400 << 10 // bytes
	listOverhead = 3         // bytes that a list or map adds to its elements
)

// A value is an attribute's value. Values are never changed once they are
// made, so that items can be shared without copying.
type value struct {
	kind   kind
	truth  bool
	text   string  // of S and B, and of N in its canonical form
	list   []value // of L, and of the sets, whose members are sorted by text
	fields item    // of M
}

// An item is a row of a table, or a map within one. It is never changed.
type item map[string]value

// wireValue is the API's JSON shape of a value: exactly one member is set. It
// is for encoding only, as encoding/json reads member names in any case.
type wireValue struct {
	S    *string              `json:",omitzero"`
	N    *string              `json:",omitzero"`
	B    []byte               `json:",omitzero"`
	BOOL *bool                `json:",omitzero"`
	NULL *bool                `json:",omitzero"`
	M    map[string]wireValue `json:",omitzero"`
	L    []wireValue          `json:",omitzero"`
	SS   []string             `json:",omitzero"`
	NS   []string             `json:",omitzero"`
	BS   [][]byte             `json:",omitzero"`
}

func (v value) MarshalJSON() ([]byte, error) { return json.Marshal(v.wire()) }

// Shape implements cloud.Shaped.
func (v value) Shape() any { return v.wire() }

// text returns an S or a B, or an N given in its canonical form.
func text(k kind, s string) value { return value{kind: k, text: s} }

func numberValue(n number) value { return text(kindNumber, n.String()) }

// number returns the value of an N.
func (v value) number() number {
	n, _ := scanNumber(v.text) // canonical, so well formed
	return n
}

// numberOf returns a count, which is not negative.
func numberOf(count int) value {
	digits := strconv.Itoa(count)
	return numberValue(normalize(false, digits, len(digits)))
}

// setOf returns a set of the members, each once. It keeps the slice.
func setOf(k kind, members []value) value {
	slices.SortFunc(members, byText)
	return value{kind: k, list: slices.CompactFunc(members, func(a, b value) bool { return a.text == b.text })}
}

func byText(a, b value) int { return strings.Compare(a.text, b.text) }

func (v value) wire() wireValue {
	switch v.kind {
	case kindString:
		return wireValue{S: &v.text}
	case kindNumber:
		return wireValue{N: &v.text}
	case kindBinary:
		return wireValue{B: []byte(v.text)}
	case kindBool:
		return wireValue{BOOL: &v.truth}
	case kindNull:
		null := true
		return wireValue{NULL: &null}
	case kindMap:
		fields := make(map[string]wireValue, len(v.fields))
		for name, field := range v.fields {
			fields[name] = field.wire()
		}
		return wireValue{M: fields}
	case kindList:
		list := make([]wireValue, len(v.list))
		for i, element := range v.list {
			list[i] = element.wire()
		}
		return wireValue{L: list}
	case kindStringSet:
		return wireValue{SS: texts(v.list)}
	case kindNumberSet:
		return wireValue{NS: texts(v.list)}
	default:
		members := make([][]byte, len(v.list))
		for i, member := range v.list {
			members[i] = []byte(member.text)
		}
		return wireValue{BS: members}
	}
}

func texts(members []value) []string {
	texts := make([]string, len(members))
	for i, member := range members {
		texts[i] = member.text
	}
	return texts
}

func (k kind) isSet() bool {
	return k == kindStringSet || k == kindNumberSet || k == kindBinarySet
}

// member returns the kind of a set's members.
func (k kind) member() kind { return k[:1] }

// ordered tells whether values of this kind can be compared, and be keys.
func (k kind) ordered() bool {
	return k == kindString || k == kindNumber || k == kindBinary
}

// has tells whether a list or a set contains an element.
func (v value) has(element value) bool {
	if v.kind.isSet() {
		_, found := slices.BinarySearchFunc(v.list, element, byText)
		return found && element.kind == v.kind.member()
	}
	return slices.ContainsFunc(v.list, element.equal)
}

// equal compares values of any kinds.
func (v value) equal(w value) bool {
	switch {
	case v.kind != w.kind:
		return false
	case v.kind == kindMap:
		return maps.EqualFunc(v.fields, w.fields, value.equal)
	case v.kind == kindList || v.kind.isSet():
		return slices.EqualFunc(v.list, w.list, value.equal)
	default:
		return v.truth == w.truth && v.text == w.text
	}
}

// compare orders two strings, two numbers or two binaries; ok is false for
// values that have no order.
func (v value) compare(w value) (order int, ok bool) {
	switch {
	case v.kind != w.kind || !v.kind.ordered():
		return 0, false
	case v.kind == kindNumber:
		return v.number().compare(w.number()), true
	default:
		return strings.Compare(v.text, w.text), true
	}
}

// size is what the value counts towards its item's size, in bytes.
func (v value) size() int {
	switch v.kind {
	case kindNumber:
		return v.number().size()
	case kindBool, kindNull:
		return 1
	case kindMap:
		return listOverhead + v.fields.size() + len(v.fields)
	case kindList:
		size := listOverhead + len(v.list)
		for _, element := range v.list {
			size += element.size()
		}
		return size
	case kindStringSet, kindNumberSet, kindBinarySet:
		size := 0
		for _, member := range v.list {
			size += member.size()
		}
		return size
	default:
		return len(v.text)
	}
}

// size is the item's size as it is billed and limited, in bytes.
func (i item) size() int {
	size := 0
	for name, v := range i {
		size += len(name) + v.size()
	}
	return size
}

// clone returns a copy to be changed before it becomes an item of its own.
func (i item) clone() item {
	if i == nil {
		return item{}
	}
	return maps.Clone(i)
}

// invalid returns a ValidationException.
func invalid(format string, args ...any) error {
	return cloud.Errorf(400, "ValidationException", format, args...)
}
