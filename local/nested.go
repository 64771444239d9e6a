package local

// This file serves AWS::CloudFormation::Stack: a stack within a stack.

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloudformation"
)

const nestedType = "AWS::CloudFormation::Stack"

// nested defines the type.
type nested struct{ engine *Engine }

type nestedProperties struct {
	TemplateURL      string
	Parameters       map[string]any
	NotificationARNs cfn.Ignored
	Tags             cfn.Ignored
	TimeoutInMinutes cfn.Ignored
}

func (n nested) Types() []cfn.Type {
	return []cfn.Type{cfn.Define(nestedType, n.create, cfn.Update(n.update))}
}

// create creates the stack under a name made of its parent's and its logical id.
func (n nested) create(ctx context.Context, r cfn.Resource, p nestedProperties) (cfn.Handle, error) {
	s, err := n.stack(ctx, r, p)
	if err != nil {
		return cfn.Handle{}, err
	}
	created, err := n.engine.stacks.Create(ctx, s, n.engine.types, cloudformation.Settings{Parent: r.Stack, DisableRollback: true})
	if err != nil {
		return n.handle(s.ID(), nil), fmt.Errorf("nested stack %s: %w", s.Name, err)
	}
	return n.handle(s.ID(), created.Outputs), nil
}

// update updates the stack, or lets it be what it was before.
func (n nested) update(ctx context.Context, r cfn.Resource, h cfn.Handle, _, after nestedProperties) (cfn.Handle, error) {
	s, err := n.stack(ctx, r, after)
	if err != nil {
		return h, err
	}
	outputs, err := n.engine.stacks.Update(ctx, h.Ref, s)
	return n.handle(h.Ref, outputs), err
}

func (n nested) stack(ctx context.Context, r cfn.Resource, p nestedProperties) (cfn.Stack, error) {
	template, err := n.engine.inner(ctx, r.Stack+"/"+r.LogicalID, p.TemplateURL)
	if err != nil {
		return cfn.Stack{}, err
	}
	parameters := map[string]string{}
	for name, value := range p.Parameters {
		parameters[name] = parameterText(value)
	}
	return n.engine.stack(r.PhysicalName(128), template, parameters), nil
}

func (n nested) handle(id string, outputs map[string]any) cfn.Handle {
	attributes := map[string]any{}
	for name, value := range outputs {
		attributes["Outputs."+name] = value
	}
	return cfn.Handle{
		Ref: id, Attributes: attributes,
		Delete: func(ctx context.Context) error { return n.engine.stacks.Delete(ctx, id) },
		Settle: func(ctx context.Context) error { return n.engine.stacks.Settle(ctx, id) },
	}
}

// inner reads the template of a nested stack: where it lies in the assembly, or
// what lies in S3.
func (e *Engine) inner(ctx context.Context, path, templateURL string) (*cfn.Template, error) {
	address, err := url.Parse(templateURL)
	if err == nil && address.Scheme == "" {
		file, ok := e.paths[path]
		if !ok {
			return nil, fmt.Errorf("property TemplateURL is not a URL: %s", templateURL)
		}
		return readTemplate(file)
	}
	if err == nil {
		if file, err := e.asset(objectAt(address)); err == nil {
			return readTemplate(file)
		}
	}
	raw, err := e.fetch(ctx, e.Cloud.Administrator(), templateURL)
	if err != nil {
		return nil, err
	}
	template, err := cfn.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", templateURL, err)
	}
	dropProviders(template)
	return template, nil
}

// checkInner checks the templates of the nested stacks of one that the API is
// to create or update, and theirs.
func (e *Engine) checkInner(s cfn.Stack, path string) (faults []string) {
	for _, id := range s.Template.Declared(nestedType) {
		value, err := s.Early(id, "TemplateURL")
		address, _ := value.(string)
		var template *cfn.Template
		if err == nil {
			template, err = e.inner(context.Background(), s.Name+"/"+id, address)
		}
		if err != nil {
			faults = append(faults, fmt.Sprintf("%s%s (%s): %v", path, id, nestedType, err))
			continue
		}
		name := cfn.Resource{Stack: s.Name, LogicalID: id}.PhysicalName(128)
		faults = append(faults, prefixed(path+id, template.Check(e.types))...)
		faults = append(faults, e.checkInner(e.stack(name, template, nil), path+id+"/")...)
	}
	return faults
}

// parameterText is how a list is passed on: with commas.
func parameterText(value any) string {
	list, ok := value.([]any)
	if !ok {
		return fmt.Sprint(value)
	}
	texts := make([]string, len(list))
	for i, element := range list {
		texts[i] = fmt.Sprint(element)
	}
	return strings.Join(texts, ",")
}

// checkNested checks the templates of a stack's nested stacks, and theirs, and
// remembers where they lie.
func (e *Engine) checkNested(s cfn.Stack, path, templateFile string) []string {
	var faults []string
	for _, id := range s.Template.Declared(nestedType) {
		file, err := e.nestedTemplate(s, id, templateFile)
		if err != nil {
			faults = append(faults, fmt.Sprintf("%s/%s (%s): %v", path, id, nestedType, err))
			continue
		}
		template, err := readTemplate(file)
		if err != nil {
			faults = append(faults, fmt.Sprintf("%s/%s (%s): %v", path, id, nestedType, err))
			continue
		}
		name := cfn.Resource{Stack: s.Name, LogicalID: id}.PhysicalName(128)
		e.paths[s.Name+"/"+id] = file
		e.declare(name, template)
		faults = append(faults, prefixed(path+"/"+id, template.Check(e.types))...)
		faults = append(faults, e.checkNested(e.stack(name, template, nil), path+"/"+id, file)...)
	}
	return faults
}

// nestedTemplate finds the file behind a TemplateURL: an asset that the CDK
// would publish, or a path relative to the parent's template, as `aws
// cloudformation package` takes it.
func (e *Engine) nestedTemplate(s cfn.Stack, id, parent string) (string, error) {
	value, err := s.Early(id, "TemplateURL")
	if err != nil {
		return "", err
	}
	text, _ := value.(string)
	address, err := url.Parse(text)
	if err != nil || text == "" {
		return "", fmt.Errorf("property TemplateURL is not a URL: %v", value)
	}
	if address.Scheme == "" {
		file := filepath.Join(filepath.Dir(parent), filepath.FromSlash(text))
		if _, err := os.Stat(file); err != nil {
			return "", fmt.Errorf("the assembly has no template %s", text)
		}
		return file, nil
	}
	bucket, key := objectAt(address)
	return e.asset(bucket, key)
}
