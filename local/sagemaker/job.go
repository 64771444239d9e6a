package sagemaker

// This file is the life that training and transform jobs have in common.

import (
	"context"
	"fmt"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// job is a job whose description, T, its service guards.
type job[T any] struct {
	shape T
	stop  chan struct{} // closed when it is to stop
	ended chan struct{} // closed when it has ended
}

func newJob[T any](shape T) *job[T] {
	return &job[T]{shape: shape, stop: make(chan struct{}), ended: make(chan struct{})}
}

func (j *job[T]) over() bool {
	select {
	case <-j.ended:
		return true
	default:
		return false
	}
}

// The statuses of jobs.
const (
	inProgress = "InProgress"
	completed  = "Completed"
	failed     = "Failed"
	stopping   = "Stopping"
	stopped    = "Stopped"
)

// How long jobs take where it is not scripted: on AWS it takes minutes.
const (
	phase    = 1 * time.Second // each of a job's phases but that of its work
	workTime = 2 * time.Second
)

// pause waits, and tells whether nobody stopped the job meanwhile, and it has not
// ended with the engine.
func (j *job[T]) pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-j.stop:
		return false
	case <-timer.C:
		return true
	}
}

// halt has the job stopped, which is in a status; it is called under the
// service's lock.
func (j *job[T]) halt(kind, status string) error {
	if j.over() {
		return invalid("The request was rejected because the %s job is in status %s.", kind, status)
	}
	select {
	case <-j.stop: // it is stopping already
	default:
		close(j.stop)
	}
	return nil
}

// keep is how many jobs that have ended can still be described.
const keep = 1000

// forget lets go of the oldest jobs.
func forget[T any](jobs map[string]*job[T], created func(*T) time.Time) {
	if len(jobs) <= keep {
		return
	}
	oldest := ""
	for name, j := range jobs {
		if j.over() && (oldest == "" || created(&j.shape).Before(created(&jobs[oldest].shape))) {
			oldest = name
		}
	}
	delete(jobs, oldest)
}

// inUse is the error of a job's name that is taken.
func inUse(kind, arn string) error {
	return cloud.Errorf(400, "ResourceInUse", "%s job names must be unique within an AWS account and region, and a %s job with this name already exists (%s)", kind, lowerFirst(kind), arn)
}

// unscripted is the error of a job that nothing says the end of.
func unscripted(what, action, name string) error {
	return invalid("The local engine runs no containers: a mock configuration has to say how this %s, as the response to %s of aws-sdk:sagemaker for %s.", what, action, name)
}

// misscripted is the error of a response that a job cannot end by.
func misscripted(action, name string, err error) error {
	return invalid("%s of aws-sdk:sagemaker for %s: %v", action, name, err)
}

// final checks the status that a response gives to a job's end.
func final(status string) error {
	if status != completed && status != failed && status != stopped {
		return fmt.Errorf("a job does not end as %s", status)
	}
	return nil
}
