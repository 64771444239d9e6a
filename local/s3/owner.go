// Who may be let in at all: who owns objects, and what of the public is kept out.

package s3

// ownershipControls say who owns an object that another account has written,
// and whether access control lists count.
type ownershipControls struct {
	Rules []ownershipRule `xml:"Rule"`
}

type ownershipRule struct{ ObjectOwnership string }

const (
	ownerEnforced  = "BucketOwnerEnforced"
	ownerPreferred = "BucketOwnerPreferred"
	objectWriter   = "ObjectWriter"
)

func (o *ownershipControls) check(*S3, *bucket) error {
	if len(o.Rules) != 1 || !isOwnership(o.Rules[0].ObjectOwnership) {
		return malformedXML()
	}
	return nil
}

// initialSettings are those of a new bucket: nobody is let in but by policies of
// the owner's, and the public not even by them.
func initialSettings() map[string]document {
	return map[string]document{
		"ownershipControls": &ownershipControls{[]ownershipRule{{ownerEnforced}}},
		"publicAccessBlock": &publicAccessBlock{true, true, true, true},
	}
}

func isOwnership(name string) bool {
	return name == ownerEnforced || name == ownerPreferred || name == objectWriter
}

// lists tells whether access control lists count.
func (b *bucket) lists() bool {
	rules := settingOf[ownershipControls](b, "ownershipControls").Rules
	return len(rules) == 0 || rules[0].ObjectOwnership != ownerEnforced
}

// publicAccessBlock keeps the public out, whatever policies and lists say.
type publicAccessBlock struct {
	BlockPublicAcls       bool
	IgnorePublicAcls      bool
	BlockPublicPolicy     bool
	RestrictPublicBuckets bool
}

func (*publicAccessBlock) check(*S3, *bucket) error { return nil }
