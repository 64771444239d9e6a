package acknowledge

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
)

const fileID = "0123456789abcdef0123456789abcdef"

// bucket remembers what is written.
type bucket struct {
	objects map[string]string
	about   map[string]string // the files' ids that are in their metadata
	copies  map[string]string // source by destination
	uploads []string          // versions of the file, the last one first
	putErr  error
	put     func() // once an object is written
	refuse  string // the code of the next write's refusal
	copyErr error
}

func (b *bucket) HeadObject(_ context.Context, in *s3.HeadObjectInput, _ ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	content, ok := b.objects[*in.Bucket+"/"+*in.Key]
	if !ok {
		return nil, &smithy.GenericAPIError{Code: "NotFound"}
	}
	head := &s3.HeadObjectOutput{ETag: aws.String(tag(content)), Metadata: map[string]string{}}
	if about := b.about[*in.Bucket+"/"+*in.Key]; about != "" {
		head.Metadata[contract.MetadataFileID] = about
	}
	return head, nil
}

func tag(content string) string { return fmt.Sprintf("%x", md5.Sum([]byte(content))) }

// demand is what S3 makes of the conditions of a write.
func (b *bucket) demand(in *s3.PutObjectInput) error {
	content, there := b.objects[*in.Bucket+"/"+*in.Key]
	switch {
	case in.IfMatch != nil && !there:
		return &smithy.GenericAPIError{Code: "NoSuchKey"}
	case in.IfMatch != nil && *in.IfMatch != tag(content), in.IfNoneMatch != nil && there:
		return &smithy.GenericAPIError{Code: "PreconditionFailed"}
	}
	return nil
}

func (b *bucket) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	if code := b.refuse; code != "" {
		b.refuse = ""
		return nil, &smithy.GenericAPIError{Code: code}
	}
	if aws.ToString(in.ContentType) != "application/json" {
		return nil, fmt.Errorf("a reply of the type %q", aws.ToString(in.ContentType))
	}
	content, err := io.ReadAll(in.Body)
	if err := errors.Join(err, b.putErr, b.demand(in)); err != nil {
		return nil, err
	}
	if int64(len(content)) != *in.ContentLength {
		return nil, fmt.Errorf("%d bytes announced, %d sent", *in.ContentLength, len(content))
	}
	b.objects[*in.Bucket+"/"+*in.Key], b.about[*in.Bucket+"/"+*in.Key] = string(content), in.Metadata[contract.MetadataFileID]
	if b.put != nil {
		b.put()
	}
	return &s3.PutObjectOutput{}, nil
}

func (b *bucket) CopyObject(_ context.Context, in *s3.CopyObjectInput, _ ...func(*s3.Options)) (*s3.CopyObjectOutput, error) {
	if b.copyErr != nil {
		return nil, b.copyErr
	}
	to := *in.Bucket + "/" + *in.Key
	if in.CopySourceIfMatch != nil { // a reply; of broken files there is no content here
		from, err := url.PathUnescape(*in.CopySource)
		if err != nil {
			return nil, err
		}
		content, there := b.objects[from]
		switch _, taken := b.objects[to]; {
		case !there:
			return nil, &smithy.GenericAPIError{Code: "NoSuchKey"}
		case tag(content) != *in.CopySourceIfMatch, taken && in.IfNoneMatch != nil:
			return nil, &smithy.GenericAPIError{Code: "PreconditionFailed"}
		}
		b.objects[to], b.about[to] = content, b.about[from]
	}
	b.copies[to] = *in.CopySource
	return &s3.CopyObjectOutput{}, nil
}

// ListObjectVersions gives one version a page, which is all that is looked at, after
// a page that has none, and what else has a name like that.
func (b *bucket) ListObjectVersions(_ context.Context, in *s3.ListObjectVersionsInput, _ ...func(*s3.Options)) (*s3.ListObjectVersionsOutput, error) {
	if aws.ToInt32(in.MaxKeys) != 1 {
		return nil, errors.New("more versions are asked for than are looked at")
	}
	page, err := strconv.Atoi(cmp.Or(aws.ToString(in.VersionIdMarker), "0"))
	out := &s3.ListObjectVersionsOutput{IsTruncated: aws.Bool(page <= len(b.uploads)), NextKeyMarker: in.Prefix, NextVersionIdMarker: aws.String(strconv.Itoa(page + 1))}
	switch {
	case page > len(b.uploads):
		out.Versions = []s3types.ObjectVersion{{Key: aws.String(*in.Prefix + "2"), VersionId: aws.String("another's")}}
	case page > 0:
		out.Versions = []s3types.ObjectVersion{{Key: in.Prefix, VersionId: aws.String(b.uploads[page-1])}}
	}
	return out, err
}

type fixture struct {
	*Handler
	bucket  *bucket
	tables  *dynamotest.Tables
	metrics *bytes.Buffer
}

func newFixture(t *testing.T) fixture {
	f := fixture{bucket: &bucket{objects: map[string]string{}, about: map[string]string{}, copies: map[string]string{}}, tables: dynamotest.New(t), metrics: &bytes.Buffer{}}
	f.Handler = &Handler{
		S3: f.bucket, DynamoDB: consistent{f.tables}, Retention: 400 * 24 * time.Hour, FilesTable: dynamotest.Files, OutcomesTable: dynamotest.Outcomes,
		Metrics: &metrics.Emitter{Namespace: "Tradepost", Dimensions: []metrics.Dimension{{Name: contract.DimensionPipeline, Value: "test"}}, Out: f.metrics},
	}
	return f
}

// consistent refuses reads that may miss what has been written.
type consistent struct{ DynamoDB }

func (c consistent) Query(ctx context.Context, in *dynamodb.QueryInput, o ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if !aws.ToBool(in.ConsistentRead) {
		return nil, errors.New("the read is not consistent")
	}
	return c.DynamoDB.Query(ctx, in, o...)
}

func (c consistent) GetItem(ctx context.Context, in *dynamodb.GetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	if !aws.ToBool(in.ConsistentRead) {
		return nil, errors.New("the read is not consistent")
	}
	return c.DynamoDB.GetItem(ctx, in, o...)
}

func (f fixture) put(receipts ...contract.Receipt) {
	for _, r := range receipts {
		f.tables.Put(dynamotest.Outcomes, outcomes.Item(fileID, time.Now().Add(time.Hour), r))
	}
}

func (f fixture) replyOf(t *testing.T, file string) contract.Reply {
	t.Helper()
	text, ok := f.bucket.objects["landing/outbox/acme/"+file+".reply.json"]
	if !ok {
		t.Fatalf("no reply; objects %v", f.bucket.objects)
	}
	var reply contract.Reply
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&reply); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return reply
}

func acknowledgement(status contract.FileStatus, totals contract.Totals) contract.Acknowledgement {
	return contract.Acknowledgement{
		Settlement: contract.Settlement{FileID: fileID, Partner: "acme", Bucket: "landing", Key: "inbox/acme/a b/ü+.xml", VersionID: "v/1", File: "a b/ü+.xml", Received: totals.Received},
		Status:     status, Totals: totals,
	}
}

func TestTheReplyListsWhatWasNotStoredInOrder(t *testing.T) {
	f := newFixture(t)
	var want []contract.Receipt
	totals := contract.Totals{Received: 200}
	for i := 1; i <= 200; i++ {
		r := contract.Receipt{Ordinal: i, TransactionID: "T" + strconv.Itoa(i), Outcome: contract.Stored}
		if i%3 == 0 {
			r.Outcome, r.Code, r.Message = contract.Rejected, contract.CodeMissingTransactionID, `a "quote" & <tag>`
		} else if i%7 == 0 {
			r.Outcome, r.Code, r.Message = contract.Duplicate, contract.CodeDuplicate, "stored before"
		}
		totals.Count(r.Outcome, 1)
		f.put(r)
		if r.Outcome != contract.Stored {
			want = append(want, r)
		}
	}
	if err := f.Handle(t.Context(), acknowledgement(contract.FileSettled, totals)); err != nil {
		t.Fatal(err)
	}
	reply := f.replyOf(t, "a b/ü+.xml")
	if !reflect.DeepEqual(reply.Transactions, want) {
		t.Errorf("got  %+v\nwant %+v", reply.Transactions, want)
	}
	reply.Transactions = nil
	if !reflect.DeepEqual(reply, contract.Reply{Version: contract.ReplyVersion, File: "a b/ü+.xml", FileID: fileID, Status: contract.FileSettled, Totals: totals}) {
		t.Errorf("got %+v", reply)
	}
	if item := f.tables.All(dynamotest.Files)[0]; attribute.String(item, contract.AttrStatus) != "SETTLED" {
		t.Errorf("file %v", item)
	}
	for _, metric := range []string{`"Stored":`, `"Duplicate":`, `"Rejected":66`, `"Failed":0`, `"FilesSettled":1`} {
		if !strings.Contains(f.metrics.String(), metric) {
			t.Errorf("no %s in %s", metric, f.metrics)
		}
	}
}

// The reply is a public format: its bytes are pinned.
func TestTheReplysBytes(t *testing.T) {
	settled := acknowledgement(contract.FileSettled, contract.Totals{Received: 3, Stored: 1, Duplicate: 1, Rejected: 1})
	broken := acknowledgement(contract.FileQuarantined, contract.Totals{})
	broken.Reason = &contract.Reason{Code: "UNEXPECTED_TEXT", Message: `There is text between the transactions: "ü".`, Place: &contract.Place{Line: 3, Column: 1, Byte: 48}}
	gone := acknowledgement(contract.FileQuarantined, contract.Totals{})
	gone.Reason = &contract.Reason{Code: contract.FileCodeGone, Message: "The file was deleted."}
	for name, a := range map[string]contract.Acknowledgement{"settled": settled, "broken": broken, "gone": gone} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.put(contract.Receipt{Ordinal: 1, TransactionID: "A", Outcome: contract.Stored},
				contract.Receipt{Ordinal: 2, Outcome: contract.Rejected, Code: contract.CodeMissingTransactionID, Message: "The transaction has no attribute TransactionID."},
				contract.Receipt{Ordinal: 3, TransactionID: "<B>", Outcome: contract.Duplicate, Code: contract.CodeDuplicate, Message: "Stored before."})
			if err := f.Handle(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile("testdata/" + name + ".reply.json")
			if err != nil {
				t.Fatal(err)
			}
			if got := f.bucket.objects["landing/outbox/acme/a b/ü+.xml.reply.json"]; got != string(want) {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}

func TestABrokenFileIsSetAsideAndItsReplySaysWhy(t *testing.T) {
	f := newFixture(t)
	a := acknowledgement(contract.FileQuarantined, contract.Totals{})
	a.Reason = &contract.Reason{Code: "TRUNCATED", Message: "The file ends.", Place: &contract.Place{Line: 3, Column: 1, Byte: 48}}
	if err := f.Handle(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	reply := f.replyOf(t, "a b/ü+.xml")
	if reply.Status != contract.FileQuarantined || !reflect.DeepEqual(reply.Reason, a.Reason) || reply.Transactions == nil || len(reply.Transactions) != 0 {
		t.Errorf("got %+v", reply)
	}
	want := map[string]string{"landing/quarantine/acme/" + fileID + "/a b/ü+.xml": "landing/inbox/acme/a%20b/%C3%BC+.xml?versionId=v%2F1"}
	if !reflect.DeepEqual(f.bucket.copies, want) {
		t.Errorf("copies %v", f.bucket.copies)
	}
	item := f.tables.All(dynamotest.Files)[0]
	if attribute.String(item, contract.AttrStatus) != "QUARANTINED" || attribute.String(item, contract.AttrReason) != "Line 3, column 1 (byte 48): The file ends." || attribute.String(item, contract.AttrCode) != "TRUNCATED" {
		t.Errorf("file %v", item)
	}
	if got := f.metrics.String(); !strings.Contains(got, `"FilesQuarantined":1`) || strings.Contains(got, "Stored") {
		t.Errorf("metrics %s", got)
	}
}

func TestABrokenFileThatIsGoneIsStillAnswered(t *testing.T) {
	for code, fails := range map[string]bool{"NoSuchKey": false, "NoSuchVersion": false, "InvalidRequest": false, "AccessDenied": true, "SlowDown": true} {
		f := newFixture(t)
		f.bucket.copyErr = &smithy.GenericAPIError{Code: code}
		err := f.Handle(t.Context(), acknowledgement(contract.FileQuarantined, contract.Totals{}))
		if (err != nil) != fails || len(f.bucket.objects) != 1 {
			t.Errorf("%s: %v, objects %v", code, err, f.bucket.objects)
		}
	}
}

func TestAnOverdueFileHasAnInterimReply(t *testing.T) {
	f := newFixture(t)
	f.put(contract.Receipt{Ordinal: 2, Outcome: contract.Failed, Code: contract.CodeWorkflowFailed, Message: "m"})
	if err := f.Handle(t.Context(), acknowledgement(contract.FileOverdue, contract.Totals{Received: 10, Stored: 4, Failed: 1})); err != nil {
		t.Fatal(err)
	}
	reply := f.replyOf(t, "a b/ü+.xml")
	if reply.Status != contract.FileOverdue || reply.Reason.Code != contract.FileCodeOverdue || reply.Reason.Place != nil || !strings.HasPrefix(reply.Reason.Message, "5 of 10 ") || len(reply.Transactions) != 1 {
		t.Errorf("got %+v", reply)
	}
	// Outcomes are counted once, when the file settles.
	if got := f.metrics.String(); !strings.Contains(got, `"FilesOverdue":1`) || strings.Contains(got, "Stored") {
		t.Errorf("metrics %s", got)
	}
}

// Until then, whoever watches over unsettled files finds it.
func TestAFileIsUnsettledUntilItsLastReply(t *testing.T) {
	for status, unsettled := range map[contract.FileStatus]bool{contract.FileOverdue: true, contract.FileSettled: false, contract.FileQuarantined: false} {
		f := newFixture(t)
		f.tables.Put(dynamotest.Files, map[string]types.AttributeValue{
			contract.AttrFileID: attribute.Text(fileID), contract.AttrUnsettled: attribute.Text(contract.Unsettled), contract.AttrDeadline: attribute.Number(1),
		})
		if err := f.Handle(t.Context(), acknowledgement(status, contract.Totals{})); err != nil {
			t.Fatal(err)
		}
		item := f.tables.All(dynamotest.Files)[0]
		if got := attribute.String(item, contract.AttrUnsettled) != ""; got != unsettled {
			t.Errorf("%s: %v", status, item)
		}
		if expires, err := attribute.Int(item, contract.AttrExpiresAt); err != nil || time.Until(time.Unix(expires, 0)).Round(time.Hour) != 400*24*time.Hour {
			t.Errorf("%s: expires at %d, %v", status, expires, err)
		}
	}
}

// A replay reads the totals from the row, and an operator the rest.
func TestTheFilesRowTellsWhatBecameOfIt(t *testing.T) {
	f := newFixture(t)
	a := acknowledgement(contract.FileOverdue, contract.Totals{Stored: 1, Duplicate: 2, Rejected: 3, Failed: 4})
	a.Received = 15
	if err := f.Handle(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	row := f.tables.All(dynamotest.Files)[0]
	delete(row, contract.AttrExpiresAt)
	numbers := map[string]types.AttributeValue{}
	for name, n := range map[string]int{"received": 15, "stored": 1, "duplicate": 2, "rejected": 3, "failed": 4} {
		numbers[name] = attribute.Number(n)
	}
	want := map[string]types.AttributeValue{
		contract.AttrFileID: attribute.Text(fileID), contract.AttrStatus: attribute.Text(contract.FileOverdue),
		contract.AttrReceived: attribute.Number(15), contract.AttrTotals: &types.AttributeValueMemberM{Value: numbers},
		contract.AttrReason: attribute.Text(reason(a).String()), contract.AttrCode: attribute.Text(contract.FileCodeOverdue),
	}
	if !reflect.DeepEqual(row, want) {
		t.Errorf("the row is %v\nwant %v", row, want)
	}
	if reply := f.replyOf(t, a.File); reply.Totals.Received != 15 || !strings.HasPrefix(reply.Reason.Message, "5 of 15 ") {
		t.Errorf("the reply is %+v", reply)
	}
}

func TestAcknowledgingTwiceIsTheSame(t *testing.T) {
	f := newFixture(t)
	f.put(contract.Receipt{Ordinal: 1, Outcome: contract.Rejected, Code: "C", Message: "m"})
	a := acknowledgement(contract.FileSettled, contract.Totals{Received: 1, Rejected: 1})
	var states []string
	for range 2 {
		if err := f.Handle(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		states = append(states, fmt.Sprint(f.bucket.objects, len(f.tables.All(dynamotest.Files))))
	}
	if states[0] != states[1] {
		t.Errorf("%s\n%s", states[0], states[1])
	}
}

// A replay starts a settlement of its own. One that looked before that must
// neither overwrite its reply nor count what it counts.
func TestASettlementThatIsSupersededSaysNothing(t *testing.T) {
	latest := func(attempts int) map[string]types.AttributeValue {
		return map[string]types.AttributeValue{
			contract.AttrFileID: attribute.Text(fileID), contract.AttrStatus: attribute.Text(contract.FileSplit), contract.AttrAttempts: attribute.Number(attempts),
		}
	}
	a := acknowledgement(contract.FileSettled, contract.Totals{Received: 1, Stored: 1})
	for _, test := range []struct {
		name            string
		before, between int // the latest settlement, when it begins and once the reply is written
		replies, counts bool
	}{
		{"the latest", 1, 1, true, true},
		{"an earlier one", 2, 2, false, false},
		{"one that is taken over from meanwhile", 1, 2, true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t)
			a.Attempt = 1
			f.tables.Put(dynamotest.Files, latest(test.before))
			f.bucket.put = func() { f.tables.Put(dynamotest.Files, latest(test.between)) }
			if err := f.Handle(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			status := attribute.String(f.tables.All(dynamotest.Files)[0], contract.AttrStatus)
			if len(f.bucket.objects) == 1 != test.replies || f.metrics.Len() > 0 != test.counts || (status == "SETTLED") != test.counts {
				t.Errorf("objects %v, metrics %q, status %s", f.bucket.objects, f.metrics, status)
			}
		})
	}
}

func TestWhatIsSettledAgainIsCountedOnce(t *testing.T) {
	f := newFixture(t)
	a := acknowledgement(contract.FileSettled, contract.Totals{Received: 100, Stored: 100})
	a.Attempt, a.Previous = 1, &contract.Totals{Received: 100, Stored: 60, Failed: 40}
	if err := f.Handle(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	for _, metric := range []string{`"Stored":40`, `"Failed":0`, `"Replayed":40`} {
		if !strings.Contains(f.metrics.String(), metric) {
			t.Errorf("no %s in %s", metric, f.metrics)
		}
	}
	if strings.Contains(f.metrics.String(), "FilesSettled") {
		t.Errorf("the file is counted again: %s", f.metrics)
	}
}

// What is being tried again is neither stored nor failed: it has no line.
func TestTheInterimReplyLeavesOutWhatIsBeingReplayed(t *testing.T) {
	f := newFixture(t)
	f.put(contract.Receipt{Ordinal: 1, Outcome: contract.Replaying}, contract.Receipt{Ordinal: 2, Outcome: contract.Failed})
	if err := f.Handle(t.Context(), acknowledgement(contract.FileOverdue, contract.Totals{Received: 2, Failed: 1})); err != nil {
		t.Fatal(err)
	}
	if reply := f.replyOf(t, "a b/ü+.xml"); len(reply.Transactions) != 1 || reply.Transactions[0].Ordinal != 2 {
		t.Errorf("got %+v", reply.Transactions)
	}
}

func TestNothingIsCountedBeforeAllIsDone(t *testing.T) {
	f := newFixture(t)
	f.bucket.putErr = errors.New("slow down")
	if err := f.Handle(t.Context(), acknowledgement(contract.FileSettled, contract.Totals{Received: 1, Stored: 1})); err == nil || f.metrics.Len() != 0 {
		t.Errorf("%v, metrics %s", err, f.metrics)
	}
}
