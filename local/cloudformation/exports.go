package cloudformation

// This file has what stacks export, and who imports it.

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// importers are the names of the other stacks that use an export of a stack.
func (f *CloudFormation) importers(s *stack, export string) (names []string) {
	for _, other := range f.stacks {
		if other != s && !other.gone() && (other.imports[export] || other.importing[export]) {
			names = append(names, other.template.Name)
		}
	}
	return names
}

// inUse says which export of a stack is used by others and would not be what it
// is, or "".
func (f *CloudFormation) inUse(s *stack, after map[string]any) string {
	for _, name := range slices.Sorted(maps.Keys(s.outcome.Exports)) {
		value, stays := after[name]
		users := f.importers(s, name)
		switch {
		case len(users) == 0 || stays && reflect.DeepEqual(value, s.outcome.Exports[name]):
		case stays:
			return fmt.Sprintf("Export %s cannot be updated as it is in use by %s", name, strings.Join(users, ", "))
		default:
			return fmt.Sprintf("Export %s cannot be deleted as it is in use by %s", name, strings.Join(users, ", "))
		}
	}
	return ""
}

// exportable tells whether a stack may export what has been made of it: not what
// another stack exports, nor anything else than others import.
func (f *CloudFormation) exportable(s *stack) error {
	for _, name := range slices.Sorted(maps.Keys(s.created.Exports)) {
		for _, other := range f.stacks {
			if _, taken := other.outcome.Exports[name]; taken && other != s {
				return failed("Export with name %s is already exported by stack %s.", name, other.template.Name)
			}
		}
	}
	if used := f.inUse(s, s.created.Exports); used != "" {
		return failure(used)
	}
	return nil
}

type listExportsInput struct{ NextToken string }

type listExportsOutput struct {
	Exports   []export
	NextToken string `json:",omitempty"`
}

type export struct{ ExportingStackId, Name, Value string }

func (f *CloudFormation) listExports(_ context.Context, caller cloud.Caller, in listExportsInput) (out listExportsOutput, err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if err := f.authorize(caller, "ListExports", ""); err != nil {
		return out, err
	}
	all := []export{}
	for _, s := range f.sorted() {
		for _, name := range slices.Sorted(maps.Keys(s.outcome.Exports)) {
			all = append(all, export{s.id, name, f.options.Localize(fmt.Sprint(s.outcome.Exports[name]))})
		}
	}
	out.Exports, out.NextToken, err = page(all, in.NextToken)
	return out, err
}

type listImportsInput struct{ ExportName, NextToken string }

type listImportsOutput struct {
	Imports   []string
	NextToken string `json:",omitempty"`
}

func (f *CloudFormation) listImports(_ context.Context, caller cloud.Caller, in listImportsInput) (out listImportsOutput, err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if err := f.authorize(caller, "ListImports", ""); err != nil {
		return out, err
	}
	users := f.importers(nil, in.ExportName)
	if len(users) == 0 {
		return out, invalid("Export '%s' is not imported by any stack.", in.ExportName)
	}
	out.Imports, out.NextToken, err = page(users, in.NextToken)
	return out, err
}
