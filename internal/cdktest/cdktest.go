// Package cdktest helps to test constructs and apps: it synthesizes without
// building any code, and answers questions about the template in plain Go.
//
// Tests that use the CDK never call t.Parallel: all of them share one Node
// process, which serves one at a time. `make test` has the CDK leave out its own
// rules about templates, half of a synthesis: a test that wants them adds the plugin.
package cdktest

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/internal/module"
)

// NewApp makes an app with cdk.json's feature flags, construct paths in its
// templates, and bundling off. Context overrides that.
func NewApp(t *testing.T, context map[string]any) awscdk.App {
	t.Helper()
	values := flags(t)
	values["aws:cdk:bundling-stacks"] = []string{}
	values["aws:cdk:enable-path-metadata"] = true
	maps.Copy(values, context)
	return awscdk.NewApp(&awscdk.AppProps{
		Context:            &values,
		Outdir:             jsii.String(t.TempDir()),
		AnalyticsReporting: jsii.Bool(false),
	})
}

// NewStack makes a stack in such an app.
func NewStack(t *testing.T) awscdk.Stack {
	t.Helper()
	return awscdk.NewStack(NewApp(t, nil), jsii.String("Stack"), nil)
}

// flags reads the context of cdk.json, in the module's folder.
func flags(t *testing.T) map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(module.Root(t), "cdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Context map[string]any }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatalf("cdk.json: %v", err)
	}
	return file.Context
}

// Template is a synthesized template. Resources are known by their
// construct's path below the stack, without the ending "/Resource".
type Template struct {
	Resources map[string]Resource // by logical id
	Rules     map[string]any
	t         *testing.T
}

// Resource is a resource of a template.
type Resource struct {
	LogicalID      string `json:"-"`
	Path           string `json:"-"`
	Type           string
	Properties     map[string]any
	Metadata       map[string]any
	DependsOn      []string
	DeletionPolicy string
}

// Synth synthesizes the app of a stack and reads the stack's template.
func Synth(t *testing.T, stack awscdk.Stack) *Template {
	t.Helper()
	app := stack.Node().Root().(awscdk.App)
	var folder string
	err := Panics(func() { folder = *app.Synth(nil).Directory() })
	if err != "" {
		t.Fatalf("synthesize %s: %s", *stack.Node().Id(), err)
	}
	return Read(t, filepath.Join(folder, *stack.TemplateFile()))
}

// Read reads a template.
func Read(t *testing.T, file string) *Template {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	template := &Template{t: t}
	if err := json.Unmarshal(data, template); err != nil {
		t.Fatal(err)
	}
	for id, resource := range template.Resources {
		resource.LogicalID = id
		if path, ok := resource.Metadata["aws:cdk:path"].(string); ok {
			_, path, _ = strings.Cut(path, "/")
			resource.Path = strings.TrimSuffix(strings.TrimSuffix(path, "/Resource"), "/Resource")
		}
		template.Resources[id] = resource
	}
	return template
}

// For is the template with failures reported to another test: a template that
// several tests look at is synthesized once.
func (tp *Template) For(t *testing.T) *Template {
	return &Template{Resources: tp.Resources, Rules: tp.Rules, t: t}
}

// Panics runs f and returns what it panics with, or "".
func Panics(f func()) (message string) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			message = r.Error()
		case string:
			message = r
		default:
			message = "panic of another kind"
		}
	}()
	f()
	return ""
}

// At is the resource of a type at a path.
func (tp *Template) At(resourceType, path string) Resource {
	tp.t.Helper()
	for _, resource := range tp.OfType(resourceType) {
		if resource.Path == path {
			return resource
		}
	}
	var paths []string
	for _, resource := range tp.OfType(resourceType) {
		paths = append(paths, resource.Path)
	}
	tp.t.Fatalf("no %s at %s: there are %q", resourceType, path, paths)
	panic("unreachable")
}

// OfType lists the resources of a type by path.
func (tp *Template) OfType(resourceType string) []Resource {
	var resources []Resource
	for _, resource := range tp.Resources {
		if resource.Type == resourceType {
			resources = append(resources, resource)
		}
	}
	slices.SortFunc(resources, func(a, b Resource) int { return strings.Compare(a.Path, b.Path) })
	return resources
}

// Has checks that a resource has properties at least like want: an object may
// have more members than want's, anything else has to be equal.
func (tp *Template) Has(resource Resource, want string) {
	tp.t.Helper()
	var expected map[string]any
	if err := json.Unmarshal([]byte(want), &expected); err != nil {
		tp.t.Fatalf("expected properties of %s: %v", resource.Path, err)
	}
	if where := differs("", tp.plain(resource.Properties), expected); where != "" {
		got, _ := json.MarshalIndent(tp.plain(resource.Properties), "", "  ")
		tp.t.Errorf("%s (%s) differs at %s: want %s\nin %s", resource.Path, resource.Type, where, want, got)
	}
}

func differs(where string, got, want any) string {
	if members, ok := want.(map[string]any); ok {
		object, ok := got.(map[string]any)
		if !ok {
			return where
		}
		for name, value := range members {
			if at := differs(where+"."+name, object[name], value); at != "" {
				return at
			}
		}
		return ""
	}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if string(a) == string(b) {
		return ""
	}
	return where
}

// Plain is a value with every intrinsic function in words, so that it can be
// compared and read: {"Fn::GetAtt": [id, "Arn"]} becomes "<path>.Arn", Ref
// "<path>", a Join its text.
func (tp *Template) Plain(value any) any { return tp.plain(value) }

func (tp *Template) plain(value any) any {
	switch v := value.(type) {
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = tp.plain(element)
		}
		return list
	case map[string]any:
		if text, ok := tp.intrinsic(v); ok {
			return text
		}
		object := make(map[string]any, len(v))
		for name, member := range v {
			object[name] = tp.plain(member)
		}
		return object
	}
	return value
}

func (tp *Template) intrinsic(v map[string]any) (string, bool) {
	if len(v) != 1 {
		return "", false
	}
	if id, ok := v["Ref"].(string); ok {
		return "<" + tp.name(id) + ">", true
	}
	if pair, ok := v["Fn::GetAtt"].([]any); ok {
		return "<" + tp.name(pair[0].(string)) + "." + pair[1].(string) + ">", true
	}
	if arguments, ok := v["Fn::Join"].([]any); ok {
		var parts []string
		for _, part := range arguments[1].([]any) {
			text, _ := tp.plain(part).(string)
			parts = append(parts, text)
		}
		return strings.Join(parts, arguments[0].(string)), true
	}
	for name, arguments := range v {
		if strings.HasPrefix(name, "Fn::") {
			text, _ := json.Marshal(tp.plain(arguments))
			return name + string(text), true
		}
	}
	return "", false
}

func (tp *Template) name(logicalID string) string {
	if resource, ok := tp.Resources[logicalID]; ok && resource.Path != "" {
		return resource.Path
	}
	return logicalID
}
