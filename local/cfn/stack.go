package cfn

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Stack is a template to be created, or what a stack is to become.
type Stack struct {
	Name       string
	Site       cloud.Site
	Template   *Template
	Parameters map[string]string // by name; defaults fill the rest

	// Held is what Parameter Store held when the stack was asked for, by the names
	// of the parameters that take their values from it. Default: it is asked when
	// something refers to one.
	Held map[string]string

	// Tags are the stack's, which its resources get as well. Default: none.
	Tags []Tag

	// Imports answers Fn::ImportValue.
	Imports func(name string) (any, bool)

	// Before is how many stacks of this name there have been, and Lineage what
	// their logical ids have stood for. Default: there have been none.
	Before  int
	Lineage Lineage

	// InPlace lets an update fail at a resource that would have to be replaced, as
	// CloudFormation does where nothing is to be rolled back. Default: replace it.
	InPlace bool

	// Tell takes each step of each resource's creation, update and deletion.
	// Default: nobody is told.
	Tell func(Step)

	// Allow is asked before each deed. Default: it may be done.
	Allow func(Deed) error

	// Dynamic answers {{resolve:SERVICE:REFERENCE}}, and as ("ssm", NAME) the
	// parameters that take their value from the SSM parameter of a name.
	// Default: both are refused.
	Dynamic func(service, reference string) (string, error)
}

// Lineage tells how many resources logical ids have stood for, so that another
// one meets none of them that was retained.
type Lineage struct {
	Next map[string]int // generations that the next resources have
	Live map[string]int // generations of the resources that there are, of an earlier run
}

// Created is a stack that exists. Only one thing at a time may be done to it.
type Created struct {
	Outcome
	Handles map[string]Handle // by logical id
	DropNew bool              // a rollback takes Retain for RetainExceptOnCreate

	stack       *Stack
	types       map[string]Type
	live        map[string]*instance // by logical id
	generations map[string]int       // that the next instance has, by logical id
	again       map[string]int       // those of an earlier run's instances
	pending     *transition          // an update that can still be undone, or nil
}

// Outcome is what a stack answers.
type Outcome struct {
	Outputs     map[string]any    // by output name, resolved
	Exports     map[string]any    // by export name
	ExportNames map[string]string // of the outputs that are exported, by output name
}

// Create creates all resources whose conditions hold, each after what it
// refers to. Check the stack before. A fault does not keep resources that have
// nothing to do with it from being created, so that the error has all faults;
// what has been created is returned with it.
func (s *Stack) Create(ctx context.Context, types map[string]Type) (*Created, error) {
	r, order, err := s.wanted()
	if err != nil {
		return nil, err
	}
	own := *s // which nobody else changes
	created := &Created{
		Outcome: nothing(), Handles: map[string]Handle{}, stack: &own, types: types, live: map[string]*instance{}, generations: orEmpty(maps.Clone(s.Lineage.Next)), again: orEmpty(maps.Clone(s.Lineage.Live)),
	}
	var faults []error
	missing := map[string]bool{} // what failed, and what depends on it
	for _, id := range order {
		if err := ctx.Err(); err != nil {
			return created, err
		}
		if s.Template.Resources[id].needsAny(missing) {
			missing[id] = true
			continue
		}
		if err := created.add(ctx, s, r, id); err != nil {
			missing[id] = true
			faults = append(faults, err)
		}
	}
	if len(faults) > 0 {
		return created, errors.Join(faults...)
	}
	created.Outcome, err = s.resolveOutputs(r)
	return created, err
}

// Lineage is that of a stack which is to be created once more, with these
// resources, in another run.
func (c *Created) Lineage() Lineage {
	l := Lineage{maps.Clone(c.generations), map[string]int{}}
	for id, i := range c.live {
		l.Live[id] = i.Generation
	}
	return l
}

// wanted returns the logical ids of the resources whose conditions hold, as they
// would be created, and the resolver that knows which do.
func (s *Stack) wanted() (r *resolver, order []string, err error) {
	if r, err = s.resolver(); err != nil {
		return nil, nil, err
	}
	included := map[string]bool{}
	for id, resource := range s.Template.Resources {
		if included[id], err = r.wanted(resource.Condition); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", id, err)
		}
	}
	order, err = s.Template.order(func(id string) bool { return included[id] })
	return r, order, err
}

// resolver returns one that knows the parameters, and no resource yet.
func (s *Stack) resolver() (*resolver, error) {
	r := &resolver{
		template:   s.Template,
		conditions: map[string]bool{},
		handles:    map[string]Handle{},
		given:      map[string]map[string]any{},
		imports:    s.Imports,
		dynamic:    s.Dynamic,
	}
	var err error
	r.parameters, err = s.parameters()
	return r, err
}

func (r *resolver) wanted(condition string) (bool, error) {
	if condition == "" {
		return true, nil
	}
	holds, err := r.condition(condition)
	if err != nil {
		return false, err
	}
	return holds.(bool), nil
}

// add creates a resource that there was not, and hands its handle to the resolver.
func (c *Created) add(ctx context.Context, s *Stack, r *resolver, id string) error {
	wanted, err := c.resolved(s, r, id)
	if err != nil {
		return err
	}
	s.tell(Step{Resource: wanted.Resource, Status: "CREATE_IN_PROGRESS"})
	made, err := c.create(ctx, *wanted)
	if err == nil || made.handle.Delete != nil {
		c.put(made)
	}
	if err != nil {
		s.tell(made.step("CREATE_FAILED", err.Error()))
		return err
	}
	r.knows(id, made.handle, made.properties)
	s.tell(made.step("CREATE_COMPLETE", ""))
	return nil
}

func nothing() Outcome { return Outcome{map[string]any{}, map[string]any{}, map[string]string{}} }

// resolveOutputs returns the outputs whose conditions hold, and the exports.
func (s *Stack) resolveOutputs(r *resolver) (Outcome, error) {
	out := nothing()
	for _, name := range slices.Sorted(maps.Keys(s.Template.Outputs)) {
		declared := s.Template.Outputs[name]
		wanted, err := r.wanted(declared.Condition)
		if err != nil {
			return out, fmt.Errorf("output %s: %w", name, err)
		}
		if !wanted {
			continue
		}
		if out.Outputs[name], err = r.resolve(declared.Value); err != nil {
			return out, fmt.Errorf("output %s: %w", name, err)
		}
		if declared.Export != nil {
			export, err := r.resolve(declared.Export.Name)
			if err != nil {
				return out, fmt.Errorf("export of output %s: %w", name, err)
			}
			out.ExportNames[name] = fmt.Sprint(export)
			if _, taken := out.Exports[out.ExportNames[name]]; taken {
				return out, fmt.Errorf("output %s: another output is exported as %s", name, out.ExportNames[name])
			}
			out.Exports[out.ExportNames[name]] = out.Outputs[name]
		}
	}
	return out, nil
}

// ID is the stack's ARN. Its last part is a UUID, the same in every run.
func (s *Stack) ID() string {
	seed := s.Site.Account + s.Site.Region + s.Name
	if s.Before > 0 {
		seed += fmt.Sprint("/", s.Before)
	}
	sum := sha256.Sum256([]byte(seed))
	return s.Site.ARN("cloudformation", fmt.Sprintf("stack/%s/%x-%x-%x-%x-%x", s.Name, sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]))
}

func orEmpty[V any](object map[string]V) map[string]V {
	if object == nil {
		return map[string]V{}
	}
	return object
}
