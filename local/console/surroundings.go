package console

// This file finds what a template names of other stacks: by their exports, by parameters,
// by outputs of nested stacks, or by ARNs.

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// surroundings are the stack of a template, and the other ones. Without them (nil) a
// template names nothing but its own.
type surroundings struct {
	*deployed
	account *account
}

// elsewhere is the id of a resource of another stack: no logical id has a slash.
func elsewhere(n *node) string { return n.Stack + "/" + n.ID }

// reference is the id of the resource that a value of the template is the name of, the
// address or the ARN, or empty.
func (s *surroundings) reference(value any) string {
	if s == nil {
		return ""
	}
	text, isText := value.(string)
	named := !isText // that a plain text is also somebody's name means nothing
	if !isText {
		var known bool
		if text, known = s.text(value); !known {
			return ""
		}
	}
	n := s.account.find(text, named)
	switch {
	case n == nil:
		return ""
	case n.Stack == *s.StackName:
		return n.ID
	}
	return elsewhere(n)
}

// typeOf is the type of a resource of another stack.
func (s *surroundings) typeOf(id string) string {
	stack, logical, found := strings.Cut(id, "/")
	if s == nil || !found {
		return ""
	}
	return s.account.stack(stack).nodes[logical].Type
}

// text evaluates a value, as far as no resource of its own stack is in it.
func (s *surroundings) text(value any) (text string, known bool) {
	if text, ok := value.(string); ok {
		return text, true
	}
	call, _ := value.(map[string]any)
	if len(call) != 1 {
		return "", false
	}
	for name, argument := range call {
		switch name {
		case "Ref":
			name, _ := argument.(string)
			return s.named(name)
		case "Fn::ImportValue":
			export, known := s.text(argument)
			value, exported := s.account.exports[export]
			return value, known && exported
		case "Fn::GetAtt":
			return s.named(strings.Join(texts(argument), "."))
		case "Fn::Join":
			return s.joined(argument)
		case "Fn::Sub":
			return s.substituted(argument)
		}
	}
	return "", false
}

// named is the value of a parameter, of one of CloudFormation's own, or of a nested
// stack's output ("Nested.Outputs.Queue").
func (s *surroundings) named(name string) (text string, known bool) {
	site, _ := cloud.ParseARN(*s.StackId)
	switch name {
	case "AWS::Region":
		return site.Region, true
	case "AWS::AccountId":
		return site.Account, true
	case "AWS::Partition":
		return site.Partition, true
	case "AWS::StackName":
		return *s.StackName, true
	}
	for _, p := range s.Parameters {
		if aws.ToString(p.ParameterKey) == name {
			return aws.ToString(p.ParameterValue), true
		}
	}
	id, output, _ := strings.Cut(name, ".Outputs.")
	nested := s.account.stack(s.nested[id])
	if nested == nil {
		return "", false
	}
	for _, o := range nested.Outputs {
		if *o.OutputKey == output {
			return *o.OutputValue, true
		}
	}
	return "", false
}

func (s *surroundings) joined(argument any) (text string, known bool) {
	list, _ := argument.([]any)
	if len(list) != 2 {
		return "", false
	}
	by, _ := list[0].(string)
	parts, ok := list[1].([]any)
	if !ok {
		return "", false
	}
	all := make([]string, len(parts))
	for i, part := range parts {
		if all[i], known = s.text(part); !known {
			return "", false
		}
	}
	return strings.Join(all, by), true
}

func (s *surroundings) substituted(argument any) (text string, known bool) {
	variables := map[string]any{}
	if list, ok := argument.([]any); ok && len(list) == 2 {
		argument = list[0]
		variables, _ = list[1].(map[string]any)
	}
	written, known := argument.(string)
	text = placeholder.ReplaceAllStringFunc(written, func(found string) string {
		name := strings.Trim(found, "${}")
		value, ok := s.named(name)
		if own, given := variables[name]; given {
			value, ok = s.text(own)
		}
		known = known && ok
		return value
	})
	return text, known
}
