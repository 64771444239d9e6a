// This file is the Pass state: it hands on its input, or a fixed result.

package states

import "context"

type pass struct {
	base
	flow
	result any
	fixed  bool // has Result
}

func (p *parser) pass(f fields, b base, _ []string) state {
	s := &pass{base: b, flow: f.flow(b.language, passage{arguments: b.language == jsonPathLanguage, result: true})}
	if b.language == jsonPathLanguage {
		s.result, s.fixed = f.take("Result")
	}
	return s
}

func (s *pass) run(ctx context.Context, v *visit) (exit, *failure) {
	result, f := s.effectiveInput(ctx, v)
	if f != nil {
		return exit{}, f
	}
	if s.fixed {
		result = s.result
		v.inspect(rawResult, result)
	}
	return s.flow.leave(ctx, v, result)
}
