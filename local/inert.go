package local

// This file accepts the resources that change nothing on a laptop, and belong
// to no service that the engine has.

import (
	"context"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// inert defines the types: nothing is encrypted, no capacity runs out, and
// neither strangers nor names reach a laptop.
type inert struct{ site cloud.Site }

func (i inert) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Inert("AWS::KMS::Key", i.key),
		cfn.Define("AWS::KMS::Alias", i.alias, cfn.Overwrite(i.alias)),
		cfn.Inert("AWS::WAFv2::WebACLAssociation", nil),
		cfn.Inert("AWS::Route53::RecordSet", nil),
		cfn.Inert("AWS::ApplicationAutoScaling::ScalableTarget", nil),
		cfn.Inert("AWS::ApplicationAutoScaling::ScalingPolicy", nil),
	}
}

type aliasProperties struct {
	AliasName   string
	TargetKeyId cfn.Ignored
}

// alias is known by its name.
func (i inert) alias(_ context.Context, _ cfn.Resource, p aliasProperties) (cfn.Handle, error) {
	if !strings.HasPrefix(p.AliasName, "alias/") {
		return cfn.Handle{}, cfn.Invalidf("AliasName", "must begin with alias/, got %q", p.AliasName)
	}
	return cfn.Handle{Ref: p.AliasName}, nil
}

func (i inert) key(_ cfn.Resource, ref string) map[string]any {
	return map[string]any{"Arn": i.site.ARN("kms", "key/"+ref), "KeyId": ref}
}
