// What a body must add up to: MD5 and the checksums that SDKs send with it.

package s3

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// nvme is the table of CRC-64/NVME, the checksum of whatever asks for no other.
// Unlike those of package crc32 it is made anew whenever it is asked for.
var nvme = crc64.MakeTable(0x9a6c9329ac4bc9b5)

// newHash returns the checksum algorithm of that name ("crc32"), or nil.
func newHash(algorithm string) hash.Hash {
	switch algorithm {
	case "crc32":
		return crc32.NewIEEE()
	case "crc32c":
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case "crc64nvme":
		return crc64.New(nvme)
	case "sha1":
		return sha1.New()
	case "sha256":
		return sha256.New()
	}
	return nil
}

// digest is what a request says of its body. The zero value says nothing.
type digest struct {
	md5       string // base64, or empty
	ofPart    bool   // of an upload
	size      int64  // bytes, where sized
	sized     bool
	least     *int64 // bytes, unless nil
	most      *int64
	algorithm string        // of the checksum, or empty
	sha256    string        // hexadecimal, or empty
	checksum  func() string // base64; called when the body was read, as it may be in the trailer
}

// expected is how an error tells the MD5 that was asked for: of a part as it came, of an
// object in hexadecimal digits.
func (d digest) expected(sum []byte) string {
	if d.ofPart {
		return d.md5
	}
	return hex.EncodeToString(sum)
}

// checkSize holds a body to the bounds that are set to its size.
func (d digest) checkSize(size int64) error {
	proposed := strconv.FormatInt(size, 10)
	switch {
	case d.most != nil && size > *d.most:
		return about(cloud.Errorf(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"), "ProposedSize", proposed, "MaxSizeAllowed", strconv.FormatInt(*d.most, 10))
	case d.least != nil && size < *d.least:
		return about(cloud.Errorf(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"), "ProposedSize", proposed, "MinSizeAllowed", strconv.FormatInt(*d.least, 10))
	}
	return nil
}

// defaultAlgorithm is that of the checksum of an object for which no other one
// is asked for.
const defaultAlgorithm = "crc64nvme"

// sum gives a version the checksum of an algorithm, over all of its body. The
// default is the one that it has. Again, it is read even so, and gets the entity
// tag of an object that was not uploaded in parts.
func (v *version) sum(algorithm string, again bool) error {
	for has := range v.checksums {
		algorithm = cmp.Or(algorithm, has)
	}
	algorithm = cmp.Or(algorithm, defaultAlgorithm)
	if v.checksums[algorithm] != "" && !again {
		v.checksums = map[string]string{algorithm: v.checksums[algorithm]}
		return nil
	}
	sum, digest := newHash(algorithm), md5.New()
	if sum == nil {
		return unsupportedAlgorithm()
	}
	if _, err := io.Copy(io.MultiWriter(sum, digest), io.NewSectionReader(v.body, 0, v.size)); err != nil {
		return fmt.Errorf("read %s: %w", v.key, err)
	}
	v.checksums = map[string]string{algorithm: base64.StdEncoding.EncodeToString(sum.Sum(nil))}
	if again {
		v.etag = hex.EncodeToString(digest.Sum(nil))
	}
	return nil
}

// receive reads a body into a segment and holds it to its digest. It returns
// the checksum that the request named, or the default one.
func (s *S3) receive(body io.Reader, d digest) (segment, map[string]string, error) {
	if d.algorithm == "" {
		d.algorithm = defaultAlgorithm
	}
	sum := newHash(d.algorithm)
	if sum == nil {
		return segment{}, nil, unsupportedAlgorithm()
	}
	body = io.TeeReader(body, sum)
	signed := sha256.New()
	if d.sha256 != "" {
		body = io.TeeReader(body, signed)
	}
	seg, err := s.spool.read(body)
	if err != nil {
		if _, ok := err.(*cloud.Error); ok {
			return segment{}, nil, err
		}
		return segment{}, nil, cloud.Errorf(400, "IncompleteBody", "The request body terminated unexpectedly: %v", err)
	}
	if err := d.checkSize(seg.size); err != nil {
		return segment{}, nil, err
	}
	if d.sized && seg.size != d.size {
		return segment{}, nil, cloud.Errorf(400, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header: %d of %d", seg.size, d.size)
	}
	if computed := hex.EncodeToString(signed.Sum(nil)); d.sha256 != "" && d.sha256 != computed {
		return segment{}, nil, about(cloud.Errorf(400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."),
			"ClientComputedContentSHA256", d.sha256, "S3ComputedContentSHA256", computed)
	}
	if d.md5 != "" {
		want, err := base64.StdEncoding.DecodeString(d.md5)
		if err != nil || len(want) != md5.Size {
			return segment{}, nil, about(cloud.Errorf(400, "InvalidDigest", "The Content-MD5 you specified was invalid."), "Content-MD5", d.md5)
		}
		if !bytes.Equal(want, seg.md5[:]) {
			return segment{}, nil, about(cloud.Errorf(400, "BadDigest", "The Content-MD5 you specified did not match what we received."),
				"ExpectedDigest", d.expected(want), "CalculatedDigest", base64.StdEncoding.EncodeToString(seg.md5[:]))
		}
	}
	got := base64.StdEncoding.EncodeToString(sum.Sum(nil))
	if d.checksum != nil {
		switch d.checksum() {
		case got:
		case "":
			return segment{}, nil, cloud.Errorf(400, "MalformedTrailerError", "The request contained trailing data that was not well-formed or did not conform to our published schema.")
		default:
			return segment{}, nil, cloud.Errorf(400, "BadDigest", "The %s you specified did not match the calculated checksum.", strings.ToUpper(d.algorithm))
		}
	}
	return seg, map[string]string{d.algorithm: got}, nil
}

// composite returns the checksum of a multipart upload's parts' checksums,
// "BASE64-N", or nothing where a part has none.
func composite(algorithm string, parts []*part) map[string]string {
	sum := newHash(algorithm)
	if sum == nil {
		return nil
	}
	for _, p := range parts {
		raw, err := base64.StdEncoding.DecodeString(p.checksums[algorithm])
		if err != nil || len(raw) == 0 {
			return nil
		}
		sum.Write(raw)
	}
	return map[string]string{algorithm: fmt.Sprintf("%s-%d", base64.StdEncoding.EncodeToString(sum.Sum(nil)), len(parts))}
}
