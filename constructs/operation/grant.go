package operation

// This file gives permissions and answers cdk-nag's findings about them. Those
// on what a key may encrypt are in key.go.

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

// Allow lets a grantee perform actions on resources.
func Allow(grantee awsiam.IGrantable, resources []string, actions ...string) awsiam.Grant {
	return awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
		Grantee:      grantee.GrantPrincipal(),
		Actions:      jsii.Strings(actions...),
		ResourceArns: jsii.Strings(resources...),
	})
}

// Service is a role's principal for an AWS service: for this account's
// resources of the ARN's shape only ("stateMachine:*"), so that the service
// cannot be made to act by it for anybody else. For services that tell for
// whom they act: states, transfer, and others whose manual says so.
func Service(scope constructs.Construct, service, resource string) awsiam.IPrincipal {
	stack := awscdk.Stack_Of(scope)
	return awsiam.NewServicePrincipal(jsii.String(service+".amazonaws.com"), &awsiam.ServicePrincipalOpts{
		Conditions: &map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()},
			"ArnLike":      map[string]any{"aws:SourceArn": ARN(scope, service, resource)},
		},
	})
}

// ARN is that of a resource of this account in this region, or a pattern of them:
// "execution:name:*".
func ARN(scope constructs.IConstruct, service, resource string) string {
	stack := awscdk.Stack_Of(scope)
	return strings.Join([]string{"arn", *stack.Partition(), service, *stack.Region(), *stack.Account(), resource}, ":")
}

// Suppress records why a finding of cdk-nag stands at a resource and below.
// With patterns (regular expressions of "Resource::..." and the like) only
// those parts of the finding do.
func Suppress(scope constructs.IConstruct, rule, reason string, patterns ...string) {
	suppression := &cdknag.NagPackSuppression{Id: &rule, Reason: &reason}
	if len(patterns) > 0 {
		var applies []any
		for _, pattern := range patterns {
			applies = append(applies, &cdknag.RegexAppliesTo{Regex: jsii.String("/" + pattern + "/")})
		}
		suppression.AppliesTo = &applies
	}
	cdknag.NagSuppressions_AddResourceSuppressions(scope, &[]*cdknag.NagPackSuppression{suppression}, jsii.Bool(true))
}

// SuppressGrant is Suppress for what a grantee has been allowed. It does
// nothing if the grantee is not a role of the app.
func SuppressGrant(grantee awsiam.IGrantable, rule, reason string, patterns ...string) {
	if principal, ok := grantee.GrantPrincipal().(constructs.IConstruct); ok {
		Suppress(principal, rule, reason, patterns...)
	}
}
