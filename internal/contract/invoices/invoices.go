// Package invoices holds the names and shapes that cross a boundary between the
// construct, the state machine and the handlers of invoice processing. It
// imports nothing outside the standard library.
package invoices

// File is the input of an execution: a document of which Textract has told, or
// that it has refused.
type File struct {
	FileID string `json:"fileId"`
	JobID  string `json:"jobId,omitempty"`

	// Refused is why there is no job. With a job its own status counts.
	Refused string `json:"refused,omitempty"`
}

// Saved is what save answers.
type Saved struct {
	Analyzed bool   `json:"analyzed"`
	Reason   string `json:"reason"`   // why it was not
	Document string `json:"document"` // where the document is: s3://bucket/key
}

// Processed is what process answers.
type Processed struct {
	Invoices []Invoice `json:"invoices"` // 1 to MaxInvoices, or none
	Reason   string    `json:"reason"`   // why there are none
}

// MaxInvoices is how many one file may have.
const MaxInvoices = 40

// Invoice is what the state machine knows of one: all that is paid by. Its lines
// are in the archive.
type Invoice struct {
	Index      int      `json:"index"` // its place in the file, from 1
	Vendor     string   `json:"vendor"`
	Number     string   `json:"number"`
	Date       string   `json:"date"` // 2026-11-27, or "" if it is missing
	Due        string   `json:"due"`  // likewise
	Total      Amount   `json:"total"`
	Confidence float64  `json:"confidence"` // of the least sure part, in percent
	Lines      int      `json:"lines"`
	Reasons    []Reason `json:"reasons"`
}

// Amount is so much of a currency: "1234.50", "EUR". Both are empty if it could
// not be read.
type Amount struct {
	Value    string `json:"value"`
	Currency string `json:"currency"`
}

// String is as in "1234.50 EUR".
func (a Amount) String() string {
	if a.Currency == "" {
		return "an unknown amount"
	}
	return a.Value + " " + a.Currency
}

// Registering is what register is invoked with.
type Registering struct {
	FileID   string   `json:"fileId"`
	Document string   `json:"document"`
	Invoice  Invoice  `json:"invoice"`
	Decision Decision `json:"decision"` // to pay it, with corrections in its comment; nobody's at first
}

// Decision is a reviewer's, in the form of approvals.
type Decision struct {
	Decision string `json:"decision"` // APPROVED, DENIED, or "" before there is one
	By       string `json:"by"`
	At       string `json:"at"`
	Comment  string `json:"comment"`
	TimedOut bool   `json:"timedOut"`
}

// Approved is the decision to pay.
const Approved = "APPROVED"

// Registered is what register answers.
type Registered struct {
	Invoice  Invoice  `json:"invoice"` // with the reviewer's corrections
	Owner    string   `json:"owner"`   // of the row, which is this invoice's; "" if it has none
	Key      Key      `json:"key"`
	Payment  Payment  `json:"payment"` // what pay is invoked with
	Standing Standing `json:"standing"`
	Reason   string   `json:"reason"`   // why it is a duplicate
	Question Question `json:"question"` // for a reviewer
}

// Key is that of a row of the Invoices table.
type Key struct {
	Vendor string `json:"vendor"`
	Number string `json:"number"`
}

// Question is what a reviewer is asked.
type Question struct {
	Title   string `json:"title"`
	Details string `json:"details"`
}

// Standing is what comes next.
type Standing string

// Standings.
const (
	StandingPay       Standing = "PAY"       // it is this file's, and approved
	StandingReview    Standing = "REVIEW"    // a person has to look at it
	StandingDuplicate Standing = "DUPLICATE" // it came before, in another file
)

// Payment is what pay is invoked with. A function in its place pays at most once
// for a PaymentID, however often it is invoked with it, and answers with any
// object; its member "reference", a text, is kept with the invoice.
type Payment struct {
	PaymentID string `json:"paymentId"` // of vendor and number
	FileID    string `json:"fileId"`
	Vendor    string `json:"vendor"`
	Number    string `json:"number"`
	Total     Amount `json:"total"`
	Date      string `json:"date"`
	Due       string `json:"due"`
}

// Paid is what pay answers.
type Paid struct {
	Reference string `json:"reference"`
}

// Outcome is what became of an invoice, or of a file without one.
type Outcome struct {
	Outcome   OutcomeCode `json:"outcome"`
	Reason    string      `json:"reason"`              // of all but those that are paid
	Invoice   *Invoice    `json:"invoice,omitempty"`   // if there is one
	Decision  *Decision   `json:"decision,omitempty"`  // if a person has decided
	Reference string      `json:"reference,omitempty"` // of the payment
}

// OutcomeCode says what became of an invoice.
type OutcomeCode string

// Outcomes.
const (
	OutcomePaid      OutcomeCode = "PAID"
	OutcomeRefused   OutcomeCode = "REFUSED"
	OutcomeDuplicate OutcomeCode = "DUPLICATE"
	OutcomeFailed    OutcomeCode = "FAILED"
)

// Archiving is what archive is invoked with. It answers with Archived.
type Archiving struct {
	FileID   string    `json:"fileId"`
	Outcomes []Outcome `json:"outcomes"`
}

// Archived is the output of an execution, and what Notices is told.
type Archived struct {
	FileID   string    `json:"fileId"`
	Bucket   string    `json:"bucket"`
	Key      string    `json:"key"`
	Archive  string    `json:"archive"` // the folder of the archive's bucket
	Outcomes []Outcome `json:"outcomes"`
	Failed   int       `json:"failed"` // how many of them have
}

// NoticeOutcome is the attribute of a notice that has the outcomes: a list of
// texts.
const NoticeOutcome = "outcomes"

// PaymentConflict is pay's error for what cannot be paid: something else was, for
// the same invoice.
type PaymentConflict struct{ Reason string }

func (e *PaymentConflict) Error() string { return e.Reason }

// Errors of executions.
const (
	ErrorPaymentConflict = "PaymentConflict" // the name of PaymentConflict
	ErrorServiceBusy     = "ServiceBusy"     // that of patience.ServiceBusy: the state machine tries again
	ErrorInvoiceFailed   = "InvoiceFailed"   // of an execution in which something failed, when it is archived
)
