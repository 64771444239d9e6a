package acknowledge

// This file puts the reply into the partner's outbox.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// reply writes the reply to the partner's outbox, unless a later settlement has
// taken over. It is spooled to a temporary file, for memory stays small however
// many lines there are, and the partner sees the whole reply or none.
func (h *Handler) reply(ctx context.Context, a contract.Acknowledgement) error {
	spool, err := os.CreateTemp("", "reply-*.json")
	if err != nil {
		return err
	}
	defer os.Remove(spool.Name())
	defer spool.Close()
	if err := h.write(ctx, spool, a); err != nil {
		return err
	}
	size, err := spool.Seek(0, io.SeekCurrent)
	if err != nil {
		return fmt.Errorf("measure %s: %w", spool.Name(), err)
	}
	for {
		done, err := h.place(ctx, a, spool, size)
		if err != nil || done {
			return err
		}
	}
}

// place puts the reply where it belongs: <file>.reply.json is about the last
// upload of that name, and each earlier one, such as that of a part before its
// connection broke off, keeps a reply of its own. It reports false if something
// was written there meanwhile.
//
// What is there is looked at first, and only that is replaced: a later upload, or
// a later settlement, which might come and be answered after the questions whether
// there is one, changes it.
func (h *Handler) place(ctx context.Context, a contract.Acknowledgement, reply io.ReadSeeker, size int64) (done bool, err error) {
	last, earlier := contract.ReplyKey(a.Partner, a.File), contract.EarlierReplyKey(a.Partner, a.File, a.FileID)
	current, err := h.replyAt(ctx, a, last)
	if err != nil {
		return false, err
	}
	key := last
	followed, err := h.followed(ctx, a)
	if err == nil && followed {
		key = earlier
		current, err = h.replyAt(ctx, a, key)
	}
	if err != nil {
		return false, err
	}
	if superseded, err := h.superseded(ctx, a); err != nil || superseded {
		return superseded, err
	}
	if current.fileID != "" && current.fileID != a.FileID {
		kept, err := h.keep(ctx, a, current)
		if err != nil || !kept {
			return false, err
		}
	}
	if _, err := reply.Seek(0, io.SeekStart); err != nil {
		return false, fmt.Errorf("rewind the reply: %w", err)
	}
	written, err := h.replace(ctx, a, current, reply, size)
	if err != nil || !written || followed {
		return written, err
	}
	// One that has followed meanwhile may have kept what was there before.
	followed, err = h.followed(ctx, a)
	return !followed, err
}

// followed reports whether the partner has uploaded another file of that name
// since. Nobody can tell that of a bucket without versions.
func (h *Handler) followed(ctx context.Context, a contract.Acknowledgement) (bool, error) {
	if a.VersionID == "" {
		return false, nil
	}
	in := &s3.ListObjectVersionsInput{Bucket: aws.String(a.Bucket), Prefix: aws.String(a.Key), MaxKeys: aws.Int32(1)}
	for pages := s3.NewListObjectVersionsPaginator(h.S3, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, fmt.Errorf("list the versions of %s: %w", a.Key, err)
		}
		if len(page.Versions) > 0 { // keys in order, and of one key the last version first
			last := page.Versions[0]
			return aws.ToString(last.Key) == a.Key && aws.ToString(last.VersionId) != a.VersionID, nil
		}
	}
	return false, nil
}

// existing is a reply that is there. The zero value is none.
type existing struct {
	key, etag string
	fileID    string // which upload it is about
}

// replyAt looks for a reply under a key.
func (h *Handler) replyAt(ctx context.Context, a contract.Acknowledgement, key string) (existing, error) {
	head, err := h.S3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(a.Bucket), Key: aws.String(key)})
	if code := codeOf(err); code == "NotFound" || code == "NoSuchKey" {
		return existing{key: key}, nil
	}
	if err != nil {
		return existing{}, fmt.Errorf("look up %s: %w", key, err)
	}
	return existing{key, aws.ToString(head.ETag), head.Metadata[contract.MetadataFileID]}, nil
}

// keep copies the reply to an earlier upload to a name of its own. It reports
// false if it is no longer there. One that was kept before, stays: it may have been
// written anew since.
func (h *Handler) keep(ctx context.Context, a contract.Acknowledgement, other existing) (kept bool, err error) {
	key := contract.EarlierReplyKey(a.Partner, a.File, other.fileID)
	if there, err := h.replyAt(ctx, a, key); err != nil || there.etag != "" {
		return err == nil, err
	}
	_, err = h.S3.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket:            aws.String(a.Bucket),
		Key:               aws.String(key),
		CopySource:        aws.String(sourceOf(a.Bucket, other.key)),
		CopySourceIfMatch: aws.String(other.etag),
		IfNoneMatch:       aws.String("*"),
	})
	switch codeOf(err) {
	case "PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey":
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("copy %s to %s: %w", other.key, key, err)
	}
	return true, nil
}

// replace puts the reply in place of the current one. It reports false if that
// is no longer the current one.
func (h *Handler) replace(ctx context.Context, a contract.Acknowledgement, current existing, reply io.Reader, size int64) (written bool, err error) {
	in := &s3.PutObjectInput{
		Bucket:        aws.String(a.Bucket),
		Key:           aws.String(current.key),
		Body:          reply,
		ContentLength: aws.Int64(size),
		ContentType:   aws.String("application/json"),
		Metadata:      map[string]string{contract.MetadataFileID: a.FileID},
		IfNoneMatch:   aws.String("*"),
	}
	if current.etag != "" {
		in.IfMatch, in.IfNoneMatch = aws.String(current.etag), nil
	}
	_, err = h.S3.PutObject(ctx, in)
	switch codeOf(err) {
	case "PreconditionFailed", "ConditionalRequestConflict":
		return false, nil
	case "NoSuchKey": // its partner deleted it
		if current.etag != "" {
			return false, nil
		}
	}
	if err != nil {
		return false, fmt.Errorf("put %s: %w", *in.Key, err)
	}
	return true, nil
}

// codeOf is the code of an error that S3 answers, or empty.
func codeOf(err error) string {
	if coded, ok := errors.AsType[smithy.APIError](err); ok {
		return coded.ErrorCode()
	}
	return ""
}
