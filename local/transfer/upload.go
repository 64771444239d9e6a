// A file that is being uploaded: chunks in, an object out.

package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/pkg/sftp"

	"github.com/tradepost-dev/tradepost/local/s3"
)

const (
	// partSize is how much an upload holds in memory before it becomes
	// a multipart upload, in bytes.
	partSize = 8 << 20

	// maxAhead bounds the chunks that came before their turn, in bytes.
	// Clients keep some 2 MiB of requests under way.
	maxAhead = 16 << 20
)

// upload takes the chunks of a file in whatever order pkg/sftp's workers bring
// them. The object appears when the file is closed. If the connection breaks,
// it gets what came without a gap, as Transfer Family leaves it.
type upload struct {
	s3          *s3.Client
	bucket, key string

	mu     sync.Mutex
	buffer bytes.Buffer     // what follows the parts
	length int64            // of parts and buffer
	ahead  map[int64][]byte // chunks beyond the length, by offset
	held   int              // bytes of them
	id     string           // of the multipart upload, or empty
	parts  []s3.Part
	broken bool  // the connection is
	failed error // the first error, which ends the upload
}

// WriteAt takes a chunk. It fails for good where the file is not written from
// its start to its end.
func (u *upload) WriteAt(p []byte, offset int64) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.failed == nil {
		u.failed = u.take(p, offset)
	}
	if u.failed != nil {
		return 0, status(u.failed)
	}
	return len(p), nil
}

func (u *upload) take(p []byte, offset int64) error {
	if offset < u.length || u.ahead[offset] != nil {
		return fmt.Errorf("bytes at %d were written already: %w", offset, sftp.ErrSSHFxOpUnsupported)
	}
	if offset > u.length {
		if u.held += len(p); u.held > maxAhead {
			return fmt.Errorf("bytes from %d on are missing: %w", u.length, sftp.ErrSSHFxOpUnsupported)
		}
		if u.ahead == nil {
			u.ahead = map[int64][]byte{}
		}
		u.ahead[offset] = bytes.Clone(p)
		return nil
	}
	for next := p; next != nil; next = u.due() {
		if err := u.append(next); err != nil {
			return err
		}
	}
	return nil
}

// due returns the chunk whose turn it is, if it came already.
func (u *upload) due() []byte {
	p := u.ahead[u.length]
	delete(u.ahead, u.length)
	u.held -= len(p)
	return p
}

func (u *upload) append(p []byte) error {
	u.length += int64(len(p))
	for u.buffer.Len()+len(p) > partSize {
		n := partSize - u.buffer.Len()
		u.buffer.Write(p[:n])
		p = p[n:]
		if err := u.flush(); err != nil {
			return err
		}
	}
	u.buffer.Write(p)
	return nil
}

// flush makes the buffer the next part.
func (u *upload) flush() error {
	ctx := context.Background() // the file's requests end before the file does
	if u.id == "" {
		id, err := u.s3.CreateUpload(ctx, s3.UploadInput{Bucket: u.bucket, Key: u.key, Header: header()})
		if err != nil {
			return err
		}
		u.id = id
	}
	part, err := u.s3.UploadPart(ctx, s3.PartInput{Bucket: u.bucket, Key: u.key, UploadID: u.id, Number: len(u.parts) + 1, Body: &u.buffer})
	if err != nil {
		return err
	}
	u.parts = append(u.parts, part)
	u.buffer.Reset()
	return nil
}

func header() map[string]string { return map[string]string{"Content-Type": "application/octet-stream"} }

// TransferError tells that the connection broke while the file was open.
func (u *upload) TransferError(error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.broken = true
}

// Close writes the object.
func (u *upload) Close() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.failed == nil && len(u.ahead) > 0 && !u.broken {
		u.failed = fmt.Errorf("bytes from %d on are missing: %w", u.length, sftp.ErrSSHFxOpUnsupported)
	}
	err := u.failed
	if err == nil {
		err = u.commit()
	}
	if err != nil && u.id != "" {
		err = errors.Join(err, u.s3.AbortUpload(context.Background(), u.bucket, u.key, u.id))
	}
	return status(err)
}

func (u *upload) commit() error {
	ctx := context.Background()
	if u.id == "" {
		_, err := u.s3.Put(ctx, s3.PutInput{Bucket: u.bucket, Key: u.key, Body: &u.buffer, Header: header()})
		return err
	}
	if u.buffer.Len() > 0 {
		if err := u.flush(); err != nil {
			return err
		}
	}
	_, err := u.s3.CompleteUpload(ctx, s3.CompleteInput{Bucket: u.bucket, Key: u.key, UploadID: u.id, Parts: u.parts})
	return err
}
