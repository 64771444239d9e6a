// Package cfn reads synthesized CloudFormation templates, resolves them, and
// creates their resources in dependency order by the types that services define.
package cfn

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Resource is one resource of a template at the time it is created or updated.
type Resource struct {
	Stack      string // the stack's name
	LogicalID  string
	Type       string         // "AWS::SQS::Queue"
	Metadata   map[string]any // resolved
	Generation int            // how many resources the logical id has stood for before
}

// Key is what names and ids are made of: the same in every run, and another one
// for a resource that replaces this one.
func (r Resource) Key() string {
	key := r.Stack + "/" + r.LogicalID
	if r.Generation > 0 {
		key += "/" + strconv.Itoa(r.Generation)
	}
	return key
}

// PhysicalName returns a name that is the same in every run: the stack, the
// logical id and a hash of the key, at most limit characters, all of [A-Za-z0-9-].
func (r Resource) PhysicalName(limit int) string {
	sum := sha256.Sum256([]byte(r.Key()))
	suffix := "-" + hex.EncodeToString(sum[:6])
	name := r.Stack + "-" + r.LogicalID
	if len(name)+len(suffix) > limit {
		name = name[:limit-len(suffix)]
	}
	return name + suffix
}

// Handle is what a created resource answers.
type Handle struct {
	Ref        string         // to Ref
	Attributes map[string]any // to Fn::GetAtt, by attribute name: "Arn"

	// Delete undoes what creating the resource did. What nobody can see any
	// more when the stack is gone needs none. Default: nothing is left of it.
	Delete func(ctx context.Context) error

	// Settle is called when the stack's update, whether it has touched the
	// resource or not, cannot be undone any more. Default: nothing is.
	Settle func(ctx context.Context) error
}

// Type is a resource type of the engine. Define makes one.
type Type struct {
	Name       string
	properties reflect.Type
	create     func(ctx context.Context, r Resource, properties map[string]any) (Handle, error)
	check      func(properties map[string]any) error                                                         // nil without a Check
	update     func(ctx context.Context, r Resource, h Handle, before, after map[string]any) (Handle, error) // nil without an Update
}

// customResource is the type of all custom resources that have none of their own.
const customResource = "AWS::CloudFormation::CustomResource"

func isCustom(typeName string) bool {
	return typeName == customResource || strings.HasPrefix(typeName, "Custom::")
}

// typeNamed finds the type of a name as templates have it.
func typeNamed(types map[string]Type, name string) (Type, bool) {
	t, ok := types[name]
	if !ok && isCustom(name) {
		t, ok = types[customResource]
	}
	return t, ok
}

// Define declares a resource type. P is a struct with one field for each
// property that the engine accepts, named as in CloudFormation, nested the
// same way; a property without a field is refused when the template is loaded.
// A property that may be left out of account is a field of type Ignored.
// Scalars given as strings ("true", "30") fill bool and number fields. A field
// is a pointer where it matters whether the property was given. With an error,
// create may return the handle of what it has left half done.
func Define[P any](name string, create func(ctx context.Context, r Resource, properties P) (Handle, error), options ...Option[P]) Type {
	t := Type{
		Name:       name,
		properties: reflect.TypeFor[P](),
		create: func(ctx context.Context, r Resource, properties map[string]any) (Handle, error) {
			p, err := decodeFor[P](r, properties)
			if err != nil {
				return Handle{}, err
			}
			handle, err := create(ctx, r, p)
			return handle, about(r, err)
		},
	}
	for _, option := range options {
		option(&t)
	}
	return t
}

// Option is what a type can do beside creating its resources.
type Option[P any] func(*Type)

// Check refuses values before anything of the stack is created. References to
// resources are placeholders then, "${Queue}" or "${Queue.Arn}", and what cannot
// be known without resources is not checked; so create has to check again.
func Check[P any](check func(P) error) Option[P] {
	return func(t *Type) {
		t.check = func(properties map[string]any) error {
			var p P
			if faults := decode(properties, reflect.ValueOf(&p).Elem(), ""); len(faults) > 0 {
				return nil // a placeholder, say, where a number is wanted
			}
			return check(p)
		}
	}
}

// Update gives a resource other properties, and keeps what is in it. Those that
// differ are such that CloudFormation changes in place: it replaces the resource
// for others, and nothing calls update then. The handle
// that update returns stands for the resource from then on, its Delete too; Ref
// answers what it did before. What fails has changed nothing, or is what update
// can be called upon again, the other way round, when the stack rolls back. A
// type without an Update refuses any change that is not a replacement.
func Update[P any](update func(ctx context.Context, r Resource, h Handle, before, after P) (Handle, error)) Option[P] {
	return func(t *Type) {
		t.update = func(ctx context.Context, r Resource, h Handle, before, after map[string]any) (Handle, error) {
			was, err := decodeFor[P](r, before)
			if err != nil {
				return h, err
			}
			will, err := decodeFor[P](r, after)
			if err != nil {
				return h, err
			}
			updated, err := update(ctx, r, h, was, will)
			if err != nil {
				return h, about(r, err)
			}
			return updated, nil
		}
	}
}

// Overwrite is the Update of a resource that is put right by creating it once
// more, as a policy is that is attached to something.
func Overwrite[P any](create func(ctx context.Context, r Resource, properties P) (Handle, error)) Option[P] {
	return Update(func(ctx context.Context, r Resource, _ Handle, _, after P) (Handle, error) {
		return create(ctx, r, after)
	})
}

// decodeFor is a resource's properties as its type's struct.
func decodeFor[P any](r Resource, properties map[string]any) (P, error) {
	var p P
	if faults := decode(properties, reflect.ValueOf(&p).Elem(), ""); len(faults) > 0 {
		return p, faultError(r, faults)
	}
	return p, nil
}

// about says of which resource an error is.
func about(r Resource, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s (%s): %w", r.LogicalID, r.Type, err)
}

// Inert declares a resource type that changes nothing on a laptop, such as an
// alarm's dashboard: it is accepted with whatever properties, and so is any
// update. Ref answers its physical name, and Fn::GetAtt what attributes returns,
// which may be nil.
func Inert(name string, attributes func(r Resource, ref string) map[string]any) Type {
	return Type{
		Name: name,
		create: func(_ context.Context, r Resource, _ map[string]any) (Handle, error) {
			handle := Handle{Ref: r.PhysicalName(64)}
			if attributes != nil {
				handle.Attributes = attributes(r, handle.Ref)
			}
			return handle, nil
		},
		update: func(_ context.Context, _ Resource, h Handle, _, _ map[string]any) (Handle, error) { return h, nil },
	}
}

// Property tells whether the type accepts a property, by its path
// ("Environment.Variables"), and whether that makes no difference.
func (t Type) Property(path ...string) (accepted, ignored bool) {
	if t.properties == nil { // inert
		return true, true
	}
	at := t.properties
	for _, name := range path {
		for at.Kind() == reflect.Pointer || at.Kind() == reflect.Slice && at != rawType || at.Kind() == reflect.Map {
			at = at.Elem()
		}
		if at.Kind() != reflect.Struct || at == ignoredType {
			break // whatever is below it
		}
		field, ok := at.FieldByName(name)
		if !ok {
			return false, false
		}
		at = field.Type
	}
	return true, at == ignoredType
}

// Ignored is the type of a property that has no effect in the local engine, in a
// template and in a call.
type Ignored = cloud.Ignored

func faultError(r Resource, faults []string) error {
	return fmt.Errorf("%s (%s): %s", r.LogicalID, r.Type, strings.Join(faults, "; "))
}

// Updates tells whether resources of the type can be given other properties.
func (t Type) Updates() bool { return t.update != nil }

// Properties returns the names of the properties that the type honours, sorted;
// none of a type that takes whatever there is.
func (t Type) Properties() []string {
	if t.properties == nil || t.properties.Kind() != reflect.Struct {
		return nil
	}
	var names []string
	for _, field := range reflect.VisibleFields(t.properties) {
		if !field.Anonymous && field.Type != ignoredType {
			names = append(names, field.Name)
		}
	}
	slices.Sort(names)
	return names
}
