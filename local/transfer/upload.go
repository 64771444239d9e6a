// A file that is being uploaded: chunks in, an object out.

package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

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
// it gets what came without a gap, as Transfer Family leaves it. Nothing but
// what the client wrote, or asked to be cut off, replaces an object.
type upload struct {
	s3          *s3.Client
	session     *session
	started     time.Time
	bucket, key string

	creates     bool   // whether the file is there, and empty, if nothing is written
	old         int64  // bytes that were there and were not to be cut off
	ifMatch     string // the entity tag that the object must still have, or empty
	ifNoneMatch string // "*": no object may have come meanwhile

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

// open looks at what is there. A client that may not see it may still write
// a new object, or replace the old one if it says so.
func (u *upload) open(ctx context.Context, flags sftp.FileOpenFlags) error {
	if flags.Creat && flags.Trunc && !flags.Excl {
		u.creates = true
		return nil
	}
	there, err := u.s3.Head(ctx, u.bucket, u.key, "")
	switch {
	case err == nil && flags.Creat && flags.Excl:
		return fmt.Errorf("the file is there already: %w", sftp.ErrSSHFxFailure)
	case err == nil && flags.Trunc:
		u.creates = true
	case err == nil:
		u.old, u.ifMatch = there.Size, there.ETag
	case !flags.Creat:
		return err
	default:
		u.creates, u.ifNoneMatch = flags.Excl || absent(err), "*"
	}
	return nil
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

// flush makes the buffer, which is empty then, the next part.
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
	return nil
}

func header() map[string]string { return map[string]string{"Content-Type": "application/octet-stream"} }

// TransferError tells that the connection broke while the file was open.
func (u *upload) TransferError(error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.broken = true
}

// Close writes the object, unless nothing was written that should become one.
func (u *upload) Close() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	untouched := u.length == 0 && len(u.ahead) == 0 && u.failed == nil && (u.broken || !u.creates)
	if untouched && !u.broken {
		return nil
	}
	told := detail{FilePath: place{bucket: u.bucket, key: u.key}.String(), Bytes: &u.length}
	err, cause := u.failed, u.session.cause
	if err == nil && !untouched {
		var made *s3.Object
		if made, err = u.commit(); err == nil {
			told.ETag, cause = made.ETag, made.Cause
		}
	}
	if err != nil && u.id != "" {
		err = errors.Join(err, u.s3.AbortUpload(context.Background(), u.bucket, u.key, u.id))
	}
	if u.broken {
		told.FailureCode, told.FailureMessage = "PARTIAL_UPLOAD", "File was partially uploaded."
	}
	u.session.tell("File Upload", u.started, told, cause, err)
	return status(err)
}

// commit makes the object.
func (u *upload) commit() (*s3.Object, error) {
	switch {
	case len(u.ahead) > 0 && !u.broken:
		return nil, fmt.Errorf("bytes from %d on are missing, and S3 cannot append: %w", u.length, sftp.ErrSSHFxOpUnsupported)
	case u.length < u.old:
		return nil, fmt.Errorf("%d bytes of %d were written, and S3 cannot keep the rest: %w", u.length, u.old, sftp.ErrSSHFxOpUnsupported)
	}
	ctx := context.Background()
	if u.id != "" {
		return u.complete(ctx)
	}
	return u.s3.Put(ctx, s3.PutInput{
		Bucket: u.bucket, Key: u.key, Body: &u.buffer, Header: header(), IfMatch: u.ifMatch, IfNoneMatch: u.ifNoneMatch,
	})
}

func (u *upload) complete(ctx context.Context) (*s3.Object, error) {
	if u.buffer.Len() > 0 {
		if err := u.flush(); err != nil {
			return nil, err
		}
	}
	return u.s3.CompleteUpload(ctx, s3.CompleteInput{
		Bucket: u.bucket, Key: u.key, UploadID: u.id, Parts: u.parts, IfMatch: u.ifMatch, IfNoneMatch: u.ifNoneMatch,
	})
}
