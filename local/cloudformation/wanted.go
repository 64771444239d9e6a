package cloudformation

// This file makes stacks of what callers want: a template, its parameters, and
// what has to be acknowledged about it.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// wanted is what CreateChangeSet, CreateStack and UpdateStack have in common.
type wanted struct {
	StackName                       string
	TemplateBody, TemplateURL       string
	UsePreviousTemplate             bool
	Parameters                      []givenParameter
	Capabilities                    []string
	Tags                            []cfn.Tag // nil leaves those that there are
	RoleARN                         string
	NotificationARNs, ResourceTypes []string // nobody is notified
	RollbackConfiguration           struct{} // no alarm is watched
	DeploymentConfig                deploymentConfig
}

// deploymentConfig says whether a stack is done before its resources are ready.
type deploymentConfig struct{ Mode deploymentMode }

type deploymentMode string

// UnmarshalText refuses EXPRESS, whose failures are not rolled back either.
func (m *deploymentMode) UnmarshalText(text []byte) error {
	if *m = deploymentMode(text); *m != "" && *m != "STANDARD" {
		return invalid("the local engine deploys in Mode STANDARD only, not %s", text)
	}
	return nil
}

type givenParameter struct {
	ParameterKey, ParameterValue string
	UsePreviousValue             bool
}

// maxBody is how many bytes a template may have that is not in S3.
const maxBody = 51200

// source is where a template is.
type source struct{ body, url string }

// read reads a template.
func (f *CloudFormation) read(ctx context.Context, caller cloud.Caller, from source) (*cfn.Template, error) {
	body := []byte(from.body)
	switch {
	case (from.body == "") == (from.url == ""):
		return nil, invalid("Either Template URL or Template Body must be specified.")
	case len(body) > maxBody:
		return nil, invalid("1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to %d", maxBody)
	case f.options.Fetch == nil:
		return nil, invalid("stacks are not created by the API here")
	case strings.HasPrefix(from.url, "s3://"):
		bucket, _, _ := strings.Cut(strings.TrimPrefix(from.url, "s3://"), "/")
		return nil, invalid("S3 error: Domain name specified in %s is not a valid S3 domain", bucket)
	case from.url != "":
		var err error
		if body, err = f.options.Fetch(ctx, caller, from.url); err != nil {
			return nil, unread(err)
		}
	}
	return parsed(body)
}

// ErrAddress is of a TemplateURL at which nobody looks for a template.
var ErrAddress error = failure("TemplateURL must be a supported URL.")

// unread is why a template that is in S3 could not be read, as CloudFormation tells it.
func unread(err error) error {
	var refused *cloud.Error
	switch {
	case errors.Is(err, ErrAddress):
		return invalid("%v", ErrAddress)
	case errors.As(err, &refused):
		return invalid("S3 error: %s\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html", refused.Message)
	}
	return invalid("S3 error: %v", err)
}

func parsed(body []byte) (*cfn.Template, error) {
	template, err := cfn.Parse(body)
	if err != nil {
		return nil, invalid("Template format error: %v", err)
	}
	if len(template.Resources) == 0 {
		return nil, invalid("Template format error: At least one Resources member must be defined.")
	}
	if err := template.Validate(); err != nil {
		return nil, invalid("%v", err)
	}
	return template, nil
}

// readied makes the stack of what is wanted.
func (f *CloudFormation) readied(ctx context.Context, caller cloud.Caller, in wanted) (cfn.Stack, error) {
	f.mu.RLock()
	var now cfn.Stack
	if s := f.named(in.StackName); s != nil && s.status != reviewed {
		now = s.template
	}
	f.mu.RUnlock()
	var template *cfn.Template
	var err error
	switch {
	case !in.UsePreviousTemplate:
		template, err = f.read(ctx, caller, source{in.TemplateBody, in.TemplateURL})
	case in.TemplateBody != "" || in.TemplateURL != "" || now.Template == nil:
		err = invalid("Either Template URL or Template Body must be specified.")
	default:
		template, err = parsed([]byte(now.Template.Body))
	}
	if err != nil {
		return cfn.Stack{}, err
	}
	if needed, _ := capability(template); needed != "" && !slices.Contains(in.Capabilities, needed) && !slices.Contains(in.Capabilities, namedIAM) {
		return cfn.Stack{}, cloud.Errorf(400, "InsufficientCapabilitiesException", "Requires capabilities : [%s]", needed)
	}
	parameters, err := in.values(now)
	if err != nil {
		return cfn.Stack{}, err
	}
	if err := complete(template, parameters); err != nil {
		return cfn.Stack{}, err
	}
	if err := template.Finds(parameters); err != nil {
		return cfn.Stack{}, invalid("%v", err)
	}
	name := in.StackName
	if now.Name != "" {
		name = now.Name // it was given by its id
	}
	ready, err := f.options.Ready(name, template, parameters)
	ready.Imports, ready.Before, ready.Tags = f.Export, now.Before, in.Tags
	if ready.Tags == nil {
		ready.Tags = now.Tags
	}
	if err == nil {
		err = cmp.Or(ready.Validate(), ready.Resolves())
	}
	if err != nil {
		return ready, invalid("%v", err)
	}
	return ready, nil
}

// values are those of the parameters, some of which may be those of the stack as
// it is.
func (in wanted) values(now cfn.Stack) (map[string]string, error) {
	values := map[string]string{}
	for _, p := range in.Parameters {
		if !p.UsePreviousValue {
			values[p.ParameterKey] = p.ParameterValue
			continue
		}
		if now.Template == nil {
			return nil, invalid("Invalid input for parameter key %s. Cannot specify usePreviousValue as true for a parameter key not in the previous template", p.ParameterKey)
		}
		if previous, ok := now.Parameters[p.ParameterKey]; ok {
			values[p.ParameterKey] = previous
			continue
		}
		declared, ok := now.Template.Parameters[p.ParameterKey]
		if !ok {
			return nil, invalid("Invalid input for parameter key %s. Cannot specify usePreviousValue as true for a parameter key not in the previous template", p.ParameterKey)
		}
		values[p.ParameterKey] = fmt.Sprint(declared.Default)
	}
	return values, nil
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

// capability is what has to be acknowledged about a template, or empty, and the
// types of resources because of which.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
func capability(template *cfn.Template) (needed string, because []string) {
	names := map[string]string{
		"AWS::IAM::AccessKey": "", "AWS::IAM::Group": "GroupName", "AWS::IAM::InstanceProfile": "InstanceProfileName",
		"AWS::IAM::ManagedPolicy": "ManagedPolicyName", "AWS::IAM::Policy": "", "AWS::IAM::Role": "RoleName", "AWS::IAM::User": "UserName",
		"AWS::IAM::UserToGroupAddition": "",
	}
	for _, declared := range template.Resources {
		name, isIAM := names[declared.Type]
		if !isIAM {
			continue
		}
		if _, isNamed := declared.Properties[name]; isNamed {
			needed = namedIAM
		} else if needed == "" {
			needed = "CAPABILITY_IAM"
		}
		because = append(because, declared.Type)
	}
	slices.Sort(because)
	return needed, slices.Compact(because)
}
