package b2b

import "regexp"

// IsPartner tells whether a text may be a partner's id. It is what fits
// everywhere: a Transfer user name has at least three characters, and the rest
// keeps folder names, policies, token prefixes and paths free of anything that
// would have to be escaped.
func IsPartner(text string) bool { return partnerID.MatchString(text) }

var partnerID = regexp.MustCompile(`^[a-z][a-z0-9-]{2,30}$`)

// Attributes of the directory: a row per partner, key (partner). AttrPartner,
// AttrStatus (a PartnerStatus) and AttrContactEmail are named with the tables.
// docs/decisions/0061 says what may change a row.
const (
	AttrName          = "name"          // for people
	AttrValidUntil    = "validUntil"    // seconds since 1970; absent: for ever. The row stays
	AttrSSHKeys       = "sshKeys"       // a list of lines as in authorized_keys, without comments
	AttrAddressRanges = "addressRanges" // a list of CIDR ranges; absent: any address
	AttrTier          = "tier"          // names the usage plan

	// AttrHeld is the set of those of the attributes above (and status and
	// contactEmail) that an operator has set: the list leaves them alone.
	AttrHeld = "held"

	AttrTokenHash         = "tokenHash"         // SHA-256 of the token, 32 bytes; absent: the partner has none
	AttrPreviousTokenHash = "previousTokenHash" // of the one before, while both are valid
	AttrTokenRotatedAt    = "tokenRotatedAt"    // RFC 3339

	AttrUsageKey         = "usageKey"         // value of the partner's API key; names its throttle bucket and is no secret
	AttrPreviousUsageKey = "previousUsageKey" // of the tier before; API Gateway may still remember it
	AttrUsageKeySince    = "usageKeySince"    // RFC 3339

	AttrVersion = "version" // counts the changes: each is made of the row that was read, or not at all
)

// PartnerStatus says what a partner may do.
type PartnerStatus string

const (
	PartnerEnabled  PartnerStatus = "ENABLED"
	PartnerDraining PartnerStatus = "DRAINING" // sends nothing new, and sees what becomes of what it has sent
	PartnerDisabled PartnerStatus = "DISABLED" // is unknown to everybody outside
)

// Known tells whether the status is one of these.
func (s PartnerStatus) Known() bool {
	return s == PartnerEnabled || s == PartnerDraining || s == PartnerDisabled
}

// DefaultTier is the tier of a partner that names none.
const DefaultTier = "standard"

// IsTier tells whether a text may be a tier's name, which is also a part of a
// resource's id.
func IsTier(text string) bool { return tierName.MatchString(text) }

var tierName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// Enrolment are the properties of the custom resource by which CloudFormation
// applies the list of partners. A change of any of them applies it again.
type Enrolment struct {
	// ListBucket and ListKey are where the list is: the asset's. Without one
	// the directory is left to operators.
	ListBucket string `json:"ListBucket"`
	ListKey    string `json:"ListKey"`
	Table      string `json:"Table"` // name of the directory

	// UsageKeyPrefix begins the names of the partners' API keys. It is this
	// directory's own, ends in "/", and is no beginning of another's.
	// UsagePlans are the ids of the usage plans by tier. Both are empty if
	// partners have no API.
	UsageKeyPrefix string            `json:"UsageKeyPrefix"`
	UsagePlans     map[string]string `json:"UsagePlans"`
}

// Attributes of the custom resource: what became of the list.
const (
	EnrolAdded     = "Added"     // partners that are new
	EnrolChanged   = "Changed"   // partners that the list says something else about
	EnrolUnchanged = "Unchanged" // partners of which all is as the list says
	EnrolKept      = "Kept"      // those of them all of which something is as an operator has set it
	EnrolDrained   = "Drained"   // partners that have left the list
)

// Sessions says what partners' SFTP sessions may do at most.
type Sessions struct {
	Role      string `json:"role"`          // ARN of the role of all sessions; each is narrowed to its partner's folders
	Bucket    string `json:"bucket"`        // ARN of the landing bucket
	BucketKey string `json:"key,omitempty"` // ARN of the key that encrypts it; empty if that is S3's own

	// DeletesReplies lets partners delete what is in their outbox.
	DeletesReplies bool `json:"deletesReplies,omitempty"`
}

// Login is what AWS Transfer Family asks of authenticate.
type Login struct {
	Username string `json:"username"`
	Password string `json:"password"` // empty for a login by key
	Protocol string `json:"protocol"` // SFTP
	ServerID string `json:"serverId"`
	SourceIP string `json:"sourceIp"`
}

// Session is authenticate's answer: AWS lets in whoever has one of the keys.
// Without a role nobody is let in.
type Session struct {
	Role                 string   `json:"Role,omitempty"`
	PublicKeys           []string `json:"PublicKeys,omitempty"`
	HomeDirectoryType    string   `json:"HomeDirectoryType,omitempty"`
	HomeDirectoryDetails string   `json:"HomeDirectoryDetails,omitempty"` // JSON: a list of HomeDirectory
	Policy               string   `json:"Policy,omitempty"`               // JSON: what of the role's permissions the session has
}

// HomeDirectory shows a folder of the bucket under another name.
type HomeDirectory struct {
	Entry  string `json:"Entry"`  // "/inbox"
	Target string `json:"Target"` // "/<bucket>/inbox/<partner>"
}
