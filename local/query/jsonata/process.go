// What the parser has read becomes what is evaluated: dots are flattened into paths of steps, predicates
// and groups move to their steps, and calls in tail position are marked.

package jsonata

import "slices"

// processor turns one expression's tree into its evaluable form.
type processor struct {
	ancestry []*node // the parent operators, by their slots' index
	library  *Library
	depth    int
	binds    bool // whether a variable is bound in the present block or function
}

func (p *processor) process(n *node) (*node, error) {
	if p.depth++; p.depth > maxChain {
		return nil, errNesting
	}
	defer func() { p.depth-- }()
	result, err := p.dispatch(n)
	if err == nil && n.keepArray {
		result.keepArray = true
	}
	return result, err
}

func (p *processor) dispatch(n *node) (*node, error) {
	switch n.kind {
	case nodeBinary:
		return p.binary(n)
	case nodeUnary:
		return p.unary(n)
	case nodeFunction, nodePartial:
		return p.call(n)
	case nodeLambda:
		return p.lambda(n)
	case nodeCondition:
		return p.condition(n)
	case nodeTransform:
		return p.transform(n)
	case nodeBlock:
		return p.block(n)
	case nodeName:
		return &node{kind: nodePath, list: []*node{n}, keepSingletonArray: n.keepArray}, nil
	case nodeParent:
		parent := &node{kind: nodeParent, slot: &slot{label: slotLabel(len(p.ancestry)), level: 1, index: len(p.ancestry)}}
		p.ancestry = append(p.ancestry, parent)
		return parent, nil
	case nodeVariable:
		n.builtin = p.library.lookup(n.text)
		return n, nil
	case nodeString, nodeNumber, nodeValue, nodeWildcard, nodeDescendant, nodeRegex:
		return n, nil
	case nodeOperator:
		if n.text == "?" {
			return n, nil
		}
		n.kind = nodeName // a word of the language that is a name here
		return p.process(n)
	}
	return nil, failAt("S0207", n.at, n.value)
}

func (p *processor) binary(n *node) (*node, error) {
	switch n.text {
	case ".":
		return p.dot(n)
	case "[":
		return p.filter(n)
	case "{":
		return p.groupBy(n)
	case "^":
		return p.orderBy(n)
	case "@":
		return p.focus(n)
	case "#":
		return p.index(n)
	}
	result := &node{kind: nodeBinary, text: n.text, at: n.at}
	var err error
	if result.lhs, err = p.process(n.lhs); err != nil {
		return nil, err
	}
	if result.rhs, err = p.process(n.rhs); err != nil {
		return nil, err
	}
	switch n.text {
	case ":=":
		result.kind = nodeBind
		p.binds = true
	case "~>":
		result.kind = nodeApply
		result.keepArray = result.lhs.keepArray || result.rhs.keepArray
		return result, nil
	default:
		pushAncestry(result, result.lhs)
	}
	pushAncestry(result, result.rhs)
	return result, nil
}

// dot appends the steps of its right side to the path of its left.
func (p *processor) dot(n *node) (*node, error) {
	left, err := p.process(n.lhs)
	if err != nil {
		return nil, err
	}
	path := left
	if left.kind != nodePath {
		path = &node{kind: nodePath, list: []*node{left}}
	}
	if left.kind == nodeParent {
		path.seekingParent = []*slot{left.slot}
	}
	right, err := p.process(n.rhs)
	if err != nil {
		return nil, err
	}
	if right.kind == nodePath {
		path.list = append(path.list, right.list...)
	} else {
		right.stages, right.predicate = append(right.stages, right.predicate...), nil
		path.list = append(path.list, right)
	}
	for _, step := range path.list {
		switch step.kind {
		case nodeNumber, nodeValue:
			return nil, failValueAt("S0213", step.at, step.value)
		case nodeString:
			step.kind = nodeName
		}
		path.keepSingletonArray = path.keepSingletonArray || step.keepArray
	}
	for _, step := range []*node{path.list[0], path.list[len(path.list)-1]} {
		if step.isUnary("[") {
			step.consarray = true
		}
	}
	return path, p.resolveAncestry(path)
}

// lastStep is what a predicate, a binding or an order belongs to: the path's last step, or the operand.
func lastStep(n *node) *node {
	if n.kind == nodePath {
		return n.list[len(n.list)-1]
	}
	return n
}

func (p *processor) filter(n *node) (*node, error) {
	result, err := p.process(n.lhs)
	if err != nil {
		return nil, err
	}
	step := lastStep(result)
	if step.group != nil {
		return nil, failAt("S0209", n.at, nil)
	}
	predicate, err := p.process(n.rhs)
	if err != nil {
		return nil, err
	}
	if predicate.seekingParent != nil {
		for _, s := range predicate.seekingParent {
			if s.level == 1 {
				if _, err := p.seekParent(step, s); err != nil {
					return nil, err
				}
			} else {
				s.level--
			}
		}
		pushAncestry(step, predicate)
	}
	if result.kind == nodePath {
		step.stages = append(step.stages, stage{filter: predicate})
	} else {
		step.predicate = append(step.predicate, stage{filter: predicate})
	}
	return result, nil
}

func (p *processor) groupBy(n *node) (*node, error) {
	result, err := p.process(n.lhs)
	if err != nil {
		return nil, err
	}
	if result.group != nil {
		return nil, failAt("S0210", n.at, nil)
	}
	pairs, err := p.pairs(n.pairs, nil)
	result.group = &group{pairs, n.at}
	return result, err
}

// pairs processes the members of an object. What within them looks for a parent is made known to parent.
func (p *processor) pairs(pairs [][2]*node, parent *node) ([][2]*node, error) {
	processed := make([][2]*node, len(pairs))
	for i, pair := range pairs {
		for j, part := range pair {
			var err error
			if processed[i][j], err = p.process(part); err != nil {
				return nil, err
			}
			if parent != nil {
				pushAncestry(parent, processed[i][j])
			}
		}
	}
	return processed, nil
}

func (p *processor) orderBy(n *node) (*node, error) {
	result, err := p.process(n.lhs)
	if err != nil {
		return nil, err
	}
	if result.kind != nodePath {
		result = &node{kind: nodePath, list: []*node{result}}
	}
	sort := &node{kind: nodeSort, at: n.at}
	for _, term := range n.terms {
		expression, err := p.process(term.expression)
		if err != nil {
			return nil, err
		}
		pushAncestry(sort, expression)
		sort.terms = append(sort.terms, sortTerm{term.descending, expression})
	}
	result.list = append(result.list, sort)
	return result, p.resolveAncestry(result)
}

func (p *processor) focus(n *node) (*node, error) {
	result, err := p.process(n.lhs)
	if err != nil {
		return nil, err
	}
	step := lastStep(result)
	switch {
	case step.stages != nil || step.predicate != nil:
		return nil, failAt("S0215", n.at, nil)
	case step.kind == nodeSort:
		return nil, failAt("S0216", n.at, nil)
	}
	step.keepArray = step.keepArray || n.keepArray
	step.focus, step.tuple = n.rhs.text, true
	return result, nil
}

func (p *processor) index(n *node) (*node, error) {
	result, err := p.process(n.lhs)
	if err != nil {
		return nil, err
	}
	step := lastStep(result)
	if result.kind != nodePath {
		result = &node{kind: nodePath, list: []*node{step}}
		step.stages, step.predicate = append(step.stages, step.predicate...), nil
	}
	if step.stages == nil {
		step.index = n.rhs.text
	} else {
		step.stages = append(step.stages, stage{index: n.rhs.text})
	}
	step.tuple = true
	return result, nil
}

func (p *processor) unary(n *node) (*node, error) {
	result := &node{kind: nodeUnary, text: n.text, at: n.at}
	var err error
	switch n.text {
	case "[":
		result.list, err = p.each(n.list, result)
	case "{":
		result.pairs, err = p.pairs(n.pairs, result)
	default:
		if result.rhs, err = p.process(n.rhs); err != nil {
			return nil, err
		}
		if f, ok := result.rhs.value.(float64); ok && result.rhs.kind == nodeNumber {
			result = result.rhs
			result.value = -f
			return result, nil
		}
		pushAncestry(result, result.rhs)
	}
	return result, err
}

// each processes nodes of a list, and makes what looks for a parent within them known to theirs.
func (p *processor) each(nodes []*node, parent *node) ([]*node, error) {
	processed := make([]*node, len(nodes))
	for i, n := range nodes {
		var err error
		if processed[i], err = p.process(n); err != nil {
			return nil, err
		}
		pushAncestry(parent, processed[i])
	}
	return processed, nil
}

func (p *processor) call(n *node) (*node, error) {
	result := &node{kind: n.kind, at: n.at}
	var err error
	if result.list, err = p.each(n.list, result); err != nil {
		return nil, err
	}
	result.procedure, err = p.process(n.procedure)
	return result, err
}

func (p *processor) lambda(n *node) (*node, error) {
	outer := p.binds
	body, err := p.process(n.rhs)
	p.binds = outer
	if err != nil {
		return nil, err
	}
	return &node{kind: nodeLambda, list: n.list, signature: n.signature, at: n.at, rhs: tailCalls(body), names: parameterNames(n.list)}, nil
}

func parameterNames(parameters []*node) []string {
	names := make([]string, len(parameters))
	for i, parameter := range parameters {
		names[i] = parameter.text
	}
	return names
}

func (p *processor) condition(n *node) (*node, error) {
	result := &node{kind: nodeCondition, at: n.at}
	for _, part := range []struct {
		from *node
		to   **node
	}{{n.lhs, &result.lhs}, {n.rhs, &result.rhs}, {n.third, &result.third}} {
		if part.from == nil {
			continue
		}
		processed, err := p.process(part.from)
		if err != nil {
			return nil, err
		}
		*part.to = processed
		pushAncestry(result, processed)
	}
	return result, nil
}

func (p *processor) transform(n *node) (*node, error) {
	result := &node{kind: nodeTransform, at: n.at}
	var err error
	if result.lhs, err = p.process(n.lhs); err != nil {
		return nil, err
	}
	if result.rhs, err = p.process(n.rhs); err != nil {
		return nil, err
	}
	if n.third != nil {
		result.third, err = p.process(n.third)
	}
	return result, err
}

func (p *processor) block(n *node) (*node, error) {
	result := &node{kind: nodeBlock, at: n.at}
	outer := p.binds
	p.binds = false
	var err error
	result.list, err = p.each(n.list, result)
	result.scope, p.binds = p.binds, outer
	if err != nil {
		return nil, err
	}
	result.consarray = slices.ContainsFunc(result.list, func(part *node) bool {
		return part.consarray || part.kind == nodePath && part.list[0].consarray
	})
	return result, nil
}

// tailCalls marks the calls with which a function's body ends: they are not made by the body, but by
// whoever called it, so that the stack does not grow.
func tailCalls(n *node) *node {
	switch n.kind {
	case nodeFunction:
		if n.predicate == nil {
			return &node{kind: nodeLambda, thunk: true, at: n.at, rhs: n}
		}
	case nodeCondition:
		n.rhs = tailCalls(n.rhs)
		if n.third != nil {
			n.third = tailCalls(n.third)
		}
	case nodeBlock:
		if last := len(n.list) - 1; last >= 0 {
			n.list[last] = tailCalls(n.list[last])
		}
	}
	return n
}
