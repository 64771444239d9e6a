package iam

// This file is the inline policies of roles, users and groups.

import (
	"context"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type inlineName struct {
	nameOf
	PolicyName string
}

type putInlineInput struct {
	inlineName
	PolicyDocument string
}

type inlineOutput struct {
	nameOf
	PolicyName     string
	PolicyDocument string // as in a URL
}

func (s *IAM) putInline(k *kind) func(context.Context, cloud.Caller, putInlineInput) (none, error) {
	return func(_ context.Context, caller cloud.Caller, in putInlineInput) (none, error) {
		name := in.of(k)
		if err := checkName("policyName", in.PolicyName, maxPolicyName); err != nil {
			return none{}, err
		}
		return none{}, s.with(s.bounded(caller, k, name), "Put"+k.name+"Policy", k, name, func(e *entity) error {
			document, err := compileIdentity(in.PolicyDocument)
			if err != nil {
				return err
			}
			return e.put(in.PolicyName, document)
		})
	}
}

// put sets an inline policy.
func (e *entity) put(name string, document compiled) error {
	total := size(document.text)
	for other, p := range e.inline {
		if other != name {
			total += size(p.text)
		}
	}
	if total > e.kind.inline {
		return fault(409, "LimitExceeded", "Maximum policy size of %d bytes exceeded for %s %s", e.kind.inline, e.kind.word(), e.name)
	}
	if e.inline[name].text != document.text { // what is put again has been used as before
		e.inline[name] = document
	}
	return nil
}

// inlinePolicy finds an inline policy.
func (e *entity) inlinePolicy(name string) (compiled, error) {
	document, ok := e.inline[name]
	if !ok {
		return document, fault(404, "NoSuchEntity", "The %s policy with name %s cannot be found.", e.kind.word(), name)
	}
	return document, nil
}

func (s *IAM) getInline(k *kind) func(context.Context, cloud.Caller, inlineName) (inlineOutput, error) {
	return func(_ context.Context, caller cloud.Caller, in inlineName) (inlineOutput, error) {
		var out inlineOutput
		if err := checkName("policyName", in.PolicyName, maxPolicyName); err != nil {
			return out, err
		}
		err := s.with(caller, "Get"+k.name+"Policy", k, in.of(k), func(e *entity) error {
			document, err := e.inlinePolicy(in.PolicyName)
			out = inlineOutput{e.names(), in.PolicyName, inURL(document.text)}
			return err
		})
		return out, err
	}
}

// names is the entity's name in the member of its kind.
func (e *entity) names() nameOf {
	switch e.kind {
	case roles:
		return nameOf{RoleName: e.name}
	case users:
		return nameOf{UserName: e.name}
	}
	return nameOf{GroupName: e.name}
}

func (s *IAM) deleteInline(k *kind) func(context.Context, cloud.Caller, inlineName) (none, error) {
	return func(_ context.Context, caller cloud.Caller, in inlineName) (none, error) {
		name := in.of(k)
		if err := checkName("policyName", in.PolicyName, maxPolicyName); err != nil {
			return none{}, err
		}
		return none{}, s.with(s.bounded(caller, k, name), "Delete"+k.name+"Policy", k, name, func(e *entity) error {
			_, err := e.inlinePolicy(in.PolicyName)
			delete(e.inline, in.PolicyName)
			return err
		})
	}
}

type listInlineInput struct {
	nameOf
	paging
}

type listInlineOutput struct {
	PolicyNames []string
	page
}

func (s *IAM) listInline(k *kind) func(context.Context, cloud.Caller, listInlineInput) (listInlineOutput, error) {
	return func(_ context.Context, caller cloud.Caller, in listInlineInput) (listInlineOutput, error) {
		var out listInlineOutput
		err := s.with(caller, "List"+k.name+"Policies", k, in.of(k), func(e *entity) (err error) {
			for name := range e.inline {
				out.PolicyNames = append(out.PolicyNames, name)
			}
			out.PolicyNames, out.page, err = cut(in.paging, out.PolicyNames, func(name string) string { return name })
			return err
		})
		return out, err
	}
}
