// S3 as JSON calls, in the shapes of Step Functions' aws-sdk:s3 integrations.
// Bodies are strings.

package s3

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func (s *S3) operations() cloud.Operations {
	return cloud.Operations{
		"CopyObject":    asClient(s, (*Client).callCopy),
		"DeleteObject":  asClient(s, (*Client).callDelete),
		"GetObject":     asClient(s, (*Client).callGet),
		"HeadObject":    asClient(s, (*Client).callHead),
		"ListObjectsV2": asClient(s, (*Client).callList),
		"PutObject":     asClient(s, (*Client).callPut),
	}
}

// asClient makes an operation of what a client of the caller's does.
func asClient[In any](s *S3, call func(*Client, context.Context, In) (any, error)) cloud.Operation {
	return cloud.Handle(func(ctx context.Context, caller cloud.Caller, in In) (any, error) {
		return call(s.As(caller, Origin{UserAgent: "aws-sdk"}), ctx, in)
	})
}

// objectHeader are the members that describe an object, in and out.
type objectHeader struct {
	ContentType        string            `json:",omitempty"`
	ContentEncoding    string            `json:",omitempty"`
	ContentDisposition string            `json:",omitempty"`
	ContentLanguage    string            `json:",omitempty"`
	CacheControl       string            `json:",omitempty"`
	Metadata           map[string]string `json:",omitempty"`
}

func (h objectHeader) stored() map[string]string {
	stored := map[string]string{"Content-Type": "binary/octet-stream"}
	for name, value := range map[string]string{
		"Content-Type": h.ContentType, "Content-Encoding": h.ContentEncoding, "Content-Disposition": h.ContentDisposition,
		"Content-Language": h.ContentLanguage, "Cache-Control": h.CacheControl,
	} {
		if value != "" {
			stored[name] = value
		}
	}
	for name, value := range h.Metadata {
		stored[metadataPrefix+strings.ToLower(name)] = value
	}
	return stored
}

func headerOf(o *Object) objectHeader {
	h := objectHeader{
		ContentType: o.Header["Content-Type"], ContentEncoding: o.Header["Content-Encoding"], ContentDisposition: o.Header["Content-Disposition"],
		ContentLanguage: o.Header["Content-Language"], CacheControl: o.Header["Cache-Control"], Metadata: map[string]string{},
	}
	for name, value := range o.Header {
		if name, ok := strings.CutPrefix(name, metadataPrefix); ok {
			h.Metadata[name] = value
		}
	}
	return h
}

type putCall struct {
	Bucket, Key          string
	Body                 json.RawMessage
	IfMatch, IfNoneMatch string
	ServerSideEncryption string
	ChecksumAlgorithm    string
	objectHeader
}

type written struct {
	ETag string
	checksumMembers
	ServerSideEncryption string
	VersionId            string `json:",omitempty"`
}

func writtenOf(o *Object) written {
	return written{quote(o.ETag), checksumsOf(o.Checksums), o.attributes.Seal.algorithm(), o.VersionID}
}

func (c *Client) callPut(ctx context.Context, in putCall) (any, error) {
	o, err := c.Put(ctx, PutInput{
		Bucket: in.Bucket, Key: in.Key, Body: strings.NewReader(bodyText(in.Body)), Header: in.stored(),
		IfMatch: in.IfMatch, IfNoneMatch: in.IfNoneMatch,
		attributes: attributes{Seal: seal{Algorithm: in.ServerSideEncryption}}, conditions: conditions{"s3:x-amz-server-side-encryption": in.ServerSideEncryption},
		digest: digest{algorithm: strings.ToLower(in.ChecksumAlgorithm)},
	})
	if err != nil {
		return nil, err
	}
	return writtenOf(o), nil
}

// bodyText returns the text of a body: a string is itself, and any other value
// its JSON, as Step Functions sends it.
func bodyText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

type readCall struct{ Bucket, Key, VersionId, Range string }

type readAnswer struct {
	Body          *string `json:",omitempty"`
	AcceptRanges  string
	ContentLength int64
	ContentRange  string `json:",omitempty"`
	ETag          string
	LastModified  time.Time
	VersionId     string `json:",omitempty"`
	objectHeader
	Metadata             map[string]string // also where there is none
	ServerSideEncryption string
}

func readAnswerOf(o *Object) readAnswer {
	h := headerOf(o)
	return readAnswer{
		AcceptRanges: "bytes", ContentLength: o.Size, ETag: quote(o.ETag), LastModified: o.Modified.UTC().Truncate(time.Second),
		VersionId: o.VersionID, objectHeader: h, Metadata: h.Metadata, ServerSideEncryption: o.attributes.Seal.algorithm(),
	}
}

// maxBody is the most that a call returns, in bytes. It is above any payload
// that a state machine may hold, whose own limit is the one to answer.
const maxBody = 1 << 20

func (c *Client) callGet(ctx context.Context, in readCall) (any, error) {
	o, err := c.Get(ctx, in.Bucket, in.Key, in.VersionId)
	if err != nil {
		return nil, err
	}
	start, length, partial, err := parseRange(in.Range, o.Size)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.NewSectionReader(o.Body, start, min(length, maxBody)))
	if err != nil {
		return nil, fmt.Errorf("read s3://%s/%s: %w", in.Bucket, in.Key, err)
	}
	answer, text := readAnswerOf(o), string(raw)
	answer.Body, answer.ContentLength = &text, length
	if partial {
		answer.ContentRange = fmt.Sprintf("bytes %d-%d/%d", start, start+length-1, o.Size)
	}
	return answer, nil
}

func (c *Client) callHead(ctx context.Context, in readCall) (any, error) {
	o, err := c.Head(ctx, in.Bucket, in.Key, in.VersionId)
	if err != nil {
		return nil, err
	}
	return readAnswerOf(o), nil
}

type copyCall struct {
	Bucket, Key, CopySource string
	MetadataDirective       string
	objectHeader
}

func (c *Client) callCopy(ctx context.Context, in copyCall) (any, error) {
	request := CopyInput{Bucket: in.Bucket, Key: in.Key}
	if err := request.setSource(in.CopySource); err != nil {
		return nil, err
	}
	if in.MetadataDirective == "REPLACE" {
		request.Header = in.stored()
	}
	o, err := c.Copy(ctx, request)
	if err != nil {
		return nil, err
	}
	return struct {
		CopyObjectResult struct {
			ETag         string
			LastModified time.Time
		}
		ServerSideEncryption string
		VersionId            string `json:",omitempty"`
	}{
		struct {
			ETag         string
			LastModified time.Time
		}{quote(o.ETag), o.Modified.UTC()}, o.attributes.Seal.algorithm(), o.VersionID,
	}, nil
}

func (c *Client) callDelete(ctx context.Context, in readCall) (any, error) {
	d, err := c.Delete(ctx, in.Bucket, in.Key, in.VersionId)
	if err != nil {
		return nil, err
	}
	return struct {
		DeleteMarker bool   `json:",omitempty"`
		VersionId    string `json:",omitempty"`
	}{d.DeleteMarker, d.VersionID}, nil
}

type listCall struct {
	Bucket, Prefix, Delimiter, StartAfter, ContinuationToken string
	MaxKeys                                                  *int
}

func (c *Client) callList(ctx context.Context, in listCall) (any, error) {
	request := ListInput{Bucket: in.Bucket, Prefix: in.Prefix, Delimiter: in.Delimiter, After: in.StartAfter, Max: maxKeys}
	if in.MaxKeys != nil {
		request.Max, request.zero = min(*in.MaxKeys, maxKeys), *in.MaxKeys == 0
	}
	if err := request.resume(in.ContinuationToken); err != nil {
		return nil, err
	}
	page, err := c.List(ctx, request)
	if err != nil {
		return nil, err
	}
	type line struct {
		Key, ETag    string
		LastModified time.Time
		Size         int64
		StorageClass string
	}
	type prefix struct{ Prefix string }
	answer := struct {
		Name, Prefix          string
		Delimiter             string `json:",omitempty"`
		MaxKeys, KeyCount     int
		IsTruncated           bool
		ContinuationToken     string   `json:",omitempty"`
		NextContinuationToken string   `json:",omitempty"`
		StartAfter            string   `json:",omitempty"`
		Contents              []line   `json:",omitempty"`
		CommonPrefixes        []prefix `json:",omitempty"`
	}{
		Name: in.Bucket, Prefix: in.Prefix, Delimiter: in.Delimiter, MaxKeys: request.Max, IsTruncated: page.Truncated,
		KeyCount: len(page.Objects) + len(page.CommonPrefixes), ContinuationToken: in.ContinuationToken, StartAfter: in.StartAfter,
		NextContinuationToken: page.token(),
	}
	for _, o := range page.Objects {
		answer.Contents = append(answer.Contents, line{o.Key, quote(o.ETag), o.Modified.UTC().Truncate(time.Second), o.Size, o.storageClass()})
	}
	for _, p := range page.CommonPrefixes {
		answer.CommonPrefixes = append(answer.CommonPrefixes, prefix{p})
	}
	return answer, nil
}

// token is the continuation token of the page after this one, if any.
func (p Page) token() string {
	if !p.Truncated {
		return ""
	}
	return writeToken(p.Next)
}

// resume continues where the page with the token ended.
func (in *ListInput) resume(token string) error {
	after, err := readToken(token)
	if token != "" {
		in.After = after
	}
	return err
}
