package b2b

// This file declares who may use the REST API: a token per partner, and a rate
// per partner.

import (
	"encoding/json"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// addAuthorizer declares the function that knows a partner by its token.
func (r *RESTIntake) addAuthorizer(props RESTIntakeProps) awsapigateway.IAuthorizer {
	stack := awscdk.Stack_Of(r.Construct)
	r.SecretPrefix = *stack.StackName() + "/" + operation.StackPart(r.Construct) + "/" + r.unique() + "/partners/"
	r.Authorize = functions(r.Construct, props.Code, props.Operation, props.Alarms.Functions).Add("Authorize", Authorize, gofunction.Props{
		Description: "Knows a trading partner by its token",
		Timeout:     10 * time.Second,
		Environment: map[string]string{contract.EnvTokenSecretPrefix: r.SecretPrefix},
	})
	// The prefix, not each secret: asking for a partner that does not exist
	// must be answered with "not found" rather than "access denied".
	secrets := stack.FormatArn(&awscdk.ArnComponents{
		Service:      jsii.String("secretsmanager"),
		Resource:     jsii.String("secret"),
		ResourceName: jsii.String(r.SecretPrefix + "*"),
		ArnFormat:    awscdk.ArnFormat_COLON_RESOURCE_NAME,
	})
	operation.Allow(r.Authorize.Role, []string{*secrets}, "secretsmanager:GetSecretValue")
	operation.AllowKey(r.Authorize.Role, props.Operation.Key, "kms:Decrypt")
	operation.Suppress(r.Authorize.Role, "AwsSolutions-IAM5",
		"The tokens of this API's partners, known or not; Secrets Manager adds a random end to every ARN.",
		`^Resource::.*:secret:.*\/partners\/\*$`)

	return awsapigateway.NewTokenAuthorizer(r.Construct, jsii.String("Authorizer"), &awsapigateway.TokenAuthorizerProps{
		Handler:         r.Authorize.Function,
		IdentitySource:  awsapigateway.IdentitySource_Header(jsii.String("Authorization")),
		ValidationRegex: jsii.String(tokenShape),
		ResultsCacheTtl: awscdk.Duration_Minutes(jsii.Number(5)),
	})
}

// tokenShape is what may be a partner's token: anything else is answered by
// API Gateway itself, with 401, before a function runs.
const tokenShape = `^[Bb][Ee][Aa][Rr][Ee][Rr] +[a-z][a-z0-9-]{2,30}\.[^ ]{16,512} *$`

// unique tells this API from another one in the same stack.
func (r *RESTIntake) unique() string { return (*r.Construct.Node().Addr())[2:18] }

// addPartner declares a partner's token and rate.
//
// The authorizer answers the value of the partner's API key, which puts the
// request into that key's usage plan. So the key is the name of a bucket, not
// a credential, and may stand in the template.
func (r *RESTIntake) addPartner(partners constructs.Construct, partner Partner, settings operation.Settings) {
	this := constructs.NewConstruct(partners, &partner.ID)
	usageKey := awscdk.Fn_Join(jsii.String("-"), jsii.Strings(operation.StackPart(this), r.unique(), partner.ID))
	template, err := json.Marshal(map[string]string{ // a contract.PartnerToken without its generated token
		"partner":  partner.ID,
		"usageKey": *usageKey,
	})
	operation.Must("b2b.RESTIntake", *r.Construct.Node().Id(), err)

	secret := operation.NewSecret(this, "Token", settings, awssecretsmanager.SecretProps{
		SecretName:  jsii.String(r.SecretPrefix + partner.ID),
		Description: jsii.String("REST token of " + partner.ID + ": sent as Authorization: Bearer <partner>.<token>"),
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(string(template)),
			GenerateStringKey:    jsii.String("token"),
			ExcludePunctuation:   jsii.Bool(true),
			PasswordLength:       jsii.Number(48),
		},
	})
	operation.Suppress(secret, "AwsSolutions-SMG4", "The partner has to be given a new token by people; replace the value to rotate it.")
	r.Secrets[partner.ID] = secret

	key := awsapigateway.NewApiKey(this, jsii.String("UsageKey"), &awsapigateway.ApiKeyProps{
		Value:       usageKey,
		Description: jsii.String("Counts the requests of " + partner.ID),
	})
	plan := awsapigateway.NewUsagePlan(this, jsii.String("UsagePlan"), &awsapigateway.UsagePlanProps{
		Description: jsii.String("Rate of " + partner.ID),
		ApiStages:   &[]*awsapigateway.UsagePlanPerApiStage{{Api: r.RestApi, Stage: r.RestApi.DeploymentStage()}},
		Throttle: &awsapigateway.ThrottleSettings{
			RateLimit:  jsii.Number(partner.rate()),
			BurstLimit: jsii.Number(partner.burst()),
		},
		Quota: partner.quota(),
	})
	plan.AddApiKey(key, nil)
	r.UsagePlans[partner.ID] = plan
}

func (p Partner) quota() *awsapigateway.QuotaSettings {
	if p.DailyQuota == 0 {
		return nil
	}
	return &awsapigateway.QuotaSettings{Limit: jsii.Number(p.DailyQuota), Period: awsapigateway.Period_DAY}
}
