package lambda

// This file is the policies of functions, by one statement at a time.

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/policy"
)

// permit adds a statement to the policy of a function, or of one of its versions or
// aliases: the policy of each is its own. The lock is held.
func (l *Lambda) permit(t target, s policy.Statement) error {
	document := newPolicy()
	if err := document.Add(s); err != nil {
		return err
	}
	part, err := json.Marshal(document)
	if err != nil {
		return err
	}
	if err := l.cloud.SetResourcePolicy(t.arn(), s.Sid, part); err != nil {
		return fmt.Errorf("policy of %s: %w", t.arn(), err)
	}
	whole := t.policies[t.qualifier]
	if whole == nil {
		whole = &resourcePolicy{Document: newPolicy()}
		t.policies[t.qualifier] = whole
	}
	t.revise()
	whole.revision = t.revised()
	return whole.Add(s)
}

// resourcePolicy keeps the id that its function got when it was changed last: what
// is published since does not change a policy.
type resourcePolicy struct {
	*policy.Document
	revision string
}

func newPolicy() *policy.Document { return &policy.Document{Version: "2012-10-17", ID: "default"} }

// revise gives what the target stands for another id. The lock is held.
func (t target) revise() {
	if a, ok := t.aliases[t.qualifier]; ok {
		a.revision = cloud.UUID()
		t.aliases[t.qualifier] = a
		return
	}
	t.revision = cloud.UUID()
}

// policyRevision is the id that changes of the target's policy have to know. The lock
// is held.
func (t target) policyRevision() string {
	if whole := t.policies[t.qualifier]; whole != nil {
		return whole.revision
	}
	return t.revised()
}

// revised is that id. The lock is held.
func (t target) revised() string {
	if a, ok := t.aliases[t.qualifier]; ok {
		return a.revision
	}
	return t.revision
}

// withdrawPermission takes a statement away; false if there is none. The lock is
// held.
func (l *Lambda) withdrawPermission(t target, sid string) (bool, error) {
	whole := t.policies[t.qualifier]
	if whole == nil || !whole.Remove(sid) {
		return false, nil
	}
	if len(whole.Statement) == 0 {
		delete(t.policies, t.qualifier)
	}
	t.revise()
	whole.revision = t.revised()
	return true, l.cloud.SetResourcePolicy(t.arn(), sid, nil)
}

// forbid takes all policies of a function away.
func (l *Lambda) forbid(f *function) error {
	f.mu.Lock()
	var qualifiers []string
	for qualifier := range f.policies {
		qualifiers = append(qualifiers, qualifier)
	}
	f.mu.Unlock()
	for _, qualifier := range qualifiers {
		if err := l.forbidThrough(f, qualifier); err != nil {
			return err
		}
	}
	return nil
}

// forbidThrough takes the policy of one qualifier away.
func (l *Lambda) forbidThrough(f *function, qualifier string) error {
	t := target{function: f, qualifier: qualifier}
	f.mu.Lock()
	whole := f.policies[qualifier]
	delete(f.policies, qualifier)
	f.mu.Unlock()
	if whole == nil {
		return nil
	}
	for _, raw := range whole.Statement {
		var s struct{ Sid string }
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		if err := l.cloud.SetResourcePolicy(t.arn(), s.Sid, nil); err != nil {
			return err
		}
	}
	return nil
}

type addPermissionInput struct {
	FunctionName     string
	Qualifier        string
	RevisionId       string
	StatementId      string
	Action           string
	Principal        string
	SourceArn        string
	SourceAccount    string
	PrincipalOrgID   string
	EventSourceToken string
}

var (
	statementID      = regexp.MustCompile(`^([a-zA-Z0-9-_]+)$`)
	permittedAction  = regexp.MustCompile(`^(lambda:[*]|lambda:[a-zA-Z]+|[*])$`)
	servicePrincipal = regexp.MustCompile(`^[a-z0-9-.]+\.(amazonaws|amazon|aws\.internal)\.com$`)
)

func (in addPermissionInput) check() error {
	if !statementID.MatchString(in.StatementId) {
		return unsatisfied("'"+in.StatementId+"'", "statementId", "Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)")
	}
	if !permittedAction.MatchString(in.Action) {
		return unsatisfied("'"+in.Action+"'", "action", "Member must satisfy regular expression pattern: (lambda:[*]|lambda:[a-zA-Z]+|[*])")
	}
	if in.principal() == nil {
		return invalid("The provided principal was invalid. Please check the principal and try again.")
	}
	return nil
}

// principal is who is permitted, as policies have it; nil for what is nobody.
func (in addPermissionInput) principal() any {
	arn, isARN := cloud.ParseARN(in.Principal)
	switch {
	case in.Principal == "*":
		return "*"
	case servicePrincipal.MatchString(in.Principal):
		return map[string]string{"Service": in.Principal}
	case len(in.Principal) == 12 && numeric.MatchString(in.Principal):
		return policy.Accounts([]string{in.Principal})
	case isARN && (arn.Service == "iam" || arn.Service == "sts"):
		return map[string]string{"AWS": in.Principal}
	}
	return nil
}

// statement is the one that a permission is.
func (in addPermissionInput) statement(arn string) policy.Statement {
	s := policy.Statement{Sid: in.StatementId, Effect: "Allow", Principal: in.principal(), Action: policy.OneOrMore{in.Action}, Resource: arn}
	condition := map[string]map[string]string{}
	if in.SourceArn != "" {
		condition["ArnLike"] = map[string]string{"AWS:SourceArn": in.SourceArn}
	}
	for key, value := range map[string]string{
		"AWS:SourceAccount": in.SourceAccount, "aws:PrincipalOrgID": in.PrincipalOrgID, "lambda:EventSourceToken": in.EventSourceToken,
	} {
		if value != "" {
			if condition["StringEquals"] == nil {
				condition["StringEquals"] = map[string]string{}
			}
			condition["StringEquals"][key] = value
		}
	}
	if len(condition) > 0 {
		s.Condition = condition
	}
	return s
}

type statementOutput struct{ Statement string }

func (l *Lambda) addPermission(_ context.Context, caller cloud.Caller, in addPermissionInput) (statementOutput, error) {
	if err := in.check(); err != nil {
		return statementOutput{}, err
	}
	t, err := l.openPolicy(caller, "lambda:AddPermission", in.FunctionName, in.Qualifier)
	if err != nil {
		return statementOutput{}, err
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	if err := checkPolicyRevision(in.RevisionId, t.policyRevision()); err != nil {
		return statementOutput{}, err
	}
	if whole := t.policies[t.qualifier]; whole != nil && whole.Place(in.StatementId) >= 0 {
		return statementOutput{}, cloud.Errorf(409, "ResourceConflictException", "The statement id (%s) provided already exists. Please provide a new statement id, or remove the existing statement.", in.StatementId)
	}
	s := in.statement(t.arn())
	if err := l.permit(t, s); err != nil {
		return statementOutput{}, err
	}
	text, err := cloud.Encode(s)
	return statementOutput{string(text)}, err
}

func checkPolicyRevision(known, current string) error {
	if known != "" && known != current {
		return cloud.Errorf(412, "PreconditionFailedException", "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id")
	}
	return nil
}

// openPolicy finds what has a policy of its own.
func (l *Lambda) openPolicy(caller cloud.Caller, action, name, qualifier string) (target, error) {
	t, err := l.open(caller, action, name, qualifier)
	if err != nil {
		e := cloud.AsError(err)
		if t.function != nil && aliasName.MatchString(t.qualifier) && !numeric.MatchString(t.qualifier) && e.Code == "ResourceNotFoundException" {
			return t, cloud.Errorf(404, e.Code, "Cannot find alias arn: %s", t.arn())
		}
		return t, err
	}
	if t.qualifier == latest {
		return t, invalid("We currently do not support adding policies for $LATEST.")
	}
	return t, nil
}

type removePermissionInput struct {
	FunctionName string
	StatementId  string
	Qualifier    string
	RevisionId   string
}

func (l *Lambda) removePermission(_ context.Context, caller cloud.Caller, in removePermissionInput) (struct{}, error) {
	t, err := l.openPolicy(caller, "lambda:RemovePermission", in.FunctionName, in.Qualifier)
	if err != nil {
		if e := cloud.AsError(err); e.Code == "ResourceNotFoundException" && t.function == nil {
			e.Message = strings.Replace(e.Message, "Function not found", "No policy found for", 1)
		}
		return struct{}{}, err
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	if t.policies[t.qualifier] == nil {
		return struct{}{}, errNoPolicy
	}
	if err := checkPolicyRevision(in.RevisionId, t.policyRevision()); err != nil {
		return struct{}{}, err
	}
	found, err := l.withdrawPermission(t, in.StatementId)
	if err == nil && !found {
		err = cloud.Errorf(404, "ResourceNotFoundException", "Statement %s is not found in resource policy.", in.StatementId)
	}
	return struct{}{}, err
}

var errNoResource = cloud.Errorf(404, "ResourceNotFoundException", "The resource you requested does not exist.")

var errNoPolicy = cloud.Errorf(404, "ResourceNotFoundException", "No policy is associated with the given resource.")

type policyOutput struct{ Policy, RevisionId string }

func (l *Lambda) getPolicy(_ context.Context, caller cloud.Caller, in functionInput) (policyOutput, error) {
	t, err := l.open(caller, "lambda:GetPolicy", in.FunctionName, in.Qualifier)
	if err != nil {
		if cloud.AsError(err).Code == "ResourceNotFoundException" {
			err = errNoResource
		}
		return policyOutput{}, err
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	whole := t.policies[t.qualifier]
	if whole == nil {
		return policyOutput{}, errNoResource
	}
	text, err := cloud.Encode(whole.Document)
	return policyOutput{string(text), whole.revision}, err
}
