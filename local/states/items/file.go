// This file opens files, and unpacks those that are compressed.

package items

import (
	"compress/gzip"
	"io"
	"strings"
)

// file yields the items of one object.
func (r *reader) file(bucket, key, version string) error {
	object, err := r.objects.Get(r.ctx, bucket, key, version)
	if err != nil {
		return ofS3(err)
	}
	if object.Size > maxFileSize {
		return faultf("The file %s/%s is larger than the 10 GB that can be read.", bucket, key)
	}
	text, err := unpacked(key, io.NewSectionReader(object.Body, 0, object.Size))
	if err != nil {
		return err
	}
	source := "s3://" + bucket + "/" + key
	switch r.InputType {
	case JSON:
		return r.json(text, source)
	case JSONL:
		return r.lines(text, source)
	default:
		return r.rows(text, source, r.Table)
	}
}

// unpacked reads what is in a file, which is told by its name.
func unpacked(key string, packed io.Reader) (io.Reader, error) {
	if strings.HasSuffix(key, ".gz") {
		text, err := gzip.NewReader(packed)
		if err != nil {
			return nil, faultf("The file %s cannot be unpacked: %v", key, err)
		}
		return &bounded{text, maxFileSize, "The file is larger than 10 GB when it is unpacked."}, nil
	}
	return packed, nil
}

// bounded reads so many bytes, a few at a time, and fails if there are more.
type bounded struct {
	io.Reader
	left  int64
	cause string
}

// readAhead is the most that a reader may take beyond what it was asked for.
const readAhead = 64 << 10

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p[:min(len(p), readAhead)])
	if b.left -= int64(n); b.left < 0 {
		return n, &Fault{b.cause}
	}
	return n, err
}
