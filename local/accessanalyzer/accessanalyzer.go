// Package accessanalyzer is IAM Access Analyzer for the local engine, as far as it
// checks a policy that nobody has yet: CheckAccessNotGranted. It has no
// analyzers, findings, policy validation or other checks.
package accessanalyzer

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/iam"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// maxListed is how many actions, and how many resources, a check takes.
const maxListed = 100

// AccessAnalyzer is the service. It implements cloud.API.
type AccessAnalyzer struct {
	cloud.Operations

	cloud *cloud.Cloud
}

// New returns the service.
func New(c *cloud.Cloud) *AccessAnalyzer {
	a := &AccessAnalyzer{cloud: c}
	a.Operations = cloud.Operations{"CheckAccessNotGranted": cloud.Handle(a.checkAccessNotGranted)}
	return a
}

// Protocols implements wire.Speaker.
func (*AccessAnalyzer) Protocols() wire.Protocols {
	return wire.Protocols{REST: &wire.REST{Routes: []wire.Route{
		{Pattern: "POST /policy/check-access-not-granted", Action: "CheckAccessNotGranted"},
	}}}
}

type checkInput struct {
	PolicyDocument string   `json:"policyDocument"`
	Access         []access `json:"access"`
	PolicyType     string   `json:"policyType"`
}

type access struct {
	Actions   []string `json:"actions"`
	Resources []string `json:"resources"`
}

type checkOutput struct {
	Result  string   `json:"result"`
	Message string   `json:"message"`
	Reasons []reason `json:"reasons,omitempty"`
}

type reason struct {
	Description    string `json:"description"`
	StatementIndex int    `json:"statementIndex"`
	StatementID    string `json:"statementId,omitempty"`
}

func (a *AccessAnalyzer) checkAccessNotGranted(_ context.Context, caller cloud.Caller, in checkInput) (checkOutput, error) {
	if err := a.cloud.Authorize(caller, "access-analyzer:CheckAccessNotGranted", "*"); err != nil {
		return checkOutput{}, err
	}
	if err := in.check(); err != nil {
		return checkOutput{}, err
	}
	asked := in.Access[0]
	grants, err := iam.Grants(json.RawMessage(in.PolicyDocument), iam.Access{Actions: asked.Actions, Resources: asked.Resources})
	if err != nil {
		return checkOutput{}, cloud.Errorf(400, "InvalidParameterException", "The policy document is not valid: %s", cloud.AsError(err).Message)
	}
	return asked.answer(grants), nil
}

func (in checkInput) check() error {
	switch {
	case in.PolicyDocument == "":
		return invalid("policyDocument", "must not be null")
	case in.PolicyType != "IDENTITY_POLICY" && in.PolicyType != "RESOURCE_POLICY":
		return invalid("policyType", "must be IDENTITY_POLICY or RESOURCE_POLICY")
	case in.PolicyType == "RESOURCE_POLICY":
		return invalid("policyType", "must be IDENTITY_POLICY: the local engine does not check resource policies")
	case len(in.Access) != 1:
		return invalid("access", "must have length 1")
	}
	asked := in.Access[0]
	switch {
	case len(asked.Actions)+len(asked.Resources) == 0:
		return invalid("access", "must have actions or resources")
	case len(asked.Actions) > maxListed:
		return invalid("access.1.member.actions", fmt.Sprintf("must have length less than or equal to %d", maxListed))
	case len(asked.Resources) > maxListed:
		return invalid("access.1.member.resources", fmt.Sprintf("must have length less than or equal to %d", maxListed))
	}
	return nil
}

func invalid(field, message string) error {
	e := cloud.Errorf(400, "ValidationException", "1 validation error detected: Value at '%s' failed to satisfy constraint: Member %s", field, message)
	e.Fields = map[string]any{"reason": "fieldValidationFailed", "fieldList": []map[string]string{{"name": field, "message": message}}}
	return e
}

// answer words the grants as AWS does, which names resources only if the check does.
func (a access) answer(grants []iam.Grant) checkOutput {
	one, all := "one or more of the listed actions", "one or more of the listed actions"
	if len(a.Resources) > 0 {
		one, all = one+" or resources", "the listed actions or resources"
	}
	if len(grants) == 0 {
		return checkOutput{Result: "PASS", Message: "The policy document does not grant access to perform " + all + "."}
	}
	out := checkOutput{Result: "FAIL", Message: "The policy document grants access to perform " + one + "."}
	for _, g := range grants {
		where := fmt.Sprintf("index: %d", g.Statement)
		if g.Sid != "" {
			where = "sid: " + g.Sid
		}
		out.Reasons = append(out.Reasons, reason{"O" + one[1:] + " in the statement with " + where + ".", g.Statement, g.Sid})
	}
	return out
}
