package local

// This file serves the resources that the CDK's own libraries put into
// templates: custom resources whose behaviour is fixed and documented. Their
// providers, which are Lambda functions in Node.js or Python, are not run. Where
// the provider is a function that the engine runs, it is asked, as for any other
// custom resource.

import (
	"context"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloudformation"
	"github.com/tradepost-dev/tradepost/local/lambda"
	"github.com/tradepost-dev/tradepost/local/s3"
)

const providerType = "Local::CDK::Provider"

// served are the custom resources that the engine serves itself.
var served = []string{
	"Custom::S3BucketNotifications", "Custom::S3AutoDeleteObjects",
	"Custom::LogRetention", "Custom::CloudwatchLogResourcePolicy", "Custom::VpcRestrictDefaultSG",
}

// toolkit defines the types.
type toolkit struct {
	objects *s3.S3
	stacks  *cloudformation.CloudFormation
}

func (k toolkit) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Inert("AWS::CDK::Metadata", nil),
		cfn.Inert(providerType, func(r cfn.Resource, ref string) map[string]any { return map[string]any{"Arn": ref} }),
		k.served("Custom::S3AutoDeleteObjects", k.autoDelete),
		k.served("Custom::LogRetention", nothing),
		k.served("Custom::CloudwatchLogResourcePolicy", nothing),
		k.served("Custom::VpcRestrictDefaultSG", nothing),
		cfn.Define("Custom::S3BucketNotifications", k.notify, cfn.Overwrite(k.notify)),
	}
}

// served is a custom resource that serve serves, unless a function of the
// template does.
func (k toolkit) served(name string, serve func(cfn.Resource, map[string]any) cfn.Handle) cfn.Type {
	isOthers := func(p map[string]any) bool {
		token, _ := p["ServiceToken"].(string)
		return strings.HasPrefix(token, "arn:")
	}
	return cfn.Define(name, func(ctx context.Context, r cfn.Resource, p map[string]any) (cfn.Handle, error) {
		if isOthers(p) {
			return k.stacks.CreateCustom(ctx, r, p)
		}
		return serve(r, p), nil
	}, cfn.Update(func(ctx context.Context, r cfn.Resource, h cfn.Handle, before, after map[string]any) (cfn.Handle, error) {
		if isOthers(after) {
			return k.stacks.UpdateCustom(ctx, r, h, before, after)
		}
		return serve(r, after), nil
	}))
}

func nothing(r cfn.Resource, _ map[string]any) cfn.Handle { return cfn.Handle{Ref: r.PhysicalName(64)} }

// autoDeleteTag marks a bucket that is to be emptied. One that has lost it goes
// on, full, without the custom resource: so do those of a stack that is not for
// trying things out any more.
var autoDeleteTag = s3.Tag{Key: "aws-cdk:auto-delete-objects", Value: "true"}

// autoDelete empties a bucket when the stack does not need it any more. For
// another bucket it is another resource.
func (k toolkit) autoDelete(r cfn.Resource, p map[string]any) cfn.Handle {
	bucket, _ := p["BucketName"].(string)
	return cfn.Handle{Ref: r.LogicalID + "-" + bucket, Delete: func(ctx context.Context) error {
		if !k.objects.Tagged(bucket, autoDeleteTag) {
			return nil
		}
		return k.objects.Empty(ctx, bucket)
	}}
}

type notifications struct {
	BucketName                string
	NotificationConfiguration s3.Notification
	Managed                   cfn.Ignored // nothing else sets a bucket's notifications
	ServiceToken              cfn.Ignored
	SkipDestinationValidation bool
}

func (k toolkit) notify(_ context.Context, r cfn.Resource, p notifications) (cfn.Handle, error) {
	err := k.objects.Notify(p.BucketName, p.NotificationConfiguration, p.SkipDestinationValidation)
	return cfn.Handle{Ref: r.LogicalID + "-" + p.BucketName, Delete: func(context.Context) error {
		_ = k.objects.Notify(p.BucketName, s3.Notification{}, false) // a bucket that is not there notifies nobody
		return nil
	}}, err
}

// dropProviders takes the functions that only serve such custom resources, in
// languages that the engine does not run, out of the template.
func dropProviders(t *cfn.Template) {
	for _, name := range served {
		for _, id := range t.Declared(name) {
			token, _ := t.Resources[id].Properties["ServiceToken"].(map[string]any)
			attribute, _ := token["Fn::GetAtt"].([]any)
			if len(attribute) != 2 {
				continue
			}
			provider, _ := attribute[0].(string)
			if function, ok := t.Resources[provider]; ok && function.Type == "AWS::Lambda::Function" && !lambda.Runs(function.Properties["Runtime"]) && !servesOthers(t, provider) {
				function.Type = providerType
			}
		}
	}
}

// servesOthers tells whether a resource that the engine does not serve itself
// has the function for its provider.
func servesOthers(t *cfn.Template, provider string) bool {
	for _, resource := range t.Resources {
		token, _ := resource.Properties["ServiceToken"].(map[string]any)
		attribute, _ := token["Fn::GetAtt"].([]any)
		if len(attribute) == 2 && attribute[0] == provider && !slices.Contains(served, resource.Type) {
			return true
		}
	}
	return false
}
