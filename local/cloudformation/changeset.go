package cloudformation

// This file creates stacks by change sets, as the CDK's CLI does: a set is
// described, and executed when it is wanted. Stacks that exist are not updated.

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
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
	tags            []tag
	capabilities    []string
	failure         string // what becomes of a stack that cannot be created
	status, reason  string // CREATE_IN_PROGRESS, CREATE_COMPLETE, FAILED
	execution       string // UNAVAILABLE, AVAILABLE, EXECUTE_...
	roleARN         string
	changes         []change
}

type tag struct{ Key, Value string }

type change struct {
	Type           string // Resource
	ResourceChange resourceChange
}

type resourceChange struct {
	Action            string // Add
	LogicalResourceId string
	ResourceType      string
}

type createChangeSetInput struct {
	StackName, ChangeSetName, ChangeSetType string
	TemplateBody, TemplateURL               string
	Description, ClientToken, RoleARN       string
	Parameters                              []givenParameter
	Capabilities                            []string
	Tags                                    []tag
	OnStackFailure                          string // ROLLBACK, DELETE, DO_NOTHING
	UsePreviousTemplate                     bool
	ImportExistingResources                 bool // of those that have a name and are there: the engine makes none of these
	ResourcesToImport                       []struct{ LogicalResourceId string }
	DeploymentMode                          string
	NotificationARNs, ResourceTypes         []string // nobody is notified
	IncludeNestedStacks                     bool     // of templates with nested stacks there are no sets
	RollbackConfiguration, DeploymentConfig struct{} // no alarm is watched
}

type givenParameter struct {
	ParameterKey, ParameterValue string
	UsePreviousValue             bool
}

type changeSetOutput struct{ Id, StackId string }

// createChangeSet begins to create a change set. What is wrong with its template
// is found out at once, what the engine does not do of it, afterwards: then the
// set is FAILED and says why.
func (f *CloudFormation) createChangeSet(ctx context.Context, caller cloud.Caller, in createChangeSetInput) (changeSetOutput, error) {
	if err := f.mayCreateSet(caller, in); err != nil {
		return changeSetOutput{}, err
	}
	ready, err := f.readied(ctx, caller, in)
	if err != nil {
		return changeSetOutput{}, err
	}
	set := &changeSet{
		name: in.ChangeSetName, token: in.ClientToken, description: in.Description, created: time.Now(), ready: ready, tags: in.Tags,
		capabilities: in.Capabilities, failure: in.OnStackFailure, status: "CREATE_IN_PROGRESS", execution: "UNAVAILABLE", roleARN: in.RoleARN,
		id: f.cloud.ARN("cloudformation", "changeSet/"+in.ChangeSetName+"/"+cloud.UUID()),
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.named(in.StackName)
	if s != nil {
		if other := s.set(in.ChangeSetName); other != nil && in.ClientToken != "" && other.token == in.ClientToken {
			return changeSetOutput{other.id, s.id}, nil
		} else if other != nil {
			return changeSetOutput{}, cloud.Errorf(400, "AlreadyExistsException", "ChangeSet %s already exists", in.ChangeSetName)
		}
	}
	switch {
	case in.ChangeSetType == "CREATE" && s != nil && s.status != reviewed:
		return changeSetOutput{}, invalid("Stack [%s] already exists and cannot be created again with the changeSet [%s].", in.StackName, in.ChangeSetName)
	case in.ChangeSetType != "CREATE" && (s == nil || s.status == reviewed):
		return changeSetOutput{}, invalid("Stack [%s] does not exist", in.StackName)
	case in.ChangeSetType != "CREATE" && !s.same(ready):
		return changeSetOutput{}, invalid("Stack [%s] cannot be updated: the local engine creates and deletes stacks only; delete it and deploy it again", in.StackName)
	case s == nil:
		s = f.add(cfn.Stack{Name: in.StackName, Site: f.cloud.Site, Template: &cfn.Template{}}, Settings{}, reviewed, "User Initiated")
	}
	s.sets = append(s.sets, set)
	f.cloud.Go(func(context.Context) { f.review(s, set) })
	return changeSetOutput{set.id, s.id}, nil
}

// mayCreateSet authorizes the caller and refuses what the engine has no sets for.
func (f *CloudFormation) mayCreateSet(caller cloud.Caller, in createChangeSetInput) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if err := f.authorize(caller, "CreateChangeSet", in.StackName); err != nil {
		return err
	}
	switch {
	case f.options.Ready == nil:
		return invalid("stacks are not created by the API here")
	case !slices.Contains([]string{"", "CREATE", "UPDATE"}, in.ChangeSetType), len(in.ResourcesToImport) > 0:
		return invalid("the local engine imports no resources: ChangeSetType is CREATE or UPDATE")
	case in.DeploymentMode != "":
		return invalid("the local engine has no DeploymentMode %s", in.DeploymentMode)
	case in.UsePreviousTemplate:
		return invalid("the local engine does not take the previous template: give TemplateBody or TemplateURL")
	case !slices.Contains([]string{"", "ROLLBACK", "DELETE", "DO_NOTHING"}, in.OnStackFailure):
		return invalid("OnStackFailure is ROLLBACK, DELETE or DO_NOTHING, not %s", in.OnStackFailure)
	}
	return nil
}

// maxBody is how many bytes a template may have that is not in S3.
const maxBody = 51200

// readied makes the stack of a set's template and parameters.
func (f *CloudFormation) readied(ctx context.Context, caller cloud.Caller, in createChangeSetInput) (cfn.Stack, error) {
	body := []byte(in.TemplateBody)
	switch {
	case (in.TemplateBody == "") == (in.TemplateURL == ""):
		return cfn.Stack{}, invalid("Either Template URL or Template Body must be specified.")
	case len(body) > maxBody:
		return cfn.Stack{}, invalid("1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to %d", maxBody)
	case in.TemplateURL != "":
		var err error
		if body, err = f.options.Fetch(ctx, caller, in.TemplateURL); err != nil {
			return cfn.Stack{}, invalid("S3 error: %v", err)
		}
	}
	template, err := cfn.Parse(body)
	if err != nil {
		return cfn.Stack{}, invalid("Template format error: %v", err)
	}
	if len(template.Resources) == 0 {
		return cfn.Stack{}, invalid("Template format error: At least one Resources member must be defined.")
	}
	if needed := capability(template); needed != "" && !slices.Contains(in.Capabilities, needed) && !slices.Contains(in.Capabilities, namedIAM) {
		return cfn.Stack{}, cloud.Errorf(400, "InsufficientCapabilitiesException", "Requires capabilities : [%s]", needed)
	}
	parameters := map[string]string{}
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, p := range in.Parameters {
		if s := f.named(in.StackName); p.UsePreviousValue && s != nil {
			if previous, ok := s.template.Parameters[p.ParameterKey]; ok {
				parameters[p.ParameterKey] = previous
			}
			continue
		}
		parameters[p.ParameterKey] = p.ParameterValue
	}
	if err := complete(template, parameters); err != nil {
		return cfn.Stack{}, err
	}
	ready, err := f.options.Ready(in.StackName, template, parameters)
	if err == nil {
		err = ready.Validate()
	}
	if err != nil {
		return ready, invalid("%v", err)
	}
	return ready, nil
}

// complete refuses parameters that are missing, and those that nobody asked for.
func complete(template *cfn.Template, given map[string]string) error {
	var missing, unknown []string
	for _, name := range slices.Sorted(maps.Keys(template.Parameters)) {
		if _, ok := given[name]; !ok && template.Parameters[name].Default == nil {
			missing = append(missing, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, ok := template.Parameters[name]; !ok {
			unknown = append(unknown, name)
		}
	}
	switch {
	case len(missing) > 0:
		return invalid("Parameters: [%s] must have values", strings.Join(missing, ", "))
	case len(unknown) > 0:
		return invalid("Parameters: [%s] do not exist in the template", strings.Join(unknown, ", "))
	}
	return nil
}

const namedIAM = "CAPABILITY_NAMED_IAM"

// capability is what has to be acknowledged about a template, or empty.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
func capability(template *cfn.Template) (needed string) {
	names := map[string]string{
		"AWS::IAM::AccessKey": "", "AWS::IAM::Group": "GroupName", "AWS::IAM::InstanceProfile": "InstanceProfileName",
		"AWS::IAM::ManagedPolicy": "ManagedPolicyName", "AWS::IAM::Policy": "", "AWS::IAM::Role": "RoleName", "AWS::IAM::User": "UserName",
		"AWS::IAM::UserToGroupAddition": "",
	}
	for _, declared := range template.Resources {
		name, isIAM := names[declared.Type]
		if _, isNamed := declared.Properties[name]; isNamed {
			return namedIAM
		}
		if isIAM {
			needed = "CAPABILITY_IAM"
		}
	}
	return needed
}

// review finds out what a set would change.
func (f *CloudFormation) review(s *stack, set *changeSet) {
	faults := set.ready.Check(f.options.Types)
	wanted, err := set.ready.Wanted()
	if err != nil {
		faults = append(faults, err.Error())
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if set.status != "CREATE_IN_PROGRESS" {
		return // it has been deleted meanwhile
	}
	switch {
	case s.status != reviewed:
		set.status, set.reason = "FAILED", "The submitted information didn't contain changes. Submit different information to create a change set."
		return
	case len(faults) > 0:
		set.status, set.reason = "FAILED", "the template uses what the local engine does not do: "+strings.Join(faults, "; ")
		return
	}
	for _, id := range wanted {
		set.changes = append(set.changes, change{"Resource", resourceChange{"Add", id, set.ready.Template.Resources[id].Type}})
	}
	set.status, set.execution = "CREATE_COMPLETE", "AVAILABLE"
}

// same tells whether a stack has already become what is wanted of it.
func (s *stack) same(wanted cfn.Stack) bool {
	var before, after any
	if json.Unmarshal([]byte(s.template.Template.Body), &before) != nil || json.Unmarshal([]byte(wanted.Template.Body), &after) != nil {
		return false
	}
	return reflect.DeepEqual(before, after) && reflect.DeepEqual(values(s.template), values(wanted))
}

// values are those of a stack's parameters, with the defaults.
func values(s cfn.Stack) map[string]string {
	all := map[string]string{}
	for name, declared := range s.Template.Parameters {
		value, given := s.Parameters[name]
		if !given {
			value = fmt.Sprint(declared.Default)
		}
		all[name] = value
	}
	return all
}
