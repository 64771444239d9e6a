// The CloudFormation resource types of S3.

package s3

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// Types returns AWS::S3::Bucket and AWS::S3::BucketPolicy.
func (s *S3) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::S3::Bucket", s.createBucketResource, cfn.Update(s.updateBucketResource)),
		cfn.Define("AWS::S3::BucketPolicy", s.createPolicyResource, cfn.Overwrite(s.createPolicyResource)),
	}
}

type bucketProperties struct {
	BucketName              string
	VersioningConfiguration struct{ Status string }
	Tags                    []Tag
	templated

	AbacStatus                       cfn.Ignored
	AccelerateConfiguration          cfn.Ignored
	AnalyticsConfigurations          cfn.Ignored
	IntelligentTieringConfigurations cfn.Ignored
	InventoryConfigurations          cfn.Ignored
	LoggingConfiguration             cfn.Ignored
	MetricsConfigurations            cfn.Ignored
}

func (s *S3) createBucketResource(_ context.Context, r cfn.Resource, p bucketProperties) (cfn.Handle, error) {
	name := p.BucketName
	if name == "" {
		name = physicalName(r)
	}
	options, err := p.options()
	if err != nil {
		return cfn.Handle{}, err
	}
	if err := s.CreateBucket(name, options); err != nil {
		return cfn.Handle{}, err
	}
	b, err := s.bucket(name)
	if err == nil {
		err = s.configure(b, p.templated)
	}
	if err != nil {
		return cfn.Handle{}, errors.Join(err, s.deleteBucket(name))
	}
	if err := s.keep(name); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: name, Attributes: map[string]any{
		"Arn":                 bucketARN(name),
		"DomainName":          name + ".s3.amazonaws.com",
		"RegionalDomainName":  name + ".s3." + s.cloud.Region + ".amazonaws.com",
		"DualStackDomainName": name + ".s3.dualstack." + s.cloud.Region + ".amazonaws.com",
		"WebsiteURL":          "http://" + name + ".s3-website-" + s.cloud.Region + ".amazonaws.com",
	}, Delete: func(context.Context) error {
		if err := s.deleteBucket(name); err != nil {
			return err
		}
		return s.cloud.Forget(bucketARN(name))
	}}, nil
}

// updateBucketResource keeps the objects. A bucket whose template has no versioning
// any more goes on without new versions, and keeps those that there are.
func (s *S3) updateBucketResource(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after bucketProperties) (cfn.Handle, error) {
	options, err := after.options()
	if err != nil {
		return h, err
	}
	b, err := s.bucket(h.Ref)
	if err != nil {
		return h, err
	}
	if err := b.setVersioning(options.Versioning); err != nil {
		return h, err
	}
	if err := s.configure(b, after.templated); err != nil {
		return h, err
	}
	b.redeclareTags(before.Tags, after.Tags)
	return h, nil
}

func (p bucketProperties) options() (BucketOptions, error) {
	switch p.VersioningConfiguration.Status {
	case "", Enabled, Suspended:
	default:
		return BucketOptions{}, &cfn.Unsupported{
			Property: "VersioningConfiguration.Status",
			Reason:   fmt.Sprintf("must be Enabled or Suspended, got %q", p.VersioningConfiguration.Status),
		}
	}
	return BucketOptions{Versioning: p.VersioningConfiguration.Status, Locked: p.ObjectLockEnabled, Tags: p.Tags}, nil
}

type policyProperties struct {
	Bucket         string
	PolicyDocument json.RawMessage
}

func (s *S3) createPolicyResource(_ context.Context, r cfn.Resource, p policyProperties) (cfn.Handle, error) {
	b, err := s.bucket(p.Bucket)
	if err != nil {
		return cfn.Handle{}, err
	}
	if err := b.blocks(p.PolicyDocument); err != nil {
		return cfn.Handle{}, err
	}
	if err := s.setPolicy(b, p.PolicyDocument); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: p.Bucket, Delete: func(context.Context) error { return s.setPolicy(b, nil) }}, nil
}

// physicalName is the resource's, in the characters of bucket names.
func physicalName(r cfn.Resource) string { return strings.ToLower(r.PhysicalName(63)) }
