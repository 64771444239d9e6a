// The CloudFormation resource type of CloudTrail.

package cloudtrail

import (
	"cmp"
	"context"
	"fmt"

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

	// All that follows is about log files, which are not delivered.
	CloudWatchLogsLogGroupArn cfn.Ignored
	CloudWatchLogsRoleArn     cfn.Ignored
	EnableLogFileValidation   cfn.Ignored
	InsightSelectors          cfn.Ignored
	IsOrganizationTrail       cfn.Ignored
	KMSKeyId                  cfn.Ignored
	S3BucketName              cfn.Ignored
	S3KeyPrefix               cfn.Ignored
	SnsTopicName              cfn.Ignored
	Tags                      cfn.Ignored
}

func (t *CloudTrail) createTrail(_ context.Context, r cfn.Resource, p trailProperties) (cfn.Handle, error) {
	name := cmp.Or(p.TrailName, r.PhysicalName(128))
	if err := t.set(name, p); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: name, Attributes: map[string]any{
		"Arn":         t.cloud.ARN("cloudtrail", "trail/"+name),
		"SnsTopicArn": "",
	}, Delete: cfn.Removal(&t.mu, t.trails, name)}, nil
}

func (t *CloudTrail) updateTrail(_ context.Context, _ cfn.Resource, h cfn.Handle, _, after trailProperties) (cfn.Handle, error) {
	return h, t.set(h.Ref, after)
}

// set lets a trail record what its properties say from the next call on.
func (t *CloudTrail) set(name string, p trailProperties) error {
	selects, err := p.trail()
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.trails, name)
	if p.IsLogging {
		t.trails[name] = selects
	}
	return nil
}

func (p trailProperties) trail() (trail, error) {
	var selectors []selector
	for i, s := range p.EventSelectors {
		if err := s.check(fmt.Sprintf("EventSelectors[%d]", i)); err != nil {
			return trail{}, err
		}
		selectors = append(selectors, s)
	}
	for i, s := range p.AdvancedEventSelectors {
		if err := s.check(fmt.Sprintf("AdvancedEventSelectors[%d]", i)); err != nil {
			return trail{}, err
		}
		selectors = append(selectors, s)
	}
	if len(selectors) == 0 {
		selectors = append(selectors, eventSelector{})
	}
	global := p.IncludeGlobalServiceEvents == nil || *p.IncludeGlobalServiceEvents
	if p.IsMultiRegionTrail && !global {
		return trail{}, cloud.Errorf(400, "InvalidParameterCombinationException", "Multi-Region trail must include global service events.")
	}
	return trail{selectors, global}, nil
}
