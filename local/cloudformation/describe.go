package cloudformation

// This file has the actions that tell of stacks.

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

type pageInput struct {
	StackName string // or id
	NextToken string
}

type describeStacksOutput struct{ Stacks []description }

type description struct {
	StackId                     string
	StackName                   string
	Description                 string `json:",omitempty"`
	ParentId                    string `json:",omitempty"`
	RootId                      string `json:",omitempty"`
	StackStatus                 string
	StackStatusReason           string `json:",omitempty"`
	CreationTime                cloud.Time
	LastUpdatedTime             *cloud.Time `json:",omitempty"`
	DeletionTime                *cloud.Time `json:",omitempty"`
	EnableTerminationProtection *bool       `json:",omitempty"` // of one that is there
	DisableRollback             bool
	DriftInformation            driftInformation
	NotificationARNs            []string // none
	RollbackConfiguration       struct{} // none
	ChangeSetId                 string   `json:",omitempty"`
	RoleARN                     string   `json:",omitempty"`
	Capabilities                []string `json:",omitempty"`
	Tags                        []cfn.Tag
	Parameters                  []parameter `json:",omitempty"`
	Outputs                     []output    `json:",omitempty"`
	LastOperations              []operation `json:",omitempty"`
}

// operation is what was last asked to be done to a stack.
type operation struct {
	OperationType string // CREATE_STACK, UPDATE_STACK, DELETE_STACK, ROLLBACK, CONTINUE_ROLLBACK
	OperationId   string
}

type driftInformation struct{ StackDriftStatus string }

type parameter struct {
	ParameterKey, ParameterValue string
	ResolvedValue                string `json:",omitempty"` // of Parameter Store
}

type output struct {
	OutputKey, OutputValue string
	Description            string `json:",omitempty"`
	ExportName             string `json:",omitempty"`
}

// describeStacks answers the stacks there are, or one, which may have been
// deleted if it is given by its id. All come at once.
func (f *CloudFormation) describeStacks(_ context.Context, caller cloud.Caller, in pageInput) (describeStacksOutput, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	out := describeStacksOutput{Stacks: []description{}}
	if err := f.authorize(caller, "DescribeStacks", in.StackName); err != nil {
		return out, err
	}
	if in.StackName != "" {
		s := f.named(in.StackName)
		if s == nil {
			return out, invalid("Stack with id %s does not exist", in.StackName)
		}
		out.Stacks = append(out.Stacks, f.describe(s))
		return out, nil
	}
	for _, s := range f.sorted() {
		if !s.gone() {
			out.Stacks = append(out.Stacks, f.describe(s))
		}
	}
	return out, nil
}

// sorted returns all stacks by name.
func (f *CloudFormation) sorted() []*stack {
	return slices.SortedStableFunc(slices.Values(f.stacks), func(a, b *stack) int { return cmp.Compare(a.template.Name, b.template.Name) })
}

func (f *CloudFormation) describe(s *stack) description {
	d := description{
		StackId: s.id, StackName: s.template.Name, ParentId: s.parent, StackStatus: s.status, StackStatusReason: s.reason,
		Description: s.template.Template.Description, CreationTime: cloud.Time(s.began),
		DisableRollback: s.keep, DriftInformation: driftInformation{"NOT_CHECKED"}, RoleARN: s.roleARN, Capabilities: s.capabilities, Tags: s.template.Tags,
	}
	if s.parent != "" {
		d.RootId = f.root(s).id
	}
	if s.gone() {
		ended := cloud.Time(s.ended)
		d.DeletionTime = &ended
	} else {
		protected := f.protected(s)
		d.EnableTerminationProtection = &protected
		if !strings.HasPrefix(s.status, "ROLLBACK_") { // recorded in 2025
			d.ChangeSetId = s.changeSet
		}
	}
	if s.deletes() {
		began := cloud.Time(s.deleting)
		d.DeletionTime = &began
	}
	if !s.updated.IsZero() {
		updated := cloud.Time(s.updated)
		d.LastUpdatedTime = &updated
	}
	if s.operation.OperationType != "" {
		d.LastOperations = []operation{s.operation}
	}
	d.Parameters = parametersOf(s.template)
	for _, key := range slices.Sorted(maps.Keys(s.outcome.Outputs)) {
		declared := s.template.Template.Outputs[key]
		d.Outputs = append(d.Outputs, output{key, f.options.Localize(fmt.Sprint(s.outcome.Outputs[key])), declared.Description, s.outcome.ExportNames[key]})
	}
	return d
}

// deletes tells whether a stack, or what could not be created of it, is being
// deleted, or was to be.
func (s *stack) deletes() bool {
	return !s.gone() && (strings.HasPrefix(s.status, "DELETE_") || strings.HasPrefix(s.status, "ROLLBACK_"))
}

// existing authorizes the caller and finds a stack.
func (f *CloudFormation) existing(caller cloud.Caller, action, name string) (*stack, error) {
	if err := f.authorize(caller, action, name); err != nil {
		return nil, err
	}
	if s := f.named(name); s != nil {
		return s, nil
	}
	return nil, invalid("Stack [%s] does not exist", name)
}

// maxPage is how many events or resources an answer has.
const maxPage = 100

// page cuts a page out of what there is to answer.
func page[T any](all []T, token string) (some []T, next string, err error) {
	start := 0
	if token != "" {
		if start, err = strconv.Atoi(token); err != nil || start < 0 || start > len(all) {
			return nil, "", invalid("NextToken %q is not of an answer", token)
		}
	}
	end := min(start+maxPage, len(all))
	if end < len(all) {
		next = strconv.Itoa(end)
	}
	return all[start:end], next, nil
}

type eventsOutput struct {
	StackEvents []event
	NextToken   string `json:",omitempty"`
}

// describeStackEvents answers the latest event first. A token counts from the
// oldest, so that events meanwhile shift no page.
func (f *CloudFormation) describeStackEvents(_ context.Context, caller cloud.Caller, in pageInput) (out eventsOutput, err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	s, err := f.existing(caller, "DescribeStackEvents", in.StackName)
	if err != nil {
		return out, err
	}
	older := len(s.events)
	if in.NextToken != "" {
		if older, err = strconv.Atoi(in.NextToken); err != nil || older < 1 || older > len(s.events) {
			return out, invalid("NextToken %q is not of an answer", in.NextToken)
		}
	}
	rest := max(0, older-maxPage)
	out.StackEvents = slices.Clone(s.events[rest:older])
	slices.Reverse(out.StackEvents)
	if rest > 0 {
		out.NextToken = strconv.Itoa(rest)
	}
	return out, nil
}

type listResourcesOutput struct {
	StackResourceSummaries []resource
	NextToken              string `json:",omitempty"`
}

func (f *CloudFormation) listStackResources(_ context.Context, caller cloud.Caller, in pageInput) (out listResourcesOutput, err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	s, err := f.existing(caller, "ListStackResources", in.StackName)
	if err != nil {
		return out, err
	}
	out.StackResourceSummaries, out.NextToken, err = page(s.told(), in.NextToken)
	return out, err
}

// told returns what there is to tell of the resources, by logical id.
func (s *stack) told() []resource {
	all := make([]resource, 0, len(s.resources))
	for _, id := range slices.Sorted(maps.Keys(s.resources)) {
		all = append(all, *s.resources[id])
	}
	return all
}

type describeResourcesInput struct{ StackName, LogicalResourceId, PhysicalResourceId string }

type describeResourcesOutput struct{ StackResources []stackResource }

type stackResource struct {
	StackId, StackName string
	Timestamp          cloud.Time
	resource
}

// describeStackResources answers the first 100 resources of a stack, of which
// the input may name one. PhysicalResourceId without a stack finds the stack.
func (f *CloudFormation) describeStackResources(_ context.Context, caller cloud.Caller, in describeResourcesInput) (out describeResourcesOutput, err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if in.StackName == "" {
		in.StackName = f.stackOf(in.PhysicalResourceId)
	}
	s, err := f.existing(caller, "DescribeStackResources", in.StackName)
	if err != nil {
		return out, err
	}
	for _, r := range s.told() {
		if (in.LogicalResourceId == "" || in.LogicalResourceId == r.LogicalResourceId) && len(out.StackResources) < maxPage {
			out.StackResources = append(out.StackResources, stackResource{s.id, s.template.Name, r.LastUpdatedTimestamp, r})
		}
	}
	return out, nil
}

// stackOf returns the id of the stack that has a resource.
func (f *CloudFormation) stackOf(physicalID string) string {
	for _, s := range f.stacks {
		for _, r := range s.resources {
			if physicalID != "" && r.PhysicalResourceId == physicalID {
				return s.id
			}
		}
	}
	return ""
}

type describeResourceInput struct{ StackName, LogicalResourceId string }

type describeResourceOutput struct{ StackResourceDetail stackResourceDetail }

type stackResourceDetail struct {
	StackId, StackName, LogicalResourceId string
	PhysicalResourceId                    string `json:",omitempty"`
	ResourceType, ResourceStatus          string
	ResourceStatusReason                  string `json:",omitempty"`
	LastUpdatedTimestamp                  cloud.Time
	DriftInformation                      driftOfResource
	Metadata                              string // JSON
}

func (f *CloudFormation) describeStackResource(_ context.Context, caller cloud.Caller, in describeResourceInput) (out describeResourceOutput, err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if err := f.authorize(caller, "DescribeStackResource", in.StackName); err != nil {
		return out, err
	}
	s := f.named(in.StackName)
	if s == nil {
		return out, invalid("Stack '%s' does not exist", in.StackName)
	}
	r, ok := s.resources[in.LogicalResourceId]
	if !ok {
		return out, invalid("Resource %s does not exist for stack %s", in.LogicalResourceId, in.StackName)
	}
	out.StackResourceDetail = stackResourceDetail{
		s.id, s.template.Name, r.LogicalResourceId, r.PhysicalResourceId, r.ResourceType, r.ResourceStatus, r.ResourceStatusReason, r.LastUpdatedTimestamp,
		notChecked, "{}",
	}
	if declared, ok := s.template.Template.Resources[in.LogicalResourceId]; ok {
		out.StackResourceDetail.Metadata = cmp.Or(declared.Metadata.JSON(), "{}")
	}
	return out, nil
}

type listStacksInput struct {
	StackStatusFilter []string
	NextToken         string
}

type listStacksOutput struct{ StackSummaries []summary }

type summary struct {
	StackId, StackName, StackStatus string
	StackStatusReason               string `json:",omitempty"`
	ParentId                        string `json:",omitempty"`
	RootId                          string `json:",omitempty"`
	CreationTime                    cloud.Time
	LastUpdatedTime                 *cloud.Time `json:",omitempty"`
	DeletionTime                    *cloud.Time `json:",omitempty"`
	DriftInformation                driftInformation
}

// listStacks answers all stacks, deleted ones too.
func (f *CloudFormation) listStacks(_ context.Context, caller cloud.Caller, in listStacksInput) (listStacksOutput, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	out := listStacksOutput{StackSummaries: []summary{}}
	if err := f.authorize(caller, "ListStacks", ""); err != nil {
		return out, err
	}
	for _, s := range f.sorted() {
		if d := f.describe(s); len(in.StackStatusFilter) == 0 || slices.Contains(in.StackStatusFilter, s.status) {
			out.StackSummaries = append(out.StackSummaries, summary{
				d.StackId, d.StackName, d.StackStatus, d.StackStatusReason, d.ParentId, d.RootId, d.CreationTime, d.LastUpdatedTime, d.DeletionTime, d.DriftInformation,
			})
		}
	}
	return out, nil
}
