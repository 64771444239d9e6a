package b2b

// Outcome is what became of one transaction. For every file, and for every
// posted transaction: received = stored + duplicate + rejected + failed.
type Outcome string

const (
	Stored    Outcome = "STORED"
	Duplicate Outcome = "DUPLICATE" // same id, same content: stored before
	Rejected  Outcome = "REJECTED"  // the partner has to change something
	Failed    Outcome = "FAILED"    // the pipeline's own failure
)

// Replaying stands in a failed outcome's place while the transaction is tried
// again. It accounts for nothing: the file waits for the next outcome.
const Replaying Outcome = "REPLAYING"

// Final tells the outcomes that never give way to another one.
func (o Outcome) Final() bool { return o != Failed && o != Replaying }

// StatusReceived is the status of a posted transaction that is queued and has
// no outcome yet. Otherwise a transaction's status is its Outcome.
const StatusReceived = "RECEIVED"

// Codes say why a transaction was not stored. They are part of the public
// reply format.
const (
	CodeMissingTransactionID = "MISSING_TRANSACTION_ID"
	CodeInvalidTransactionID = "INVALID_TRANSACTION_ID"
	CodeTransactionTooLarge  = "TRANSACTION_TOO_LARGE"
	CodeUnexpectedElement    = "UNEXPECTED_ELEMENT" // a child of the root that is not a Transaction
	CodeDuplicate            = "DUPLICATE"
	CodeContentConflict      = "CONTENT_CONFLICT"
	CodePartnerUnknown       = "PARTNER_UNKNOWN" // enrichment knows no such partner
	CodeWorkflowFailed       = "WORKFLOW_FAILED"
)

// FileCodes say why a file is not settled, beside the batch.Codes of a broken
// one. They are part of the public reply format, too.
const (
	FileCodeGone    = "FILE_GONE" // deleted or replaced before it was read
	FileCodeOverdue = "OVERDUE"   // some transactions have no outcome at the deadline
)

// Totals account for a file.
type Totals struct {
	Received  int `json:"received"`
	Stored    int `json:"stored"`
	Duplicate int `json:"duplicate"`
	Rejected  int `json:"rejected"`
	Failed    int `json:"failed"`
}

// Accounted is how many transactions have an outcome.
func (t Totals) Accounted() int { return t.Stored + t.Duplicate + t.Rejected + t.Failed }

// Count adds n transactions with an outcome.
func (t *Totals) Count(o Outcome, n int) {
	switch o {
	case Stored:
		t.Stored += n
	case Duplicate:
		t.Duplicate += n
	case Rejected:
		t.Rejected += n
	case Failed:
		t.Failed += n
	}
}
