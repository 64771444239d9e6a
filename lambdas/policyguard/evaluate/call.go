package evaluate

// This file reads which policy a call has changed.

import (
	"fmt"

	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
)

// subject is the policy of a call and, of a managed one, the version; inForce is
// false if the call has put nothing in force. The policy is empty if CloudTrail
// has left out what was asked: whoever pads a document with blanks can have that.
func subject(c contract.Change) (p contract.Policy, version string, inForce bool, err error) {
	asked := c.RequestParameters
	switch inForce = true; c.EventName {
	case contract.CreatePolicy:
		p = contract.Policy{Kind: contract.Managed, ARN: c.ResponseElements.Policy.ARN}
		version = c.ResponseElements.Policy.DefaultVersionID
	case contract.CreatePolicyVersion:
		p = contract.Policy{Kind: contract.Managed, ARN: asked.PolicyARN}
		version, inForce = c.ResponseElements.PolicyVersion.VersionID, c.ResponseElements.PolicyVersion.IsDefaultVersion
	case contract.SetDefaultPolicyVersion:
		p, version = contract.Policy{Kind: contract.Managed, ARN: asked.PolicyARN}, asked.VersionID
	case contract.PutRolePolicy:
		p = contract.Policy{Kind: contract.Role, Of: asked.RoleName, Name: asked.PolicyName}
	case contract.PutUserPolicy:
		p = contract.Policy{Kind: contract.User, Of: asked.UserName, Name: asked.PolicyName}
	case contract.PutGroupPolicy:
		p = contract.Policy{Kind: contract.Group, Of: asked.GroupName, Name: asked.PolicyName}
	default:
		return p, "", false, contract.ChangeInvalid{Reason: fmt.Sprintf("%q is none of the calls that the guard judges", c.EventName)}
	}
	if c.EventID != "" && asked.Omitted && !says(p, version) {
		return contract.Policy{}, "", inForce, nil
	}
	if c.EventID == "" || !says(p, version) {
		return p, "", false, contract.ChangeInvalid{Reason: fmt.Sprintf("the event of %s does not say which policy was changed", c.EventName)}
	}
	return p, version, inForce, nil
}

// says tells whether the policy is known.
func says(p contract.Policy, version string) bool {
	if p.Kind == contract.Managed {
		return p.ARN != "" && version != ""
	}
	return p.Of != "" && p.Name != ""
}
