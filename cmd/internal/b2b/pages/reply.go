package pages

// This file reads a reply. It may have a line for each of 500,000 records, so that a
// page reads what it shows, from the byte on where the page before it has ended.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/local/console"
)

const (
	// shown is how much of a reply a page shows as text, in bytes.
	shown = 16 << 10

	// atMost is how many of its lines are looked through for one page.
	atMost = 20_000
)

// reply is one that has been written.
type reply struct {
	Text      string // what it begins with
	Cut       bool
	key, etag string
}

// reply looks for the reply to an upload: under the file's name, or, if another one
// of that name has followed, under one of its own.
func (d *desk) reply(ctx context.Context, f contract.Settlement) (*reply, error) {
	for _, key := range []string{contract.ReplyKey(f.Partner, f.File), contract.EarlierReplyKey(f.Partner, f.File, f.FileID)} {
		got, err := d.objects.GetObject(ctx, &s3.GetObjectInput{Bucket: &f.Bucket, Key: &key, Range: aws.String(fmt.Sprintf("bytes=0-%d", shown-1))})
		if code := codeOf(err); code == "NoSuchKey" {
			continue
		}
		if err != nil {
			return nil, err
		}
		if got.Metadata[contract.MetadataFileID] != f.FileID {
			got.Body.Close()
			continue
		}
		defer got.Body.Close()
		text, err := io.ReadAll(got.Body)
		if err != nil {
			return nil, err
		}
		r := &reply{key: key, etag: aws.ToString(got.ETag), Cut: !strings.HasSuffix(aws.ToString(got.ContentRange), fmt.Sprint("/", len(text)))}
		for i := 0; r.Cut && i < utf8.UTFMax-1 && !utf8.Valid(text); i++ { // a character may be cut in two
			text = text[:len(text)-1]
		}
		r.Text = string(text)
		return r, nil
	}
	return nil, nil
}

// codeOf is the code of an error of AWS's, or empty.
func codeOf(err error) string {
	if coded, ok := errors.AsType[smithy.APIError](err); ok {
		return coded.ErrorCode()
	}
	return ""
}

// receipts are records that were not stored.
type receipts struct {
	Found    []contract.Receipt
	Searched int    // how many were looked through
	end      int64  // the byte behind them, or 0 if there are no more
	next     string // where the page after this one begins, or empty
}

// before stands in for what of a reply's list comes before the byte from which it is
// read: the end of a line.
const before = "[{}"

// receipts reads a page of a reply's lines, of one outcome or all.
func (d *desk) receipts(ctx context.Context, f contract.Settlement, r reply, outcome contract.Outcome, from string) (found receipts, err error) {
	begin, err := position(from, r.etag)
	if err != nil {
		return found, err
	}
	in := &s3.GetObjectInput{Bucket: &f.Bucket, Key: &r.key, IfMatch: &r.etag}
	if begin > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", begin))
	}
	got, err := d.objects.GetObject(ctx, in)
	if codeOf(err) == "PreconditionFailed" {
		return found, errWrittenAnew
	}
	if err != nil {
		return found, err
	}
	defer got.Body.Close()
	if found, err = readReceipts(got.Body, begin, outcome); err != nil {
		return found, fmt.Errorf("read %s: %w", r.key, err)
	}
	if found.end > 0 {
		found.next = fmt.Sprintf("%d-%s", found.end, strings.Trim(r.etag, `"`))
	}
	return found, nil
}

var errWrittenAnew = console.Refuse("The reply has been written anew since: look at the file again from its first page.")

// position is the byte where a reply is read from: 0 for its begin.
func position(from, etag string) (int64, error) {
	if from == "" {
		return 0, nil
	}
	at, of, _ := strings.Cut(from, "-")
	n, err := strconv.ParseInt(at, 10, 64)
	if err != nil || n <= 0 {
		return 0, console.Refuse("This address of further records is not one that a page has given.")
	}
	if of != strings.Trim(etag, `"`) {
		return 0, errWrittenAnew
	}
	return n, nil
}

// readReceipts reads lines of a reply, of which the body is what it has from a byte
// on, until there are enough.
func readReceipts(body io.Reader, begin int64, outcome contract.Outcome) (found receipts, err error) {
	within := begin > 0
	if within {
		body = io.MultiReader(strings.NewReader(before), body)
		begin -= int64(len(before))
	}
	lines := json.NewDecoder(body)
	if err := toLines(lines, within); err != nil {
		return found, err
	}
	for lines.More() {
		var r contract.Receipt
		if err := lines.Decode(&r); err != nil {
			return found, err
		}
		found.Searched++
		if outcome == "" || r.Outcome == outcome {
			found.Found = append(found.Found, r)
		}
		if (len(found.Found) == onPage || found.Searched == atMost) && lines.More() {
			found.end = begin + lines.InputOffset()
			return found, nil
		}
	}
	return found, nil
}

// toLines goes to where the lines are: after the stand-in for those before, or within
// the reply's member transactions, which is its last.
func toLines(lines *json.Decoder, within bool) error {
	if within {
		if _, err := lines.Token(); err != nil {
			return err
		}
		return lines.Decode(&struct{}{})
	}
	if _, err := lines.Token(); err != nil { // of the reply
		return err
	}
	for lines.More() {
		name, err := lines.Token()
		if err != nil {
			return err
		}
		if name == "transactions" {
			_, err := lines.Token()
			return err
		}
		if err := lines.Decode(new(json.RawMessage)); err != nil {
			return err
		}
	}
	return errors.New("there are no transactions in it")
}
