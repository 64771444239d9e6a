// This file holds activities: work that programs anywhere take up, by asking.
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-activities.html

package states

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	pollTime      = 60 * time.Second // how long GetActivityTask waits
	maxPollers    = 1000             // of an activity
	maxActivities = 10_000
)

// An activity has tasks that wait for workers, and workers that wait for tasks.
type activity struct {
	arn, name  string
	created    time.Time
	encryption encryptionConfiguration
	tags       tags
	declared   bool // by a template

	mu      sync.Mutex
	waiting []*offer      // oldest first
	news    chan struct{} // closed when a task comes
	pollers int
}

// An offer is a task that no worker has taken yet.
type offer struct {
	token, input string
	taken        chan string // the worker's name
}

// offer hands a task to the next worker that asks.
func (a *activity) offer(token, input string) *offer {
	o := &offer{token, input, make(chan string, 1)}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting = append(a.waiting, o)
	close(a.news)
	a.news = make(chan struct{})
	return o
}

// withdraw takes an offer back, if nobody has taken it.
func (a *activity) withdraw(o *offer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting = slices.DeleteFunc(a.waiting, func(other *offer) bool { return other == o })
}

// take returns the task that has waited longest, or nil and what is closed when
// there is another one.
func (a *activity) take(worker string) (*offer, <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) == 0 {
		return nil, a.news
	}
	o := a.waiting[0]
	a.waiting = a.waiting[1:]
	o.taken <- worker
	return o, nil
}

// join counts a worker in that asks for work.
func (a *activity) join() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.pollers >= maxPollers {
		return cloud.Errorf(400, "ActivityWorkerLimitExceeded", "Activity Worker Limit Exceeded: '%s'", a.arn)
	}
	a.pollers++
	return nil
}

func (a *activity) leave() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pollers--
}

// activities are those of an account and region, by ARN.
type activities struct {
	mu    sync.RWMutex
	byARN map[string]*activity
}

func (s *StepFunctions) newActivity(name string) *activity {
	return &activity{arn: s.cloud.ARN("states", "activity:"+name), name: name, created: time.Now(), news: make(chan struct{})}
}

// add puts an activity in place, or returns the one that has its name.
func (a *activities) add(wanted *activity) (*activity, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if other := a.byARN[wanted.arn]; other != nil {
		if other.encryption != wanted.encryption {
			return nil, cloud.Errorf(400, "ActivityAlreadyExists", "Activity already exists. EncryptionConfiguration may not be updated.")
		}
		return other, nil
	}
	if len(a.byARN) >= maxActivities {
		return nil, cloud.Errorf(400, "ActivityLimitExceeded", "Activity Limit Exceeded: there are %d", maxActivities)
	}
	a.byARN[wanted.arn] = wanted
	return wanted, nil
}

func (a *activities) remove(arn string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.byARN, arn)
}

func (a *activities) find(arn string) *activity {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.byARN[arn]
}

// all are the activities by name.
func (a *activities) all() []*activity {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return slices.SortedFunc(maps.Values(a.byARN), func(x, y *activity) int { return cmp.Compare(x.name, y.name) })
}

type createActivityRequest struct {
	Name                    string                  `json:"name"`
	EncryptionConfiguration encryptionConfiguration `json:"encryptionConfiguration"`
	Tags                    []tag                   `json:"tags"`
}

func (s *StepFunctions) createActivity(_ context.Context, caller cloud.Caller, r createActivityRequest) (any, error) {
	if err := checkName(r.Name); err != nil {
		return nil, err
	}
	wanted := s.newActivity(r.Name)
	if err := s.cloud.Authorize(caller, "states:CreateActivity", wanted.arn); err != nil {
		return nil, err
	}
	if err := checkTags(inCloud(r.Tags), wanted.arn); err != nil {
		return nil, err
	}
	wanted.encryption = r.EncryptionConfiguration.orOwned()
	wanted.tags.replace(r.Tags)
	a, err := s.activities.add(wanted)
	if err != nil {
		return nil, err
	}
	s.ledger.Changed()
	return map[string]any{"activityArn": a.arn, "creationDate": apiTime(a.created)}, nil
}

type activityRequest struct {
	ActivityARN string `json:"activityArn"`
	WorkerName  string `json:"workerName"` // of GetActivityTask
}

// activity finds an activity and authorizes the caller for it.
func (s *StepFunctions) activity(caller cloud.Caller, action, arn string) (*activity, error) {
	if err := checkARN(arn, "activity"); err != nil {
		return nil, err
	}
	if err := s.cloud.Authorize(caller, "states:"+action, arn); err != nil {
		return nil, err
	}
	if a := s.activities.find(arn); a != nil {
		return a, nil
	}
	return nil, cloud.Errorf(400, "ActivityDoesNotExist", "Activity Does Not Exist: '%s'", arn)
}

func (s *StepFunctions) describeActivity(_ context.Context, caller cloud.Caller, r activityRequest) (any, error) {
	a, err := s.activity(caller, "DescribeActivity", r.ActivityARN)
	if err != nil {
		return nil, err
	}
	description := a.summary()
	description["encryptionConfiguration"] = a.encryption
	return description, nil
}

func (a *activity) summary() map[string]any {
	return map[string]any{"activityArn": a.arn, "name": a.name, "creationDate": apiTime(a.created)}
}

func (s *StepFunctions) listActivities(_ context.Context, caller cloud.Caller, r page) (any, error) {
	if err := s.cloud.Authorize(caller, "states:ListActivities", s.cloud.ARN("states", "activity:*")); err != nil {
		return nil, err
	}
	return pageOf(r, "activities", s.activities.all(), (*activity).summary)
}

// deleteActivity lets the tasks that wait for workers wait on.
func (s *StepFunctions) deleteActivity(_ context.Context, caller cloud.Caller, r activityRequest) (any, error) {
	if err := checkARN(r.ActivityARN, "activity"); err != nil {
		return nil, err
	}
	if err := s.cloud.Authorize(caller, "states:DeleteActivity", r.ActivityARN); err != nil {
		return nil, err
	}
	s.activities.remove(r.ActivityARN)
	s.ledger.Changed()
	return struct{}{}, nil
}

// getActivityTask waits for a task, but not for long.
func (s *StepFunctions) getActivityTask(ctx context.Context, caller cloud.Caller, r activityRequest) (any, error) {
	a, err := s.activity(caller, "GetActivityTask", r.ActivityARN)
	if err != nil {
		return nil, err
	}
	if err := checkLength("workerName", r.WorkerName, maxMachineName); err != nil {
		return nil, err
	}
	if err := a.join(); err != nil {
		return nil, err
	}
	defer a.leave()
	over := time.After(pollTime)
	for {
		o, news := a.take(r.WorkerName)
		if o != nil {
			return map[string]any{"taskToken": o.token, "input": o.input}, nil
		}
		select {
		case <-news:
		case <-over:
			return map[string]any{"taskToken": nil}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
