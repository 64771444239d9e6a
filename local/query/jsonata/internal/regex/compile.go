// Patterns become programs for the matcher.

package regex

type op byte

const (
	opChar op = iota
	opClass
	opSplit // goes to x, and if that fails to y
	opRun   // as many units of a class as there are, x at least and y at most, -1 for any number; then fewer
	opJump
	opSave
	opReset // forgets the groups x to y
	opMark  // remembers the place in slot x
	opMoved // fails if the place is still the one in slot x
	opLineStart
	opLineEnd
	opWord
	opNotWord
	opBackreference
	opLook // matches what follows up to opEnd, and goes to y
	opEnd
)

type instruction struct {
	op       op
	back     bool // matches what stands before the place, not what follows
	negative bool
	char     uint16
	class    *class
	x, y     int
}

// maxProgram bounds what counted repetitions of counted repetitions make of a pattern.
const maxProgram = 100_000

// Regex is a compiled pattern. It can be used concurrently.
type Regex struct {
	program    []instruction
	slots      int // two for each group, and those of marks
	groups     int
	ignoreCase bool
	multiline  bool
}

// Compile reads a pattern, of UTF-16 units. Flags are of i and m, each once.
func Compile(source []uint16, flags string) (*Regex, error) {
	p := &parser{source: source, names: map[string]int{}}
	for _, flag := range flags {
		set := &p.ignoreCase
		if flag == 'm' {
			set = &p.multiline
		}
		if *set {
			return nil, SyntaxError("Invalid flags supplied to RegExp constructor '" + flags + "g'")
		}
		*set = true
	}
	p.countGroups()
	root, err := p.disjunction()
	if err != nil {
		return nil, err
	}
	if p.pos < len(p.source) {
		return nil, p.fail("Unmatched ')'")
	}
	c := &compiler{Regex: Regex{groups: p.groups, slots: 2 * (p.groups + 1), ignoreCase: p.ignoreCase, multiline: p.multiline}}
	c.compile(root, false)
	c.emit(instruction{op: opEnd})
	if len(c.program) > maxProgram {
		return nil, p.fail("Regular expression too large")
	}
	return &c.Regex, nil
}

type compiler struct{ Regex }

func (c *compiler) emit(i instruction) int {
	if len(c.program) <= maxProgram {
		c.program = append(c.program, i)
	}
	return len(c.program) - 1
}

func (c *compiler) compile(n *node, back bool) {
	switch n.kind {
	case nodeChar:
		char := n.char
		if c.ignoreCase {
			char = canonical(char)
		}
		c.emit(instruction{op: opChar, char: char, back: back})
	case nodeClass:
		n.class.compile(c.ignoreCase)
		c.emit(instruction{op: opClass, class: n.class, back: back})
	case nodeSequence:
		c.sequence(n.children, back)
	case nodeChoice:
		c.choice(n.children, back)
	case nodeGroup:
		first, second := 2*n.group, 2*n.group+1
		if back {
			first, second = second, first
		}
		c.emit(instruction{op: opSave, x: first})
		c.sequence(n.children, back)
		c.emit(instruction{op: opSave, x: second})
	case nodeRepeat:
		c.repeat(n, back)
	case nodeLook:
		at := c.emit(instruction{op: opLook, negative: n.negative})
		c.sequence(n.children, n.behind)
		c.emit(instruction{op: opEnd})
		c.program[at].y = len(c.program)
	case nodeBackreference:
		c.emit(instruction{op: opBackreference, x: n.group, back: back})
	case nodeLineStart:
		c.emit(instruction{op: opLineStart})
	case nodeLineEnd:
		c.emit(instruction{op: opLineEnd})
	case nodeWord:
		c.emit(instruction{op: opWord})
	case nodeNotWord:
		c.emit(instruction{op: opNotWord})
	}
}

func (c *compiler) sequence(nodes []*node, back bool) {
	for i := range nodes {
		if back {
			i = len(nodes) - 1 - i
		}
		c.compile(nodes[i], back)
	}
}

func (c *compiler) choice(nodes []*node, back bool) {
	var jumps []int
	for i, n := range nodes {
		if i == len(nodes)-1 {
			c.compile(n, back)
			break
		}
		split := c.emit(instruction{op: opSplit})
		c.program[split].x = split + 1
		c.compile(n, back)
		jumps = append(jumps, c.emit(instruction{op: opJump}))
		c.program[split].y = len(c.program)
	}
	for _, jump := range jumps {
		c.program[jump].x = len(c.program)
	}
}

func (c *compiler) repeat(n *node, back bool) {
	if only := n.children[0]; !canBeEmpty(only) && !n.lazy && !back {
		run := instruction{op: opRun, class: only.class, x: n.least, y: n.most}
		if only.kind == nodeChar {
			run.class = &class{ranges: []unitRange{{only.char, only.char}}}
		}
		run.class.compile(c.ignoreCase)
		c.emit(run)
		return
	}
	for i := 0; i < n.least && len(c.program) <= maxProgram; i++ {
		c.iteration(n, back, false)
	}
	if n.most < 0 {
		split := c.emit(instruction{op: opSplit})
		c.iteration(n, back, true)
		c.emit(instruction{op: opJump, x: split})
		c.branch(split, n.lazy)
		return
	}
	var splits []int
	for i := n.least; i < n.most && len(c.program) <= maxProgram; i++ {
		splits = append(splits, c.emit(instruction{op: opSplit}))
		c.iteration(n, back, true)
	}
	for _, split := range splits {
		c.branch(split, n.lazy)
	}
}

// branch makes a split choose between what follows it and the end of the program so far.
func (c *compiler) branch(split int, lazy bool) {
	in, out := split+1, len(c.program)
	if lazy {
		in, out = out, in
	}
	c.program[split].x, c.program[split].y = in, out
}

// iteration is one repetition. Groups within forget what they held; one that is not demanded and matches
// nothing does not count.
func (c *compiler) iteration(n *node, back, optional bool) {
	if n.first <= n.last {
		c.emit(instruction{op: opReset, x: n.first, y: n.last})
	}
	check := optional && canBeEmpty(n.children[0])
	mark := c.slots
	if check {
		c.slots++
		c.emit(instruction{op: opMark, x: mark})
	}
	c.compile(n.children[0], back)
	if check {
		c.emit(instruction{op: opMoved, x: mark})
	}
}

func canBeEmpty(n *node) bool { return n.kind != nodeChar && n.kind != nodeClass }
