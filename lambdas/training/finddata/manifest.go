package finddata

// This file reads and writes manifests: JSON lines, in the order of the keys, of
// which there may be more than memory holds.

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
)

// list is a manifest that is being written, into a file of the function's own.
type list struct {
	file   *os.File
	buffer *bufio.Writer
	sum    hash.Hash
	lines  *json.Encoder
}

func newList() (*list, error) {
	file, err := os.CreateTemp("", "manifest-")
	if err != nil {
		return nil, fmt.Errorf("write the manifest: %w", err)
	}
	l := &list{file: file, buffer: bufio.NewWriter(file), sum: sha256.New()}
	l.lines = json.NewEncoder(io.MultiWriter(l.buffer, l.sum))
	return l, nil
}

func (l *list) add(line contract.Line) error {
	if err := l.lines.Encode(line); err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	return nil
}

func (l *list) fingerprint() string { return hex.EncodeToString(l.sum.Sum(nil)) }

func (l *list) close() { _ = errors.Join(l.file.Close(), os.Remove(l.file.Name())) }

// save writes the list into the work bucket.
func (h *Handler) save(ctx context.Context, key string, l *list) error {
	if err := l.buffer.Flush(); err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	if _, err := l.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the manifest: %w", err)
	}
	_, err := h.S3.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(h.WorkBucket), Key: aws.String(key), Body: l.file, ContentType: aws.String("application/jsonl"),
	})
	if err != nil {
		return fmt.Errorf("save %s: %w", key, err)
	}
	return nil
}

// former is a manifest that is read beside the list, which has the same order.
// The zero value has no lines.
type former struct {
	body  io.Closer
	lines *json.Decoder
	next  *contract.Line // the first one that has not been passed
}

// open opens the manifest of an earlier run. One that has expired is empty, and
// so is none: everything is new then.
func (h *Handler) open(ctx context.Context, key string) (*former, error) {
	if key == "" {
		return &former{}, nil
	}
	got, err := h.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(h.WorkBucket), Key: aws.String(key)})
	if _, gone := errors.AsType[*types.NoSuchKey](err); gone {
		return &former{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	f := &former{body: got.Body, lines: json.NewDecoder(bufio.NewReader(got.Body))}
	return f, f.advance()
}

func (f *former) advance() error {
	f.next = new(contract.Line)
	err := f.lines.Decode(f.next)
	if errors.Is(err, io.EOF) {
		f.next = nil
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the former manifest: %w", err)
	}
	return nil
}

// has reports whether the manifest has a line. Ask in the order of the keys.
func (f *former) has(line contract.Line) (bool, error) {
	for f.next != nil && f.next.Key < line.Key {
		if err := f.advance(); err != nil {
			return false, err
		}
	}
	return f.next != nil && *f.next == line, nil
}

func (f *former) close() {
	if f.body != nil {
		_ = f.body.Close()
	}
}
