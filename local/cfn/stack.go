package cfn

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

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
}

// Created is a stack that exists.
type Created struct {
	Outputs map[string]any    // by output name, resolved
	Exports map[string]any    // by export name
	Handles map[string]Handle // by logical id
}

// Create creates all resources whose conditions hold, each after what it
// refers to. Check the template before: Create stops at the first fault.
func (s *Stack) Create(ctx context.Context, types map[string]Type) (*Created, error) {
	r := &resolver{
		template:   s.Template,
		conditions: map[string]bool{},
		handles:    map[string]Handle{},
		imports:    s.Imports,
	}
	var err error
	if r.parameters, err = s.parameters(); err != nil {
		return nil, err
	}
	included := map[string]bool{}
	for id, resource := range s.Template.Resources {
		if included[id], err = r.wanted(resource.Condition); err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
	}
	order, err := s.Template.order(func(id string) bool { return included[id] })
	if err != nil {
		return nil, err
	}
	for _, id := range order {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r.handles[id], err = s.create(ctx, r, id, types); err != nil {
			return nil, err
		}
	}
	return s.created(r)
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

func (s *Stack) create(ctx context.Context, r *resolver, id string, types map[string]Type) (Handle, error) {
	declared := s.Template.Resources[id]
	properties, err := r.resolve(orEmpty(declared.Properties))
	if err != nil {
		return Handle{}, fmt.Errorf("%s (%s): property %w", id, declared.Type, err)
	}
	metadata, err := r.resolve(orEmpty(declared.Metadata))
	if err != nil {
		return Handle{}, fmt.Errorf("%s (%s): metadata %w", id, declared.Type, err)
	}
	resource := Resource{Stack: s.Name, LogicalID: id, Type: declared.Type, Metadata: metadata.(map[string]any)}
	return types[declared.Type].create(ctx, resource, properties.(map[string]any))
}

func (s *Stack) created(r *resolver) (*Created, error) {
	created := &Created{Outputs: map[string]any{}, Exports: map[string]any{}, Handles: r.handles}
	for _, name := range slices.Sorted(maps.Keys(s.Template.Outputs)) {
		declared := s.Template.Outputs[name]
		wanted, err := r.wanted(declared.Condition)
		if err != nil {
			return nil, fmt.Errorf("output %s: %w", name, err)
		}
		if !wanted {
			continue
		}
		if created.Outputs[name], err = r.resolve(declared.Value); err != nil {
			return nil, fmt.Errorf("output %s: %w", name, err)
		}
		if declared.Export != nil {
			export, err := r.resolve(declared.Export.Name)
			if err != nil {
				return nil, fmt.Errorf("export of output %s: %w", name, err)
			}
			created.Exports[fmt.Sprint(export)] = created.Outputs[name]
		}
	}
	return created, nil
}

func (s *Stack) parameters() (map[string]any, error) {
	values := map[string]any{
		"AWS::AccountId":        s.Site.Account,
		"AWS::Region":           s.Site.Region,
		"AWS::Partition":        "aws",
		"AWS::URLSuffix":        "amazonaws.com",
		"AWS::StackName":        s.Name,
		"AWS::StackId":          s.Site.ARN("cloudformation", "stack/"+s.Name+"/"+s.id()),
		"AWS::NotificationARNs": []any{},
		"AWS::NoValue":          noValue{},
	}
	for _, name := range slices.Sorted(maps.Keys(s.Template.Parameters)) {
		declared := s.Template.Parameters[name]
		given, ok := s.Parameters[name]
		switch {
		case !ok && declared.Default == nil:
			return nil, fmt.Errorf("parameter %s has no default: give it a value", name)
		case !ok:
			values[name] = declared.Default
		default:
			values[name] = given
		}
		text, scalar := scalarText(values[name])
		if len(declared.AllowedValues) > 0 && !slices.ContainsFunc(declared.AllowedValues, func(allowed any) bool {
			allowedText, _ := scalarText(allowed)
			return scalar && allowedText == text
		}) {
			return nil, fmt.Errorf("parameter %s must be one of %v, got %v", name, declared.AllowedValues, values[name])
		}
		if scalar && (declared.Type == "CommaDelimitedList" || strings.HasPrefix(declared.Type, "List<")) {
			var list []any
			for element := range strings.SplitSeq(text, ",") {
				list = append(list, strings.TrimSpace(element))
			}
			values[name] = list
		}
	}
	for name := range s.Parameters {
		if _, ok := s.Template.Parameters[name]; !ok {
			return nil, fmt.Errorf("parameter %s is not declared by the template of stack %s", name, s.Name)
		}
	}
	return values, nil
}

// id is the last part of the stack's ARN: a UUID, the same in every run.
func (s *Stack) id() string {
	sum := sha256.Sum256([]byte(s.Site.Account + s.Site.Region + s.Name))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

func orEmpty(object map[string]any) map[string]any {
	if object == nil {
		return map[string]any{}
	}
	return object
}
