package split

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
)

// Whatever becomes of the object between its attempts: what the first has claimed, the
// next ones finish, for S3's own notice of it has found it taken.
func TestANoticeWithoutAVersionIsAboutOneFileInAllOfItsAttempts(t *testing.T) {
	uploaded := map[string]any{"file-path": "/landing/" + key}
	for name, meanwhile := range map[string]func(*world){
		"nothing": func(*world) {},
		"a part of it, whose connection broke off, becomes the newest": func(w *world) { w.objects[key+"@v2"] = "<Transactions>" },
		"its partner deletes it": func(w *world) { w.deleted[key] = true },
	} {
		for again, request := range map[string]string{"Lambda tries again": "server", "an operator gives it the dead letter": "operator"} {
			t.Run(name+", and "+again, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					w.objects[key+"@v1"] = batchOf(3, 0)
					w.beforeSend = func(int, *sqs.SendMessageBatchInput) (*sqs.SendMessageBatchOutput, error) {
						return nil, errors.New("the power is out")
					}
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					if err := w.handler().Handle(invocation(ctx, "server"), serverEvent("Upload Completed", uploaded)); err == nil {
						t.Fatal("no error")
					}
					if err := w.handler().Handle(invocation(t.Context(), "S3"), objectCreated(key, "v1")); err != nil {
						t.Fatal(err)
					}
					w.beforeSend = nil
					meanwhile(w)
					time.Sleep(2 * time.Minute)
					if err := w.handler().Handle(invocation(t.Context(), request), serverEvent("Upload Completed", uploaded)); err != nil {
						t.Fatal(err)
					}
					if version := attribute.String(w.file(), contract.AttrVersionID); version != "v1" || w.status() != contract.FileSplit || len(w.received()) != 3 {
						t.Errorf("version %s is %s, and %d messages are sent", version, w.status(), len(w.messages))
					}
				})
			})
		}
	}
}

// EventBridge may deliver a notice twice at once.
func TestOfAttemptsAtOnceTheFirstNoteStands(t *testing.T) {
	w := newWorld(t)
	w.objects[key+"@v1"] = batchOf(3, 0)
	notice := serverEvent("Upload Completed", map[string]any{"file-path": "/landing/" + key})
	w.beforeHead = func() {
		w.beforeHead = nil
		if err := w.handler().Handle(invocation(t.Context(), "first"), notice); err != nil {
			t.Error(err)
		}
		w.objects[key+"@v2"] = batchOf(5, 0)
	}
	if err := w.handler().Handle(invocation(t.Context(), "second"), notice); err != nil {
		t.Fatal(err)
	}
	if len(w.messages) != 3 || attribute.String(w.file(), contract.AttrVersionID) != "v1" {
		t.Errorf("%d messages of %v", len(w.messages), w.file())
	}
}

// unversioned is a bucket whose objects have an entity tag instead.
type unversioned struct {
	*world
	etag    string
	written time.Time
}

func (u *unversioned) HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	return &s3.HeadObjectOutput{ETag: &u.etag, LastModified: &u.written}, nil
}

func (u *unversioned) GetObject(ctx context.Context, in *s3.GetObjectInput, o ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	if aws.ToString(in.IfMatch) != u.etag {
		return nil, &smithy.GenericAPIError{Code: "PreconditionFailed"}
	}
	return u.world.GetObject(ctx, in, o...)
}

func TestWhatWasOverwrittenInABucketWithoutVersionsIsAnsweredAsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.objects[key+"@"] = batchOf(3, 0)
		bucket := &unversioned{w, "e1", time.Now()}
		h := w.handler()
		h.S3 = bucket
		w.beforeSend = func(int, *sqs.SendMessageBatchInput) (*sqs.SendMessageBatchOutput, error) {
			return nil, errors.New("the power is out")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := h.Handle(invocation(ctx, "S3"), objectCreated(key, "")); err == nil {
			t.Fatal("no error")
		}
		w.beforeSend = nil
		claimed := attribute.String(w.file(), contract.AttrFileID)
		bucket.etag, bucket.written = "e2", time.Now()
		if err := h.Handle(invocation(t.Context(), "S3"), objectCreated(key, "")); err != nil {
			t.Fatal(err)
		}
		if s := w.settlements[claimed]; s.Reason == nil || s.Reason.Code != contract.FileCodeGone || w.status() != contract.FileQuarantined {
			t.Errorf("%s is %s, and settled as %+v", claimed, w.status(), s)
		}
	})
}

func TestWhatIsNotedAboutANoticeExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.objects[key+"@v1"] = batchOf(1, 0)
		notice := serverEvent("Upload Completed", map[string]any{"file-path": "/landing/" + key})
		if err := w.handler().Handle(invocation(t.Context(), "r"), notice); err != nil {
			t.Fatal(err)
		}
		for _, item := range w.tables.All(dynamotest.Files) {
			expires, err := attribute.Int(item, contract.AttrExpiresAt)
			if note := attribute.String(item, contract.AttrFileID) == contract.NoticeID("e-1"); note && (err != nil || expires != time.Now().Add(w.handler().Retention).Unix()) {
				t.Errorf("expires at %d, %v", expires, err)
			} else if note {
				return
			}
		}
		t.Error("nothing is noted")
	})
}
