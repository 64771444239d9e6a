package b2b

// This file declares who may use the REST API, and how often: those whom the
// directory lets in, each at the rate of its tier.

import (
	"encoding/json"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// addAuthorizer declares the function that knows a partner by its token.
func (r *RESTIntake) addAuthorizer(props RESTIntakeProps) awsapigateway.IAuthorizer {
	r.Authorize = functions(r.Construct, props.Code, props.Operation, props.Alarms.Functions).Add("Authorize", Authorize, gofunction.Props{
		Description: "Knows a trading partner by its token and its address",
		Timeout:     10 * time.Second,
		Environment: map[string]string{contract.EnvDirectoryTable: *props.Tables.Partners.TableName()},
	})
	operation.AllowTable(r.Authorize.Role, props.Tables.Partners, "dynamodb:GetItem")

	return awsapigateway.NewRequestAuthorizer(r.Construct, jsii.String("Authorizer"), &awsapigateway.RequestAuthorizerProps{
		Handler: r.Authorize.Function,
		// An answer is remembered for a token and an address: a partner may be
		// let in from some only. Without a token API Gateway answers 401 itself.
		IdentitySources: &[]*string{
			awsapigateway.IdentitySource_Header(jsii.String("Authorization")),
			awsapigateway.IdentitySource_Context(jsii.String("identity.sourceIp")),
		},
		ResultsCacheTtl: awscdk.Duration_Minutes(jsii.Number(1)), // for so long a partner that is disabled still comes in
	})
}

// addTiers declares a usage plan per tier.
//
// The authorizer answers the value of the partner's API key, which puts the
// request into that key's usage plan: each key has a bucket of its own there.
// So a key is the name of a bucket, not a credential. Whoever makes a partner
// makes its key; the stack knows none of them.
func (r *RESTIntake) addTiers() {
	tiers := constructs.NewConstruct(r.Construct, jsii.String("Tiers"))
	for _, tier := range r.tiers {
		r.UsagePlans[tier.Name] = awsapigateway.NewUsagePlan(tiers, &tier.Name, &awsapigateway.UsagePlanProps{
			Description: jsii.String("Rate of each partner of the tier " + tier.Name),
			ApiStages:   &[]*awsapigateway.UsagePlanPerApiStage{{Api: r.RestApi, Stage: r.RestApi.DeploymentStage()}},
			Throttle: &awsapigateway.ThrottleSettings{
				RateLimit:  jsii.Number(tier.RequestsPerSecond),
				BurstLimit: jsii.Number(tier.burst()),
			},
			Quota: tier.quota(),
		})
	}
}

// plans are the ids of the usage plans by tier.
func (r *RESTIntake) plans() map[string]string {
	ids := make(map[string]string, len(r.UsagePlans))
	for tier, plan := range r.UsagePlans {
		ids[tier] = *plan.UsagePlanId()
	}
	return ids
}

// PlansByTier are the ids of the usage plans by tier, as a JSON object.
func (r *RESTIntake) PlansByTier() string {
	text, err := json.Marshal(r.plans())
	operation.Must("b2b.RESTIntake", *r.Construct.Node().Id(), err)
	return string(text)
}
