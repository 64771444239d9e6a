// Package register makes an invoice one row, however often and in however many
// files it comes, and says what comes next.
package register

// This file has the handler; row.go writes rows, question.go asks.

import (
	"context"
	"fmt"

	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/invoices"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// Handler registers invoices.
type Handler struct {
	DynamoDB      DynamoDB
	InvoicesTable string
	FilesTable    string
	Reader        invoices.Reader // reads corrections
}

// Handle takes a reviewer's corrections, if there are any, and makes the row of
// vendor and number this invoice's, if nobody else has it. Its errors are those
// of patience.Named.
func (h *Handler) Handle(ctx context.Context, in contract.Registering) (contract.Registered, error) {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	r := registration{Handler: h, Registering: in}
	out, err := r.register(ctx)
	if err != nil {
		return contract.Registered{}, patience.Named(fmt.Errorf("register invoice %d of file %s: %w", in.Invoice.Index, in.FileID, err))
	}
	return out, nil
}

// registration is one invoice on its way to a row.
type registration struct {
	*Handler
	contract.Registering
}

func (r *registration) owner() string { return contract.Owner(r.FileID, r.Invoice.Index) }

func (r *registration) register(ctx context.Context) (contract.Registered, error) {
	approved := r.Decision.Decision == contract.Approved
	before := keyOf(r.Invoice)
	var faults []string
	if approved {
		r.Invoice, faults = invoices.Correct(r.Invoice, r.Reader, r.Decision.Comment)
	}
	out := contract.Registered{Invoice: r.Invoice, Key: keyOf(r.Invoice), Standing: contract.StandingReview}
	if complete(out.Key) {
		other, err := r.write(ctx, out.Key)
		if err != nil {
			return out, err
		}
		if other == nil {
			out.Owner = r.owner()
		} else if other.same(r.Invoice) {
			out.Standing, out.Reason = contract.StandingDuplicate, fmt.Sprintf("It came before, in file %s, and is %s.", other.file(), other.state())
			return out, r.release(ctx, before, out.Key)
		} else {
			out.Invoice.Reasons = conflict(out.Invoice.Reasons, *other)
		}
	}
	if err := r.release(ctx, before, out.Key); err != nil {
		return out, err
	}
	// What a person has approved with a correction that was not understood is
	// not what they wanted to pay.
	if contract.Payable(out.Invoice.Reasons) && len(faults) == 0 && (approved || len(out.Invoice.Reasons) == 0) {
		out.Standing = contract.StandingPay
	}
	out.Payment = contract.Payment{
		PaymentID: contract.PaymentID(out.Key), FileID: r.FileID, Vendor: out.Invoice.Vendor, Number: out.Invoice.Number,
		Total: out.Invoice.Total, Date: out.Invoice.Date, Due: out.Invoice.Due,
	}
	out.Question = question(out.Invoice, r.Document, faults)
	return out, nil
}

func keyOf(invoice contract.Invoice) contract.Key {
	return contract.Key{Vendor: invoices.VendorKey(invoice.Vendor), Number: invoices.NumberKey(invoice.Number)}
}

// complete tells of a key that a row can have.
func complete(key contract.Key) bool { return key.Vendor != "" && key.Number != "" }

// conflict puts that first, and once.
func conflict(reasons []contract.Reason, other row) []contract.Reason {
	all := []contract.Reason{{Code: contract.Conflict, Text: fmt.Sprintf(
		"The vendor has another invoice of this number: %s of %s, which came in file %s and is %s.", other.total, other.dated(), other.file(), other.state())}}
	for _, reason := range reasons {
		if reason.Code != contract.Conflict {
			all = append(all, reason)
		}
	}
	return all
}
