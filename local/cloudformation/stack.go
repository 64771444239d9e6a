package cloudformation

// This file is a stack, and what has happened to it.

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

type stack struct {
	id        string
	parent    string // the id of the stack that it is nested in, or empty
	created   *cfn.Created
	work      sync.Mutex // held while resources are created, updated or deleted
	protected bool

	// The service's mutex guards all that follows, and protected.
	template       cfn.Stack   // what it was when it was last complete, or is to be created of
	outcome        cfn.Outcome // since it was last complete
	stable         bool        // whether it has ever been complete
	status, reason string
	operation      operation // the last one, or none
	began, ended   time.Time
	deleting       time.Time // when it, or what could not be created of it, began to be deleted; or zero
	updated        time.Time // when its last update began, or zero
	events         []event   // the oldest first
	resources      map[string]*resource
	imports        map[string]bool   // names of exports
	importing      map[string]bool   // those of what it is being updated to, or nil
	sets           []*changeSet      // the oldest first
	cancel         func()            // ends the update that is under way
	keep           bool              // whether it is not rolled back when it fails
	before         before            // the last update
	actor          cloud.Caller      // who deploys it, or has it deleted
	lineage        cfn.Lineage       // of its resources, since they were last complete or deleted
	made           bool              // whether the API has created it
	dropNew        bool              // whether a rollback deletes what is new, whatever its DeletionPolicy
	token          string            // of the request that is under way
	tokens         map[string]string // actions, by the tokens of all requests

	terms
}

// before is what a stack had before an update.
type before struct {
	template cfn.Stack
	terms    terms
	imports  map[string]bool
}

// terms are what a stack or a change set has besides its template.
type terms struct {
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
	DriftInformation     driftOfResource
}

// driftOfResource tells that nobody has looked whether a resource is as declared.
type driftOfResource struct{ StackResourceDriftStatus string }

var notChecked = driftOfResource{"NOT_CHECKED"}

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
	ClientRequestToken   string `json:",omitempty"`
}

// reviewed is the status of a stack that only has change sets.
const reviewed = "REVIEW_IN_PROGRESS"

// add registers a stack, with the mutex held.
func (f *CloudFormation) add(template cfn.Stack, settings Settings, status, reason string) *stack {
	template.Before, template.Lineage = f.lineage(template.Name)
	s := &stack{
		id: template.ID(), template: template, protected: settings.Protected, keep: settings.DisableRollback,
		actor: f.cloud.Administrator(), began: time.Now(), resources: map[string]*resource{}, imports: map[string]bool{}, tokens: map[string]string{},
	}
	s.takes("CreateStack", settings.token)
	if parent := f.named(settings.Parent); parent != nil {
		s.parent = parent.id
	}
	f.follow(s, &s.template, s.imports)
	f.stacks = append(f.stacks, s)
	s.becomes(status, reason)
	return s
}

// lineage is how many stacks of a name there have been, in this run or those
// before, and what their logical ids have stood for.
func (f *CloudFormation) lineage(name string) (before int, l cfn.Lineage) {
	if kept, ok := f.kept[name]; ok {
		delete(f.kept, name)
		return kept.Before, kept.Lineage
	}
	for _, s := range f.stacks {
		if s.template.Name == name {
			before = s.template.Before + 1
			l.Next = s.lineage.Next
		}
	}
	return before, l
}

// follow lets a template tell what becomes of the stack, and which exports it imports.
func (f *CloudFormation) follow(s *stack, template *cfn.Stack, imports map[string]bool) {
	template.Before, template.Lineage = s.template.Before, s.template.Lineage
	template.Tell = func(step cfn.Step) {
		f.mu.Lock()
		defer f.mu.Unlock()
		s.take(step)
	}
	template.Allow = func(deed cfn.Deed) error { return f.mayDo(s, deed) }
	template.Imports = func(name string) (any, bool) {
		value, ok := f.Export(name)
		f.mu.Lock()
		defer f.mu.Unlock()
		imports[name] = true
		return value, ok
	}
}

// take records a step of one of the resources.
func (s *stack) take(step cfn.Step) {
	now := cloud.Time(s.moment())
	if !step.Replaced {
		s.resources[step.LogicalID] = &resource{step.LogicalID, step.PhysicalID, step.Type, step.Status, step.Reason, now, notChecked}
	}
	s.events = append(s.events, event{cloud.UUID(), s.id, s.template.Name, step.LogicalID, step.PhysicalID, step.Type, step.Status, step.Reason, now, s.token})
}

// begins is the operation that begins as a stack goes from one status to another, or
// empty: what follows of a failure, or of a cancelled update, is part of another one.
func begins(from, to, reason string) string {
	asked := reason == "User Initiated"
	switch {
	case to == "CREATE_IN_PROGRESS":
		return "CREATE_STACK"
	case to == "UPDATE_IN_PROGRESS":
		return "UPDATE_STACK"
	case to == "DELETE_IN_PROGRESS" && from != "CREATE_IN_PROGRESS":
		return "DELETE_STACK"
	case asked && from == "UPDATE_ROLLBACK_FAILED":
		return "CONTINUE_ROLLBACK"
	case asked && (from == "CREATE_FAILED" || from == "UPDATE_FAILED") && strings.HasSuffix(to, "ROLLBACK_IN_PROGRESS"):
		return "ROLLBACK"
	}
	return ""
}

// becomes records another status of the stack itself.
func (s *stack) becomes(status, reason string) {
	id := cloud.UUID()
	if kind := begins(s.status, status, reason); kind != "" {
		s.operation = operation{kind, id} // which is that of its first event
	}
	s.status, s.reason = status, reason
	now := s.moment()
	switch {
	case s.gone():
		s.ended = now
	case status == "DELETE_IN_PROGRESS", status == "ROLLBACK_IN_PROGRESS":
		s.deleting = now
	}
	s.events = append(s.events, event{
		id, s.id, s.template.Name, s.template.Name, s.id, "AWS::CloudFormation::Stack", status, reason, cloud.Time(now), s.token,
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

// named finds a stack by its name, or by its id even when it has been deleted. It
// is called with the mutex held.
func (f *CloudFormation) named(name string) *stack {
	if name == "" {
		return nil
	}
	for _, s := range slices.Backward(f.stacks) {
		if s.id == name || s.template.Name == name && !s.gone() {
			return s
		}
	}
	return nil
}
