// This file waits for the jobs that tasks start at other services than Step
// Functions, and stops them.

package integration

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// A serviceJob is how .sync sees to the job that a call has started.
type serviceJob struct {
	// id is what the engine's service knows the job by, and key is what its
	// operations are asked with.
	id  func(s Started) string
	key func(s Started) map[string]any

	describe string // the action that tells of the job
	within   string // the member of its answer that does. Default: the answer does.
	status   string // the member that says how the job stands
	good     string // and what it is when all has gone well

	stop      string // the action that stops the job
	stopInput func(s Started) map[string]any
}

// of makes the integration one that runs such jobs.
func (j serviceJob) of(i *Integration) *Integration {
	i.described, i.describedWithin = j.describe, j.within
	i.job = func(ctx context.Context, t Task, s Started) (any, error) { return j.await(ctx, t, i, s) }
	i.stop = func(t Task, s Started) {
		if request, err := json.Marshal(j.stopInput(s)); err == nil {
			// As on AWS, a job that cannot be stopped goes on.
			_, _ = call(context.Background(), t, i.Service, j.stop, request)
		}
	}
	return i
}

// await waits until the job has ended, and describes it. Step Functions looks at
// a job as the state machine's role, and does so as soon as it has started.
func (j serviceJob) await(ctx context.Context, t Task, i *Integration, s Started) (any, error) {
	if _, err := j.look(ctx, t, i, s); err != nil {
		return nil, err
	}
	if err := t.AwaitJob(ctx, i.Service, j.id(s)); err != nil {
		return nil, err
	}
	result, err := j.look(ctx, t, i, s)
	if err != nil {
		return nil, err
	}
	if textIn(result, j.status) == j.good {
		return result, nil
	}
	cause, err := jsonvalue.Encode(result)
	if err != nil {
		return nil, err
	}
	return nil, &Failure{Name: errTaskFailed, Cause: cause}
}

// look describes the job as .sync gives it: times are in milliseconds since 1970.
func (j serviceJob) look(ctx context.Context, t Task, i *Integration, s Started) (*jsonvalue.Object, error) {
	request, err := json.Marshal(j.key(s))
	if err != nil {
		return nil, err
	}
	output, err := call(ctx, t, i.Service, j.describe, request)
	if err != nil {
		return nil, i.naming.failure(err)
	}
	decoded, err := jsonvalue.Decode(output)
	if err != nil {
		return nil, err
	}
	result, _ := decoded.(*jsonvalue.Object)
	if j.within != "" {
		inner, _ := result.Get(j.within)
		result, _ = inner.(*jsonvalue.Object)
	}
	timesInMilliseconds(result)
	return result, nil
}

// timesInMilliseconds replaces the times of a description that nobody else has, which are seconds in
// the API: they are the numbers whose names say so.
func timesInMilliseconds(value any) {
	switch v := value.(type) {
	case *jsonvalue.Object:
		for name, member := range v.All() {
			seconds, isNumber := jsonvalue.Float(member)
			isTime := func(ending string) bool { return strings.HasSuffix(name, ending) }
			if isNumber && slices.ContainsFunc([]string{"StartTime", "EndTime", "CreationTime", "ModifiedTime", "Timestamp", "edOn"}, isTime) {
				v.Set(name, math.Round(seconds*1000))
				continue
			}
			timesInMilliseconds(member)
		}
	case []any:
		for _, item := range v {
			timesInMilliseconds(item)
		}
	}
}
