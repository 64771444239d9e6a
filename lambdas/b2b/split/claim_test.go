package split

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

func TestAFileAnnouncedManyTimesIsSplitOnce(t *testing.T) {
	w := newWorld(t)
	w.objects[key+"@v1"] = batchOf(25, 5)
	var witnesses sync.WaitGroup
	for i := range 12 {
		witnesses.Go(func() {
			notice := []func() error{
				func() error {
					return w.handler().Handle(invocation(t.Context(), fmt.Sprint("request-", i)), objectCreated(key, "v1"))
				},
				func() error {
					return w.handler().Handle(invocation(t.Context(), fmt.Sprint("request-", i)), cloudTrail(key, "v1", ""))
				},
				func() error {
					return w.handler().Handle(invocation(t.Context(), fmt.Sprint("request-", i)), cloudTrail(key, "", ""))
				},
			}[i%3]
			if err := notice(); err != nil {
				t.Error(err)
			}
		})
	}
	witnesses.Wait()
	if len(w.messages) != 20 || len(w.rejected()) != 5 || w.settles != 1 {
		t.Errorf("%d messages, %d rejections, %d settlements", len(w.messages), len(w.rejected()), w.settles)
	}
}

// Watch takes a file that stays claimed for one whose split was given up, and does not see to
// its settlement.
func TestAClaimThatCannotBeFinishedIsAnErrorSoThatItsNoticeComesAgain(t *testing.T) {
	w := newWorld(t)
	w.objects[key+"@v1"] = batchOf(1, 0)
	w.beforeUpdate = func(in *dynamodb.UpdateItemInput) error {
		if strings.Contains(*in.UpdateExpression, "REMOVE #lease") {
			return errors.New("no power")
		}
		return nil
	}
	split := func() error {
		return w.handler().Handle(invocation(t.Context(), "request-1"), objectCreated(key, "v1"))
	}
	if err := split(); err == nil {
		t.Error("no error")
	}
	w.beforeUpdate = nil
	if err := split(); err != nil {
		t.Error(err)
	}
	if status := attribute.String(w.file(), contract.AttrStatus); contract.FileStatus(status) != contract.FileSplit || len(w.settlements) != 1 {
		t.Errorf("status %q, settlements %v", status, w.settlements)
	}
}

func TestTwoVersionsAreTwoFiles(t *testing.T) {
	w := newWorld(t)
	w.objects[key+"@v1"], w.objects[key+"@v2"] = batchOf(1, 0), batchOf(2, 0)
	for _, version := range []string{"v1", "v2"} {
		if err := w.handler().Handle(invocation(t.Context(), "r"+version), objectCreated(key, version)); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.messages) != 3 || len(w.settlements) != 2 {
		t.Errorf("%d messages, settlements %v", len(w.messages), w.settlements)
	}
}

func TestClaimsOfTheDead(t *testing.T) {
	tests := []struct {
		name      string
		requestID string
		after     time.Duration
		takesOver bool
	}{
		{"its retry", "request-1", 0, true},
		{"another notice soon", "request-2", 30 * time.Second, false},
		{"another notice late", "request-2", 2 * time.Minute, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.objects[key+"@v1"] = batchOf(10, 0)
				w.beforeSend = func(int, *sqs.SendMessageBatchInput) (*sqs.SendMessageBatchOutput, error) {
					return nil, errors.New("the power is out")
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if err := w.handler().Handle(invocation(ctx, "request-1"), objectCreated(key, "v1")); err == nil {
					t.Fatal("no error")
				}
				w.beforeSend = nil
				since := w.file()[contract.AttrClaimedAt]
				time.Sleep(test.after)
				if err := w.handler().Handle(invocation(t.Context(), test.requestID), objectCreated(key, "v1")); err != nil {
					t.Fatal(err)
				}
				if got := len(w.messages) == 10; got != test.takesOver {
					t.Errorf("%d messages", len(w.messages))
				}
				// Whoever looks for a partner's files finds them in the order in which they came.
				if now := w.file()[contract.AttrClaimedAt]; since == nil || !reflect.DeepEqual(now, since) {
					t.Errorf("claimed at %v first, and at %v now", since, now)
				}
			})
		})
	}
}

// Who looks at the table sees until when a claim may be waited for, and that a
// finished file has none.
func TestALeaseLastsAsLongAsItsInvocationAndGoesWithTheClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			name    string
			content string
			timeout time.Duration // 0 for none
			lease   time.Duration
		}{
			{"a file", batchOf(10, 0), time.Minute, time.Minute - 3*time.Second}, // less what UntilShortlyBefore reserves
			{"a broken file", "<Transactions>", time.Minute, time.Minute - 3*time.Second},
			{"without a deadline", batchOf(10, 0), 0, longestLease},
		} {
			w := newWorld(t)
			w.objects[key+"@v1"] = test.content
			var lease string
			w.beforeSettle = func(int) error {
				if number, ok := w.file()[contract.AttrLeaseUntil].(*types.AttributeValueMemberN); ok {
					lease = number.Value
				}
				return nil
			}
			ctx := t.Context()
			if test.timeout > 0 {
				limited, cancel := context.WithTimeout(ctx, test.timeout)
				defer cancel()
				ctx = limited
			}
			began := time.Now()
			w.mustSplit(ctx)
			if want := fmt.Sprint(began.Add(test.lease).UnixMilli()); lease != want {
				t.Errorf("%s: lease until %q, want %s", test.name, lease, want)
			}
			if left, ok := w.file()[contract.AttrLeaseUntil]; ok {
				t.Errorf("%s: finished with a lease until %v", test.name, left)
			}
		}
	})
}

func TestAFinishedFileIsNotSplitAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.objects[key+"@v1"] = batchOf(10, 0)
		w.mustSplit(t.Context())
		w.mustSplit(t.Context()) // the same request: its end was not seen
		time.Sleep(24 * time.Hour)
		if err := w.handler().Handle(invocation(t.Context(), "request-2"), objectCreated(key, "v1")); err != nil {
			t.Fatal(err)
		}
		if len(w.messages) != 10 || w.settles != 1 {
			t.Errorf("%d messages, %d settlements", len(w.messages), w.settles)
		}
	})
}

func TestASettlementThatIsFasterKeepsItsStatus(t *testing.T) {
	w := newWorld(t)
	w.objects[key+"@v1"] = batchOf(1, 0)
	w.beforeSettle = func(int) error { // the settlement runs to its end at once
		item := w.file()
		item[contract.AttrStatus] = &types.AttributeValueMemberS{Value: string(contract.FileSettled)}
		w.tables.Put("Files", item)
		return nil
	}
	w.mustSplit(t.Context())
	if w.status() != contract.FileSettled {
		t.Errorf("status %s", w.status())
	}
}

func TestAClaimThatAnotherHasTakenOverIsFinishedByThatOneOnly(t *testing.T) {
	w := newWorld(t)
	w.objects[key+"@v1"] = batchOf(1, 0)
	w.beforeSettle = func(int) error { // its time is over, and another one has it
		item := w.file()
		item[contract.AttrHolder] = &types.AttributeValueMemberS{Value: "request-2"}
		w.tables.Put("Files", item)
		return nil
	}
	w.mustSplit(t.Context())
	if w.status() != contract.FileClaimed || w.file()[contract.AttrLeaseUntil] == nil {
		t.Errorf("status %s, and lease %v", w.status(), w.file()[contract.AttrLeaseUntil])
	}
}
