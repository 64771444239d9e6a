// This file is how many iterations of a Map, or items of a Map Run, may fail.

package states

import (
	"context"
	"math"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// tolerance is what the fields say.
type tolerance struct{ count, percentage *setting }

func (f fields) tolerance(in language) tolerance {
	return tolerance{
		count:      f.setting("ToleratedFailureCount", in, wholeNumber(0, math.MaxInt32)),
		percentage: f.setting("ToleratedFailurePercentage", in, isPercentage),
	}
}

// isPercentage is a check for settings.
func isPercentage(value any) string {
	if n, ok := jsonvalue.Float(value); !ok || n < 0 || n > 100 {
		return "must be a number between 0 and 100"
	}
	return ""
}

// limits evaluates the fields.
func (t tolerance) limits(ctx context.Context, v *visit, input any) (failureLimits, *failure) {
	var l failureLimits
	if t.count != nil {
		count, f := t.count.whole(ctx, v, input, 0, 0, math.MaxInt32)
		if f != nil {
			return l, f
		}
		l.count = &count
	}
	if t.percentage != nil {
		percentage, f := t.percent(ctx, v, input)
		if f != nil {
			return l, f
		}
		l.percentage = &percentage
	}
	return l, nil
}

// percent evaluates ToleratedFailurePercentage.
func (t tolerance) percent(ctx context.Context, v *visit, input any) (float64, *failure) {
	value, f := t.percentage.value(ctx, v, input)
	if f != nil {
		return 0, f
	}
	percentage, ok := v.number(value)
	switch {
	case !ok:
		return 0, t.percentage.refuse(v, value, "number", "float")
	case percentage < 0 || percentage > 100:
		return 0, v.failed(errRuntime, "ToleratedFailurePercentage must be between 0 and 100.")
	}
	return percentage, nil
}

// failureLimits are how many items may fail. A limit that is not given does not
// count beside one that is.
type failureLimits struct {
	count      *int
	percentage *float64
}

// given tells whether there is a limit. Without one an inline Map fails
// with the failure of its iteration.
func (l failureLimits) given() bool { return l.count != nil || l.percentage != nil }

// exceeded tells whether so many items of the total are too many; the total is
// negative as long as it is not known.
func (l failureLimits) exceeded(failed, total int) bool {
	switch {
	case !l.given():
		return failed > 0
	case l.count != nil && failed > *l.count:
		return true
	default:
		return l.percentage != nil && total >= 0 && float64(failed)*100 > *l.percentage*float64(total)
	}
}

// tooManyFailures is the failure of a Map whose limits are exceeded.
func (v *visit) tooManyFailures() *failure {
	return &failure{name: errTooManyFailures, cause: "The specified tolerated failure threshold was exceeded", within: v.entered}
}
