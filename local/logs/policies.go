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
		out.Policies = append(out.Policies, l.policies[name])
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
