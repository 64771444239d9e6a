package cloudformation

// This file asks whether who deploys a stack may do what the stack asks for: the
// role that it was given, or else the caller.

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// actor finds who is to deploy a stack, and with which role: the one that is
// given, or the one that the stack had last, or none.
func (f *CloudFormation) actor(caller cloud.Caller, given, last string) (cloud.Caller, string, error) {
	role := given
	if role == "" {
		role = last
	} else if err := f.cloud.MayPass(caller, role, principal); err != nil {
		return caller, "", err
	}
	if role == "" {
		return caller, "", nil
	}
	actor, err := f.cloud.Assume(f.cloud.ServiceCaller(principal, ""), role, "AWSCloudFormation")
	if err != nil {
		return caller, "", invalid("Role %s is invalid or cannot be assumed", role)
	}
	return actor, role, nil
}

// mayDo asks for a deed to one of a stack's resources.
func (f *CloudFormation) mayDo(s *stack, deed cfn.Deed) error {
	f.mu.RLock()
	actor := f.root(s).actor
	f.mu.RUnlock()
	for _, r := range rightsTo(deed.Type) {
		action := []string{cfn.Create: r.create, cfn.Alter: r.update, cfn.Delete: r.delete}[deed.Verb]
		if action == "" {
			continue
		}
		for _, resource := range f.resources(r, deed) {
			if err := f.cloud.Authorize(actor, action, resource); err != nil {
				return err
			}
		}
	}
	if deed.Verb == cfn.Delete {
		return nil
	}
	if p, passes := passed[deed.Type]; passes {
		for _, role := range rolesAt(deed.Properties, p.path) {
			if err := f.cloud.MayPass(actor, role, p.to); err != nil {
				return err
			}
		}
	}
	return nil
}

var variable = regexp.MustCompile(`\$\{([A-Za-z]+)(\.\.\.)?\}`)

// resources are the ARNs of what a deed is done to. A variable of the pattern is a
// property, or what Ref answers; a list of names is so many resources.
func (f *CloudFormation) resources(r right, deed cfn.Deed) []string {
	pattern := r.on
	if deed.Verb == cfn.Create {
		pattern = r.in
	} else if arn, _ := deed.Handle.Attributes["Arn"].(string); arn != "" && r.own {
		return []string{arn}
	}
	pattern = strings.NewReplacer("${Partition}", "aws", "${Region}", f.cloud.Region, "${Account}", f.cloud.Account).Replace(pattern)
	if match := variable.FindStringSubmatch(pattern); match != nil && match[2] != "" {
		list, _ := deed.Properties[match[1]].([]any)
		var all []string
		for _, element := range list {
			all = append(all, filled(pattern, func(string) string { return nameIn(fmt.Sprint(element)) }))
		}
		return all
	}
	return []string{filled(pattern, func(name string) string { return named(name, deed) })}
}

// filled replaces the variables of a pattern. One that is an ARN is all of it.
func filled(pattern string, value func(name string) string) (arn string) {
	whole := ""
	arn = variable.ReplaceAllStringFunc(pattern, func(match string) string {
		text := value(variable.FindStringSubmatch(match)[1])
		if strings.HasPrefix(text, "arn:") {
			whole = text
		}
		return text
	})
	if whole != "" {
		return whole
	}
	return arn
}

// named is a variable's value: that of a property, with a path if it is to have
// one, or the name or id that the resource has or will have.
func named(variable string, deed cfn.Deed) string {
	name, withPath := strings.CutSuffix(variable, "WithPath")
	name, slashless := strings.CutSuffix(name, "WithoutLeadingSlash")
	text, given := deed.Properties[name].(string)
	switch {
	case given:
	case name == "EventBusName", name == "GroupName" && deed.Type == "AWS::Scheduler::Schedule":
		text = "default"
	case deed.Verb != cfn.Create:
		text = nameIn(deed.Handle.Ref)
	case strings.HasSuffix(name, "Id"):
		return "*" // which the service will make
	default:
		text = deed.PhysicalName(64)
	}
	if path, _ := deed.Properties["Path"].(string); withPath {
		text = strings.TrimPrefix(path, "/") + text
	}
	if slashless {
		text = strings.TrimPrefix(text, "/")
	}
	return text
}

// nameIn is the name at the end of an address, a queue's say; all else is one.
func nameIn(text string) string {
	if _, isURL := strings.CutPrefix(text, "http"); isURL {
		return text[strings.LastIndex(text, "/")+1:]
	}
	return text
}

// rolesAt are the ARNs at a path of properties, "Targets.RoleArn", through lists.
func rolesAt(value any, path string) (roles []string) {
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			roles = append(roles, rolesAt(element, path)...)
		}
	case map[string]any:
		name, rest, _ := strings.Cut(path, ".")
		roles = rolesAt(v[name], rest)
	case string:
		if path == "" && strings.HasPrefix(v, "arn:aws:iam::") {
			roles = []string{v}
		}
	}
	return roles
}
