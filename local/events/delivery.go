// Deliveries: retries with exponential back-off, then the dead-letter queue.

package events

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/internal/chance"
)

// Defaults of a retry policy, which are also its maxima.
const (
	maxRetries = 185
	maxAge     = 24 * time.Hour
)

// The back-off between attempts doubles from the first to the longest, so that
// 185 retries last about a day; AWS does not document its own.
const (
	firstBackoff   = time.Second
	longestBackoff = 8 * time.Minute
)

// Backoff returns how long to wait after so many failed retries, with jitter.
func Backoff(retries int) time.Duration {
	full := longestBackoff
	if retries < 9 {
		full = min(full, firstBackoff<<retries)
	}
	return full/2 + chance.N(full/2+1)
}

// deliverLater hands the delivery to the background; it ends with the cloud.
func (s *EventBridge) deliverLater(r *rule, t *target, e *event) {
	s.cloud.Go(func(ctx context.Context) { s.deliver(ctx, r, t, e) })
}

func (s *EventBridge) deliver(ctx context.Context, r *rule, t *target, e *event) {
	if e.trace != "" {
		ctx = cloud.WithOrigin(ctx, cloud.Origin{Trace: e.trace})
	}
	ctx = cloud.Because(ctx, e.happened)
	payload, err := t.input.payload(e, r)
	if err != nil {
		s.giveUp(ctx, r, t, e, failure{code: "INVALID_JSON", message: err.Error()})
		return
	}
	started := time.Now()
	for retries := 0; ; retries++ {
		r.count(s.metrics.attempts)
		err := t.send(ctx, e, payload)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			r.count(s.metrics.successfulAttempts)
			r.count(s.metrics.invocations)
			return
		}
		f := classify(err)
		f.retries = retries
		if !f.transient {
			s.giveUp(ctx, r, t, e, f)
			return
		}
		wait := max(Backoff(retries), f.after)
		switch {
		case retries >= t.retries:
			f.exhausted = "MaximumRetryAttempts"
		case time.Since(started)+wait > t.age:
			f.exhausted = "MaximumEventAgeInSeconds"
		}
		if f.exhausted != "" {
			s.giveUp(ctx, r, t, e, f)
			return
		}
		r.count(s.metrics.retries)
		if !cloud.Sleep(ctx, wait) {
			return
		}
	}
}

// failure is why a delivery did not succeed, in the words that dead letters
// carry.
type failure struct {
	code, message string
	transient     bool
	after         time.Duration // it is not tried again before that
	exhausted     string        // which limit ended the retries, if one did
	retries       int
}

// assumeError is a target's role that EventBridge could not assume.
type assumeError struct{ error }

// Reason tells why a delivery did not succeed, in the words that dead letters
// carry, and whether that may go away by itself.
func Reason(err error) (code string, transient bool) {
	f := classify(err)
	return f.code, f.transient
}

// classify tells what may go away by itself from what will not: EventBridge
// does not retry where a permission or the target itself is missing.
func classify(err error) failure {
	switch err := err.(type) {
	case assumeError:
		return failure{code: "FAILED_TO_ASSUME_ROLE", message: err.Error()}
	case unreachable:
		return failure{code: "SDK_CLIENT_ERROR", message: err.Error(), transient: err.again, after: err.after}
	}
	e := cloud.AsError(err)
	f := failure{code: "INVALID_PARAMETER", message: e.Error()}
	switch {
	case strings.HasPrefix(e.Code, "AccessDenied"):
		f.code = "NO_PERMISSIONS"
	case slices.Contains(missingCodes, e.Code) || e.Status == 404:
		f.code = "NO_RESOURCE"
	case slices.Contains(limitCodes, e.Code) || cloud.Throttled(err):
		f.code, f.transient = "THROTTLING", true
	case e.Status >= 500:
		f.code, f.transient = "ERROR_FROM_TARGET", true
	}
	return f
}

var (
	missingCodes = []string{"ResourceNotFoundException", "QueueDoesNotExist", "NotFound", "NotFoundException", "StateMachineDoesNotExist"}
	limitCodes   = []string{"ExecutionLimitExceeded", "LimitExceededException"}
)

type messageAttribute struct{ DataType, StringValue string }

// giveUp counts a failed invocation and sends the event to the dead-letter
// queue, if the target has one.
func (s *EventBridge) giveUp(ctx context.Context, r *rule, t *target, e *event, f failure) {
	r.count(s.metrics.invocations)
	r.count(s.metrics.failed)
	if t.deadLetters == "" {
		return
	}
	attributes := map[string]messageAttribute{}
	for name, value := range map[string]string{
		"RULE_ARN":                  r.arn,
		"TARGET_ARN":                t.arn,
		"ERROR_CODE":                f.code,
		"ERROR_MESSAGE":             f.message,
		"RETRY_ATTEMPTS":            strconv.Itoa(f.retries),
		"EXHAUSTED_RETRY_CONDITION": f.exhausted,
	} {
		if value != "" {
			attributes[name] = messageAttribute{"String", value}
		}
	}
	letter := struct {
		QueueUrl, MessageBody string
		MessageAttributes     map[string]messageAttribute
	}{cloud.QueueURL(t.deadLetters), string(e.json()), attributes}
	err := cloud.Insist(ctx, func() error {
		return s.cloud.Do(ctx, s.cloud.ServiceCaller(principal, r.arn), "sqs", "SendMessage", letter, nil)
	})
	if err != nil {
		r.count(s.metrics.deadLettersLost)
		return
	}
	r.count(s.metrics.deadLetters)
}
