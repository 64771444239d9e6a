// Package onboarding holds the names and shapes that cross a boundary between
// the constructs, the state machine and the handler of user onboarding. It
// imports nothing outside the standard library.
package onboarding

// Signup is the input of an execution.
type Signup struct {
	User User `json:"user"`
}

// User is who signs up. What is optional may be left out, or null; it is no
// attribute of the profile then. Other members are not stored.
type User struct {
	UserID     string    `json:"userId"` // required: at most 512 characters, not blank
	Email      string    `json:"email"`  // required: not blank
	Name       string    `json:"name,omitempty"`
	SignupDate string    `json:"signupDate,omitempty"`
	Source     string    `json:"source,omitempty"`
	Metadata   *Metadata `json:"metadata,omitempty"`
}

// Metadata is what a user came with.
type Metadata struct {
	ReferralCode string `json:"referralCode,omitempty"` // an empty one is none
	Country      string `json:"country,omitempty"`
}

// ErrorUserInvalid is the error of an execution whose input is no user; its
// cause says why. Nothing has been written.
const ErrorUserInvalid = "UserInvalid"

// Event is the body of the message that tells of a new user.
type Event struct {
	Type        string `json:"type"` // EventUserOnboarded
	UserID      string `json:"userId"`
	SignupDate  string `json:"signupDate,omitempty"`
	CreatedDate string `json:"createdDate"` // when the event was made: RFC 3339, UTC
}

// EventUserOnboarded is the type of the only kind of event.
const EventUserOnboarded = "UserOnboarded"

// Referral is what ProcessReferral is invoked with. Its answer is the Referral
// of the Result.
type Referral struct {
	UserID  string `json:"userId"`  // who was referred
	Created string `json:"created"` // RFC 3339, UTC
}

// Answers about a referral.
const (
	Processed = "Processed" // ProcessReferral's
	NoAction  = "No Action" // for a user without a referral code
)

// Result is the output of an execution.
type Result struct {
	UserID   string  `json:"userId"`
	Outcome  Outcome `json:"outcome"`
	Referral string  `json:"referral,omitempty"` // of OutcomeOnboarded and OutcomeCompleted
}

// Outcome is what an execution did for a user.
type Outcome string

const (
	// OutcomeOnboarded: the user is new.
	OutcomeOnboarded Outcome = "ONBOARDED"

	// OutcomeCompleted: an earlier execution had failed, and this one has done
	// what was missing.
	OutcomeCompleted Outcome = "COMPLETED"

	// OutcomeAlreadyOnboarded: there was nothing to do.
	OutcomeAlreadyOnboarded Outcome = "ALREADY_ONBOARDED"

	// OutcomeUnderWay: another execution is at it.
	OutcomeUnderWay Outcome = "UNDER_WAY"
)

// Attributes of the Users table. All are texts but Metadata, a map. The last
// three are the workflow's own.
const (
	AttrPartition    = "PK" // the user's id
	AttrSort         = "SK" // SortProfile
	AttrUserID       = "userId"
	AttrEmail        = "email"
	AttrName         = "name"
	AttrSignupDate   = "signupDate"
	AttrSource       = "source"
	AttrMetadata     = "metadata"
	AttrReferralCode = "referralCode" // in Metadata
	AttrCountry      = "country"      // in Metadata
	AttrOnboardedBy  = "onboardedBy"  // ARN of the execution that is at it, or was
	AttrEventSentAt  = "eventSentAt"  // RFC 3339, UTC
	AttrReferredAt   = "referredAt"   // RFC 3339, UTC
)

// SortProfile is the sort key of a user's profile.
const SortProfile = "PROFILE"
