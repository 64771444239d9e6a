package local

import (
	"context"
	"slices"
)

// CreateAgain creates stacks of the assembly once more, when they have been
// deleted.
func (e *Engine) CreateAgain(ctx context.Context, names ...string) error {
	stacks, err := e.load(Options{})
	if err != nil {
		return err
	}
	stacks = slices.DeleteFunc(stacks, func(s stack) bool { return !slices.Contains(names, s.Name) })
	return e.createAll(ctx, stacks)
}
