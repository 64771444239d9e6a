package iam

// This file is the policy simulator's API.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxSimulatedBoundaries is how many policies a simulation may have as its boundary.
const maxSimulatedBoundaries = 1

type contextEntry struct {
	ContextKeyName   string
	ContextKeyValues []string
	ContextKeyType   string
}

type simulateInput struct {
	PolicySourceArn                    string // of SimulatePrincipalPolicy only
	PolicyInputList                    []string
	PermissionsBoundaryPolicyInputList []string
	ActionNames                        []string
	ResourceArns                       []string
	ResourcePolicy                     string
	ResourceOwner                      string
	CallerArn                          string
	ContextEntries                     []contextEntry
	paging
}

type evaluationResult struct {
	EvalActionName                    string
	EvalResourceName                  string
	EvalDecision                      string
	MatchedStatements                 []matchedStatement
	MissingContextValues              []string
	PermissionsBoundaryDecisionDetail *boundaryDetail          `json:",omitempty"`
	EvalDecisionDetails               *struct{}                `json:",omitempty"` // only across accounts there are any
	ResourceSpecificResults           []resourceSpecificResult `json:",omitempty"`
}

type resourceSpecificResult struct {
	EvalResourceName                  string
	EvalResourceDecision              string
	MatchedStatements                 []matchedStatement
	MissingContextValues              []string
	PermissionsBoundaryDecisionDetail *boundaryDetail `json:",omitempty"`
}

type simulateOutput struct {
	EvaluationResults []evaluationResult
	page
}

func invalidInput(format string, args ...any) error {
	return fault(400, "InvalidInput", format, args...)
}

func (s *IAM) simulatePrincipalPolicy(_ context.Context, caller cloud.Caller, in simulateInput) (simulateOutput, error) {
	if err := s.mayReadPolicies(caller, "SimulatePrincipalPolicy", in.PolicySourceArn); err != nil {
		return simulateOutput{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	from, err := s.sourceEntity(in.PolicySourceArn)
	if err != nil {
		return simulateOutput{}, err
	}
	return s.simulate(in, from)
}

func (s *IAM) simulateCustomPolicy(_ context.Context, caller cloud.Caller, in simulateInput) (simulateOutput, error) {
	switch {
	case in.PolicySourceArn != "":
		return simulateOutput{}, cloud.NotHonoured("SimulateCustomPolicy", "PolicySourceArn")
	case len(in.PolicyInputList) == 0:
		return simulateOutput{}, invalid("policyInputList", "", "")
	}
	if err := s.cloud.Authorize(caller, "iam:SimulateCustomPolicy", "*"); err != nil {
		return simulateOutput{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.simulate(in, &entity{})
}

// mayReadPolicies asks whether the caller may have the policies of a principal told.
func (s *IAM) mayReadPolicies(caller cloud.Caller, action, source string) error {
	if len(source) < 20 {
		return invalid("policySourceArn", source, "Member must have length greater than or equal to 20")
	}
	return s.cloud.Authorize(caller, "iam:"+action, source)
}

// sourceEntity finds the principal whose policies are asked about. The lock is held.
func (s *IAM) sourceEntity(arn string) (*entity, error) {
	if e := s.entities[arn]; e != nil {
		for _, p := range e.attached {
			if err := p.unread(); err != nil {
				return nil, err
			}
		}
		return e, nil
	}
	named, ok := cloud.ParseARN(arn)
	if !ok || named.Service != "iam" {
		return nil, invalidInput("Invalid Entity Arn: %s does not clearly define entity type and name.", arn)
	}
	if named.Account != s.site.Account {
		return nil, invalidInput("Invalid Policy Source Arn: caller's account %s does not have access to policies in account %s", s.site.Account, named.Account)
	}
	for _, k := range []*kind{roles, users, groups} {
		if name, ok := strings.CutPrefix(named.Resource, k.word()+"/"); ok {
			_, err := s.find(k, name[strings.LastIndex(name, "/")+1:])
			if err == nil { // on another path
				err = fault(404, "NoSuchEntity", "The %s with ARN %s cannot be found.", k.word(), arn)
			}
			return nil, err
		}
	}
	return nil, invalidInput("Invalid Entity Arn: %s does not clearly define entity type and name.", arn)
}

// simulate judges each action of a page on each resource, with the policies of an
// entity and those of the request. The lock is held.
func (s *IAM) simulate(in simulateInput, from *entity) (simulateOutput, error) {
	out := simulateOutput{EvaluationResults: []evaluationResult{}}
	if err := in.check(); err != nil {
		return out, err
	}
	sim, err := s.suppose(in, from)
	if err != nil {
		return out, err
	}
	places := make([]int, len(in.ActionNames)) // in the order of the request
	for i := range places {
		places[i] = i
	}
	places, out.page, err = cut(in.paging, places, func(i int) string { return fmt.Sprintf("%09d", i) })
	resources := in.ResourceArns
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	for _, i := range places {
		result := evaluationResult{EvalActionName: in.ActionNames[i]}
		for _, resource := range resources {
			result.take(resource, sim.judged(s, in.ActionNames[i], resource))
		}
		out.EvaluationResults = append(out.EvaluationResults, result)
	}
	return out, err
}

// severity is which decision an action has that has several, on its resources.
var severity = []string{"allowed", "implicitDeny", "explicitDeny"}

// take adds the verdict on a resource: what is missing is told of the resource, unless
// it is any.
func (r *evaluationResult) take(resource string, v verdict) {
	if resource == "*" {
		r.EvalResourceName, r.EvalDecision, r.MatchedStatements, r.MissingContextValues, r.PermissionsBoundaryDecisionDetail = resource, v.decision, v.matched, v.missing, v.boundary
		return
	}
	r.ResourceSpecificResults = append(r.ResourceSpecificResults, resourceSpecificResult{
		EvalResourceName: resource, EvalResourceDecision: v.decision, MatchedStatements: v.matched,
		MissingContextValues: v.missing, PermissionsBoundaryDecisionDetail: v.boundary,
	})
	if len(r.ResourceSpecificResults) == 1 {
		r.EvalResourceName, r.EvalDecision, r.MatchedStatements, r.PermissionsBoundaryDecisionDetail = resource, v.decision, v.matched, v.boundary
		r.MissingContextValues, r.EvalDecisionDetails = []string{}, &struct{}{}
		return
	}
	// AWS has the form of the ARNs here that its catalogue of actions knows.
	r.EvalResourceName = "*"
	if slices.Index(severity, v.decision) > slices.Index(severity, r.EvalDecision) {
		r.EvalDecision = v.decision
	}
	r.MatchedStatements = slices.Clone(r.MatchedStatements)
	for _, m := range v.matched {
		if !slices.Contains(r.MatchedStatements, m) {
			r.MatchedStatements = append(r.MatchedStatements, m)
		}
	}
	if v.boundary != nil && !v.boundary.AllowedByPermissionsBoundary {
		r.PermissionsBoundaryDecisionDetail = v.boundary
	}
}

func (in simulateInput) check() error {
	if len(in.ActionNames) == 0 {
		return invalid("actionNames", "", "")
	}
	for _, action := range in.ActionNames {
		service, name, ok := strings.Cut(action, ":")
		if !ok || !isVendor.MatchString(service) || name == "" || strings.ContainsAny(name, "*?:") {
			return invalidInput("Invalid Input Actions: %q", action)
		}
	}
	for _, resource := range in.ResourceArns {
		if !isResource(resource) && (resource != "*" || len(in.ResourceArns) > 1) {
			return invalidInput("ResourceNames are not in a valid ARN format: %s.", resource)
		}
	}
	if len(in.PermissionsBoundaryPolicyInputList) > maxSimulatedBoundaries {
		return invalidInput("The list of Permissions Boundary policies cannot exceed %d items.", maxSimulatedBoundaries)
	}
	return nil
}

func isResource(text string) bool {
	arn, ok := cloud.ParseARN(text)
	return ok && arn.Partition != "" && arn.Service != "" && arn.Resource != ""
}

// suppose reads the policies and the context of a simulation.
func (s *IAM) suppose(in simulateInput, from *entity) (*simulation, error) {
	sim := &simulation{sources: map[*statement]source{}}
	var err error
	if sim.context, sim.lists, err = readContext(in.ContextEntries); err != nil {
		return nil, err
	}
	sim.subject = &entity{
		kind: from.kind, arn: from.arn, inline: maps.Clone(from.inline), attached: from.attached, memberOf: from.memberOf, boundary: from.boundary,
	}
	sim.includeEntity(from)
	inputs, err := sim.read("PolicyInputList", in.PolicyInputList)
	if err != nil {
		return nil, err
	}
	if sim.subject.inline == nil {
		sim.subject.inline = map[string]compiled{}
	}
	for name, p := range inputs {
		sim.subject.inline["/"+name] = p // no inline policy has a slash in its name
	}
	if err := sim.setBoundary(in.PermissionsBoundaryPolicyInputList); err != nil {
		return nil, err
	}
	if err := s.setCaller(sim, in, from); err != nil {
		return nil, err
	}
	return sim, nil
}

// read reads policies of a request, and includes them under the name of their parameter.
func (s *simulation) read(parameter string, documents []string) (map[string]compiled, error) {
	read := map[string]compiled{}
	for i, text := range documents {
		name := fmt.Sprintf("%s.%d", parameter, i+1)
		p, err := compileIdentity(text)
		if err != nil {
			return nil, invalidInput("Invalid policy in %s: %s", name, cloud.AsError(err).Message)
		}
		s.include(name, ofIdentity, p)
		read[name] = p
	}
	return read, nil
}

// setBoundary includes the boundary: of the request, or else of the entity.
func (s *simulation) setBoundary(documents []string) error {
	given, err := s.read("PermissionsBoundaryPolicyInputList", documents)
	if err != nil {
		return err
	}
	for _, p := range given {
		s.subject.boundary = &managedPolicy{current: &version{compiled: p}}
		return nil
	}
	if p := s.subject.boundary; p != nil {
		s.include(p.name, ofIdentity, p.current.compiled)
	}
	return nil
}

// setCaller supposes who calls, and what policy the resources have: only that of
// the request, as on AWS.
func (s *IAM) setCaller(sim *simulation, in simulateInput, from *entity) error {
	arn := in.CallerArn
	switch {
	case arn != "" && !strings.HasPrefix(arn, "arn:aws:iam::"+s.site.Account+":user/"):
		return invalidInput("Invalid caller - Caller must be an IAM user in this context.")
	case arn != "":
		sim.caller.ARN = arn
	case from.kind == users:
		sim.caller.ARN, sim.caller.ID = from.arn, from.id
	case in.ResourcePolicy != "":
		return invalidInput("Invalid caller - Caller must be an IAM user in this context.")
	case from.kind == roles:
		sim.caller.ARN, sim.caller.Role = from.arn, from.arn
	}
	if owner := in.ResourceOwner; owner != "" {
		if !strings.HasPrefix(owner, "arn:aws:iam::") {
			return invalidInput("'%s' is not a valid as a Resource Owner.", owner)
		}
		if owner != "arn:aws:iam::"+s.site.Account+":root" {
			return cloud.NotHonoured("the policy simulator", "ResourceOwner of another account")
		}
	}
	return sim.setResourcePolicy(in)
}

func (s *simulation) setResourcePolicy(in simulateInput) error {
	if in.ResourcePolicy == "" {
		s.caller.ResourcePolicy = policy{}
		return nil
	}
	if len(in.ResourceArns) == 0 || slices.Contains(in.ResourceArns, "*") {
		return invalidInput("Invalid Entity Arn: * does not clearly define entity type and name.")
	}
	read, err := parse(json.RawMessage(in.ResourcePolicy))
	if err != nil {
		return invalidInput("Invalid resource policy: %s", err)
	}
	s.include("ResourcePolicy", ofResource, compiled{in.ResourcePolicy, read})
	s.caller.ResourcePolicy = read
	return nil
}

// readContext holds the values of context keys to their types.
func readContext(entries []contextEntry) (given map[string][]string, lists map[string]bool, err error) {
	given, lists = map[string][]string{}, map[string]bool{}
	for _, e := range entries {
		single, several := strings.CutSuffix(e.ContextKeyType, "List")
		valid := contextTypes[single]
		switch {
		case len(e.ContextKeyName) < 5 || len(e.ContextKeyName) > 256:
			return nil, nil, invalid("contextEntries.member.contextKeyName", e.ContextKeyName, "Member must have length between 5 and 256")
		case valid == nil:
			return nil, nil, invalid("contextEntries.member.contextKeyType", e.ContextKeyType, "Member must satisfy enum value set")
		case !several && len(e.ContextKeyValues) > 1:
			return nil, nil, invalidInput("Invalid context value: %s has more than one value, and its type is %s.", e.ContextKeyName, e.ContextKeyType)
		}
		for _, value := range e.ContextKeyValues {
			if !valid(value) {
				return nil, nil, invalidInput("Invalid context value: %s of %s is not of type %s.", value, e.ContextKeyName, e.ContextKeyType)
			}
		}
		key := strings.ToLower(e.ContextKeyName)
		given[key], lists[key] = e.ContextKeyValues, several
	}
	return given, lists, nil
}

func isBase64(text string) bool {
	_, err := base64.StdEncoding.DecodeString(text)
	return err == nil
}

type contextKeysOutput struct{ ContextKeyNames []string }

func (s *IAM) getContextKeysForCustomPolicy(_ context.Context, caller cloud.Caller, in struct{ PolicyInputList []string }) (contextKeysOutput, error) {
	if len(in.PolicyInputList) == 0 {
		return contextKeysOutput{}, invalid("policyInputList", "", "")
	}
	if err := s.cloud.Authorize(caller, "iam:GetContextKeysForCustomPolicy", "*"); err != nil {
		return contextKeysOutput{}, err
	}
	return contextKeys(&entity{}, in.PolicyInputList)
}

func (s *IAM) getContextKeysForPrincipalPolicy(_ context.Context, caller cloud.Caller, in struct {
	PolicySourceArn string
	PolicyInputList []string
}) (contextKeysOutput, error) {
	if err := s.mayReadPolicies(caller, "GetContextKeysForPrincipalPolicy", in.PolicySourceArn); err != nil {
		return contextKeysOutput{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	from, err := s.sourceEntity(in.PolicySourceArn)
	if err != nil {
		return contextKeysOutput{}, err
	}
	return contextKeys(from, in.PolicyInputList)
}

// contextKeys are the condition keys of an entity's policies and of others.
func contextKeys(from *entity, documents []string) (contextKeysOutput, error) {
	sim := simulation{sources: map[*statement]source{}}
	sim.includeEntity(from)
	if _, err := sim.read("PolicyInputList", documents); err != nil {
		return contextKeysOutput{}, err
	}
	var names keyNames
	for s := range sim.sources {
		s.eachKey(func(*condition) bool { return true }, names.add)
	}
	return contextKeysOutput{names.sorted()}, nil
}
