package rollback

// This file rolls managed policies back: by a version, since others are kept.

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/internal/policies"
	"github.com/tradepost-dev/tradepost/internal/policyguard"
)

// maxVersions is how many a policy may have.
const maxVersions = 5

// managed puts a version in force that is a placeholder.
func (h *Handler) managed(ctx context.Context, lock *policyguard.Lock, in contract.RollBack) (contract.Outcome, error) {
	e := in.Evaluated
	standing, ok, err := policyguard.ReadDefault(ctx, h.IAM, e.Policy.ARN)
	if err != nil {
		return "", err
	}
	if !ok {
		return contract.Deleted, nil
	}
	document, ok, err := policyguard.ReadVersion(ctx, h.IAM, e.Policy.ARN, standing.Version)
	if err != nil {
		return "", err
	}
	current := policyguard.Current{Execution: in.Execution, Judged: e.Version, Placeholder: standing.Version}
	switch {
	case !ok: // it was deleted just now
		return "", contract.PolicyChanged{Policy: e.Key}
	case standing.Version == e.Version && judgedStands(e.Document, document):
	case !policies.Same(document, policies.Placeholder):
		return "", contract.PolicyChanged{Policy: e.Key}
	case lock.Current.Placeholder != standing.Version: // an attempt broke off behind this step
		return contract.RolledBack, lock.Point(ctx, current)
	case lock.Current.Execution == in.Execution:
		return contract.RolledBack, nil
	case lock.Current.Judged == e.Version:
		return contract.UnderWay, nil
	default:
		return "", contract.PolicyChanged{Policy: e.Key}
	}
	if err := lock.Keep(ctx, e.EventID, standing.PolicyID, document); err != nil {
		return "", err
	}
	current.Placeholder = lock.Current.Placeholder
	if ok, err := h.putBack(ctx, lock, e.Policy.ARN, current); ok || err != nil {
		return contract.RolledBack, err
	}
	if current.Placeholder, err = h.putPlaceholder(ctx, lock, e.Policy.ARN, standing); err != nil {
		return "", err
	}
	return contract.RolledBack, lock.Point(ctx, current)
}

// putBack puts the placeholder in force again that an earlier case has left; ok is
// false if there is none. The case is noted before: who comes after an attempt that
// broke off in between could not tell whose placeholder it is that stands.
func (h *Handler) putBack(ctx context.Context, lock *policyguard.Lock, arn string, current policyguard.Current) (ok bool, err error) {
	if current.Placeholder == "" {
		return false, nil
	}
	document, ok, err := policyguard.ReadVersion(ctx, h.IAM, arn, current.Placeholder)
	if err != nil || !ok || !policies.Same(document, policies.Placeholder) {
		return false, err
	}
	if err := lock.Point(ctx, current); err != nil {
		return false, err
	}
	return policyguard.SetDefault(ctx, h.IAM, arn, current.Placeholder)
}

// putPlaceholder puts a new placeholder in force, and returns its version.
func (h *Handler) putPlaceholder(ctx context.Context, lock *policyguard.Lock, arn string, standing policyguard.Default) (version string, err error) {
	if err := h.makeRoom(ctx, lock, arn, standing); err != nil {
		return "", err
	}
	created, err := h.IAM.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{
		PolicyArn: &arn, PolicyDocument: aws.String(policies.Placeholder), SetAsDefault: true,
	}, once)
	if err != nil {
		return "", policyguard.Named(err, "put a placeholder into %s", arn)
	}
	return aws.ToString(created.PolicyVersion.VersionId), nil
}

// once keeps the SDK from making a call again whose answer was lost: that would put
// a second placeholder there. The next attempt finds the first one.
func once(o *iam.Options) { o.Retryer = aws.NopRetryer{} }

// makeRoom deletes the oldest version of a policy that has as many as it may
// have: not what is in force, which was judged. Its document is kept before.
func (h *Handler) makeRoom(ctx context.Context, lock *policyguard.Lock, arn string, standing policyguard.Default) error {
	var versions []types.PolicyVersion
	for pages := iam.NewListPolicyVersionsPaginator(h.IAM, &iam.ListPolicyVersionsInput{PolicyArn: &arn}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return policyguard.Named(err, "list versions of %s", arn)
		}
		versions = append(versions, page.Versions...)
	}
	if len(versions) < maxVersions {
		return nil
	}
	others := slices.DeleteFunc(versions, func(v types.PolicyVersion) bool {
		return v.IsDefaultVersion || aws.ToString(v.VersionId) == standing.Version
	})
	oldest := slices.MinFunc(others, func(a, b types.PolicyVersion) int { return cmp.Compare(number(a), number(b)) })
	version := aws.ToString(oldest.VersionId)
	document, ok, err := policyguard.ReadVersion(ctx, h.IAM, arn, version)
	if err != nil {
		return err
	}
	if ok {
		if err := lock.KeepVersion(ctx, standing.PolicyID, version, document, aws.ToTime(oldest.CreateDate)); err != nil {
			return err
		}
	}
	return policyguard.DeleteVersion(ctx, h.IAM, arn, version)
}

// number is that of a version: v12 is older than v13.
func number(v types.PolicyVersion) int {
	n, err := strconv.Atoi(strings.TrimPrefix(aws.ToString(v.VersionId), "v"))
	if err != nil {
		return 0 // it has a suffix, which IAM gives none today
	}
	return n
}
