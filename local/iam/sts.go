package iam

import (
	"cmp"
	"context"
	"regexp"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// STS is the AWS Security Token Service, as far as clients see who they are by
// it, and take on roles. It implements cloud.API.
type STS struct {
	cloud.Operations

	iam *IAM
}

// NewSTS returns the service for the roles of identity.
func NewSTS(identity *IAM) *STS {
	s := &STS{iam: identity}
	s.Operations = cloud.Operations{
		"AssumeRole":        cloud.Handle(s.assumeRole),
		"GetAccessKeyInfo":  cloud.Handle(s.getAccessKeyInfo),
		"GetCallerIdentity": cloud.Handle(s.getCallerIdentity),
		"GetSessionToken":   cloud.Handle(s.getSessionToken),
	}
	return s
}

// Protocols implements wire.Speaker.
func (*STS) Protocols() wire.Protocols {
	return wire.Protocols{Query: &wire.Query{Namespace: "https://sts.amazonaws.com/doc/2011-06-15/"}}
}

type identity struct{ Arn, UserId, Account string }

func (s *STS) getCallerIdentity(_ context.Context, caller cloud.Caller, _ struct{}) (identity, error) {
	id := cmp.Or(caller.ID, caller.ARN)
	if caller.Root {
		id = s.iam.site.Account
	}
	return identity{Arn: caller.ARN, UserId: id, Account: s.iam.site.Account}, nil
}

type assumeRoleInput struct {
	RoleArn         string
	RoleSessionName string
	DurationSeconds *int
	ExternalId      string
	Policy          string
	PolicyArns      []struct {
		Arn string `json:"arn"`
	}
	Tags []tag
}

type issuedCredentials struct {
	AccessKeyId     string
	SecretAccessKey string
	SessionToken    string
	Expiration      cloud.Time
}

// untilEnd are new credentials of a caller. The lock is held.
func (s *IAM) untilEnd(caller cloud.Caller, duration time.Duration) issuedCredentials {
	now := time.Now()
	s.forgetEnded(now)
	issued := s.issue(caller, temporary, now.Add(duration))
	return issuedCredentials{issued.AccessKeyID, issued.SecretAccessKey, issued.SessionToken, cloud.Time(now.Add(duration))}
}

type assumeRoleOutput struct {
	Credentials     issuedCredentials
	AssumedRoleUser struct {
		AssumedRoleId string
		Arn           string
	}
	PackedPolicySize *int `json:",omitempty"` // percent; only of a session with policies
}

// managed are the ARNs of the managed policies that the session is given.
func (in assumeRoleInput) managed() []string {
	var arns []string
	for _, p := range in.PolicyArns {
		arns = append(arns, p.Arn)
	}
	return arns
}

// sessionName is what the name of a session may be.
var sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

func (in assumeRoleInput) check() error {
	switch {
	case len(in.RoleArn) < 20:
		return invalidInSTS("roleArn", in.RoleArn, "Member must have length greater than or equal to 20")
	case !isResource(in.RoleArn):
		return cloud.Errorf(400, "ValidationError", "%s is invalid", in.RoleArn)
	case !sessionName.MatchString(in.RoleSessionName):
		return invalidInSTS("roleSessionName", in.RoleSessionName, `Member must satisfy regular expression pattern: [\w+=,.@-]*`)
	case len(in.Tags) > 0:
		return cloud.Errorf(400, "ValidationError", "the local engine has no session tags")
	}
	return nil
}

// assumeRole gives credentials to whom the role's trust policy names as such, or
// to whom a policy of his own allows it and the trust policy does not exclude.
func (s *STS) assumeRole(_ context.Context, caller cloud.Caller, in assumeRoleInput) (assumeRoleOutput, error) {
	var out assumeRoleOutput
	if err := in.check(); err != nil {
		return out, err
	}
	if in.ExternalId != "" {
		caller = caller.With("sts:ExternalId", in.ExternalId)
	}
	caller = caller.With("sts:RoleSessionName", in.RoleSessionName)
	permission := s.iam.Authorize(caller, "sts:AssumeRole", in.RoleArn)
	within, packed, err := s.iam.sessionPolicies(in.Policy, in.managed())
	if err != nil {
		return out, err
	}

	s.iam.mu.Lock()
	defer s.iam.mu.Unlock()
	role, ok := s.iam.entities[in.RoleArn]
	if !ok || role.kind != roles || !s.mayAssume(role, caller, permission) {
		return out, cloud.Errorf(403, "AccessDeniedException", "User: %s is not authorized to perform: sts:AssumeRole on resource: %s", caller.ARN, in.RoleArn)
	}
	duration, err := s.duration(role, caller, in.DurationSeconds)
	if err != nil {
		return out, err
	}
	as := s.iam.sessionOf(role, in.RoleSessionName, within)
	as.During = caller.During
	out.Credentials = s.iam.untilEnd(as, duration)
	out.AssumedRoleUser.Arn, out.AssumedRoleUser.AssumedRoleId = as.ARN, as.ID
	if within != nil {
		out.PackedPolicySize = &packed
	}
	return out, nil
}

func (s *STS) mayAssume(role *entity, caller cloud.Caller, permission error) bool {
	if permission == nil {
		return s.iam.trusts(role, caller, (*principals).includes)
	}
	refused := cloud.AsError(permission)
	return !refused.Denied && s.iam.trusts(role, caller, (*principals).names)
}

// duration is how long the session lasts: an hour, unless the request says so.
func (s *STS) duration(role *entity, caller cloud.Caller, seconds *int) (time.Duration, error) {
	if seconds == nil {
		return time.Hour, nil
	}
	longest := role.longest
	if caller.Role != "" {
		longest = longestOfChained
	}
	duration := time.Duration(*seconds) * time.Second
	switch {
	case duration < shortestRequested || duration > longestSession:
		return 0, invalidInSTS("durationSeconds", itoa(*seconds), "Member must have value between 900 and 43200")
	case caller.Role != "" && duration > longest:
		return 0, cloud.Errorf(400, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	case duration > longest:
		return 0, cloud.Errorf(400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return duration, nil
}

type accessKeyInfo struct{ Account string }

// getAccessKeyInfo knows of all keys that they are of the account.
func (s *STS) getAccessKeyInfo(_ context.Context, caller cloud.Caller, in struct{ AccessKeyId string }) (accessKeyInfo, error) {
	if len(in.AccessKeyId) < 16 {
		return accessKeyInfo{}, invalidInSTS("accessKeyId", in.AccessKeyId, "Member must have length greater than or equal to 16")
	}
	if err := s.iam.Authorize(caller, "sts:GetAccessKeyInfo", "*"); err != nil {
		return accessKeyInfo{}, err
	}
	return accessKeyInfo{s.iam.site.Account}, nil
}

const (
	defaultToken = 12 * time.Hour
	longestToken = 36 * time.Hour
)

// getSessionToken needs no permission, and is for users and for the administrator.
func (s *STS) getSessionToken(_ context.Context, caller cloud.Caller, in struct{ DurationSeconds *int }) (struct{ Credentials issuedCredentials }, error) {
	var out struct{ Credentials issuedCredentials }
	duration := defaultToken
	if in.DurationSeconds != nil {
		if duration = time.Duration(*in.DurationSeconds) * time.Second; duration < shortestRequested || duration > longestToken {
			return out, invalidInSTS("durationSeconds", itoa(*in.DurationSeconds), "Member must have value between 900 and 129600")
		}
	}
	if caller.Root {
		duration = min(duration, time.Hour)
	}
	if caller.Role != "" || caller.Service != "" {
		return out, cloud.Errorf(403, "AccessDeniedException", "Cannot call GetSessionToken with session credentials")
	}
	s.iam.mu.Lock()
	defer s.iam.mu.Unlock()
	out.Credentials = s.iam.untilEnd(caller, duration)
	return out, nil
}

// invalidInSTS refuses a parameter in STS's words, which repeat the value.
func invalidInSTS(parameter, value, constraint string) error {
	if value == "" {
		return cloud.Errorf(400, "ValidationError", "1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", parameter)
	}
	return cloud.Errorf(400, "ValidationError", "1 validation error detected: Value '%.300s' at '%s' failed to satisfy constraint: %s", value, parameter, constraint)
}
