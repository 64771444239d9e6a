// Package evaluate is the step of the policy guard that judges what a call has
// put in force.
package evaluate

// This file has the handler; call.go reads the call, text.go tells what was found.

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/internal/patience"
	"github.com/tradepost-dev/tradepost/internal/policies"
	"github.com/tradepost-dev/tradepost/internal/policyguard"
)

// Handler judges changes.
type Handler struct {
	iam        policyguard.Reader
	own        []string
	restricted []policies.Pattern
	written    map[policies.Pattern]string // as they are in the list
}

// New returns a handler that judges by a list of restricted actions, and knows
// what is the guard's own by contract.Policy.Holder.
func New(client policyguard.Reader, restricted, own []string) (*Handler, error) {
	patterns, err := policies.Patterns(restricted)
	if err != nil {
		return nil, err
	}
	h := &Handler{iam: client, own: own, restricted: patterns, written: map[policies.Pattern]string{}}
	for i, pattern := range patterns {
		h.written[pattern] = restricted[i]
	}
	return h, nil
}

// Handle judges the document that the call has put in force: a managed policy's
// version as IAM has it, an inline policy as the call gave it, or as it stands if
// CloudTrail has left it out. A document that nobody can read counts as one that
// grants what is restricted. Its errors are contract.ChangeInvalid,
// patience.ServiceBusy and patience.ServiceRefused.
func (h *Handler) Handle(ctx context.Context, change contract.Change) (contract.Evaluated, error) {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	policy, version, inForce, err := subject(change)
	if err != nil {
		return contract.Evaluated{}, err
	}
	e := contract.Evaluated{
		EventID: change.EventID, Policy: policy, Key: policy.Key(), Version: version,
		ChangedBy: change.UserIdentity.Who(), Own: slices.Contains(h.own, policy.Holder()), InForce: inForce, Findings: []contract.Finding{},
	}
	known := policy != (contract.Policy{})
	if !known {
		e.Unknown, e.Key = true, contract.KeyUnknown
	}
	if !inForce {
		return e, nil
	}
	if !known {
		return unknown(e, change), nil
	}
	document, err := h.document(ctx, policy, version, change.RequestParameters.PolicyDocument)
	if err != nil {
		return contract.Evaluated{}, err
	}
	t := told{change: change, policy: policy, version: version, written: h.written}
	t.findings, t.unreadable = h.judge(document)
	e.Restricted = len(t.findings) > 0 || t.unreadable != ""
	e.Findings = t.shortened()
	e.Document = compact(document)
	e.Title, e.Details = t.title(), t.details(e.Document)
	return e, nil
}

// unknown is the answer for a change of some policy.
func unknown(e contract.Evaluated, change contract.Change) contract.Evaluated {
	e.Restricted = true
	t := told{change: change, unreadable: "CloudTrail has left out of the event which policy was changed, since its document is that long"}
	e.Title, e.Details = "A policy was changed that cannot be told", t.details("")
	return e
}

// document is what the call has put in force, empty if nobody knows any more.
func (h *Handler) document(ctx context.Context, p contract.Policy, version, given string) (string, error) {
	var document string
	var err error
	if p.Kind == contract.Managed {
		document, _, err = policyguard.ReadVersion(ctx, h.iam, p.ARN, version)
	}
	if document == "" {
		document = given
	}
	if document == "" && p.Kind != contract.Managed {
		document, _, err = policyguard.ReadInline(ctx, h.iam, p)
	}
	return document, err
}

// judge says what a document grants, or why nobody can say.
func (h *Handler) judge(document string) (findings []policies.Finding, unreadable string) {
	if document == "" {
		return nil, "its document is not known any more: the policy was changed or deleted again before the guard came"
	}
	d, err := policies.Parse(document)
	if err != nil {
		return nil, err.Error()
	}
	return d.Grants(h.restricted), ""
}

// compact is a document without blanks, empty if it is no JSON or too long to be
// handed on.
func compact(document string) string {
	var short bytes.Buffer
	if json.Compact(&short, []byte(document)) != nil || short.Len() > contract.MaxDocument {
		return ""
	}
	return short.String()
}
