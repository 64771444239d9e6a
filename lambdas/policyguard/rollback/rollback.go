// Package rollback is the step of the policy guard that takes a change back for
// now: a placeholder is put in force that grants nothing, and what stood there is
// kept.
package rollback

// This file has the handler and inline policies; version.go has managed ones.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/internal/patience"
	"github.com/tradepost-dev/tradepost/internal/policies"
	"github.com/tradepost-dev/tradepost/internal/policyguard"
)

// IAM is what the handler needs of the IAM client.
type IAM interface {
	policyguard.Reader
	policyguard.Writer
	policyguard.Deleter
	CreatePolicyVersion(context.Context, *iam.CreatePolicyVersionInput, ...func(*iam.Options)) (*iam.CreatePolicyVersionOutput, error)
	ListPolicyVersions(context.Context, *iam.ListPolicyVersionsInput, ...func(*iam.Options)) (*iam.ListPolicyVersionsOutput, error)
}

// Handler rolls policies back.
type Handler struct {
	IAM   IAM
	Cases policyguard.Cases
}

// Handle rolls back what was judged, if it still stands. Repeated, it finds what
// it has done. Its errors are contract.PolicyChanged, contract.PolicyLocked,
// patience.ServiceBusy and patience.ServiceRefused.
func (h *Handler) Handle(ctx context.Context, in contract.RollBack) (contract.Handled, error) {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	lock, err := h.Cases.Lock(ctx, in.Evaluated.Key)
	if err != nil {
		return contract.Handled{}, err
	}
	outcome, err := h.rollBack(ctx, lock, in)
	if unlock := lock.Unlock(ctx); unlock != nil {
		slog.WarnContext(ctx, "the lock stays until its lease is over", "policy", in.Evaluated.Key, "error", unlock.Error())
	}
	return contract.Handled{Outcome: outcome}, err
}

func (h *Handler) rollBack(ctx context.Context, lock *policyguard.Lock, in contract.RollBack) (contract.Outcome, error) {
	mine, err := lock.Open(ctx, in)
	switch {
	case err != nil:
		return "", err
	case !mine:
		return contract.UnderWay, nil
	case in.Evaluated.Policy.Kind == contract.Managed:
		return h.managed(ctx, lock, in)
	default:
		return h.inline(ctx, lock, in)
	}
}

// inline replaces an inline policy by the placeholder.
func (h *Handler) inline(ctx context.Context, lock *policyguard.Lock, in contract.RollBack) (contract.Outcome, error) {
	e := in.Evaluated
	standing, ok, err := policyguard.ReadInline(ctx, h.IAM, e.Policy)
	if err != nil {
		return "", err
	}
	current := policyguard.Current{Execution: in.Execution, Judged: fingerprint(e.Document)}
	if ok && judgedStands(e.Document, standing) {
		return h.replace(ctx, lock, e, standing, current)
	}
	// Has a guard been here? This execution's has kept what stood.
	kept, err := lock.Kept(ctx, e.EventID)
	switch {
	case err != nil:
		return "", err
	case ok && !policies.Same(standing, policies.Placeholder):
		return "", contract.PolicyChanged{Policy: e.Key}
	case kept.Document == "" && lock.Current.Judged == current.Judged && ok == (lock.Current.Placeholder == ""):
		return contract.UnderWay, nil
	case kept.Document == "" && !ok:
		return contract.Deleted, nil
	case kept.Document == "":
		return "", contract.PolicyChanged{Policy: e.Key}
	case !ok:
		current.Placeholder = contract.PlaceholderNone
	}
	return contract.RolledBack, lock.Point(ctx, current)
}

// replace puts the placeholder in a policy's place, or nothing where its holder
// has no room for it. It is kept before.
func (h *Handler) replace(ctx context.Context, lock *policyguard.Lock, e contract.Evaluated, standing string, current policyguard.Current) (contract.Outcome, error) {
	if err := lock.Keep(ctx, e.EventID, "", standing); err != nil {
		return "", err
	}
	ok, err := policyguard.PutInline(ctx, h.IAM, e.Policy, policies.Placeholder)
	if policyguard.Full(err) {
		current.Placeholder, ok = contract.PlaceholderNone, true
		err = policyguard.DeleteInline(ctx, h.IAM, e.Policy)
	}
	switch {
	case err != nil:
		return "", err
	case !ok:
		return contract.Deleted, nil
	}
	return contract.RolledBack, lock.Point(ctx, current)
}

// judgedStands tells whether what stands is what was judged. Where the document
// was too long to be handed on, or not known, whatever stands is.
func judgedStands(judged, standing string) bool {
	return judged == "" && !policies.Same(standing, policies.Placeholder) || policies.Same(judged, standing)
}

func fingerprint(document string) string {
	sum := sha256.Sum256([]byte(document))
	return hex.EncodeToString(sum[:])
}
