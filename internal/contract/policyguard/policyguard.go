// Package policyguard holds the names and shapes that cross a boundary between
// the policy guard's construct, its state machine, its table and its handlers.
// It imports nothing outside the standard library.
package policyguard

import "encoding/json"

// Change is the detail of an "AWS API Call via CloudTrail" event, as far as the
// guard reads it, and what evaluate is invoked with.
type Change struct {
	EventID         string       `json:"eventID"`
	EventName       string       `json:"eventName"`
	EventTime       string       `json:"eventTime"` // RFC 3339
	SourceIPAddress string       `json:"sourceIPAddress"`
	UserIdentity    UserIdentity `json:"userIdentity"`

	RequestParameters struct {
		PolicyName     string `json:"policyName"`
		PolicyARN      string `json:"policyArn"`
		VersionID      string `json:"versionId"`
		RoleName       string `json:"roleName"`
		UserName       string `json:"userName"`
		GroupName      string `json:"groupName"`
		PolicyDocument string `json:"policyDocument"`
		Omitted        bool   `json:"omitted"` // CloudTrail leaves out parameters that are too long together
	} `json:"requestParameters"`

	ResponseElements struct {
		Policy struct {
			ARN              string `json:"arn"`
			DefaultVersionID string `json:"defaultVersionId"`
		} `json:"policy"`
		PolicyVersion struct {
			VersionID        string `json:"versionId"`
			IsDefaultVersion bool   `json:"isDefaultVersion"`
		} `json:"policyVersion"`
	} `json:"responseElements"`
}

// UserIdentity says who made a call.
type UserIdentity struct {
	Type           string `json:"type"`
	ARN            string `json:"arn"`
	InvokedBy      string `json:"invokedBy"`
	SessionContext struct {
		SessionIssuer struct {
			ARN string `json:"arn"`
		} `json:"sessionIssuer"`
	} `json:"sessionContext"`
}

// Who is the role of a session, otherwise the caller.
func (u UserIdentity) Who() string {
	for _, who := range []string{u.SessionContext.SessionIssuer.ARN, u.ARN, u.InvokedBy} {
		if who != "" {
			return who
		}
	}
	return u.Type
}

// Calls that the guard hears of.
const (
	CreatePolicy            = "CreatePolicy"
	CreatePolicyVersion     = "CreatePolicyVersion"
	SetDefaultPolicyVersion = "SetDefaultPolicyVersion"
	PutRolePolicy           = "PutRolePolicy"
	PutUserPolicy           = "PutUserPolicy"
	PutGroupPolicy          = "PutGroupPolicy"
)

// Calls are all of them.
var Calls = []string{CreatePolicy, CreatePolicyVersion, SetDefaultPolicyVersion, PutRolePolicy, PutUserPolicy, PutGroupPolicy}

// Kind is what a policy is a part of: of nothing, or of a role, user or group,
// whose inline policy it is then.
type Kind string

const (
	Managed Kind = "managed"
	Role    Kind = "role"
	User    Kind = "user"
	Group   Kind = "group"
)

// Policy names a policy.
type Policy struct {
	Kind Kind   `json:"kind"`
	ARN  string `json:"arn,omitempty"` // a managed one's

	// Of is the name of the role, user or group that has an inline one by Name.
	Of   string `json:"of,omitempty"`
	Name string `json:"name,omitempty"`
}

// Key is the policy's key in the table: its ARN, or role/<role>/<name>. Names
// have no slash.
func (p Policy) Key() string {
	if p.Kind == Managed {
		return p.ARN
	}
	return p.Holder() + "/" + p.Name
}

// Holder is what a change of the policy changes: the managed policy itself, or
// role/<role>.
func (p Policy) Holder() string {
	if p.Kind == Managed {
		return p.ARN
	}
	return string(p.Kind) + "/" + p.Of
}

// Evaluated is what evaluate answers with.
type Evaluated struct {
	EventID   string `json:"eventId"`
	Policy    Policy `json:"policy"`
	Key       string `json:"key"`
	Version   string `json:"version,omitempty"`  // a managed policy's, which was judged
	Document  string `json:"document,omitempty"` // without blanks, if it is known and not too long
	ChangedBy string `json:"changedBy"`
	Own       bool   `json:"own"`     // the guard's own
	Unknown   bool   `json:"unknown"` // nobody can tell which policy was changed; Key is KeyUnknown

	InForce    bool `json:"inForce"`    // the change put something in force
	Restricted bool `json:"restricted"` // by which restricted actions are granted, as far as anybody can tell

	Findings []Finding `json:"findings"` // the first MaxFindings; of what cannot be judged none

	Title   string `json:"title"`   // what administrators are asked; one line
	Details string `json:"details"` // plain text: who changed what, and what it grants
}

// Finding is a statement that grants restricted actions.
type Finding struct {
	Statement   int             `json:"statement"` // from 1
	Sid         string          `json:"sid,omitempty"`
	Grants      []string        `json:"grants"` // entries of the list, in lower case
	Action      []string        `json:"action,omitempty"`
	NotAction   []string        `json:"notAction,omitempty"`
	Resource    []string        `json:"resource,omitempty"`
	NotResource []string        `json:"notResource,omitempty"`
	Condition   json.RawMessage `json:"condition,omitempty"`
}

// Bounds of what is handed on: a state machine takes 256 KiB.
const (
	MaxDocument = 40 << 10 // bytes, without blanks: IAM takes a quarter of it
	MaxFindings = 10
	MaxDetails  = 60 << 10 // bytes
)

// RollBack is what rollback is invoked with.
type RollBack struct {
	Execution string    `json:"execution"` // its ARN
	Evaluated Evaluated `json:"evaluated"`
}

// Restore is what restore is invoked with, when administrators have approved.
type Restore struct {
	Execution string `json:"execution"`
	EventID   string `json:"eventId"`
	Policy    Policy `json:"policy"`
}

// Handled is what both answer with: rollback with RolledBack, Deleted or
// UnderWay, restore with Restored, Changed, Deleted or Superseded.
type Handled struct {
	Outcome Outcome `json:"outcome"`
}

// Outcome is what became of a change.
type Outcome string

const (
	Allowed    Outcome = "ALLOWED"     // it grants nothing that is restricted
	Noted      Outcome = "NOTED"       // it does, and the construct says that nothing is to be done
	Alerted    Outcome = "ALERTED"     // administrators were told
	UnderWay   Outcome = "UNDER_WAY"   // another execution is about this change
	RolledBack Outcome = "ROLLED_BACK" // administrators are asked
	Restored   Outcome = "RESTORED"    // they approved
	Denied     Outcome = "DENIED"      // they did not: it stays rolled back
	TimedOut   Outcome = "TIMED_OUT"   // nobody decided: it stays rolled back
	Gone       Outcome = "GONE"        // the policy had been changed again before the guard came
	Changed    Outcome = "CHANGED"     // after it was rolled back: it stays as it is
	Deleted    Outcome = "DELETED"     // the policy is no more
	Superseded Outcome = "SUPERSEDED"  // a later change of the policy was rolled back, and asked about
	Unknown    Outcome = "UNKNOWN"     // administrators were told, since the event does not say which policy was changed
)

// Attributes of the table of cases. Its key is policy and entry.
const (
	AttrPolicy = "policy" // Policy.Key
	AttrEntry  = "entry"
)

// KeyUnknown is the key of changes of which the event does not say the policy.
const KeyUnknown = "unknown"

// Entries of a policy.
const (
	EntryCurrent  = "CURRENT"  // which execution is about the policy
	PrefixCase    = "CASE#"    // and the event's id: one change
	PrefixVersion = "VERSION#" // and the policy's id and the version: one that had to make room
)

// Attributes of EntryCurrent.
const (
	AttrExecution   = "execution"   // of the latest case that was rolled back; in a case its own
	AttrEventID     = "eventId"     // of that case
	AttrPlaceholder = "placeholder" // version, of a managed policy; PlaceholderNone
	AttrJudged      = "judged"      // the version that it stands for, or a hash of the document
	AttrLockedBy    = "lockedBy"
	AttrLockedUntil = "lockedUntil" // number: Unix time, in milliseconds
)

// PlaceholderNone says that an inline policy had to be deleted to be rolled back:
// there was no room for a placeholder among what its holder may have.
const PlaceholderNone = "NONE"

// Attributes of a case, and AttrDocument of a version. All are texts.
const (
	AttrDocument  = "document" // as it stood
	AttrVersion   = "version"
	AttrPolicyID  = "policyId"
	AttrDetails   = "details"
	AttrChangedBy = "changedBy"
	AttrOpenedAt  = "openedAt" // RFC 3339, UTC
	AttrOutcome   = "outcome"  // from when there is one
	AttrClosedAt  = "closedAt"
	AttrDecidedBy = "decidedBy"
	AttrComment   = "comment"
	AttrCreatedAt = "createdAt" // a version's
	AttrRemovedAt = "removedAt"
)

// Variables of the functions' environment.
const (
	EnvRestricted = "RESTRICTED_ACTIONS" // JSON list
	EnvOwn        = "OWN"                // JSON list of Policy.Holder
	EnvCasesTable = "CASES_TABLE"
)

// ChangeInvalid is evaluate's error for an event that is none of the calls.
type ChangeInvalid struct{ Reason string }

func (e ChangeInvalid) Error() string { return e.Reason }

// PolicyChanged is rollback's error when something else stands than what was
// judged. IAM may say so for a moment after a change, too.
type PolicyChanged struct{ Policy string }

func (e PolicyChanged) Error() string { return e.Policy + " is not what was judged" }

// PolicyLocked is rollback's and restore's error while another invocation is at
// work on the policy.
type PolicyLocked struct{ Policy string }

func (e PolicyLocked) Error() string { return "another invocation is at work on " + e.Policy }
