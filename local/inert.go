package local

// This file accepts the resources that change nothing on a laptop, and belong
// to no service that the engine has.

import (
	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// inert defines the types: nothing is encrypted, no capacity runs out, and
// neither strangers nor names reach a laptop.
type inert struct{ site cloud.Site }

func (i inert) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Inert("AWS::KMS::Key", i.key),
		cfn.Inert("AWS::KMS::Alias", nil),
		cfn.Inert("AWS::WAFv2::WebACLAssociation", nil),
		cfn.Inert("AWS::Route53::RecordSet", nil),
		cfn.Inert("AWS::ApplicationAutoScaling::ScalableTarget", nil),
		cfn.Inert("AWS::ApplicationAutoScaling::ScalingPolicy", nil),
	}
}

func (i inert) key(_ cfn.Resource, ref string) map[string]any {
	return map[string]any{"Arn": i.site.ARN("kms", "key/"+ref), "KeyId": ref}
}
