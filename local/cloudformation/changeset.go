package cloudformation

// This file makes change sets, as the CDK's CLI does: a set is described, and
// executed when it is wanted.

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// changeSet is what is to become of a stack. The service's mutex guards it.
type changeSet struct {
	id, name, token string
	description     string
	created         time.Time
	ready           cfn.Stack
	terms
	creates        bool   // whether the stack is new
	failure        string // what becomes of a stack that cannot be created
	status, reason string // CREATE_IN_PROGRESS, CREATE_COMPLETE, FAILED
	execution      string // UNAVAILABLE, AVAILABLE, EXECUTE_..., OBSOLETE
	changes        []cfn.Change
}

type change struct {
	Type           string // Resource
	ResourceChange resourceChange
}

type resourceChange struct {
	PolicyAction       string `json:",omitempty"`
	Action             string // Add, Modify, Remove
	LogicalResourceId  string
	PhysicalResourceId string `json:",omitempty"`
	ResourceType       string
	Replacement        string `json:",omitempty"`
	Scope              []string
	Details            []changeDetail
	BeforeContext      string `json:",omitempty"` // the properties, as JSON
	AfterContext       string `json:",omitempty"`
}

type changeDetail struct {
	Target        changeTarget
	Evaluation    string
	ChangeSource  string
	CausingEntity string `json:",omitempty"`
}

type changeTarget struct {
	Attribute           string
	Name                string `json:",omitempty"`
	RequiresRecreation  string
	Path                string `json:",omitempty"`
	AttributeChangeType string `json:",omitempty"` // Add, Modify, Remove
	BeforeValue         string `json:",omitempty"`
	AfterValue          string `json:",omitempty"`
}

type createChangeSetInput struct {
	wanted
	ChangeSetName, ChangeSetType string
	Description, ClientToken     string
	OnStackFailure               string // ROLLBACK, DELETE, DO_NOTHING
	ImportExistingResources      bool   // of those that have a name and are there: the engine makes none of these
	ResourcesToImport            []struct{ LogicalResourceId string }
	DeploymentMode               string
	IncludeNestedStacks          bool // nested stacks are one change each
}

type changeSetOutput struct{ Id, StackId string }

// createChangeSet begins to create a change set. What is wrong with its template
// is found out at once, what the engine does not do of it, afterwards: then the
// set is FAILED and says why.
func (f *CloudFormation) createChangeSet(ctx context.Context, caller cloud.Caller, in createChangeSetInput) (changeSetOutput, error) {
	if err := f.mayCreateSet(caller, in); err != nil {
		return changeSetOutput{}, err
	}
	if _, _, err := f.actor(caller, in.RoleARN, ""); err != nil {
		return changeSetOutput{}, err
	}
	ready, err := f.readied(ctx, caller, in.wanted)
	if err != nil {
		return changeSetOutput{}, err
	}
	id := f.cloud.ARN("cloudformation", "changeSet/"+in.ChangeSetName+"/"+cloud.UUID())
	set := &changeSet{
		id: id, name: in.ChangeSetName, token: in.ClientToken, description: in.Description, created: time.Now(), ready: ready,
		terms: terms{in.Capabilities, id, in.RoleARN}, creates: in.ChangeSetType == "CREATE", failure: in.OnStackFailure,
		status: "CREATE_IN_PROGRESS", execution: "UNAVAILABLE",
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.named(in.StackName)
	if s != nil {
		if other := s.set(in.ChangeSetName); other != nil && in.ClientToken != "" && other.token == in.ClientToken {
			return changeSetOutput{other.id, s.id}, nil
		} else if other != nil && other.waits() {
			return changeSetOutput{}, cloud.Errorf(400, "AlreadyExistsException", "ChangeSet %s already exists", in.ChangeSetName)
		}
	}
	switch {
	case set.creates && s != nil && s.status != reviewed:
		return changeSetOutput{}, invalid("Stack [%s] already exists and cannot be created again with the changeSet [%s].", in.StackName, in.ChangeSetName)
	case !set.creates && (s == nil || s.status == reviewed):
		return changeSetOutput{}, invalid("Stack [%s] does not exist", in.StackName)
	case !set.creates && !s.updatable(true):
		return changeSetOutput{}, s.notUpdatable()
	case s == nil:
		s = f.add(cfn.Stack{Name: in.StackName, Site: f.cloud.Site, Template: &cfn.Template{}}, Settings{}, reviewed, "User Initiated")
	}
	s.sets = append(s.sets, set)
	f.cloud.Go(func(context.Context) { f.review(s, set) })
	return changeSetOutput{set.id, s.id}, nil
}

// waits tells whether a set keeps its name from others: one that has been executed does not.
func (c *changeSet) waits() bool { return !strings.HasPrefix(c.execution, "EXECUTE_") }

// mayCreateSet authorizes the caller and refuses what the engine has no sets for.
func (f *CloudFormation) mayCreateSet(caller cloud.Caller, in createChangeSetInput) error {
	if err := f.may(caller, "CreateChangeSet", in.wanted); err != nil {
		return err
	}
	switch {
	case in.StackName == "":
		return invalid("1 validation error detected: Value '' at 'stackName' failed to satisfy constraint: Member must have length greater than or equal to 1")
	case !slices.Contains([]string{"", "CREATE", "UPDATE"}, in.ChangeSetType), len(in.ResourcesToImport) > 0:
		return invalid("the local engine imports no resources: ChangeSetType is CREATE or UPDATE")
	case in.DeploymentMode != "":
		return invalid("the local engine has no DeploymentMode %s", in.DeploymentMode)
	case !slices.Contains([]string{"", "ROLLBACK", "DELETE", "DO_NOTHING"}, in.OnStackFailure):
		return invalid("OnStackFailure is ROLLBACK, DELETE or DO_NOTHING, not %s", in.OnStackFailure)
	}
	return nil
}

// review finds out what a set would change.
func (f *CloudFormation) review(s *stack, set *changeSet) {
	plan, reason := f.plan(s, &set.ready, set.creates)
	f.mu.Lock()
	defer f.mu.Unlock()
	if reason == "" && !set.creates && plan.Empty() {
		reason = "The submitted information didn't contain changes. Submit different information to create a change set."
	}
	if reason != "" {
		set.status, set.reason = "FAILED", reason
		return
	}
	set.changes = plan.Changes
	set.status, set.execution = "CREATE_COMPLETE", "AVAILABLE"
}

// plan finds out what would become of a stack, or why nothing can.
func (f *CloudFormation) plan(s *stack, ready *cfn.Stack, creates bool) (plan cfn.Plan, reason string) {
	if faults := ready.Check(f.options.Types); len(faults) > 0 {
		return plan, "the template uses what the local engine does not do: " + strings.Join(faults, "; ")
	}
	now := cfn.Nothing(f.options.Types)
	if !creates {
		s.work.Lock()
		defer s.work.Unlock()
		now = s.created
	}
	if ids := now.OtherTypes(ready); len(ids) > 0 {
		return plan, fmt.Sprintf("Update of resource type is not permitted. The new template modifies resource type of the following resources: [%s]", strings.Join(ids, ", "))
	}
	plan, err := now.Plan(ready)
	if err != nil {
		return plan, err.Error()
	}
	return plan, ""
}

// told is a change as the API tells it, with the values of the properties or
// without.
func told(c cfn.Change, values bool) change {
	r := resourceChange{
		PolicyAction: c.PolicyAction, Action: c.Action, LogicalResourceId: c.LogicalID, PhysicalResourceId: c.PhysicalID,
		ResourceType: c.Type, Replacement: c.Replacement, Scope: c.Scope,
	}
	if values {
		r.BeforeContext, r.AfterContext = contextOf(c.Before), contextOf(c.After)
	}
	for _, d := range c.Details {
		target := changeTarget{Attribute: d.Attribute, Name: d.Name, RequiresRecreation: string(d.Recreation)}
		if values && d.Name != "" {
			target.Path, target.AttributeChangeType = "/Properties/"+d.Name, c.AttributeChange(d.Name)
			target.BeforeValue, target.AfterValue = valueText(c.Before, d.Name), valueText(c.After, d.Name)
		}
		r.Details = append(r.Details, changeDetail{target, d.Evaluation, d.Source, d.Cause})
	}
	return change{"Resource", r}
}

// contextOf is what a change set tells of a resource, or empty if there is none.
func contextOf(properties map[string]any) string {
	if properties == nil {
		return ""
	}
	return text(map[string]any{"Properties": properties})
}

// valueText is a property's value: a text as it is, all else as JSON.
func valueText(properties map[string]any, name string) string {
	value, ok := properties[name]
	if !ok {
		return ""
	}
	return text(value)
}

func text(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err) // it comes out of a template
	}
	return string(encoded)
}
