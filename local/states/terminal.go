// This file holds the states that end a thread: Succeed and Fail.

package states

import (
	"context"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

type succeed struct {
	base
	flow
}

func (p *parser) succeed(f fields, b base, _ []string) state {
	s := &succeed{base: b}
	if b.language == jsonataLanguage {
		s.output = f.template("Output", b.language)
	} else {
		s.inputPath, s.outputPath = f.filter("InputPath"), f.filter("OutputPath")
	}
	return s
}

func (s *succeed) run(ctx context.Context, v *visit) (exit, *failure) {
	result, f := s.effectiveInput(ctx, v)
	if f != nil {
		return exit{}, f
	}
	return s.flow.leave(ctx, v, result)
}

type fail struct {
	base
	failure, cause *setting
}

func (p *parser) fail(f fields, b base, _ []string) state {
	return &fail{base: b, failure: f.words("Error", b.language), cause: f.words("Cause", b.language)}
}

// words reads Error or Cause. Their path form may be an intrinsic function too.
func (f fields) words(name string, in language) *setting {
	from := name + "Path"
	if in == jsonPathLanguage && f.has(from) && !f.has(name) && !isPath(f.text(from)) {
		payload := fields{faults: f.faults, path: f.path, taken: f.taken, values: jsonvalue.NewObject(1).
			Set(from, jsonvalue.NewObject(1).Set(name+".$", f.text(from)))}
		return &setting{name: name, expression: payload.template(from, in)}
	}
	return f.setting(name, in, func(value any) string {
		if _, ok := value.(string); !ok {
			return "must be a string, not " + jsonvalue.KindOf(value)
		}
		return ""
	})
}

// isPath tells a path from an intrinsic function.
func isPath(text string) bool { return text != "" && text[0] == '$' }

func (s *fail) run(ctx context.Context, v *visit) (exit, *failure) {
	v.inspect(afterInputPath, v.input.value)
	name, f := s.failure.words(ctx, v)
	if f != nil {
		return exit{}, f
	}
	cause, f := s.cause.words(ctx, v)
	if f != nil {
		return exit{}, f
	}
	return exit{}, &failure{name: name, cause: cause, within: v.entered}
}

// words evaluates Error or Cause to a text.
func (s *setting) words(ctx context.Context, v *visit) (string, *failure) {
	if s == nil {
		return "", nil
	}
	value, f := s.value(ctx, v, v.input.value)
	if f != nil {
		return "", f
	}
	if wrapped, ok := value.(*jsonvalue.Object); ok && s.expression != nil && s.expression.payload != nil {
		value, _ = wrapped.Get(s.name)
	}
	text, ok := value.(string)
	if !ok {
		return "", s.refuse(v, value, "string", "string")
	}
	return text, nil
}
