// Bodies as SDKs send them: plain, or in signed or unsigned aws-chunked
// encoding with checksums in trailers.

package s3

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// body returns the request's decoded body and what it must add up to.
func (q *request) body() (io.Reader, digest) {
	d := digest{md5: q.Request.Header.Get("Content-MD5"), size: q.Request.ContentLength, sized: q.Request.ContentLength >= 0}
	d.algorithm, d.checksum = headerChecksum(q.Request.Header)
	if hash := q.Request.Header.Get("x-amz-content-sha256"); !strings.HasPrefix(hash, "STREAMING-") {
		if isSHA256(hash) {
			d.sha256 = hash
		}
		return q.Request.Body, d
	}
	var err error
	d.size, err = strconv.ParseInt(q.Request.Header.Get("x-amz-decoded-content-length"), 10, 64)
	d.sized = err == nil
	chunks := &chunkReader{r: bufio.NewReaderSize(q.Request.Body, 64<<10)}
	if name := q.Request.Header.Get("x-amz-trailer"); name != "" {
		if algorithm, ok := strings.CutPrefix(strings.ToLower(name), "x-amz-checksum-"); ok {
			d.algorithm = algorithm
			d.checksum = func() string { return chunks.trailer.Get(name) }
		}
	}
	return chunks, d
}

// isSHA256 tells whether a hash of a body is one, and not the name of how it is sent.
func isSHA256(hash string) bool {
	raw, err := hex.DecodeString(hash)
	return err == nil && len(raw) == sha256.Size
}

// algorithms are the checksums that S3 knows, as in x-amz-checksum-NAME.
var algorithms = []string{"crc32", "crc32c", "crc64nvme", "sha1", "sha256"}

// headerChecksum returns the checksum in a request's headers. The name of an
// algorithm alone, in x-amz-checksum-algorithm, makes no difference to S3.
func headerChecksum(h http.Header) (algorithm string, checksum func() string) {
	for _, name := range algorithms {
		if value := h.Get("x-amz-checksum-" + name); value != "" {
			return name, func() string { return value }
		}
	}
	return "", nil
}

// chunkReader decodes aws-chunked: chunks of "SIZE[;chunk-signature=...]", the
// last one of size 0, then trailers.
type chunkReader struct {
	r       *bufio.Reader
	left    int64 // bytes of the current chunk
	started bool
	done    bool
	trailer http.Header
}

func (c *chunkReader) Read(p []byte) (int, error) {
	if c.done {
		return 0, io.EOF
	}
	for c.left == 0 {
		if err := c.nextChunk(); err != nil {
			return 0, err
		}
		if c.done {
			return 0, io.EOF
		}
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (c *chunkReader) nextChunk() error {
	if c.started {
		if line, err := c.line(); err != nil || line != "" {
			return malformedChunk(line, err)
		}
	}
	c.started = true
	line, err := c.line()
	if err != nil {
		return malformedChunk(line, err)
	}
	size, _, _ := strings.Cut(line, ";")
	c.left, err = strconv.ParseInt(size, 16, 64)
	if err != nil || c.left < 0 {
		return malformedChunk(line, nil)
	}
	if c.left > 0 {
		return nil
	}
	c.done = true
	return c.readTrailer()
}

// readTrailer reads header lines up to an empty line or the end: SDKs differ
// in whether they send the empty line.
func (c *chunkReader) readTrailer() error {
	c.trailer = http.Header{}
	for {
		line, err := c.line()
		if err == io.EOF || err == nil && line == "" {
			return nil
		}
		name, value, ok := strings.Cut(line, ":")
		if err != nil || !ok {
			return malformedChunk(line, err)
		}
		c.trailer.Set(textproto.TrimString(name), textproto.TrimString(value))
	}
}

// line returns a line without its end; io.EOF only if there is nothing left.
func (c *chunkReader) line() (string, error) {
	line, err := c.r.ReadSlice('\n')
	if err != nil && (err != io.EOF || len(line) == 0) {
		return "", err
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

func malformedChunk(line string, err error) error {
	if err != nil {
		return cloud.Errorf(400, "IncompleteBody", "The request body terminated unexpectedly: %v", err)
	}
	return cloud.Errorf(400, "InvalidRequest", "The request body is not aws-chunked: unexpected %.80q", line)
}
