// Package cloudtrail is AWS CloudTrail for the local engine, as far as
// EventBridge sees it: the calls that a trail's event selectors choose become
// "AWS API Call via CloudTrail" events. Log files are not delivered to the
// trail's bucket, nor to CloudWatch Logs.
//
// Of data events, only those of S3 objects are recorded.
package cloudtrail

import (
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// objectType is the one resource type whose calls are data events here.
const objectType = "AWS::S3::Object"

// CloudTrail holds the trails of an engine. It is the engine's cloud.Trail.
type CloudTrail struct {
	cloud *cloud.Cloud

	mu        sync.RWMutex
	selectors map[string][]selector // of trails that log, by name
}

var _ cloud.Trail = (*CloudTrail)(nil)

// New returns CloudTrail without trails.
func New(c *cloud.Cloud) *CloudTrail {
	return &CloudTrail{cloud: c, selectors: map[string][]selector{}}
}

// Record makes the call an event, once, if any trail selects it.
func (t *CloudTrail) Record(call cloud.APICall) {
	if !t.selects(call) {
		return
	}
	now := time.Now().UTC().Truncate(time.Second)
	detail, err := json.Marshal(t.record(call, now))
	if err != nil {
		// The services fill records with plain values.
		panic("cloudtrail: encode the record of " + call.EventName + ": " + err.Error())
	}
	service, _, _ := strings.Cut(call.EventSource, ".")
	t.cloud.Emit(cloud.Event{
		Version:    "0",
		ID:         cloud.UUID(),
		DetailType: "AWS API Call via CloudTrail",
		Source:     "aws." + service,
		Account:    t.cloud.Account,
		Time:       now,
		Region:     t.cloud.Region,
		Resources:  []string{},
		Detail:     detail,
	})
}

func (t *CloudTrail) selects(call cloud.APICall) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, trail := range t.selectors {
		for _, s := range trail {
			if s.selects(call) {
				return true
			}
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
