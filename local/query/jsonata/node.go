// The syntax tree: what the parser makes of an expression, and what processing makes of that.

package jsonata

type nodeKind int

const (
	nodeEnd nodeKind = iota
	nodeString
	nodeNumber
	nodeValue
	nodeName
	nodeVariable
	nodeRegex
	nodeWildcard
	nodeDescendant
	nodeParent
	nodeOperator // a word or ? that was read as an operand
	nodeBinary
	nodeUnary
	nodeFunction
	nodePartial
	nodeLambda
	nodeCondition
	nodeBlock
	nodeTransform

	// Made by processing only.
	nodePath
	nodeSort
	nodeBind
	nodeApply
)

// names of kinds, as messages have them.
var nodeNames = map[nodeKind]string{
	nodeString: "string", nodeNumber: "number", nodeValue: "value", nodeName: "name", nodeVariable: "variable",
	nodeRegex: "regex", nodeWildcard: "wildcard", nodeDescendant: "descendant", nodeParent: "parent",
	nodeOperator: "operator", nodeBinary: "binary", nodeUnary: "unary", nodeFunction: "function",
	nodePartial: "partial", nodeLambda: "lambda", nodeCondition: "condition", nodeBlock: "block",
	nodeTransform: "transform", nodePath: "path", nodeSort: "sort", nodeBind: "bind", nodeApply: "apply",
}

// node is a part of an expression. Which fields are used depends on its kind.
type node struct {
	kind  nodeKind
	text  string // the name, the variable, the operator
	value any    // of a literal; a regular expression
	at    int    // in bytes

	lhs, rhs *node // operands; rhs is that of unary operators too
	third    *node // the condition's else, the transform's delete

	list      []*node    // items of an array, arguments, parameters, steps of a path, parts of a block
	pairs     [][2]*node // members of an object
	terms     []sortTerm
	procedure *node    // what is called
	names     []string // of parameters
	signature *signature

	// Of a step, or of any operand.
	predicate []stage
	stages    []stage
	group     *group

	keepArray          bool // followed by []
	keepSingletonArray bool // a path with such a step
	consarray          bool // an array that is a step: it stays one
	tuple              bool // the step carries variables along
	thunk              bool // a call in tail position
	plain              bool // a path of nothing but names, or a variable and names
	scope              bool // a block that binds variables

	focus         string // @$focus
	index         string // #$index
	ancestor      *slot  // by which the parent of this step's result is found
	slot          *slot  // of the parent operator
	seekingParent []*slot

	builtin any // what a variable means that nothing binds
}

// stage is a predicate, or (with an index) the numbering of what the stages before it have left.
type stage struct {
	filter *node
	index  string
}

type sortTerm struct {
	descending bool
	expression *node
}

type group struct {
	pairs [][2]*node
	at    int
}

// slot is a use of the parent operator, and the variable by which the parent is carried to it.
type slot struct {
	label string
	level int // of ancestors still to go up
	index int
}

func (n *node) isUnary(operator string) bool { return n.kind == nodeUnary && n.text == operator }
