// The CloudFormation resource type of CloudTrail.

package cloudtrail

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Types returns AWS::CloudTrail::Trail.
func (t *CloudTrail) Types() []cfn.Type {
	return []cfn.Type{cfn.Define("AWS::CloudTrail::Trail", t.createTrail, cfn.Update(t.updateTrail))}
}

type trailProperties struct {
	TrailName string
	IsLogging bool

	// Calls to global services are recorded unless it is false; a trail of all
	// regions cannot leave them out.
	IncludeGlobalServiceEvents *bool
	IsMultiRegionTrail         bool

	EventSelectors         []eventSelector
	AdvancedEventSelectors []advancedSelector

	// What follows is about log files, which are not delivered. Some of it is told again.
	S3BucketName              string
	S3KeyPrefix               string
	EnableLogFileValidation   bool
	CloudWatchLogsLogGroupArn cfn.Ignored
	CloudWatchLogsRoleArn     cfn.Ignored
	InsightSelectors          cfn.Ignored
	IsOrganizationTrail       cfn.Ignored
	KMSKeyId                  cfn.Ignored
	SnsTopicName              cfn.Ignored

	Tags []cloud.Tag
}

func (t *CloudTrail) createTrail(_ context.Context, r cfn.Resource, p trailProperties) (cfn.Handle, error) {
	name := cmp.Or(p.TrailName, r.PhysicalName(128))
	made, err := newTrail(name, p)
	if err != nil {
		return cfn.Handle{}, err
	}
	if err := t.add(made); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: name, Attributes: map[string]any{
		"Arn":         t.arn(name),
		"SnsTopicArn": "",
	}, Delete: cfn.Removal(&t.mu, t.trails, name)}, nil
}

// updateTrail lets a trail record what its properties say from the next call on.
func (t *CloudTrail) updateTrail(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after trailProperties) (cfn.Handle, error) {
	selects, err := after.records()
	if err != nil {
		return h, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	trail := t.trails[h.Ref]
	if trail == nil {
		return h, t.unknown(h.Ref)
	}
	trail.log(after.IsLogging)
	after.Tags = cloud.RedeclaredTags(trail.declared.Tags, before.Tags, after.Tags)
	trail.declared, trail.records = after, selects
	return h, nil
}

func newTrail(name string, p trailProperties) (*trail, error) {
	selects, err := p.records()
	if err != nil {
		return nil, err
	}
	made := &trail{name: name, declared: p, records: selects}
	if p.IsLogging {
		made.started = time.Now()
	}
	return made, nil
}

// maxTrails is how many a region has.
const maxTrails = 5

// add makes a trail known.
func (t *CloudTrail) add(made *trail) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.trails[made.name] != nil:
		return cloud.Errorf(400, "TrailAlreadyExistsException", "Trail %s already exists for customer: %s", made.name, t.cloud.Account)
	case len(t.trails) >= maxTrails:
		return cloud.Errorf(400, "MaximumNumberOfTrailsExceededException", "User: %s already has %d trails in %s.", t.cloud.Account, maxTrails, t.cloud.Region)
	}
	t.trails[made.name] = made
	return nil
}

func (p trailProperties) records() (records, error) {
	var selectors []selector
	for i, s := range p.EventSelectors {
		if err := s.check(fmt.Sprintf("EventSelectors[%d]", i)); err != nil {
			return records{}, err
		}
		selectors = append(selectors, s)
	}
	for i, s := range p.AdvancedEventSelectors {
		if err := s.check(fmt.Sprintf("AdvancedEventSelectors[%d]", i)); err != nil {
			return records{}, err
		}
		selectors = append(selectors, s)
	}
	if len(selectors) == 0 {
		selectors = append(selectors, eventSelector{})
	}
	global := p.IncludeGlobalServiceEvents == nil || *p.IncludeGlobalServiceEvents
	if p.IsMultiRegionTrail && !global {
		return records{}, cloud.Errorf(400, "InvalidParameterCombinationException", "Multi-Region trail must include global service events.")
	}
	return records{selectors, global}, nil
}
