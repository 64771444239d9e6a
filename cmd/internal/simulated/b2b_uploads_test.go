package simulated

// This file looks at each upload of the pipeline's files: one whose connection broke
// off has left a part of it, or all, and its partner uploads the file again.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// uploaded is what came of one upload.
type uploaded struct {
	id      string // of the file
	content string
	last    bool // of its name
}

// uploads are those of a file of acme's, the last one first.
func uploads(ctx context.Context, d *b2b.Desk, name string) (all []uploaded, err error) {
	client, bucket, err := landing(d)
	if err != nil {
		return nil, err
	}
	key := "inbox/acme/" + name
	for pages := s3.NewListObjectVersionsPaginator(client, &s3.ListObjectVersionsInput{Bucket: &bucket, Prefix: &key}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, version := range page.Versions {
			object, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key, VersionId: version.VersionId})
			if err != nil {
				return nil, err
			}
			content, err := io.ReadAll(object.Body)
			if err != nil {
				return nil, err
			}
			all = append(all, uploaded{contract.FileID(bucket, key, *version.VersionId), string(content), len(all) == 0})
		}
	}
	return all, nil
}

// landing is the pipeline's bucket.
func landing(d *b2b.Desk) (client *s3.Client, bucket string, err error) {
	bucket, err = d.Output(d.Stack, "LandingBucket")
	return s3.NewFromConfig(d.AWS(), func(o *s3.Options) { o.UsePathStyle = true }), bucket, err
}

// answered wants each upload of a file to have a reply of its own: one that is whole says what
// became of its records, and one that is not, or of a file without records, that it is broken.
func (b tables) answered(ctx context.Context, d *b2b.Desk, name, content string, records []record) error {
	all, err := uploads(ctx, d, name)
	if err != nil {
		return err
	}
	if len(all) == 0 || !slices.ContainsFunc(all, func(u uploaded) bool { return u.content == content }) {
		return fmt.Errorf("of %s, none of %d uploads is whole", name, len(all))
	}
	var faults []error
	for i, u := range all {
		which := fmt.Sprintf("upload %d of %d of %s", len(all)-i, len(all), name)
		if u.content == content {
			b.uploads[u.id] = records
		}
		switch reply, err := replyAbout(ctx, d, name, u); {
		case err != nil:
			faults = append(faults, fmt.Errorf("%s %w", which, err))
		case records == nil || u.content != content:
			faults = append(faults, b.setAside(ctx, d, name, reply))
		case reply.Status == contract.FileSettled:
			faults = append(faults, b.tell(records, reply))
		default:
			faults = append(faults, fmt.Errorf("%s is %s", which, reply.Status))
		}
		if !strings.HasPrefix(content, u.content) {
			faults = append(faults, fmt.Errorf("%s has what was not in the file", which))
		}
	}
	return errors.Join(faults...)
}

// replyAbout is the reply to an upload, where its partner looks for it.
func replyAbout(ctx context.Context, d *b2b.Desk, name string, u uploaded) (contract.Reply, error) {
	key := contract.ReplyKey("acme", name)
	if !u.last {
		key = contract.EarlierReplyKey("acme", name, u.id)
	}
	reply, err := d.Partners["acme"].ReplyAt(ctx, key)
	if err == nil && reply.FileID != u.id {
		err = fmt.Errorf("that is about %s", reply.FileID)
	}
	if err != nil {
		return reply, fmt.Errorf("%w at %s: %w", errNoReply, key, err)
	}
	return reply, nil
}
