package cloud

import (
	"fmt"
	"maps"
)

// Site is where an engine pretends to be.
type Site struct {
	Account string // 12 digits
	Region  string
}

// ARN returns arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE.
func (s Site) ARN(service, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, s.Region, s.Account, resource)
}

// Caller is the identity behind a call. The zero value may do nothing.
type Caller struct {
	// ARN names the caller in messages and in CloudTrail: an assumed-role
	// ARN, the account's root, or a service principal.
	ARN string

	// ID is the caller's unique id, as aws:userid and CloudTrail have it:
	// "AROA...:SESSION" of a role's session. It may be empty.
	ID string

	// Role is the ARN of the role whose policies apply, or empty.
	Role string

	// Service is the service principal ("events.amazonaws.com") of an AWS
	// service that calls on its own behalf; only resource policies can allow it.
	Service string

	// AssumedBy is the principal of the AWS service that has taken Role on to make
	// the call, or empty.
	AssumedBy string

	// Root is the account's administrator: allowed everything.
	Root bool

	// Context holds condition keys of the call, such as aws:SourceArn.
	Context map[string]string

	// Within are the policies that the role's session was given. They take
	// away from what the role may do; nil takes nothing.
	Within SessionPolicies

	// During returns what calls over the wire by this caller's credentials come of: the
	// invocation that has these. It may be nil, and may return nil.
	During func() *Cause

	// ResourcePolicy is the policy of what is called, where that is not what
	// SetResourcePolicy has made it: a deployed API keeps the one it had.
	ResourcePolicy ResourcePolicy
}

// SessionPolicies are policies of one session of a role, in the form of the
// Authorizer that made the session.
type SessionPolicies interface{ SessionPolicies() }

// Administrator returns the account's root user.
func (s Site) Administrator() Caller {
	return Caller{ARN: "arn:aws:iam::" + s.Account + ":root", Root: true}
}

// ServiceCaller returns an AWS service that acts on behalf of a resource of
// this account, as with the SourceArn of a Lambda permission. Where a service
// does not tell for which resource it calls, the ARN is empty.
func (s Site) ServiceCaller(principal, sourceARN string) Caller {
	context := map[string]string{"aws:SourceAccount": s.Account}
	if sourceARN != "" {
		context["aws:SourceArn"] = sourceARN
	}
	return Caller{ARN: principal, Service: principal, Context: context}
}

// With returns the caller of a call that has one condition key more.
func (c Caller) With(key, value string) Caller {
	c.Context = maps.Clone(c.Context)
	if c.Context == nil {
		c.Context = map[string]string{}
	}
	c.Context[key] = value
	return c
}
