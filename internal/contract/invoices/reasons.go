package invoices

// This file has why a person looks at an invoice.

import "slices"

// Reason is why a person has to look at an invoice.
type Reason struct {
	Code Code   `json:"code"`
	Text string `json:"text"` // a sentence for the person
}

// Code names a reason.
type Code string

// Reasons for which an invoice cannot be paid as it was read.
const (
	VendorMissing   Code = "VENDOR_MISSING"
	NumberMissing   Code = "NUMBER_MISSING"
	TotalMissing    Code = "TOTAL_MISSING"
	TotalAmbiguous  Code = "TOTAL_AMBIGUOUS" // its number or its currency
	TotalUnreadable Code = "TOTAL_UNREADABLE"
	NothingToPay    Code = "NOTHING_TO_PAY" // zero, or less
	CreditNote      Code = "CREDIT_NOTE"
	Conflict        Code = "CONFLICT" // the vendor has another invoice of the number
)

// Reasons for which a person has to approve what was read.
const (
	DateMissing    Code = "DATE_MISSING"
	DateAmbiguous  Code = "DATE_AMBIGUOUS"
	DateUnreadable Code = "DATE_UNREADABLE"
	DueAmbiguous   Code = "DUE_AMBIGUOUS"
	DueUnreadable  Code = "DUE_UNREADABLE"
	DueBeforeDate  Code = "DUE_BEFORE_DATE"
	LinesMissing   Code = "LINES_MISSING"
	LineUnreadable Code = "LINE_UNREADABLE"
	SumDiffers     Code = "SUM_DIFFERS"
	SeveralValues  Code = "SEVERAL_VALUES" // of something that there is one of
	OpenDiffers    Code = "AMOUNT_DUE_DIFFERS"
	LowConfidence  Code = "LOW_CONFIDENCE"
	AboveLimit     Code = "ABOVE_LIMIT"
	NoLimit        Code = "NO_LIMIT" // none for its currency
)

var blocking = []Code{VendorMissing, NumberMissing, TotalMissing, TotalAmbiguous, TotalUnreadable, NothingToPay, CreditNote, Conflict}

// Payable tells whether an invoice can be paid as it was read, by whoever
// approves it.
func Payable(reasons []Reason) bool {
	return !slices.ContainsFunc(reasons, func(r Reason) bool { return slices.Contains(blocking, r.Code) })
}
