// This file is the Choice state: it goes on by the first rule that holds.

package states

import (
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

type choice struct {
	base
	flow
	rules     []rule
	otherwise string // Default
}

// A rule is one element of Choices.
type rule struct {
	condition condition
	next      string
	flow      flow // what the rule has of Assign and Output
}

// A condition is what a rule asks.
type condition interface {
	holds(ctx context.Context, v *visit, input any) (bool, *failure)
}

func (p *parser) choice(f fields, b base, _ []string) state {
	s := &choice{base: b, flow: f.flow(b.language, passage{}), otherwise: f.text("Default")}
	for i, value := range f.list("Choices", true) {
		item := f.item("Choices", i, value)
		r := rule{next: item.required("Next")}
		r.flow.assign = item.assignment(b.language)
		if b.language == jsonataLanguage {
			r.flow.output = item.template("Output", b.language)
			r.condition = item.jsonataCondition(fmt.Sprintf("Choices[%d]/Condition", i))
		} else {
			r.condition = item.comparison()
		}
		item.take("Comment")
		item.done("a rule in " + b.language.String())
		s.rules = append(s.rules, r)
	}
	return s
}

func (s *choice) links() []link {
	var links []link
	for i, r := range s.rules {
		links = append(links, link{fmt.Sprintf("Choices[%d]/Next", i), r.next})
	}
	if s.otherwise != "" {
		links = append(links, link{"Default", s.otherwise})
	}
	return links
}

func (s *choice) run(ctx context.Context, v *visit) (exit, *failure) {
	input, f := s.effectiveInput(ctx, v)
	if f != nil {
		return exit{}, f
	}
	for i := range s.rules {
		r := &s.rules[i]
		holds, f := r.condition.holds(ctx, v, input)
		if f != nil {
			return exit{}, f
		}
		if holds {
			e, f := s.follow(ctx, v, input, r)
			e.by = arm{byRule, i}
			return e, f
		}
	}
	if s.otherwise == "" {
		return exit{}, v.failed(errNoChoiceMatched, "Failed to transition out of the state. The state does not point to a next state.")
	}
	e, f := s.flow.leave(ctx, v, input)
	e.next, e.by = s.otherwise, arm{kind: byDefault}
	return e, f
}

// follow leaves the state by a rule. Assign and Output of the state itself are
// those of Default: a rule does not inherit them.
func (s *choice) follow(ctx context.Context, v *visit, input any, r *rule) (exit, *failure) {
	w := r.flow
	w.outputPath = s.outputPath
	e, f := w.leave(ctx, v, input)
	e.next = r.next
	return e, f
}

// jsonataCondition is a JSONata expression that gives a boolean.
type jsonataCondition struct {
	field      string // in messages
	literal    bool
	expression *expression
}

func (f fields) jsonataCondition(field string) condition {
	value, ok := f.values.Get("Condition")
	if b, isLiteral := value.(bool); isLiteral {
		f.take("Condition")
		return jsonataCondition{literal: b}
	}
	if !ok {
		f.lacks("Condition")
	}
	c := jsonataCondition{field: field, expression: f.template("Condition", jsonataLanguage)}
	if c.expression != nil {
		c.expression.field = field
	}
	return c
}

func (c jsonataCondition) holds(ctx context.Context, v *visit, _ any) (bool, *failure) {
	if c.expression == nil {
		return c.literal, nil
	}
	value, f := c.expression.eval(ctx, v, nil)
	if f != nil {
		return false, f
	}
	holds, ok := value.(bool)
	if !ok {
		return false, v.evaluationFailed(c.field, "The Condition field must be a boolean, but was '%s'.", jsonvalue.KindOf(value))
	}
	return holds, nil
}
