// This file is the Wait state.

package states

import (
	"context"
	"math"
	"time"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// maxDelay is the longest that a Wait may last.
const maxDelay = math.MaxInt32 * time.Second

type wait struct {
	base
	flow
	seconds, until *setting
}

func (p *parser) wait(f fields, b base, _ []string) state {
	s := &wait{
		base:    b,
		flow:    f.flow(b.language, passage{}),
		seconds: f.setting("Seconds", b.language, wholeNumber(0, maxSeconds)),
		until:   f.setting("Timestamp", b.language, isTimestamp),
	}
	if (s.seconds == nil) == (s.until == nil) {
		f.complain("", "must have exactly one of Seconds and Timestamp")
	}
	return s
}

const notRFC3339 = "must be a timestamp as in RFC 3339: 2026-01-02T15:04:05Z"

// isTimestamp is a check for settings.
func isTimestamp(value any) string {
	text, _ := value.(string)
	if _, err := time.Parse(time.RFC3339Nano, text); err != nil {
		return notRFC3339
	}
	return ""
}

func (s *wait) run(ctx context.Context, v *visit) (exit, *failure) {
	input, f := s.effectiveInput(ctx, v)
	if f != nil {
		return exit{}, f
	}
	delay, f := s.delay(ctx, v, input)
	if f != nil {
		return exit{}, f
	}
	if !v.sleep(ctx, delay) {
		return exit{}, aborted()
	}
	return s.flow.leave(ctx, v, input)
}

func (s *wait) delay(ctx context.Context, v *visit, input any) (time.Duration, *failure) {
	if s.seconds != nil {
		return s.secondsDelay(ctx, v, input)
	}
	value, f := s.value(ctx, v, s.until, input)
	if f != nil {
		return 0, f
	}
	text, _ := value.(string)
	at, err := time.Parse(time.RFC3339Nano, text)
	switch {
	case err == nil && time.Until(at) > maxDelay:
		return 0, v.failed(errRuntime, "Wait state delay is too long.")
	case err == nil:
		return time.Until(at), nil
	case v.state.language == jsonataLanguage:
		return 0, v.evaluationFailed("Timestamp", "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: %s", written(value))
	default:
		return 0, v.failed(errRuntime, "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: %s == %s", s.until.source(), written(value))
	}
}

// value evaluates a setting, and words it as AWS does if its path finds nothing.
func (s *wait) value(ctx context.Context, v *visit, from *setting, input any) (any, *failure) {
	if from.expression == nil || from.expression.path == nil {
		return from.value(ctx, v, input)
	}
	value, found, f := from.expression.lookUp(v, input)
	if f == nil && !found {
		f = v.failed(errRuntime, "The %sPath parameter does not reference an input value: %s", from.name, from.source())
	}
	return value, f
}

func (s *wait) secondsDelay(ctx context.Context, v *visit, input any) (time.Duration, *failure) {
	value, f := s.value(ctx, v, s.seconds, input)
	if f != nil {
		return 0, f
	}
	n, ok := jsonvalue.Float(value)
	whole := ok && n == math.Trunc(n)
	switch {
	case whole && n >= 0 && n <= maxSeconds:
		return seconds(int(n)), nil
	case whole && n > maxSeconds:
		return 0, v.failed(errRuntime, "Wait state delay is too long.")
	case v.state.language == jsonataLanguage:
		return 0, v.evaluationFailed("Seconds", "The Seconds field must be a whole number of seconds that is not negative: %s", written(value))
	case whole:
		return 0, v.failed(errRuntime, "The SecondsPath parameter references a negative value: %s == %s", s.seconds.source(), written(value))
	default:
		return 0, v.failed(errRuntime, "The SecondsPath parameter cannot be parsed as a long value: %s == %s", s.seconds.source(), written(value))
	}
}
