package accounts

// This file has the errors by which handlers steer the state machine. The Lambda
// runtime reports the name of an error's Go type, so they are returned as they
// are, never wrapped.

import "encoding/json"

// Names of handlers' errors, as the state machine catches and retries them.
const (
	ErrorNameRejected        = "NameRejected"
	ErrorAddressRejected     = "AddressRejected"
	ErrorApplicationConflict = "ApplicationConflict"
	ErrorApplicationInvalid  = "ApplicationInvalid"
	ErrorServiceBusy         = "ServiceBusy" // that of patience.ServiceBusy
)

// ErrorApplicationNotProcessed is the error of an execution that a system's
// failure has ended; nothing is decided, or the next execution goes on with what
// is.
const ErrorApplicationNotProcessed = "ApplicationNotProcessed"

// ErrorTimeout is Step Functions' own, of an execution that has run out of time.
const ErrorTimeout = "States.Timeout"

// Statuses are those of HTTP that a caller gets for the errors of executions.
var Statuses = map[string]int{
	ErrorApplicationConflict:     409,
	ErrorApplicationInvalid:      400,
	ErrorApplicationNotProcessed: 503,
	ErrorTimeout:                 503,
}

// NameRejected is CheckName's error for a name that does not stand the check.
type NameRejected struct{ Reasons []Reason }

func (e NameRejected) Error() string { return text(e.Reasons) }

// AddressRejected is CheckAddress's.
type AddressRejected struct{ Reasons []Reason }

func (e AddressRejected) Error() string { return text(e.Reasons) }

// ApplicationConflict is ApproveApplication's error for an id under which
// another application was decided on.
type ApplicationConflict struct{ ApplicationID string }

func (e ApplicationConflict) Error() string {
	return "another application was sent as " + e.ApplicationID
}

// ApplicationInvalid is its error for an id that is none.
type ApplicationInvalid struct{}

func (ApplicationInvalid) Error() string {
	return "applicationId does not match " + PatternID
}

// Reason is why an application was rejected.
type Reason struct {
	Code    Code   `json:"code"`
	Message string `json:"message"` // for the applicant
}

// text is reasons as the message of an error, a JSON list: the state machine
// reads it.
func text(reasons []Reason) string {
	list, err := json.Marshal(reasons)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(list)
}

// Code names a reason.
type Code string

// Reasons of CheckName.
const (
	NameMissing      Code = "NAME_MISSING"
	NameTooLong      Code = "NAME_TOO_LONG"
	NameCharacters   Code = "NAME_CHARACTERS"
	NameMixedScripts Code = "NAME_MIXED_SCRIPTS"
	NameRefused      Code = "NAME_REFUSED"
)

// Reasons of CheckAddress.
const (
	CountryNotServed   Code = "COUNTRY_NOT_SERVED"
	AddressMissing     Code = "ADDRESS_MISSING"
	AddressTooLong     Code = "ADDRESS_TOO_LONG"
	AddressCharacters  Code = "ADDRESS_CHARACTERS"
	AddressPOBox       Code = "ADDRESS_PO_BOX"
	PostalCodeInvalid  Code = "POSTAL_CODE_INVALID"
	RegionUnknown      Code = "REGION_UNKNOWN"
	PostalCodeMismatch Code = "POSTAL_CODE_MISMATCH"
)
