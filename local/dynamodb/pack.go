package dynamodb

// How rows are kept: an item is packed into one string, a small part of the
// memory that its maps and values take. It is unpacked to be read.

import (
	"encoding/binary"
	"slices"
	"sync/atomic"
)

// maxCoded is how many attribute names of a table have a number, and stand in
// its rows as that. The first ones that come do; later ones stand there as text.
const maxCoded = 255

// names numbers the attribute names of a table. It needs no lock.
type names struct{ coded atomic.Pointer[[]string] }

func (n *names) list() []string { return *n.coded.Load() }

func newNames() *names {
	n := &names{}
	n.coded.Store(&[]string{})
	return n
}

// code returns a name's number, from 1; 0 for a name without one.
func (n *names) code(name string) int { return slices.Index(n.list(), name) + 1 }

// learn gives numbers to the names of an item's attributes.
func (n *names) learn(i item) {
	for name := range i {
		for {
			known := n.coded.Load()
			if slices.Contains(*known, name) || len(*known) == maxCoded {
				break
			}
			longer := append(slices.Clone(*known), name)
			if n.coded.CompareAndSwap(known, &longer) {
				break
			}
		}
	}
}

// pack returns an item as a string, which unpack understands with the same names.
func (n *names) pack(i item) string {
	n.learn(i)
	return string(n.appendItem(make([]byte, 0, 2*i.size()), i))
}

func (n *names) appendItem(packed []byte, i item) []byte {
	packed = binary.AppendUvarint(packed, uint64(len(i)))
	for name, v := range i {
		code := n.code(name)
		packed = append(packed, byte(code))
		if code == 0 {
			packed = appendText(packed, name)
		}
		packed = n.appendValue(packed, v)
	}
	return packed
}

// kinds numbers the kinds for packing.
var kinds = [...]kind{kindString, kindNumber, kindBinary, kindBool, kindNull, kindMap, kindList, kindStringSet, kindNumberSet, kindBinarySet}

func (n *names) appendValue(packed []byte, v value) []byte {
	packed = append(packed, byte(slices.Index(kinds[:], v.kind)))
	switch v.kind {
	case kindNull:
		return packed
	case kindBool:
		if v.truth {
			return append(packed, 1)
		}
		return append(packed, 0)
	case kindMap:
		return n.appendItem(packed, v.fields)
	case kindList, kindStringSet, kindNumberSet, kindBinarySet:
		packed = binary.AppendUvarint(packed, uint64(len(v.list)))
		for _, element := range v.list {
			packed = n.appendValue(packed, element)
		}
		return packed
	default:
		return appendText(packed, v.text)
	}
}

func appendText(packed []byte, text string) []byte {
	return append(binary.AppendUvarint(packed, uint64(len(text))), text...)
}

// unpack returns the item of a packed string. Its texts share the string.
func (n *names) unpack(packed string) item {
	u := unpacker{names: n.list(), rest: packed}
	return u.item()
}

// An unpacker reads what pack wrote, so nothing can be wrong with it.
type unpacker struct {
	names []string
	rest  string
}

func (u *unpacker) byte() byte {
	b := u.rest[0]
	u.rest = u.rest[1:]
	return b
}

func (u *unpacker) number() int {
	var n uint64
	for shift := 0; ; shift += 7 {
		b := u.byte()
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return int(n)
		}
	}
}

func (u *unpacker) text() string {
	n := u.number()
	text := u.rest[:n]
	u.rest = u.rest[n:]
	return text
}

func (u *unpacker) item() item {
	n := u.number()
	i := make(item, n)
	for range n {
		var name string
		if code := u.byte(); code > 0 {
			name = u.names[code-1]
		} else {
			name = u.text()
		}
		i[name] = u.value()
	}
	return i
}

func (u *unpacker) value() value {
	v := value{kind: kinds[u.byte()]}
	switch v.kind {
	case kindNull:
	case kindBool:
		v.truth = u.byte() == 1
	case kindMap:
		v.fields = u.item()
	case kindList, kindStringSet, kindNumberSet, kindBinarySet:
		v.list = make([]value, u.number())
		for i := range v.list {
			v.list[i] = u.value()
		}
	default:
		v.text = u.text()
	}
	return v
}
