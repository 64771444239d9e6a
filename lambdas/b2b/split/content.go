// This file reads a file's content, as often as needed and the same each time.

package split

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// smallFile is what is held in memory instead of being read twice, in bytes.
const smallFile = 8 << 20

// errGone is the error of a file that was deleted, with its versions, after
// the notice.
var errGone = errors.New("the file is gone")

// content is what a version of an object contains.
type content struct {
	s3    S3
	file  *file
	small []byte // all of it, if it is small
}

func (h *Handler) content(f *file) *content { return &content{s3: h.S3, file: f} }

// open starts reading from the first byte.
func (c *content) open(ctx context.Context) (io.ReadCloser, error) {
	if c.small != nil {
		return io.NopCloser(bytes.NewReader(c.small)), nil
	}
	input := &s3.GetObjectInput{Bucket: aws.String(c.file.Bucket), Key: aws.String(c.file.Key)}
	if c.file.VersionID != "" {
		input.VersionId = aws.String(c.file.VersionID)
	} else if c.file.etag != "" {
		input.IfMatch = aws.String(c.file.etag)
	}
	object, err := c.s3.GetObject(ctx, input)
	var coded smithy.APIError
	if errors.As(err, &coded) {
		switch coded.ErrorCode() {
		case "NoSuchKey", "NoSuchVersion", "PreconditionFailed": // overwritten: the new content has its own notice
			return nil, fmt.Errorf("%w: %v", errGone, err)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("get object: %w", err)
	}
	if size := aws.ToInt64(object.ContentLength); object.ContentLength == nil || size > smallFile {
		return object.Body, nil
	}
	defer object.Body.Close()
	if c.small, err = io.ReadAll(object.Body); err != nil {
		c.small = nil
		return nil, fmt.Errorf("read object: %w", err)
	}
	return io.NopCloser(bytes.NewReader(c.small)), nil
}
