// This file opens files, and unpacks those that are compressed.

package items

import (
	"compress/gzip"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/tradepost-dev/tradepost/local/s3"
)

// file yields the items of one object.
func (r *reader) file(bucket, key, version string) error {
	object, err := r.get(bucket, key, version)
	if err != nil {
		return err
	}
	source := sourceOf(bucket, key)
	if r.InputType == Parquet {
		return r.parquet(object, source)
	}
	text, err := unpacked(object)
	if err != nil {
		return err
	}
	switch r.InputType {
	case JSON:
		return r.json(text, source)
	case JSONL:
		return r.lines(text, source)
	default:
		return r.rows(text, source, r.Table)
	}
}

func sourceOf(bucket, key string) string { return "s3://" + bucket + "/" + key }

// get opens an object.
func (r *reader) get(bucket, key, version string) (*s3.Object, error) {
	object, err := r.objects.Get(r.ctx, bucket, key, version)
	if err != nil {
		return nil, ofS3(err)
	}
	if object.Size > maxFileSize {
		return nil, faultf("The file %s/%s is larger than the 10 GB that can be read.", bucket, key)
	}
	return object, nil
}

// open opens a text.
func (r *reader) open(bucket, key, version string) (io.Reader, error) {
	object, err := r.get(bucket, key, version)
	if err != nil {
		return nil, err
	}
	return unpacked(object)
}

// maxWindow is how far back compressed text may refer to, in bytes.
const maxWindow = 128 << 20

// unpacked reads what is in a file: its name tells how it is compressed.
func unpacked(object *s3.Object) (io.Reader, error) {
	packed := io.NewSectionReader(object.Body, 0, object.Size)
	var text io.Reader
	var err error
	switch name := object.Key[strings.LastIndex(object.Key, ".")+1:]; name {
	case "gz", "gzip":
		text, err = gzip.NewReader(packed)
	case "zst", "zstd":
		text, err = zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	default:
		return packed, nil
	}
	if err != nil {
		return nil, faultf("The file %s cannot be unpacked: %v", object.Key, err)
	}
	return &bounded{text, maxFileSize, "The file is larger than 10 GB when it is unpacked."}, nil
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
