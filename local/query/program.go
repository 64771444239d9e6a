// A compiled JSONata expression: in Go where that is certain to be exact, in the reference library otherwise.

package query

import (
	"context"
	"fmt"
	"strings"

	"github.com/tradepost-dev/tradepost/local/query/internal/subset"
)

// Program is a compiled JSONata expression. It can be evaluated concurrently.
type Program struct {
	source string
	native *subset.Program // nil where the expression is beyond the subset
}

// Compile checks the syntax of an expression, given without its {% %} delimiters.
func Compile(expression string) (*Program, error) {
	p := &Program{source: expression}
	if native, ok := subset.Parse(expression); ok {
		p.native = native
		return p, nil
	}
	if err := library.check(expression); err != nil {
		return nil, fmt.Errorf("compile JSONata expression %q: %w", expression, err)
	}
	return p, nil
}

// Eval evaluates the expression against variables, named without their $; "states" is one of them.
// defined is false where the expression yields nothing. An evaluation ends when ctx does, or after
// maxEvaluation, whichever is first.
func (p *Program) Eval(ctx context.Context, bindings map[string]any) (value any, defined bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	if p.native != nil {
		if value, defined, ok := p.native.Eval(bindings); ok {
			return value, defined, nil
		}
	}
	return library.evaluate(ctx, p.source, bindings)
}

// Expression cuts the delimiters off a string of the form "{% expression %}".
func Expression(s string) (string, bool) {
	if len(s) < len("{%%}") || !strings.HasPrefix(s, "{%") || !strings.HasSuffix(s, "%}") {
		return "", false
	}
	return strings.TrimSpace(s[2 : len(s)-2]), true
}
