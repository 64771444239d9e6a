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
	Tags             []cfn.Tag // its parent's, too
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
	template, _, err := n.engine.inner(ctx, r.Stack, p.TemplateURL)
	if err != nil {
		return cfn.Stack{}, err
	}
	parameters := map[string]string{}
	for name, value := range p.Parameters {
		parameters[name] = parameterText(value)
	}
	s := n.engine.stack(r.PhysicalName(128), template, parameters)
	s.Tags = p.Tags
	return s, nil
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

// inner reads the template of a stack that is nested in another one, and tells
// which file it is, if it is one: an asset that the CDK would publish, or what a
// path leads to from the template around it, as `aws cloudformation package` takes
// it. All else lies in S3.
func (e *Engine) inner(ctx context.Context, around, address string) (template *cfn.Template, file string, err error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || address == "", u.Scheme == "" && e.paths[around] == "":
		return nil, "", fmt.Errorf("property TemplateURL is not a URL: %s", address)
	case u.Scheme == "":
		file = filepath.Join(filepath.Dir(e.paths[around]), filepath.FromSlash(address))
		if _, err := os.Stat(file); err != nil {
			return nil, "", fmt.Errorf("the assembly has no template %s", address)
		}
	default:
		if file, err = e.asset(objectAt(u)); err != nil {
			template, err = e.published(ctx, address)
			return template, "", err
		}
	}
	template, err = readTemplate(file)
	return template, file, err
}

// published reads a template that lies in S3.
func (e *Engine) published(ctx context.Context, address string) (*cfn.Template, error) {
	raw, err := e.fetch(ctx, e.Cloud.Administrator(), address)
	if err != nil {
		return nil, err
	}
	template, err := cfn.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	dropProviders(template)
	return template, nil
}

// checkNested checks the templates of the stacks that are nested in one, and
// theirs. It tells of each, by the name that the stack will have.
func (e *Engine) checkNested(s cfn.Stack, path string, found func(name, file string, template *cfn.Template)) (faults []string) {
	for _, id := range s.Template.Declared(nestedType) {
		value, err := s.Early(id, "TemplateURL")
		if err != nil && s.Parameters == nil && len(s.Template.Parameters) > 0 {
			continue // its parameters are the outer stack's to give, and say which template it is
		}
		var template *cfn.Template
		var file string
		if err == nil {
			template, file, err = e.inner(context.Background(), s.Name, fmt.Sprint(value))
		}
		if err != nil {
			faults = append(faults, fmt.Sprintf("%s%s (%s): %v", path, id, nestedType, err))
			continue
		}
		name := cfn.Resource{Stack: s.Name, LogicalID: id}.PhysicalName(128)
		found(name, file, template)
		faults = append(faults, prefixed(path+id, template.Check(e.types))...)
		faults = append(faults, e.checkNested(e.stack(name, template, nil), path+id+"/", found)...)
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
