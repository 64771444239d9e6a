// Package restore is the step of the policy guard that puts a change in force
// again which administrators have approved, if nothing else happened to the
// policy meanwhile.
package restore

import (
	"context"
	"log/slog"

	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/internal/patience"
	"github.com/tradepost-dev/tradepost/internal/policies"
	"github.com/tradepost-dev/tradepost/internal/policyguard"
)

// IAM is what the handler needs of the IAM client.
type IAM interface {
	policyguard.Reader
	policyguard.Writer
}

// Handler restores policies.
type Handler struct {
	IAM   IAM
	Cases policyguard.Cases
}

// Handle restores what the execution has rolled back, as long as its placeholder
// is what stands there. Repeated, it finds what it has done. Its errors are
// contract.PolicyLocked, patience.ServiceBusy and patience.ServiceRefused.
func (h *Handler) Handle(ctx context.Context, in contract.Restore) (contract.Handled, error) {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	key := in.Policy.Key()
	lock, err := h.Cases.Lock(ctx, key)
	if err != nil {
		return contract.Handled{}, err
	}
	outcome, err := h.restore(ctx, lock, in)
	if unlock := lock.Unlock(ctx); unlock != nil {
		slog.WarnContext(ctx, "the lock stays until its lease is over", "policy", key, "error", unlock.Error())
	}
	return contract.Handled{Outcome: outcome}, err
}

func (h *Handler) restore(ctx context.Context, lock *policyguard.Lock, in contract.Restore) (contract.Outcome, error) {
	if lock.Current.Execution != in.Execution {
		return contract.Superseded, nil
	}
	kept, err := lock.Kept(ctx, in.EventID)
	if err != nil {
		return "", err
	}
	if in.Policy.Kind == contract.Managed {
		return h.managed(ctx, in.Policy.ARN, kept, lock.Current.Placeholder)
	}
	return h.inline(ctx, in.Policy, kept.Document, lock.Current.Placeholder == contract.PlaceholderNone)
}

// managed puts the original version in force, and deletes the placeholder.
func (h *Handler) managed(ctx context.Context, arn string, kept policyguard.Kept, placeholder string) (contract.Outcome, error) {
	standing, ok, err := policyguard.ReadDefault(ctx, h.IAM, arn)
	switch {
	case err != nil:
		return "", err
	case !ok:
		return contract.Deleted, nil
	case standing.PolicyID != kept.PolicyID: // another one by its name
		return contract.Deleted, nil
	case standing.Version != placeholder && standing.Version != kept.Version:
		return contract.Changed, nil
	}
	if standing.Version == placeholder {
		if ok, err := policyguard.SetDefault(ctx, h.IAM, arn, kept.Version); err != nil {
			return "", err
		} else if !ok { // somebody has deleted the original
			return contract.Changed, nil
		}
	}
	return contract.Restored, policyguard.DeleteVersion(ctx, h.IAM, arn, placeholder)
}

// inline puts the original document in the placeholder's place, or in that of
// nothing if there was no room for one.
func (h *Handler) inline(ctx context.Context, p contract.Policy, original string, nothing bool) (contract.Outcome, error) {
	standing, ok, err := policyguard.ReadInline(ctx, h.IAM, p)
	switch {
	case err != nil:
		return "", err
	case !ok && !nothing:
		return contract.Deleted, nil
	case ok && policies.Same(standing, original): // by an attempt that broke off
		return contract.Restored, nil
	case ok && (nothing || !policies.Same(standing, policies.Placeholder)):
		return contract.Changed, nil
	}
	if ok, err = policyguard.PutInline(ctx, h.IAM, p, original); err != nil {
		return "", err
	} else if !ok {
		return contract.Deleted, nil
	}
	return contract.Restored, nil
}
