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
	return []cfn.Type{cfn.Define("AWS::CloudTrail::Trail", t.createTrail)}
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
	var selectors []selector
	for i, s := range p.EventSelectors {
		if err := s.check(fmt.Sprintf("EventSelectors[%d]", i)); err != nil {
			return cfn.Handle{}, err
		}
		selectors = append(selectors, s)
	}
	for i, s := range p.AdvancedEventSelectors {
		if err := s.check(fmt.Sprintf("AdvancedEventSelectors[%d]", i)); err != nil {
			return cfn.Handle{}, err
		}
		selectors = append(selectors, s)
	}
	if len(selectors) == 0 {
		selectors = append(selectors, eventSelector{})
	}
	global := p.IncludeGlobalServiceEvents == nil || *p.IncludeGlobalServiceEvents
	if p.IsMultiRegionTrail && !global {
		return cfn.Handle{}, cloud.Errorf(400, "InvalidParameterCombinationException", "Multi-Region trail must include global service events.")
	}
	name := cmp.Or(p.TrailName, r.PhysicalName(128))
	if p.IsLogging {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.trails[name] = trail{selectors, global}
	}
	return cfn.Handle{Ref: name, Attributes: map[string]any{
		"Arn":         t.cloud.ARN("cloudtrail", "trail/"+name),
		"SnsTopicArn": "",
	}, Delete: cfn.Removal(&t.mu, t.trails, name)}, nil
}
