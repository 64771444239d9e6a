package cloudformation

// What the API has created is kept from run to run, and so is which generation
// the resources of all stacks are of: their data is found by it.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// saved is a stack that was complete. One that the API did not create, or that
// is nested in another, has no template: it is created again by who did.
type saved struct {
	Name         string
	Before       int         `json:",omitempty"`
	Lineage      cfn.Lineage // of its resources
	Template     string      `json:",omitempty"`
	Parameters   map[string]string
	Held         map[string]string `json:",omitempty"` // what Parameter Store held for some of them
	Tags         []cfn.Tag
	Capabilities []string
	RoleARN      string
	Protected    bool
}

var _ cloud.Durable = (*CloudFormation)(nil)

// Keep makes the stacks durable, and notes those of an earlier run. It comes
// before the first stack is created.
func (f *CloudFormation) Keep() error {
	return f.cloud.Keep(f.cloud.ARN("cloudformation", "stacks"), f)
}

// Snapshot implements cloud.Durable. A stack that is under way is told of as it
// was when it was last complete.
func (f *CloudFormation) Snapshot() iter.Seq[any] {
	f.mu.RLock()
	defer f.mu.RUnlock()
	var records []any
	for _, s := range f.stacks {
		if s.gone() || !s.stable {
			continue
		}
		record := saved{Name: s.template.Name, Before: s.template.Before, Lineage: s.lineage}
		if s.made {
			record.Template, record.Parameters, record.Held = s.template.Template.Body, s.template.Parameters, s.template.Held
			record.Tags, record.Capabilities, record.RoleARN, record.Protected = s.template.Tags, s.capabilities, s.roleARN, s.protected
		}
		records = append(records, record)
	}
	return slices.Values(records)
}

// Restore implements cloud.Durable.
func (f *CloudFormation) Restore(next func(record any) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = map[string]saved{}
	for {
		var record saved
		err := next(&record)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		f.kept[record.Name] = record
		f.order = append(f.order, record.Name)
	}
}

// Revive creates the stacks once more that the API created in an earlier run, as
// they were, unless there are such by now.
func (f *CloudFormation) Revive(ctx context.Context) error {
	for _, name := range f.order {
		record, ok := f.kept[name]
		if !ok || record.Template == "" {
			continue
		}
		if err := f.revive(ctx, record); err != nil {
			return fmt.Errorf("create stack %s again, which CloudFormation's API had created: %w", name, err)
		}
	}
	return nil
}

func (f *CloudFormation) revive(ctx context.Context, record saved) error {
	template, err := parsed([]byte(record.Template))
	if err != nil {
		return err
	}
	ready, err := f.options.Ready(record.Name, template, record.Parameters)
	if err != nil {
		return err
	}
	ready.Tags, ready.Held = record.Tags, record.Held
	f.mu.Lock()
	s := f.add(ready, Settings{Protected: record.Protected, DisableRollback: true}, "CREATE_IN_PROGRESS", "")
	s.terms, s.made = terms{record.Capabilities, "", record.RoleARN}, true
	f.mu.Unlock()
	return f.create(ctx, s, f.options.Types, "DO_NOTHING")
}
