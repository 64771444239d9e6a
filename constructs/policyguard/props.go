package policyguard

// This file fills in props and checks them.

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/internal/policies"
)

// Bounds of the list: as many as Access Analyzer takes, in what Lambda's 4 KiB for
// variables have left beside what is the guard's own.
const (
	maxRestricted      = 100
	maxRestrictedBytes = 2560
)

var deployer = regexp.MustCompile(`^arn:[a-z0-9-]+:iam::\d{12}:(role|user)/[\w+=,.@/-]+$`)

func (p Props) withDefaults() Props {
	if p.Restricted == nil {
		p.Restricted = DefaultRestricted()
	}
	p.Verdict = cmp.Or(p.Verdict, RollBackAndAsk)
	p.Timeout = cmp.Or(p.Timeout, 24*time.Hour)
	return p
}

// validate checks the props for a region, which may be a token.
func (p Props) validate(region string) error {
	var faults operation.Faults
	faults.Require("Administrators", len(p.Administrators) > 0)
	if _, err := policies.Patterns(p.Restricted); err != nil {
		faults.Addf("Restricted: %w", err)
	}
	if n := len(p.Restricted); n == 0 || n > maxRestricted {
		faults.Addf("Restricted has %d actions: give 1 to %d", n, maxRestricted)
	}
	if text, err := json.Marshal(p.Restricted); err != nil || len(text) > maxRestrictedBytes {
		faults.Addf("Restricted takes %d bytes: give up to %d, by wildcards", len(text), maxRestrictedBytes)
	}
	if !slices.Contains([]Verdict{RollBackAndAsk, Alert, Nothing}, p.Verdict) {
		faults.Addf("Verdict is %q: give ROLL_BACK, ALERT or NOTHING", string(p.Verdict))
	}
	for _, arn := range p.Deployers {
		if known(arn) && !deployer.MatchString(arn) {
			faults.Addf("Deployers has %q: give ARNs of roles and users", arn)
		}
	}
	if known(region) && !p.Forwarded && !slices.Contains(regions, region) {
		faults.Addf("the stack's region is %s: IAM's events come in us-east-1 only. Deploy it there, or forward them and set Forwarded", region)
	}
	operation.Handlers(&faults, p.Code, handlers)
	p.Alarms.validate(&faults)
	return faults.Err()
}

// known tells whether a text is one already, and not a token of the CDK's.
func known(text string) bool { return !*awscdk.Token_IsUnresolved(jsii.String(text)) }
