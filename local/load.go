package local

// This file reads the templates and finds everything in them that the engine
// does not do, before it does anything.

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/assembly"
	"github.com/tradepost-dev/tradepost/local/cfn"
)

// stack is a stack of the assembly that is ready to be created.
type stack struct {
	assembly.Stack
	cfn cfn.Stack
}

// load reads all templates, nested ones included, and reports everything that
// is not supported.
func (e *Engine) load(o Options) ([]stack, error) {
	var stacks []stack
	var faults []string
	declared := map[string]bool{}
	for _, s := range e.assembly.Stacks {
		if declared[s.Name] {
			faults = append(faults, fmt.Sprintf("%s: two stacks of the assembly have this name", s.Name))
		}
		declared[s.Name] = true
		parameters := maps.Clone(s.Parameters)
		if parameters == nil {
			parameters = map[string]string{}
		}
		maps.Copy(parameters, o.Parameters[s.Name])
		template, err := readTemplate(s.TemplateFile)
		if err != nil {
			return nil, fmt.Errorf("stack %s: %w", s.Name, err)
		}
		e.declare(s.Name, s.TemplateFile, template)
		ready := e.stack(s.Name, template, parameters)
		for _, key := range slices.Sorted(maps.Keys(s.Tags)) {
			ready.Tags = append(ready.Tags, cfn.Tag{Key: key, Value: s.Tags[key]})
		}
		faults = append(faults, prefixed(s.Name, ready.Check(e.types))...)
		faults = append(faults, e.checkNested(ready, s.Name+"/", e.declare)...)
		stacks = append(stacks, stack{s, ready})
	}
	for _, name := range slices.Sorted(maps.Keys(o.Parameters)) {
		if !declared[name] {
			faults = append(faults, fmt.Sprintf("%s: the options have parameters for this stack, which the assembly does not have", name))
		}
	}
	for _, function := range o.resident() {
		if !e.functions[function] {
			faults = append(faults, fmt.Sprintf("%s: the options have a handler for this function, which the assembly does not have", function))
		}
	}
	if o.Mains != nil {
		for _, function := range slices.Sorted(maps.Keys(e.functions)) {
			if o.Mains[function] == nil && o.Handlers[function] == nil {
				faults = append(faults, fmt.Sprintf("%s: the options have a Main for some functions and none for this one", function))
			}
		}
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("the assembly uses what the local engine does not do:\n  %s", strings.Join(faults, "\n  "))
	}
	return stacks, nil
}

// resident are the functions that options want in this process.
func (o Options) resident() []string {
	return slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Keys(o.Handlers)), slices.Collect(maps.Keys(o.Mains)))))
}

// readTemplate reads a template and takes its toolkit resources for what they do.
func readTemplate(path string) (*cfn.Template, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the template: %w", err)
	}
	template, err := cfn.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	dropProviders(template)
	return template, nil
}

// declare notes where the template of a stack lies, and the functions that options
// may have handlers for.
func (e *Engine) declare(stack, file string, template *cfn.Template) {
	e.paths[stack] = file
	for _, id := range template.Declared("AWS::Lambda::Function") {
		e.functions[stack+"/"+id] = true
	}
}

// stack is a template that is to be created under a name.
func (e *Engine) stack(name string, template *cfn.Template, parameters map[string]string) cfn.Stack {
	return cfn.Stack{
		Name:       name,
		Site:       e.Cloud.Site,
		Template:   template,
		Parameters: parameters,
		Imports:    e.stacks.Export,
		Dynamic:    e.dynamic,
	}
}

func prefixed(stack string, faults []string) []string {
	for i, fault := range faults {
		faults[i] = stack + "/" + fault
	}
	return faults
}
