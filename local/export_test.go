package local

import "context"

// CreateAgain creates the stacks of the assembly once more, when they have been
// deleted.
func (e *Engine) CreateAgain(ctx context.Context) error {
	stacks, err := e.load(Options{})
	if err != nil {
		return err
	}
	return e.createAll(ctx, stacks)
}
