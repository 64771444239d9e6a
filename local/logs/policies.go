package logs

// This file is the account's policies of log groups. They are kept and told; nothing
// here writes to a group in the name of another service, so they decide about nothing.

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// maxPolicies is how many an account has in a region.
const maxPolicies = 10

type resourcePolicy struct {
	Updated  int64  `json:"lastUpdatedTime"`
	Document string `json:"policyDocument"`
	Name     string `json:"policyName"`
	Scope    string `json:"policyScope"`
}

type policyOutput struct {
	Policy resourcePolicy `json:"resourcePolicy"`
}

func (l *Logs) putResourcePolicy(_ context.Context, caller cloud.Caller, in struct {
	Name     string `json:"policyName"`
	Document string `json:"policyDocument"`
}) (policyOutput, error) {
	switch {
	case in.Name == "":
		return policyOutput{}, invalid("1 validation error detected: Value null at 'policyName' failed to satisfy constraint: Member must not be null")
	case !json.Valid([]byte(in.Document)) || len(in.Document) > 5120:
		return policyOutput{}, invalid("policyDocument must be valid JSON of at most 5120 characters.")
	}
	if err := l.cloud.Authorize(caller, "logs:PutResourcePolicy", "*"); err != nil {
		return policyOutput{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.policies[in.Name]; !known && len(l.policies) >= maxPolicies {
		return policyOutput{}, errLimit
	}
	p := resourcePolicy{milliseconds(time.Now()), in.Document, in.Name, "ACCOUNT"}
	l.policies[in.Name] = p
	return policyOutput{p}, nil
}

// rewritten is a policy as AWS tells it later on, whereas PutResourcePolicy answers its
// text: with a version, members in IAM's order, and lists of one without their brackets.
func rewritten(document string) string {
	value, err := jsonvalue.Decode([]byte(document))
	policy, ok := value.(*jsonvalue.Object)
	if err != nil || !ok || !policy.Has("Statement") {
		return document // which is no policy
	}
	if !policy.Has("Version") {
		policy.Set("Version", "2008-10-17")
	}
	statements, _ := policy.Get("Statement")
	list, _ := statements.([]any)
	for i, statement := range list {
		if s, ok := statement.(*jsonvalue.Object); ok {
			list[i] = inIAMsOrder(s)
		}
	}
	return jsonvalue.Text(ordered(policy, "Version", "Id", "Statement"))
}

func inIAMsOrder(statement *jsonvalue.Object) *jsonvalue.Object {
	for name, value := range statement.Clone().All() {
		switch name {
		case "Action", "NotAction", "Resource", "NotResource":
			statement.Set(name, unwrapped(value))
		case "Principal", "NotPrincipal":
			if principals, ok := value.(*jsonvalue.Object); ok {
				for kind, who := range principals.Clone().All() {
					principals.Set(kind, unwrapped(who))
				}
			}
		}
	}
	return ordered(statement, "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
}

func unwrapped(value any) any {
	if list, ok := value.([]any); ok && len(list) == 1 {
		return list[0]
	}
	return value
}

// ordered puts the members of an object into the order of first; others are last.
func ordered(o *jsonvalue.Object, first ...string) *jsonvalue.Object {
	sorted := jsonvalue.NewObject(o.Len())
	for _, name := range first {
		if value, ok := o.Get(name); ok {
			sorted.Set(name, value)
		}
	}
	for name, value := range o.All() {
		sorted.Set(name, value)
	}
	return sorted
}

type describePoliciesOutput struct {
	Policies  []resourcePolicy `json:"resourcePolicies"`
	NextToken string           `json:"nextToken,omitempty"` // the last name of the page
}

func (l *Logs) describeResourcePolicies(_ context.Context, caller cloud.Caller, in struct {
	Limit     *int   `json:"limit"`
	NextToken string `json:"nextToken"`
}) (describePoliciesOutput, error) {
	out := describePoliciesOutput{Policies: []resourcePolicy{}}
	limit, err := limited(in.Limit, 50, 50)
	if err != nil {
		return out, err
	}
	if err := l.cloud.Authorize(caller, "logs:DescribeResourcePolicies", "*"); err != nil {
		return out, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(l.policies)) {
		if name <= in.NextToken {
			continue
		}
		if len(out.Policies) == limit {
			out.NextToken = out.Policies[limit-1].Name
			break
		}
		p := l.policies[name]
		p.Document = rewritten(p.Document)
		out.Policies = append(out.Policies, p)
	}
	return out, nil
}

func (l *Logs) deleteResourcePolicy(_ context.Context, caller cloud.Caller, in struct {
	Name string `json:"policyName"`
}) (struct{}, error) {
	if err := l.cloud.Authorize(caller, "logs:DeleteResourcePolicy", "*"); err != nil {
		return struct{}{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.policies[in.Name]; !known {
		return struct{}{}, cloud.Errorf(400, "ResourceNotFoundException", "Policy with name [%s] does not exist.", in.Name)
	}
	delete(l.policies, in.Name)
	return struct{}{}, nil
}
