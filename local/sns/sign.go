package sns

// This file signs what SNS tells endpoints, and shows the certificate.
// https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// keyBits is the size of the key that signs, as AWS's has.
const keyBits = 2048

// signer is a key with its certificate.
type signer struct {
	key  *rsa.PrivateKey
	page string // of the certificate
	pem  []byte
}

func newSigner(key *rsa.PrivateKey) (*signer, error) {
	if key == nil {
		var err error
		if key, err = rsa.GenerateKey(rand.Reader, keyBits); err != nil {
			return nil, fmt.Errorf("make a key for signatures: %w", err)
		}
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sns.amazonaws.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate for signatures: %w", err)
	}
	sum := sha256.Sum256(certificate)
	return &signer{key, fmt.Sprintf("/SimpleNotificationService-%x.pem", sum[:16]), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})}, nil
}

// sign signs a text by a version of signatures: "1", or "2".
func (s *signer) sign(text, version string) (string, error) {
	hash, sum := crypto.SHA1, sha1.Sum([]byte(text))
	digest := sum[:]
	if version == "2" {
		sum := sha256.Sum256([]byte(text))
		hash, digest = crypto.SHA256, sum[:]
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, hash, digest)
	if err != nil {
		return "", fmt.Errorf("sign a message: %w", err)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}

// signature is what is told of one.
type signature struct {
	SignatureVersion string `json:",omitempty"` // a FIFO topic has no signatures
	Signature        string `json:",omitempty"`
	SigningCertURL   string `json:",omitempty"`
}

// sign signs members of a message, which are names and values in AWS's order;
// those without a value are left out.
func (s *SNS) sign(version string, members ...string) (signature, error) {
	signer, err := s.signer()
	if err != nil {
		return signature{}, err
	}
	var text strings.Builder
	for i := 0; i < len(members); i += 2 {
		if members[i+1] != "" {
			text.WriteString(members[i] + "\n" + members[i+1] + "\n")
		}
	}
	made, err := signer.sign(text.String(), version)
	return signature{version, made, s.address() + signer.page}, err
}

// address is where SNS is.
func (s *SNS) address() string {
	if s.options.Endpoint != nil {
		return s.options.Endpoint()
	}
	return "https://sns." + s.cloud.Region + ".amazonaws.com"
}
