package cfn

// This file has the properties of resources as the changes of a change set show
// them: without secrets, and without what is known only when it has been done.

import (
	"fmt"
	"maps"
	"strings"
)

const (
	// unknown is shown of what depends on a resource that is not there yet.
	unknown = "{{changeSet:KNOWN_AFTER_APPLY}}"

	secret = "****" // of a parameter with NoEcho
)

// showing returns a resolver like another one, to show what it resolves. The two
// know the same resources.
func showing(r *resolver, imports func(string) (any, bool)) *resolver {
	for name := range r.template.Conditions {
		_, _ = r.condition(name) // by what the parameters really are
	}
	shows := *r
	shows.parameters = maps.Clone(r.parameters)
	for name, declared := range r.template.Parameters {
		if declared.Secret() {
			shows.parameters[name] = secret
		}
	}
	shows.early = func(string) string { return unknown }
	shows.imports = foreseen(imports, func(name string) string {
		shows.unexported = append(shows.unexported, name)
		return unknown
	})
	shows.dynamic = func(service, reference string) (string, error) {
		if service == "ssm" && r.dynamic != nil {
			return r.dynamic(service, reference)
		}
		return fmt.Sprintf("{{resolve:%s:%s}}", service, reference), nil
	}
	return &shows
}

// foreseen answers imports of what nobody exports yet, too.
func foreseen(imports func(string) (any, bool), otherwise func(string) string) func(string) (any, bool) {
	return func(name string) (any, bool) {
		if imports != nil {
			if value, ok := imports(name); ok {
				return value, true
			}
		}
		return otherwise(name), true
	}
}

// shown are the properties that a template declares of a resource.
func (r *resolver) shown(declared *declaration) map[string]any {
	properties := map[string]any{}
	for name, value := range declared.Properties {
		resolved, err := r.resolve(value)
		if err != nil {
			resolved = unknown // of a form that only real values have
		}
		if _, removed := resolved.(noValue); !removed {
			properties[name] = veiled(resolved)
		}
	}
	return properties
}

// veiled is a value in which a text is unknown if a part of it is.
func veiled(value any) any {
	switch v := value.(type) {
	case string:
		if strings.Contains(v, unknown) {
			return unknown
		}
	case []any:
		all := make([]any, len(v))
		for i, element := range v {
			all[i] = veiled(element)
		}
		return all
	case map[string]any:
		all := make(map[string]any, len(v))
		for key, element := range v {
			all[key] = veiled(element)
		}
		return all
	}
	return value
}

// AttributeChange is what becomes of a property: Add, Modify or Remove.
func (c Change) AttributeChange(property string) string {
	_, had := c.Before[property]
	_, has := c.After[property]
	switch {
	case !had:
		return "Add"
	case !has:
		return "Remove"
	}
	return "Modify"
}

// shows adds the properties, before and after, to a change.
func (p planner) shows(c *Change, now *instance, declared *declaration) {
	if now != nil {
		c.Before = p.before.shown(now.declared)
	}
	if declared != nil {
		p.after.unexported = nil
		c.After = p.after.shown(declared)
		if missing := p.after.unexported; len(missing) > 0 {
			c.Doubt = "No export named " + missing[0]
		}
	}
}
