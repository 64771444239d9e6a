package local

// This file readies the stacks that change sets create while the engine runs.

import (
	"fmt"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// ready makes the stack of a template. What of it the engine does not do, the
// change set tells.
func (e *Engine) ready(name string, template *cfn.Template, parameters map[string]string) (cfn.Stack, error) {
	if nested := template.Declared(nestedType); len(nested) > 0 {
		return cfn.Stack{}, fmt.Errorf("the local engine creates nested stacks only when it starts, not by change sets: %s", strings.Join(nested, ", "))
	}
	dropProviders(template)
	return e.stack(name, template, parameters), nil
}
