package dynamodb

// Order: how keys become bytes that sort as DynamoDB sorts, and the sorted
// storage of entries under such keys.

import (
	"crypto/sha256"
	"slices"
	"strings"
)

// appendKey appends a key attribute's value in a form that compares bytewise
// as the values do and that no other value's form is a prefix of.
func appendKey(key []byte, v value) []byte {
	return append(appendKeyPrefix(key, v), 0x00, 0x01)
}

// appendKeyPrefix is appendKey without the end: every value that begins with
// v, if v is a string or binary, sorts from here on.
func appendKeyPrefix(key []byte, v value) []byte {
	if v.kind == kindNumber {
		return appendNumberKey(key, v.number())
	}
	for i := range len(v.text) {
		key = append(key, v.text[i])
		if v.text[i] == 0x00 {
			key = append(key, 0xff)
		}
	}
	return key
}

// appendNumberKey writes the sign, the exponent and the digits. For negative
// numbers, exponent and digits are complemented, and fewer digits sort later.
func appendNumberKey(key []byte, n number) []byte {
	exponent := byte(n.exponent - minExponent) // 0 to 255: number.check holds it in range
	switch {
	case n.sign() > 0:
		key = append(key, 0x03, exponent)
		return append(key, n.digits...)
	case n.sign() == 0:
		return append(key, 0x02)
	}
	key = append(key, 0x01, ^exponent)
	for i := range len(n.digits) {
		key = append(key, ^n.digits[i])
	}
	return append(key, 0xff)
}

// appendPartition appends a partition key's values behind their hash, which
// spreads partitions evenly over a scan's segments.
func appendPartition(key []byte, values ...value) []byte {
	var encoded []byte
	for _, v := range values {
		encoded = appendKey(encoded, v)
	}
	sum := sha256.Sum256(encoded)
	key = append(key, sum[:8]...)
	return append(key, encoded...)
}

// successor returns the least key greater than all that begin with prefix;
// the empty string stands for the end.
func successor(prefix string) string {
	end := []byte(prefix)
	for len(end) > 0 && end[len(end)-1] == 0xff {
		end = end[:len(end)-1]
	}
	if len(end) > 0 {
		end[len(end)-1]++
	}
	return string(end)
}

// blockLimit is the number of entries at which a block is split. It bounds
// what an insertion moves.
const blockLimit = 256

type entry struct {
	key string
	row *row
}

// sorted holds entries by key in blocks of at most blockLimit entries. No
// block is empty.
type sorted struct {
	blocks [][]entry
	count  int
}

// A position is an entry's place; past the last one, block == len(blocks).
type position struct{ block, index int }

// seek returns the position of the first entry whose key is at least key.
func (s *sorted) seek(key string) position {
	block, _ := slices.BinarySearchFunc(s.blocks, key, func(b []entry, key string) int {
		return strings.Compare(b[len(b)-1].key, key)
	})
	if block == len(s.blocks) {
		return position{block, 0}
	}
	index, _ := slices.BinarySearchFunc(s.blocks[block], key, func(e entry, key string) int {
		return strings.Compare(e.key, key)
	})
	return position{block, index}
}

func (s *sorted) end() position { return position{len(s.blocks), 0} }

// at returns the entry at a position, or false past the last one.
func (s *sorted) at(p position) (entry, bool) {
	if p.block >= len(s.blocks) {
		return entry{}, false
	}
	return s.blocks[p.block][p.index], true
}

func (s *sorted) next(p position) position {
	if p.index+1 < len(s.blocks[p.block]) {
		return position{p.block, p.index + 1}
	}
	return position{p.block + 1, 0}
}

// previous returns the position before p, or false before the first one.
func (s *sorted) previous(p position) (position, bool) {
	switch {
	case p.index > 0:
		return position{p.block, p.index - 1}, true
	case p.block > 0:
		return position{p.block - 1, len(s.blocks[p.block-1]) - 1}, true
	default:
		return p, false
	}
}

func (s *sorted) get(key string) *row {
	if e, ok := s.at(s.seek(key)); ok && e.key == key {
		return e.row
	}
	return nil
}

// put adds an entry, or replaces the one with the same key.
func (s *sorted) put(key string, r *row) {
	p := s.seek(key)
	if e, ok := s.at(p); ok && e.key == key {
		s.blocks[p.block][p.index].row = r
		return
	}
	s.count++
	if len(s.blocks) == 0 {
		s.blocks = [][]entry{{{key, r}}}
		return
	}
	if p.block == len(s.blocks) {
		p = position{p.block - 1, len(s.blocks[p.block-1])}
	}
	block := slices.Insert(s.blocks[p.block], p.index, entry{key, r})
	s.blocks[p.block] = block
	if len(block) > blockLimit {
		half := len(block) / 2
		s.blocks[p.block] = slices.Clip(block[:half])
		s.blocks = slices.Insert(s.blocks, p.block+1, slices.Clone(block[half:]))
	}
}

// remove deletes the entry with this key, if there is one.
func (s *sorted) remove(key string) {
	p := s.seek(key)
	if e, ok := s.at(p); !ok || e.key != key {
		return
	}
	s.count--
	s.blocks[p.block] = slices.Delete(s.blocks[p.block], p.index, p.index+1)
	if len(s.blocks[p.block]) == 0 {
		s.blocks = slices.Delete(s.blocks, p.block, p.block+1)
	}
}
