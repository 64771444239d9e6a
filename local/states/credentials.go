// This file is a Task's Credentials: the role as which its service is called, which
// the state machine's own role takes on.
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html

package states

import (
	"context"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// credentials reads Credentials. It returns nil if the field is absent.
func (f fields) credentials(in language) *expression {
	value, given := f.take("Credentials")
	if !given {
		return nil
	}
	inside := object(f.faults, f.at("Credentials"), value)
	_, named := inside.take("RoleArn")
	if in == jsonPathLanguage {
		_, found := inside.take("RoleArn.$")
		named = named || found
	}
	if !named {
		inside.complain("RoleArn", "is required").aws = diagnosis{
			message: "The field 'RoleArn' is required but was missing", location: inside.at(""),
		}
		return nil
	}
	inside.done("Credentials")
	return f.template("Credentials", in)
}

// taskCredentials is how history shows the role of a task.
type taskCredentials struct {
	RoleARN string `json:"roleArn"`
}

// assumed evaluates Credentials: the role that a task is to take on, if any.
func (s *task) assumed(ctx context.Context, v *visit) (*taskCredentials, *failure) {
	if s.credentials == nil {
		return nil, nil
	}
	value, f := s.credentials.eval(ctx, v, v.input.value)
	if f != nil {
		return nil, f
	}
	members, _ := value.(*jsonvalue.Object)
	role, _ := members.Get("RoleArn")
	if text, ok := role.(string); ok {
		return &taskCredentials{text}, nil
	}
	found := jsonvalue.KindOf(role)
	if s.language == jsonataLanguage {
		return nil, v.evaluationFailed("Credentials/RoleArn",
			"The JSONata expression specified for the field 'Credentials/RoleArn' returned an unexpected result type. Expected 'string', but was '%s' for value: %s", found, written(role))
	}
	return nil, v.failed(errRuntime, "The RoleArn of Credentials must be a string, not %s", found)
}

// caller is who a task calls as: the machine's role, or the one that it takes on
// for the task. That one must trust it, and may ask for the machine's ARN as the
// external id.
func (j *job) caller(ctx context.Context) (cloud.Caller, *failure) {
	e := j.visit.execution
	own := e.revision.caller
	if j.credentials == nil {
		return own, nil
	}
	var session struct {
		AssumedRoleUser struct{ AssumedRoleId, Arn string }
	}
	request := map[string]string{"RoleArn": j.credentials.RoleARN, "RoleSessionName": e.machine.name, "ExternalId": e.machine.arn}
	if err := e.machine.states.cloud.Do(ctx, own, "sts", "AssumeRole", request, &session); err != nil {
		return cloud.Caller{}, &failure{
			name:  errTaskFailed,
			cause: "The role " + e.revision.role + " is not authorized to assume the task state's role, " + j.credentials.RoleARN + ".",
		}
	}
	user := session.AssumedRoleUser
	return cloud.Caller{ARN: user.Arn, ID: user.AssumedRoleId, Role: j.credentials.RoleARN}, nil
}
