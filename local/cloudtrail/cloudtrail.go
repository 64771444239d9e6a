// Package cloudtrail is AWS CloudTrail for the local engine, as far as
// EventBridge sees it: the calls that a trail's event selectors choose become
// "AWS API Call via CloudTrail" events. Log files are not delivered to the
// trail's bucket, nor to CloudWatch Logs.
//
// Of data events, only those of S3 objects are recorded; of management events,
// those of the services that management lists.
package cloudtrail

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// objectType is the one resource type whose calls are data events here.
const objectType = "AWS::S3::Object"

// CloudTrail holds the trails of an engine. It is the engine's cloud.Trail.
type CloudTrail struct {
	cloud.Operations

	cloud *cloud.Cloud

	mu     sync.RWMutex
	trails map[string]*trail // by name
}

// trail is guarded by the service's lock.
type trail struct {
	name     string
	declared trailProperties
	records            // what declared comes to
	started  time.Time // to log, the last time
	stopped  time.Time
}

// records is what one trail records while it logs.
type records struct {
	selectors []selector
	global    bool // also calls to services that are in no region
}

var (
	_ cloud.Trail = (*CloudTrail)(nil)
	_ cloud.API   = (*CloudTrail)(nil)
)

// New returns CloudTrail without trails.
func New(c *cloud.Cloud) *CloudTrail {
	t := &CloudTrail{cloud: c, trails: map[string]*trail{}}
	t.Operations = t.operations()
	return t
}

// Record makes the call an event, once, if any trail selects it.
func (t *CloudTrail) Record(call cloud.APICall) {
	if !t.selects(call, false) {
		return
	}
	t.emit(t.record(call, time.Now().UTC().Truncate(time.Second)), call.Cause)
}

func (t *CloudTrail) emit(r record, cause *cloud.Cause) {
	detail, err := json.Marshal(r)
	if err != nil {
		// Records are made of plain values.
		panic("cloudtrail: encode the record of " + r.EventName + ": " + err.Error())
	}
	service, _, _ := strings.Cut(r.EventSource, ".")
	t.cloud.Emit(cloud.Event{
		Version:    "0",
		ID:         cloud.UUID(),
		DetailType: "AWS API Call via CloudTrail",
		Source:     "aws." + service,
		Account:    t.cloud.Account,
		Time:       r.EventTime,
		Region:     t.cloud.Region,
		Resources:  []string{},
		Detail:     detail,
		Cause:      cause,
	})
}

// selects tells whether any trail records the call, to a service that may be in
// no region.
func (t *CloudTrail) selects(call cloud.APICall, global bool) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, trail := range t.trails {
		if !trail.declared.IsLogging || global && !trail.global {
			continue
		}
		if slices.ContainsFunc(trail.selectors, func(s selector) bool { return s.selects(call) }) {
			return true
		}
	}
	return false
}

// dataARN returns the ARN of the object that a data event is about.
func dataARN(call cloud.APICall) (arn string, ok bool) {
	for _, r := range call.Resources {
		if r.Type == objectType {
			return r.ARN, true
		}
	}
	return "", false
}
