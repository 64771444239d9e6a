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

// reply writes <file>.reply.json to the partner's outbox, unless a later
// settlement has taken over. It is spooled to a temporary file, for memory
// stays small however many lines there are, and the partner sees the whole
// reply or none.
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
		// The reply that is there is looked at first, and only that one is
		// replaced: a later settlement, which might begin and end after the
		// question whether there is one, changes it.
		current, err := h.currentReply(ctx, a)
		if err != nil {
			return err
		}
		if superseded, err := h.superseded(ctx, a); err != nil || superseded {
			return err
		}
		if _, err := spool.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("rewind %s: %w", spool.Name(), err)
		}
		written, err := h.replace(ctx, a, current, spool, size)
		if err != nil || written {
			return err
		}
	}
}

// currentReply is the entity tag of the reply that is there, or empty.
func (h *Handler) currentReply(ctx context.Context, a contract.Acknowledgement) (string, error) {
	key := contract.ReplyKey(a.Partner, a.File)
	head, err := h.S3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(a.Bucket), Key: aws.String(key)})
	if code := codeOf(err); code == "NotFound" || code == "NoSuchKey" {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look up %s: %w", key, err)
	}
	return aws.ToString(head.ETag), nil
}

// replace puts the reply in place of the current one. It reports false if that
// is no longer the current one.
func (h *Handler) replace(ctx context.Context, a contract.Acknowledgement, current string, reply io.Reader, size int64) (written bool, err error) {
	in := &s3.PutObjectInput{
		Bucket:        aws.String(a.Bucket),
		Key:           aws.String(contract.ReplyKey(a.Partner, a.File)),
		Body:          reply,
		ContentLength: aws.Int64(size),
		ContentType:   aws.String("application/json"),
		IfNoneMatch:   aws.String("*"),
	}
	if current != "" {
		in.IfMatch, in.IfNoneMatch = aws.String(current), nil
	}
	_, err = h.S3.PutObject(ctx, in)
	switch codeOf(err) {
	case "PreconditionFailed", "ConditionalRequestConflict":
		return false, nil
	case "NoSuchKey": // its partner deleted it
		if current != "" {
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
