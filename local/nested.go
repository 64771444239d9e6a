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

func (n nested) Types() []cfn.Type { return []cfn.Type{cfn.Define(nestedType, n.create)} }

// create creates the stack under a name made of its parent's and its logical id.
func (n nested) create(ctx context.Context, r cfn.Resource, p nestedProperties) (cfn.Handle, error) {
	template, err := readTemplate(n.engine.paths[r.Stack+"/"+r.LogicalID])
	if err != nil {
		return cfn.Handle{}, err
	}
	parameters := map[string]string{}
	for name, value := range p.Parameters {
		parameters[name] = parameterText(value)
	}
	s := n.engine.stack(r.PhysicalName(128), template, parameters)
	parent := cfn.Stack{Name: r.Stack, Site: s.Site}
	created, err := n.engine.stacks.Create(ctx, s, n.engine.types, cloudformation.Settings{Parent: parent.ID(), DisableRollback: true})
	handle := cfn.Handle{Ref: s.ID(), Attributes: map[string]any{}, Delete: func(ctx context.Context) error {
		return n.engine.stacks.Delete(ctx, s.ID())
	}}
	if err != nil {
		return handle, fmt.Errorf("nested stack %s: %w", s.Name, err)
	}
	for name, value := range created.Outputs {
		handle.Attributes["Outputs."+name] = value
	}
	return handle, nil
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
