package iam

// This file is the versions of managed policies. Whoever the policy is attached
// to has the rights of the default version from the next call on.

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type versionOutput struct {
	Document         string `json:",omitempty"` // as in a URL
	VersionId        string
	IsDefaultVersion bool
	CreateDate       cloud.Time
}

func (p *managedPolicy) listedVersion(v *version) versionOutput {
	return versionOutput{VersionId: v.id, IsDefaultVersion: v == p.current, CreateDate: cloud.Time(v.created)}
}

func (p *managedPolicy) version(id string) (*version, error) {
	i := slices.IndexFunc(p.versions, func(v *version) bool { return v.id == id })
	if i < 0 {
		return nil, fault(404, "NoSuchEntity", "Policy %s version %s does not exist or is not attachable.", p.arn, id)
	}
	return p.versions[i], nil
}

type createPolicyVersionInput struct {
	PolicyArn      string
	PolicyDocument string
	SetAsDefault   bool
}

func (s *IAM) createPolicyVersion(_ context.Context, caller cloud.Caller, in createPolicyVersionInput) (struct{ PolicyVersion versionOutput }, error) {
	var out struct{ PolicyVersion versionOutput }
	err := s.changePolicy(caller, "CreatePolicyVersion", in.PolicyArn, func(p *managedPolicy) error {
		document, err := compileManaged(in.PolicyDocument)
		if err != nil {
			return err
		}
		if len(p.versions) >= maxVersions {
			return fault(409, "LimitExceeded", "A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", maxVersions)
		}
		v := p.addVersion(document, time.Now())
		if in.SetAsDefault {
			p.current = v
		}
		out.PolicyVersion = p.listedVersion(v)
		return nil
	})
	return out, err
}

type versionName struct{ PolicyArn, VersionId string }

func (in versionName) check() error {
	if !isVersion.MatchString(in.VersionId) {
		return invalid("versionId", in.VersionId, `Member must satisfy regular expression pattern: v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`)
	}
	return nil
}

func (s *IAM) getPolicyVersion(_ context.Context, caller cloud.Caller, in versionName) (struct{ PolicyVersion versionOutput }, error) {
	var out struct{ PolicyVersion versionOutput }
	if err := in.check(); err != nil {
		return out, err
	}
	err := s.withPolicy(caller, "GetPolicyVersion", in.PolicyArn, func(p *managedPolicy) error {
		v, err := p.version(in.VersionId)
		err = cmp.Or(err, p.unread())
		if err == nil {
			out.PolicyVersion = p.listedVersion(v)
			out.PolicyVersion.Document = inURL(v.text)
		}
		return err
	})
	return out, err
}

type listPolicyVersionsInput struct {
	PolicyArn string
	paging
}

func (s *IAM) listPolicyVersions(_ context.Context, caller cloud.Caller, in listPolicyVersionsInput) (struct {
	Versions []versionOutput
	page
}, error) {
	var out struct {
		Versions []versionOutput
		page
	}
	err := s.withPolicy(caller, "ListPolicyVersions", in.PolicyArn, func(p *managedPolicy) error {
		for _, v := range p.versions {
			out.Versions = append(out.Versions, p.listedVersion(v))
		}
		var err error
		out.Versions, out.page, err = cut(in.paging, out.Versions, func(v versionOutput) string { return newestFirst(v.VersionId) })
		return err
	})
	return out, err
}

// newestFirst is a key by which the highest number comes first.
func newestFirst(id string) string {
	number, _ := strconv.Atoi(id[1:])
	return fmt.Sprintf("%010d", math.MaxInt32-number)
}

func (s *IAM) setDefaultPolicyVersion(_ context.Context, caller cloud.Caller, in versionName) (none, error) {
	if err := in.check(); err != nil {
		return none{}, err
	}
	return none{}, s.changePolicy(caller, "SetDefaultPolicyVersion", in.PolicyArn, func(p *managedPolicy) error {
		v, err := p.version(in.VersionId)
		if err == nil {
			p.current, p.updated = v, time.Now()
		}
		return err
	})
}

func (s *IAM) deletePolicyVersion(_ context.Context, caller cloud.Caller, in versionName) (none, error) {
	if err := in.check(); err != nil {
		return none{}, err
	}
	return none{}, s.changePolicy(caller, "DeletePolicyVersion", in.PolicyArn, func(p *managedPolicy) error {
		v, err := p.version(in.VersionId)
		if err != nil {
			return err
		}
		if v == p.current {
			return fault(409, "DeleteConflict", "Cannot delete the default version of a policy.")
		}
		p.versions = slices.DeleteFunc(p.versions, func(other *version) bool { return other == v })
		return nil
	})
}
