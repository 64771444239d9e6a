package local

// This file readies the stacks that are created and updated while the engine runs.

import (
	"fmt"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// ready makes the stack of a template. What of it the engine does not do, the
// change set tells; what it does not do of the nested stacks is told at once.
func (e *Engine) ready(name string, template *cfn.Template, parameters map[string]string) (cfn.Stack, error) {
	dropProviders(template)
	s := e.stack(name, template, parameters)
	if faults := e.checkNested(s, "", func(string, string, *cfn.Template) {}); len(faults) > 0 {
		return s, fmt.Errorf("the template uses what the local engine does not do: %s", strings.Join(faults, "; "))
	}
	return s, nil
}
