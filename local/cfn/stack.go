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

// Stack is a template to be created.
type Stack struct {
	Name       string
	Site       cloud.Site
	Template   *Template
	Parameters map[string]string // by name; defaults fill the rest

	// Imports answers Fn::ImportValue.
	Imports func(name string) (any, bool)

	// Tell takes each step of each resource's creation and deletion. Default:
	// nobody is told.
	Tell func(Step)

	// Dynamic answers {{resolve:SERVICE:REFERENCE}}, and as ("ssm", NAME) the
	// parameters that take their value from the SSM parameter of a name.
	// Default: both are refused.
	Dynamic func(service, reference string) (string, error)
}

// Created is a stack that exists.
type Created struct {
	Outputs map[string]any    // by output name, resolved
	Exports map[string]any    // by export name
	Handles map[string]Handle // by logical id

	stack *Stack
	order []Resource // as they were created, without those that have been deleted
}

// Create creates all resources whose conditions hold, each after what it
// refers to. Check the stack before. A fault does not keep resources that have
// nothing to do with it from being created, so that the error has all faults;
// what has been created is returned with it.
func (s *Stack) Create(ctx context.Context, types map[string]Type) (*Created, error) {
	r, err := s.resolver()
	if err != nil {
		return nil, err
	}
	order, err := s.wanted(r)
	if err != nil {
		return nil, err
	}
	created := &Created{Outputs: map[string]any{}, Exports: map[string]any{}, Handles: r.handles, stack: s}
	var faults []error
	missing := map[string]bool{} // what failed, and what depends on it
	for _, id := range order {
		if err := ctx.Err(); err != nil {
			return created, err
		}
		if s.Template.needsAny(id, missing) {
			missing[id] = true
			continue
		}
		resource, err := s.create(ctx, r, id, types)
		if err != nil {
			missing[id] = true
			faults = append(faults, err)
		}
		if err == nil || r.handles[id].Delete != nil {
			created.order = append(created.order, resource)
		}
	}
	if len(faults) > 0 {
		return created, errors.Join(faults...)
	}
	return created, s.resolveOutputs(r, created)
}

// Wanted returns the logical ids of the resources whose conditions hold, as they
// would be created.
func (s *Stack) Wanted() ([]string, error) {
	r, err := s.resolver()
	if err != nil {
		return nil, err
	}
	return s.wanted(r)
}

func (s *Stack) wanted(r *resolver) ([]string, error) {
	included := map[string]bool{}
	for id, resource := range s.Template.Resources {
		var err error
		if included[id], err = r.wanted(resource.Condition); err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
	}
	return s.Template.order(func(id string) bool { return included[id] })
}

// resolver returns one that knows the parameters, and no resource yet.
func (s *Stack) resolver() (*resolver, error) {
	r := &resolver{
		template:   s.Template,
		conditions: map[string]bool{},
		handles:    map[string]Handle{},
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

// create creates one resource and hands its handle to the resolver.
func (s *Stack) create(ctx context.Context, r *resolver, id string, types map[string]Type) (Resource, error) {
	declared := s.Template.Resources[id]
	resource := Resource{Stack: s.Name, LogicalID: id, Type: declared.Type}
	properties, err := r.resolve(orEmpty(declared.Properties))
	if err != nil {
		return resource, fmt.Errorf("%s (%s): property %w", id, declared.Type, err)
	}
	metadata, err := r.resolve(orEmpty(declared.Metadata))
	if err != nil {
		return resource, fmt.Errorf("%s (%s): metadata %w", id, declared.Type, err)
	}
	resource.Metadata = metadata.(map[string]any)
	t, _ := typeNamed(types, declared.Type)
	s.tell(Step{resource, "", "CREATE_IN_PROGRESS", ""})
	handle, err := t.create(ctx, resource, properties.(map[string]any))
	r.handles[id] = handle
	if err != nil {
		s.tell(Step{resource, handle.Ref, "CREATE_FAILED", err.Error()})
		return resource, err
	}
	s.tell(Step{resource, handle.Ref, "CREATE_COMPLETE", ""})
	return resource, nil
}

// resolveOutputs fills in the outputs whose conditions hold, and the exports.
func (s *Stack) resolveOutputs(r *resolver, created *Created) error {
	for _, name := range slices.Sorted(maps.Keys(s.Template.Outputs)) {
		declared := s.Template.Outputs[name]
		wanted, err := r.wanted(declared.Condition)
		if err != nil {
			return fmt.Errorf("output %s: %w", name, err)
		}
		if !wanted {
			continue
		}
		if created.Outputs[name], err = r.resolve(declared.Value); err != nil {
			return fmt.Errorf("output %s: %w", name, err)
		}
		if declared.Export != nil {
			export, err := r.resolve(declared.Export.Name)
			if err != nil {
				return fmt.Errorf("export of output %s: %w", name, err)
			}
			created.Exports[fmt.Sprint(export)] = created.Outputs[name]
		}
	}
	return nil
}

// ID is the stack's ARN. Its last part is a UUID, the same in every run.
func (s *Stack) ID() string {
	sum := sha256.Sum256([]byte(s.Site.Account + s.Site.Region + s.Name))
	return s.Site.ARN("cloudformation", fmt.Sprintf("stack/%s/%x-%x-%x-%x-%x", s.Name, sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]))
}

func orEmpty(object map[string]any) map[string]any {
	if object == nil {
		return map[string]any{}
	}
	return object
}
