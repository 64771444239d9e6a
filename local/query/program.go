// Compiled JSONata expressions.

package query

import (
	"context"
	"fmt"
	"strings"

	"github.com/tradepost-dev/tradepost/local/query/jsonata"
)

// Program is a compiled JSONata expression. It can be evaluated concurrently.
type Program struct{ expression *jsonata.Expression }

// Compile checks the syntax of an expression, given without its {% %} delimiters.
func Compile(expression string) (*Program, error) {
	compiled, err := jsonata.Compile(expression, jsonata.StepFunctions)
	if err != nil {
		return nil, fmt.Errorf("compile JSONata expression %q: %w", expression, err)
	}
	return &Program{compiled}, nil
}

// Eval evaluates the expression against variables, named without their $; "states" is one of them.
// defined is false where the expression yields nothing. An error is a *jsonata.Error, or the context's.
func (p *Program) Eval(ctx context.Context, bindings map[string]any) (value any, defined bool, err error) {
	return p.expression.Eval(ctx, jsonata.Undefined{}, bindings)
}

// Expression cuts the delimiters off a string of the form "{% expression %}".
func Expression(s string) (string, bool) {
	if len(s) < len("{%%}") || !strings.HasPrefix(s, "{%") || !strings.HasSuffix(s, "%}") {
		return "", false
	}
	return strings.TrimSpace(s[2 : len(s)-2]), true
}
