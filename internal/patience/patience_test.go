package patience

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
)

func TestUntilShortlyBeforeKeepsAReserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct{ given, want time.Duration }{
			{10 * time.Second, 9 * time.Second}, {30 * time.Second, 27 * time.Second}, {15 * time.Minute, 15*time.Minute - 3*time.Second},
		} {
			outer, cancelOuter := context.WithTimeout(t.Context(), test.given)
			ctx, cancel := UntilShortlyBefore(outer)
			if deadline, _ := ctx.Deadline(); time.Until(deadline) != test.want {
				t.Errorf("of %v: %v", test.given, time.Until(deadline))
			}
			cancel()
			cancelOuter()
		}
		ctx, cancel := UntilShortlyBefore(context.Background())
		defer cancel()
		if _, ok := ctx.Deadline(); ok {
			t.Error("a deadline out of nothing")
		}
	})
}

func TestWaitsGrowUpToALimitAndAreNeverTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			attempt int
			limit   time.Duration
		}{{0, 50 * time.Millisecond}, {3, 400 * time.Millisecond}, {7, 5 * time.Second}, {1000, 5 * time.Second}} {
			seen := map[time.Duration]bool{}
			for range 50 {
				begin := time.Now()
				if err := Wait(t.Context(), test.attempt); err != nil {
					t.Fatal(err)
				}
				waited := time.Since(begin)
				seen[waited] = true
				if waited >= test.limit {
					t.Errorf("attempt %d waited %v", test.attempt, waited)
				}
			}
			if len(seen) < 40 {
				t.Errorf("attempt %d: %d different waits of 50", test.attempt, len(seen))
			}
		}
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		if err := Wait(ctx, 10); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
	}
}

func TestTransientErrors(t *testing.T) {
	coded := func(code string) error {
		return fmt.Errorf("operation error: %w", &smithy.GenericAPIError{Code: code})
	}
	for _, test := range []struct {
		err  error
		want bool
	}{
		{coded("ThrottlingException"), true},
		{coded("ProvisionedThroughputExceededException"), true},
		{coded("ExecutionLimitExceeded"), true},
		{coded("TooManyRequests"), true},
		{coded("RequestTimeout"), true},
		{coded("AccessDeniedException"), false},
		{coded("StateMachineDoesNotExist"), false},
		{errors.New("anything"), false},
		{context.Canceled, false},
		{context.DeadlineExceeded, true}, // a call's own time-out; Wait tells when it is ours
	} {
		if got := Transient(test.err); got != test.want {
			t.Errorf("%v: %v", test.err, got)
		}
	}
}

func TestRetryGoesOnWhileAnErrorIsTransient(t *testing.T) {
	busy := &smithy.GenericAPIError{Code: "ThrottlingException"}
	for _, test := range []struct {
		name     string
		errs     []error // of the attempts, the last one's again and again
		attempts int
		want     string // the error, "" for none
	}{
		{"success at once", []error{nil}, 1, ""},
		{"busy twice", []error{busy, busy, nil}, 3, ""},
		{"partly done", []error{Again(errors.New("1 left")), nil}, 2, ""},
		{"refused", []error{errors.New("no such queue")}, 1, "no such queue"},
		{"busy, then refused", []error{busy, errors.New("no such queue")}, 2, "no such queue"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				attempts := 0
				err := Retry(t.Context(), func() error {
					attempts++
					return test.errs[min(attempts, len(test.errs))-1]
				})
				if got := fmt.Sprint(err); attempts != test.attempts || (test.want == "") != (err == nil) || err != nil && got != test.want {
					t.Errorf("%d attempts, %v", attempts, err)
				}
			})
		})
	}
}

func TestRetryEndsWithItsContextAndSaysAfterHowMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		attempts, cause := 0, errors.New("1 left")
		err := Retry(ctx, func() error { attempts++; return Again(cause) })
		if !errors.Is(err, cause) || !strings.Contains(err.Error(), fmt.Sprintf("after %d attempts", attempts)) || attempts < 6 {
			t.Errorf("after %d attempts: %v", attempts, err)
		}
	})
}

func TestErrorsAreNamedByWhetherTheyPass(t *testing.T) {
	if err := Named(nil); err != nil {
		t.Errorf("no error is %v", err)
	}
	for _, test := range []struct {
		err  error
		want string
	}{
		{&smithy.GenericAPIError{Code: "ThrottlingException"}, "*patience.ServiceBusy"},
		{fmt.Errorf("gave up after 9 attempts: %w", Again(errors.New("a conflict"))), "*patience.ServiceBusy"},
		{&aws.RequestCanceledError{Err: context.DeadlineExceeded}, "*patience.ServiceBusy"},
		{&aws.RequestCanceledError{Err: context.Canceled}, "*patience.ServiceRefused"},
		{&smithy.GenericAPIError{Code: "AccessDeniedException"}, "*patience.ServiceRefused"},
	} {
		got := Named(test.err)
		if fmt.Sprintf("%T", got) != test.want || got.Error() != test.err.Error() || !errors.Is(got, test.err) {
			t.Errorf("%v is a %T: %v", test.err, got, got)
		}
	}
}
