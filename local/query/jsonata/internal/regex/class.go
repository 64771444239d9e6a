// Sets of UTF-16 units.

package regex

import "unicode"

type unitRange struct{ low, high uint16 }

var (
	lineEnds = []unitRange{{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}}
	digits   = []unitRange{{'0', '9'}}
	words    = []unitRange{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}
	spaces   = []unitRange{
		{'\t', '\r'}, {' ', ' '}, {0xA0, 0xA0}, {0x1680, 0x1680}, {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F},
		{0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF},
	}
)

type class struct {
	ranges  []unitRange
	negated bool

	ascii    [2]uint64 // which of the first 128 units match, once the class is compiled
	compiled bool
}

// add adds units, or those of another set.
func (c *class) add(low, high uint16, set *class) {
	switch {
	case set == nil:
		c.ranges = append(c.ranges, unitRange{low, high})
	case set.negated:
		c.ranges = append(c.ranges, complement(set.ranges)...)
	default:
		c.ranges = append(c.ranges, set.ranges...)
	}
}

// complement is of ranges that are in order.
func complement(ranges []unitRange) []unitRange {
	var out []unitRange
	next := 0
	for _, r := range ranges {
		if int(r.low) > next {
			out = append(out, unitRange{uint16(next), r.low - 1})
		}
		next = int(r.high) + 1
	}
	if next <= 0xFFFF {
		out = append(out, unitRange{uint16(next), 0xFFFF})
	}
	return out
}

func (c *class) compile(ignoreCase bool) {
	for unit := range uint16(128) {
		if c.search(unit, ignoreCase) {
			c.ascii[unit>>6] |= 1 << (unit & 63)
		}
	}
	c.compiled = true
}

func (c *class) matches(unit uint16, ignoreCase bool) bool {
	if unit < 128 && c.compiled {
		return c.ascii[unit>>6]&(1<<(unit&63)) != 0
	}
	return c.search(unit, ignoreCase)
}

func (c *class) search(unit uint16, ignoreCase bool) bool {
	found := contains(c.ranges, unit)
	if !found && ignoreCase {
		folded := canonical(unit)
		for r := unicode.SimpleFold(rune(unit)); r != rune(unit) && !found; r = unicode.SimpleFold(r) {
			found = r <= 0xFFFF && canonical(uint16(r)) == folded && contains(c.ranges, uint16(r))
		}
	}
	return found != c.negated
}

func contains(ranges []unitRange, unit uint16) bool {
	for _, r := range ranges {
		if unit >= r.low && unit <= r.high {
			return true
		}
	}
	return false
}

// canonical is what units are compared by where case does not matter.
func canonical(unit uint16) uint16 {
	upper := unicode.ToUpper(rune(unit))
	if upper > 0xFFFF || unit >= 128 && upper < 128 {
		return unit
	}
	return uint16(upper)
}
