package finddata

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
	"github.com/tradepost-dev/tradepost/internal/patience"
	"github.com/tradepost-dev/tradepost/internal/s3test"
)

// site has data, and what is known of earlier runs.
type site struct {
	*s3test.Buckets
	tables  *dynamotest.Tables
	handler *Handler
	t       *testing.T
}

func open(t *testing.T) *site {
	t.Helper()
	s := &site{Buckets: s3test.New(t, "data", "work"), tables: dynamotest.Empty(t), t: t}
	s.tables.Create("Runs", "run")
	s.handler = &Handler{S3: s.Client, DynamoDB: dynamotest.Consistent{Tables: s.tables}, DataBucket: "data", DataPrefix: "in/", WorkBucket: "work", RunsTable: "Runs"}
	return s
}

func (s *site) find(run string) contract.Found {
	s.t.Helper()
	found, err := s.handler.Handle(s.t.Context(), contract.Search{Run: run})
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

// succeeded notes that a run was a success, as the state machine does.
func (s *site) succeeded(found contract.Found) {
	s.tables.Put("Runs", map[string]types.AttributeValue{"run": attribute.Text("last-success"), "manifest": attribute.Text(found.Manifest)})
}

func (s *site) refused(found contract.Found) {
	s.tables.Put("Runs", map[string]types.AttributeValue{"run": attribute.Text("last-refusal"), "fingerprint": attribute.Text(found.Fingerprint)})
}

func TestAtFirstEverythingBelowThePrefixIsNew(t *testing.T) {
	s := open(t)
	s.Put("data", "in/b.csv", "12345")
	s.Put("data", "in/a.csv", "123")
	s.Put("data", "in/", "")
	s.Put("data", "in/sub/", "")
	s.Put("data", "in/sub/empty.csv", "")
	s.Put("data", "other/c.csv", "1")
	found := s.find("r1")
	if found.New != 3 || found.Objects != 3 || found.Bytes != 8 || found.Manifest != "manifests/r1.jsonl" || len(found.Fingerprint) != 64 {
		t.Errorf("found %+v", found)
	}
	manifest, _ := s.Get("work", "manifests/r1.jsonl")
	want := `{"key":"in/a.csv","etag":"202cb962ac59075b964b07152d234b70","size":3}
{"key":"in/b.csv","etag":"827ccb0eea8a706c4c34a16891f84e7b","size":5}
{"key":"in/sub/empty.csv","etag":"d41d8cd98f00b204e9800998ecf8427e","size":0}
`
	if manifest != want {
		t.Errorf("manifest\n%s", manifest)
	}
}

func TestNothingIsNewWithoutData(t *testing.T) {
	s := open(t)
	if found := s.find("r1"); found.New != 0 || found.Objects != 0 {
		t.Errorf("found %+v", found)
	}
}

func TestNewIsWhatTheLastSuccessDidNotSee(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*site)
		want   int
	}{
		{"nothing", func(*site) {}, 0},
		{"one before all", func(s *site) { s.Put("data", "in/0.csv", "x") }, 1},
		{"one in between, and one behind", func(s *site) { s.Put("data", "in/aa.csv", "x"); s.Put("data", "in/z.csv", "x") }, 2},
		{"one that is written again as it was", func(s *site) { s.Put("data", "in/a.csv", "1") }, 0},
		{"one with other content", func(s *site) { s.Put("data", "in/a.csv", "2") }, 1},
		{"one that is gone", func(s *site) {
			if _, err := s.DeleteObject(s.t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("data"), Key: aws.String("in/b.csv")}); err != nil {
				s.t.Fatal(err)
			}
		}, 0},
		{"characters beyond the first plane", func(s *site) { s.Put("data", "in/\U0001F600.csv", "x"); s.Put("data", "in/\uFF21.csv", "x") }, 2},
		{"the manifest has expired", func(s *site) {
			if _, err := s.DeleteObject(s.t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("work"), Key: aws.String("manifests/r1.jsonl")}); err != nil {
				s.t.Fatal(err)
			}
		}, 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := open(t)
			for _, key := range []string{"a", "b", "c"} {
				s.Put("data", "in/"+key+".csv", "1")
			}
			s.succeeded(s.find("r1"))
			row.change(s)
			found := s.find("r2")
			if found.New != row.want {
				t.Errorf("%d are new, want %d", found.New, row.want)
			}
			_, listed := s.Get("work", "manifests/r2.jsonl")
			if listed != (row.want > 0) {
				t.Errorf("%d are new, and there is a manifest: %v", found.New, listed)
			}
			if listed {
				s.succeeded(found)
			}
			if again := s.find("r3"); again.New != 0 || again.Fingerprint != found.Fingerprint {
				t.Errorf("after a success: %+v", again)
			}
		})
	}
}

func TestWhatWasRefusedIsTriedAgainWithOthersOnly(t *testing.T) {
	s := open(t)
	s.Put("data", "in/a.csv", "1")
	s.succeeded(s.find("r1"))
	s.Put("data", "in/b.csv", "1")
	found := s.find("r2")
	s.refused(found)
	if again := s.find("r3"); again.New != 0 || again.Objects != 2 {
		t.Errorf("the same: %+v", again)
	}
	s.Put("data", "in/c.csv", "1")
	if more := s.find("r4"); more.New != 2 {
		t.Errorf("with one more: %+v", more)
	}
}

// S3 lists a thousand at a time.
func TestMoreThanAPageIsCompared(t *testing.T) {
	s := open(t)
	for i := range 1005 {
		s.Put("data", fmt.Sprintf("in/%04d", i), "x")
	}
	found := s.find("r1")
	if found.New != 1005 {
		t.Fatalf("found %+v", found)
	}
	s.succeeded(found)
	s.Put("data", "in/1004", "y")
	if found := s.find("r2"); found.New != 1 || found.Objects != 1005 {
		t.Errorf("found %+v", found)
	}
}

// failing fails one action.
type failing struct {
	S3
	action string
	code   string
}

func (f failing) err(action string) error {
	if action == f.action {
		return &smithy.GenericAPIError{Code: f.code}
	}
	return nil
}

func (f failing) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, o ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	if err := f.err("list"); err != nil {
		return nil, err
	}
	return f.S3.ListObjectsV2(ctx, in, o...)
}

func (f failing) GetObject(ctx context.Context, in *s3.GetObjectInput, o ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	if err := f.err("get"); err != nil {
		return nil, err
	}
	return f.S3.GetObject(ctx, in, o...)
}

func (f failing) PutObject(ctx context.Context, in *s3.PutObjectInput, o ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	if err := f.err("put"); err != nil {
		return nil, err
	}
	return f.S3.PutObject(ctx, in, o...)
}

type table func() error

func (f table) GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return nil, f()
}

func TestAStoreThatIsBusyIsToldFromOneThatRefuses(t *testing.T) {
	s := open(t)
	s.Put("data", "in/a.csv", "1")
	s.succeeded(s.find("r1"))
	s.Put("data", "in/b.csv", "1")
	healthy := *s.handler
	for action, words := range map[string]string{"list": "list data/in/", "get": "read manifests/r1.jsonl", "put": "save manifests/r2.jsonl", "row": "read the row last-success"} {
		for code, busy := range map[string]bool{"SlowDown": true, "AccessDenied": false} {
			handler := healthy
			handler.S3 = failing{s.Client, action, code}
			if action == "row" {
				handler.DynamoDB = table(func() error { return &smithy.GenericAPIError{Code: code} })
			}
			_, err := handler.Handle(t.Context(), contract.Search{Run: "r2"})
			_, isBusy := err.(*patience.ServiceBusy)
			_, refused := err.(*patience.ServiceRefused)
			if isBusy != busy || refused == busy || !strings.Contains(err.Error(), words) {
				t.Errorf("%s, %s: %T %v", action, code, err, err)
			}
		}
	}
}
