package ecr

// This file has the CloudFormation resource type.

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Types returns AWS::ECR::Repository.
func (e *ECR) Types() []cfn.Type {
	return []cfn.Type{cfn.Define("AWS::ECR::Repository", e.create, cfn.Update(e.update), cfn.Check(properties.check))}
}

type properties struct {
	RepositoryName             string
	ImageTagMutability         string
	ImageScanningConfiguration struct{ ScanOnPush bool }
	EncryptionConfiguration    struct{ EncryptionType, KmsKey string }
	LifecyclePolicy            struct{ LifecyclePolicyText, RegistryId string }
	RepositoryPolicyText       json.RawMessage

	EmptyOnDelete                      cfn.Ignored // there are no images
	ImageTagMutabilityExclusionFilters cfn.Ignored
	Tags                               cfn.Ignored
}

// repositoryName is what the name of a repository may be.
var repositoryName = regexp.MustCompile(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`)

func (p properties) check() error {
	mutabilities := []string{"", "MUTABLE", "IMMUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION"}
	switch {
	case p.RepositoryName != "" && !strings.Contains(p.RepositoryName, "${") && (len(p.RepositoryName) < 2 || len(p.RepositoryName) > 256 || !repositoryName.MatchString(p.RepositoryName)):
		return invalid("RepositoryName is %q; it must have 2 to 256 characters and match %s", p.RepositoryName, repositoryName)
	case !slices.Contains(mutabilities, p.ImageTagMutability):
		return invalid("ImageTagMutability is %q; it must be one of %q", p.ImageTagMutability, mutabilities[1:])
	case p.LifecyclePolicy.LifecyclePolicyText != "" && !json.Valid([]byte(p.LifecyclePolicy.LifecyclePolicyText)):
		return invalid("LifecyclePolicyText is no JSON")
	}
	return nil
}

func invalid(format string, arguments ...any) error {
	return cloud.Errorf(400, "InvalidParameterException", "Invalid parameter: "+format, arguments...)
}

func (e *ECR) create(_ context.Context, r cfn.Resource, p properties) (cfn.Handle, error) {
	name := cmp.Or(p.RepositoryName, strings.ToLower(r.PhysicalName(256)))
	p.RepositoryName = name
	if err := p.check(); err != nil {
		return cfn.Handle{}, err
	}
	made := &repository{
		ARN: e.arn(name), Registry: e.cloud.Account, Name: name, Created: cloud.Time(time.Now()),
		URI:        fmt.Sprintf("%s.dkr.ecr.%s.amazonaws.com/%s", e.cloud.Account, e.cloud.Region, name),
		Encryption: map[string]string{"encryptionType": cmp.Or(p.EncryptionConfiguration.EncryptionType, "AES256")},
	}
	if p.EncryptionConfiguration.KmsKey != "" {
		made.Encryption["kmsKey"] = p.EncryptionConfiguration.KmsKey
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, exists := e.repositories[name]; exists {
		return cfn.Handle{}, cloud.Errorf(400, "RepositoryAlreadyExistsException", "The repository with name '%s' already exists in the registry with id '%s'", name, e.cloud.Account)
	}
	if err := e.set(made, p); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: name, Attributes: map[string]any{"Arn": made.ARN, "RepositoryUri": made.URI}, Delete: func(context.Context) error {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.repositories, name)
		return e.cloud.SetResourcePolicy(made.ARN, "", nil)
	}}, nil
}

func (e *ECR) update(_ context.Context, _ cfn.Resource, h cfn.Handle, _, p properties) (cfn.Handle, error) {
	if err := p.check(); err != nil {
		return h, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.repositories[h.Ref]
	if r == nil {
		return h, e.missing(h.Ref)
	}
	updated := *r
	return h, e.set(&updated, p)
}

// set gives a repository what can be changed of it, and makes it known. The lock
// is held.
func (e *ECR) set(r *repository, p properties) error {
	r.Mutability = cmp.Or(p.ImageTagMutability, "MUTABLE")
	r.Scanning = scanning{p.ImageScanningConfiguration.ScanOnPush}
	r.policy, r.lifecycle = p.RepositoryPolicyText, p.LifecyclePolicy.LifecyclePolicyText
	if err := e.cloud.SetResourcePolicy(r.ARN, "", r.policy); err != nil {
		return err
	}
	e.repositories[r.Name] = r
	return nil
}
