package cloudformation

// This file is a stack: what has happened to it, and how it is deleted.

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

type stack struct {
	id        string
	template  cfn.Stack
	parent    string // the id of the stack that it is nested in, or empty
	created   *cfn.Created
	work      sync.Mutex // held while resources are created or deleted
	protected bool

	// The service's mutex guards all that follows, and protected.
	status, reason string
	began, ended   time.Time
	events         []event // the oldest first
	resources      map[string]*resource
	imports        map[string]bool // names of exports
	sets           []*changeSet    // the oldest first

	// What the change set had that created it.
	tags               []tag
	capabilities       []string
	changeSet, roleARN string
}

// resource is what there is to tell of a resource, deleted ones too.
type resource struct {
	LogicalResourceId    string
	PhysicalResourceId   string `json:",omitempty"`
	ResourceType         string
	ResourceStatus       string
	ResourceStatusReason string `json:",omitempty"`
	LastUpdatedTimestamp cloud.Time
}

// event is an event of the API.
type event struct {
	EventId              string
	StackId              string
	StackName            string
	LogicalResourceId    string
	PhysicalResourceId   string `json:",omitempty"`
	ResourceType         string
	ResourceStatus       string
	ResourceStatusReason string `json:",omitempty"`
	Timestamp            cloud.Time
}

// reviewed is the status of a stack that only has change sets.
const reviewed = "REVIEW_IN_PROGRESS"

// add registers a stack, with the mutex held.
func (f *CloudFormation) add(template cfn.Stack, settings Settings, status, reason string) *stack {
	s := &stack{
		id: template.ID(), template: template, parent: settings.Parent, protected: settings.Protected,
		began: time.Now(), resources: map[string]*resource{}, imports: map[string]bool{},
	}
	f.follow(s)
	f.stacks = append(f.stacks, s)
	s.becomes(status, reason)
	return s
}

// follow lets a stack's template tell what becomes of it.
func (f *CloudFormation) follow(s *stack) {
	s.template.Tell = func(step cfn.Step) {
		f.mu.Lock()
		defer f.mu.Unlock()
		s.take(step)
	}
	s.template.Imports = func(name string) (any, bool) {
		value, ok := f.Export(name)
		f.mu.Lock()
		defer f.mu.Unlock()
		s.imports[name] = true
		return value, ok
	}
}

// take records a step of one of the resources.
func (s *stack) take(step cfn.Step) {
	now := cloud.Time(s.moment())
	s.resources[step.LogicalID] = &resource{step.LogicalID, step.PhysicalID, step.Type, step.Status, step.Reason, now}
	s.events = append(s.events, event{cloud.UUID(), s.id, s.template.Name, step.LogicalID, step.PhysicalID, step.Type, step.Status, step.Reason, now})
}

// becomes records another status of the stack itself.
func (s *stack) becomes(status, reason string) {
	s.status, s.reason = status, reason
	now := s.moment()
	if s.gone() {
		s.ended = now
	}
	s.events = append(s.events, event{
		cloud.UUID(), s.id, s.template.Name, s.template.Name, s.id, "AWS::CloudFormation::Stack", status, reason, cloud.Time(now),
	})
}

// moment is the time of the next event. Clients put events in order by their
// milliseconds, so that no two have the same.
func (s *stack) moment() time.Time {
	now := time.Now()
	if n := len(s.events); n > 0 {
		if after := time.Time(s.events[n-1].Timestamp).Add(time.Millisecond); now.Before(after) {
			return after
		}
	}
	return now
}

func (s *stack) gone() bool { return s.status == "DELETE_COMPLETE" }

func (s *stack) exports() map[string]any {
	if s.created == nil || s.gone() {
		return nil
	}
	return s.created.Exports
}

// named finds a stack by its name, or by its id even when it has been deleted.
// Ids are the same in every run, so that a stack which was created again has that
// of the one before. It is called with the mutex held.
func (f *CloudFormation) named(name string) *stack {
	for _, s := range slices.Backward(f.stacks) {
		if s.id == name || s.template.Name == name && !s.gone() {
			return s
		}
	}
	return nil
}

// importer says which export of a stack another one uses, or "".
func (f *CloudFormation) importer(s *stack) string {
	for _, name := range slices.Sorted(maps.Keys(s.exports())) {
		for _, other := range f.stacks {
			if other != s && !other.gone() && other.imports[name] {
				return fmt.Sprintf("Export %s cannot be deleted as it is in use by %s", name, other.template.Name)
			}
		}
	}
	return ""
}

// delete deletes the resources of a stack that is in DELETE_IN_PROGRESS.
func (f *CloudFormation) delete(ctx context.Context, s *stack, d cfn.Deletion) error {
	s.work.Lock()
	defer s.work.Unlock()
	return f.undo(ctx, s, d, "DELETE")
}

// Delete deletes a stack that is nested in another, which is being deleted.
func (f *CloudFormation) Delete(ctx context.Context, id string) error {
	f.mu.Lock()
	s := f.named(id)
	if s == nil || s.gone() {
		f.mu.Unlock()
		return nil
	}
	s.becomes("DELETE_IN_PROGRESS", "")
	f.mu.Unlock()
	return f.delete(ctx, s, cfn.Deletion{})
}
