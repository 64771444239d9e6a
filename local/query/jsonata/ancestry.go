// The parent operator: % stands for what the value of a step was found in. Which step that is, is found out
// when an expression is compiled; that step then carries its own context along as a variable.

package jsonata

import (
	"slices"
	"strconv"
)

// slotLabel names a slot's variable, as no expression can.
func slotLabel(index int) string { return "!" + strconv.Itoa(index) }

// seekParent goes up one step for a slot, and marks the step whose context is sought.
func (p *processor) seekParent(n *node, s *slot) (*slot, error) {
	switch n.kind {
	case nodeName, nodeWildcard:
		s.level--
		if s.level == 0 {
			if n.ancestor != nil {
				p.ancestry[s.index].slot.label = n.ancestor.label // the step carries it already
			}
			n.ancestor = s
			n.tuple = true
		}
	case nodeParent:
		s.level++
	case nodeBlock:
		if len(n.list) > 0 {
			n.tuple = true
			return p.seekParent(n.list[len(n.list)-1], s)
		}
	case nodePath:
		n.tuple = true
		index := len(n.list) - 1
		s, err := p.seekParent(n.list[index], s)
		for index--; err == nil && s.level > 0 && index >= 0; index-- {
			s, err = p.seekParent(n.list[index], s)
		}
		return s, err
	default:
		return nil, failAt("S0217", n.at, nodeNames[n.kind])
	}
	return s, nil
}

// pushAncestry hands the slots that a part could not resolve on to the whole.
func pushAncestry(whole, part *node) {
	whole.seekingParent = append(whole.seekingParent, part.seekingParent...)
	if part.kind == nodeParent {
		whole.seekingParent = append(whole.seekingParent, part.slot)
	}
}

// resolveAncestry looks for the parents that a path's last step seeks among the steps before it.
func (p *processor) resolveAncestry(path *node) error {
	last := path.list[len(path.list)-1]
	slots := slices.Clone(last.seekingParent)
	if last.kind == nodeParent {
		slots = append(slots, last.slot)
	}
	for _, s := range slots {
		index := len(path.list) - 2
		for s.level > 0 {
			if index < 0 {
				path.seekingParent = append(path.seekingParent, s)
				break
			}
			step := path.list[index]
			index--
			// Steps in a row that bind a variable by @ have all the same context.
			for index >= 0 && step.focus != "" && path.list[index].focus != "" {
				step = path.list[index]
				index--
			}
			var err error
			if s, err = p.seekParent(step, s); err != nil {
				return err
			}
		}
	}
	return nil
}
