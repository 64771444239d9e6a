// Package approval holds the names and shapes that cross a boundary between the
// construct, state machines that ask, and the handlers by which a person
// decides. It imports nothing outside the standard library.
package approval

// Asked is what the request function is invoked with, by a task that waits for
// its token.
type Asked struct {
	// Name is the question's own within the account: the execution's ARN and the
	// state's name, say. Asked again by the same name, it is the same question:
	// mails are sent again, and what was decided already is answered at once.
	Name string `json:"name"`

	TaskToken string   `json:"taskToken"`
	Title     string   `json:"title"`               // one line of at most MaxTitle characters
	Details   string   `json:"details,omitempty"`   // plain text of at most MaxDetails bytes
	Approvers []string `json:"approvers,omitempty"` // mail addresses, of those that the function knows; none: all
}

// Concluded is what the conclude function is invoked with when the task has run
// out of time. It answers with the Decision.
type Concluded struct {
	Name string `json:"name"`
}

// Limits of a question and of a comment.
const (
	MaxName    = 1024      // bytes
	MaxTitle   = 200       // characters
	MaxDetails = 100 << 10 // bytes
	MaxComment = 2000      // characters
)

// Decision is the output of the task, and what conclude answers.
type Decision struct {
	Decision Verdict `json:"decision"`
	By       string  `json:"by,omitempty"` // the approver's mail address; nobody's if it TimedOut
	At       string  `json:"at"`           // RFC 3339, UTC
	Comment  string  `json:"comment"`
	TimedOut bool    `json:"timedOut"`
}

// Verdict is what was decided.
type Verdict string

// Verdicts.
const (
	Approved Verdict = "APPROVED"
	Denied   Verdict = "DENIED"
)

// Attributes of the table of questions. All are texts but the last two.
const (
	AttrRequestID = "requestId" // the key: SHA-256 of the name, in hexadecimal digits
	AttrName      = "name"
	AttrTaskToken = "taskToken"
	AttrTitle     = "title"
	AttrDetails   = "details"
	AttrDecision  = "decision" // a Verdict, from when there is one
	AttrDecidedBy = "decidedBy"
	AttrDecidedAt = "decidedAt" // RFC 3339, UTC
	AttrComment   = "comment"
	AttrToldAt    = "toldAt"    // when the state machine got the decision, or waited no more: RFC 3339, UTC
	AttrExpiresAt = "expiresAt" // number: Unix time, in seconds
	AttrApprovers = "approvers" // set of texts
)

// Variables of the functions' environment.
const (
	EnvRequestsTable = "REQUESTS_TABLE"
	EnvTopicARN      = "TOPIC_ARN"
	EnvKeySecret     = "KEY_SECRET" // ARN of the secret that signs links
	EnvPageURL       = "PAGE_URL"   // what a link's text is put behind, with the slash at its end
	EnvApprovers     = "APPROVERS"  // JSON list of mail addresses
	EnvTimeout       = "TIMEOUT"    // for how long a decision is waited for, as in "24h"
)

// MessageAttributeApprover says on a message whom it is for: the subscription of
// a mail address filters by it.
const MessageAttributeApprover = "approver"

// RequestInvalid is the request function's error for a question that cannot be
// asked; asking again would not help.
type RequestInvalid struct{ Reason string }

func (e RequestInvalid) Error() string { return e.Reason }

// RequestUnknown is the conclude function's error for a name under which nothing
// was asked.
type RequestUnknown struct{ Name string }

func (e RequestUnknown) Error() string { return "nothing was asked by the name " + e.Name }

// ParameterLink is the path parameter that has a link's text.
const ParameterLink = "link"
