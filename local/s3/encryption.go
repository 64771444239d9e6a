// How objects are encrypted: nothing is, but what was asked for is kept and told.

package s3

import "slices"

// encryption is what a bucket's objects get that ask for nothing.
type encryption struct {
	Rules []encryptionRule `xml:"Rule"`
}

type encryptionRule struct {
	ApplyServerSideEncryptionByDefault *encryptionDefault `xml:",omitempty"`
	BucketKeyEnabled                   bool
	BlockedEncryptionTypes             *struct{ EncryptionType []string } `xml:",omitempty"`
}

type encryptionDefault struct {
	KMSMasterKeyID string `xml:",omitempty"`
	SSEAlgorithm   string
}

const (
	aes256  = "AES256"
	kms     = "aws:kms"
	kmsDSSE = "aws:kms:dsse"
)

func (e *encryption) check(*S3, *bucket) error {
	if len(e.Rules) != 1 {
		return malformedXML()
	}
	rule := e.Rules[0].ApplyServerSideEncryptionByDefault
	switch {
	case rule == nil:
	case !slices.Contains([]string{aes256, kms, kmsDSSE}, rule.SSEAlgorithm):
		return malformedXML()
	case rule.SSEAlgorithm == aes256 && rule.KMSMasterKeyID != "":
		return unvalued("ApplyServerSideEncryptionByDefault", "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")
	}
	return nil
}

// defaultEncryption is that of a bucket for which nobody has said anything.
func defaultEncryption() *encryption {
	return &encryption{Rules: []encryptionRule{{ApplyServerSideEncryptionByDefault: &encryptionDefault{SSEAlgorithm: aes256}}}}
}
