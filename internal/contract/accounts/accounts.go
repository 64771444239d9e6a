// Package accounts holds the names and shapes that cross a boundary between the
// constructs, the state machine, the handlers and the callers of account
// applications. It imports nothing outside the standard library.
package accounts

import (
	"regexp"
	"time"
)

// Application is the body of a request and the input of an execution.
type Application struct {
	// ApplicationID is the caller's, and stands for this application only: see
	// ValidID.
	ApplicationID string  `json:"applicationId"`
	Name          string  `json:"name"` // of a person
	Address       Address `json:"address"`
}

// Address is where the applicant lives.
type Address struct {
	Line1      string `json:"line1"` // house and street, or as it is written there
	Line2      string `json:"line2,omitempty"`
	City       string `json:"city"`
	Region     string `json:"region,omitempty"` // state, province: where addresses have one
	PostalCode string `json:"postalCode"`
	Country    string `json:"country"` // ISO 3166-1, two letters
}

// PatternID is what an application's id looks like.
const PatternID = `^[A-Za-z0-9._-]{1,64}$`

var id = regexp.MustCompile(PatternID)

// ValidID reports whether a text may be an application's id.
func ValidID(text string) bool { return id.MatchString(text) }

// CheckedName is the answer of CheckName for a name that stands the check.
type CheckedName struct {
	Name string `json:"name"` // as it is stored
}

// CheckedAddress is the answer of CheckAddress for an address that stands the
// check.
type CheckedAddress struct {
	Address Address `json:"address"` // as it is stored
}

// Checked is what ApproveApplication is invoked with.
type Checked struct {
	Application Application `json:"application"` // as it was sent
	Reasons     []Reason    `json:"reasons"`     // of both checks; none if it stands them

	// Applicant has the answers of the checks that found nothing.
	Applicant Applicant `json:"applicant"`
}

// Applicant is who gets an account, as it is stored.
type Applicant struct {
	Name    string  `json:"name"`
	Address Address `json:"address"`
}

// Decided is the answer of ApproveApplication, and what OpenNewAccount is
// invoked with.
type Decided struct {
	ApplicationID string     `json:"applicationId"`
	Decision      Decision   `json:"decision"`
	Reasons       []Reason   `json:"reasons,omitempty"`   // if REJECTED
	Applicant     *Applicant `json:"applicant,omitempty"` // if APPROVED
}

// Result is the output of an execution, and the answer to a request.
type Result struct {
	ApplicationID string   `json:"applicationId"`
	Decision      Decision `json:"decision"`
	AccountNumber string   `json:"accountNumber,omitempty"` // if APPROVED
	Reasons       []Reason `json:"reasons,omitempty"`       // if REJECTED
}

// Decision is what became of an application. It stands: the same application
// sent again gets the same one.
type Decision string

const (
	Approved Decision = "APPROVED"
	Rejected Decision = "REJECTED"
)

// Patience is how long a handler tries to write a row. A task, which is tried
// three times, has more, for a function that has to be started first.
const Patience = 2 * time.Second

// Environment variables that the construct sets and the handlers read.
const (
	EnvRefusedNames      = "REFUSED_NAMES"      // checkname; a JSON list of names
	EnvApplicationsTable = "APPLICATIONS_TABLE" // approveapplication
	EnvAccountsTable     = "ACCOUNTS_TABLE"     // opennewaccount
)

// Attributes of the Applications table. Reasons is a list of maps, with a
// Reason's members; Applicant a map, with those of an Applicant.
const (
	AttrApplicationID = "applicationId" // the key; in Accounts, too
	AttrFingerprint   = "fingerprint"   // of the application as it was sent
	AttrDecision      = "decision"
	AttrReasons       = "reasons"   // if REJECTED
	AttrApplicant     = "applicant" // if APPROVED; in Accounts, too
	AttrDecidedAt     = "decidedAt" // RFC 3339, UTC
)

// Attributes of the Accounts table, beside those above.
const (
	AttrAccountNumber = "accountNumber" // the key
	AttrOpenedAt      = "openedAt"      // RFC 3339, UTC
)
