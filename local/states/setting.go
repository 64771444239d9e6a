// This file is settings: fields such as TimeoutSeconds that are a literal, a path
// to a value, or a JSONata expression.

package states

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/query"
)

// A setting is one such field.
type setting struct {
	name       string
	literal    any
	expression *expression // nil: the literal
}

// setting reads a number or a text that may be given in three ways: as it is,
// as an expression in JSONata, and in JSONPath as name+"Path". check reports what
// is wrong with a literal. It returns nil if the field is absent.
func (f fields) setting(name string, in language, check func(value any) string) *setting {
	if in == jsonPathLanguage && f.has(name+"Path") {
		f.atMostOne(name, name+"Path")
		f.take(name)
		return &setting{name: name, expression: f.jsonPath(name + "Path")}
	}
	value, ok := f.take(name)
	if !ok {
		return nil
	}
	if text, isText := value.(string); isText && in == jsonataLanguage {
		if source, ok := query.Expression(text); ok {
			e := f.template(name, in)
			if e != nil {
				e.source = source
			}
			return &setting{name: name, expression: e}
		}
	}
	if problem := check(value); problem != "" {
		fault := f.complain(name, "%s", problem)
		if problem == notRFC3339 {
			fault.aws.message = "String does not match RFC3339 timestamp"
		}
	}
	return &setting{name: name, literal: value}
}

// wholeNumber is a check for settings.
func wholeNumber(low, high int) func(value any) string {
	return func(value any) string {
		n, ok := jsonvalue.Float(value)
		if !ok || n != math.Trunc(n) || n < float64(low) || n > float64(high) {
			return fmt.Sprintf("must be an integer between %d and %d", low, high)
		}
		return ""
	}
}

// value evaluates the setting; document is what "$" means in JSONPath.
func (s *setting) value(ctx context.Context, v *visit, document any) (any, *failure) {
	if s.expression == nil {
		return s.literal, nil
	}
	return s.expression.eval(ctx, v, document)
}

// whole evaluates an integer between low and high; absent is the value of a
// setting that is not there.
func (s *setting) whole(ctx context.Context, v *visit, document any, absent, low, high int) (int, *failure) {
	if s == nil {
		return absent, nil
	}
	value, f := s.value(ctx, v, document)
	if f != nil {
		return 0, f
	}
	n, ok := v.number(value)
	switch {
	case !ok || n != math.Trunc(n):
		return 0, s.refuse(v, value, "number", "integer")
	case n < float64(low) || n > float64(high):
		return 0, s.outOfBounds(v, low, high)
	}
	return int(n), nil
}

// number is a setting's value. Recorded: a path may also refer to a number as text.
func (v *visit) number(value any) (float64, bool) {
	text, isText := value.(string)
	if !isText || v.state.language == jsonataLanguage {
		return jsonvalue.Float(value)
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// refuse is the failure of a setting whose value has the wrong type; number is
// what the type is called in JSONPath.
func (s *setting) refuse(v *visit, value any, want, number string) *failure {
	if v.state.language == jsonataLanguage {
		return s.unexpected(v, value, want)
	}
	return v.failed(errRuntime, "The %sPath field refers to value \"%s\" which is not a valid %s: %s", s.name, written(value), number, s.source())
}

// written is a value as messages show it: a text as it is, anything else as JSON.
func written(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	text, err := jsonvalue.Encode(value)
	if err != nil {
		return err.Error()
	}
	return text
}

// unexpected is the failure of a JSONata setting whose value has the wrong type.
func (s *setting) unexpected(v *visit, value any, want string) *failure {
	text, err := jsonvalue.Encode(value)
	if err != nil {
		return v.failed(errRuntime, "%v", err)
	}
	return v.evaluationFailed(s.name,
		"The JSONata expression '%s' specified for the field '%s' returned an unexpected result type. Expected '%s', but was '%s' for value: %s",
		s.source(), s.name, want, jsonvalue.KindOf(value), text)
}

func (s *setting) outOfBounds(v *visit, low, high int) *failure {
	if v.state.language == jsonataLanguage {
		return v.evaluationFailed(s.name, "%s must be between %d and %d.", s.name, low, high)
	}
	if low == 0 {
		return v.failed(errRuntime, "%s cannot be negative.", s.name)
	}
	return v.failed(errRuntime, "%s must be between %d and %d.", s.name, low, high)
}

// literalSeconds is the value of a setting that is neither a path nor an
// expression, and 0 for others.
func (s *setting) literalSeconds() float64 {
	if s == nil {
		return 0
	}
	n, _ := jsonvalue.Float(s.literal)
	return n
}

// source is the path or the expression as written.
func (s *setting) source() string {
	if s.expression == nil {
		return ""
	}
	return s.expression.source
}
