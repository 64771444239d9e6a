package cloudtrail_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/cloudtrail"
)

func TestATrailIsUpdatedFromTheNextCallOn(t *testing.T) {
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"})
	b := &bus{}
	c.Bus = b
	service := cloudtrail.New(c)
	trail := func(properties string) string {
		return `{"Type": "AWS::CloudTrail::Trail", "Properties": {"S3BucketName": "logs", ` + properties + `}}`
	}
	objects := func(bucket string) string {
		return `"IsLogging": true, "EventSelectors": [{"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::` + bucket + `/"]}]}]`
	}
	s, err := cfntest.Create(t, c.Site, service.Types(), `"Trail": `+trail(objects("landing")))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name, properties string
		recorded         int
	}{
		{"as it was", objects("landing"), 1},
		{"another bucket", objects("outbox"), 0},
		{"writes only", `"IsLogging": true, "EventSelectors": [{"ReadWriteType": "ReadOnly", "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::landing/"]}]}]`, 0},
		{"advanced", `"IsLogging": true, "AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]}]`, 1},
		{"not logging", `"IsLogging": false`, 0},
		{"logging again, all regions", objects("landing") + `, "IsMultiRegionTrail": true`, 1},
	} {
		s.Put(t, "Trail", trail(step.properties))
		b.events = nil
		service.Record(call("PutObject", false, "landing/inbox/acme/orders.xml"))
		if len(b.events) != step.recorded {
			t.Errorf("%s: %d events, want %d", step.name, len(b.events), step.recorded)
		}
	}
	if err := s.Try(t, map[string]string{"Trail": trail(objects("landing") + `, "IsMultiRegionTrail": true, "IncludeGlobalServiceEvents": false`)}); err == nil {
		t.Error("a trail of all regions without global events was accepted")
	}
	s.Remove(t, "Trail")
	b.events = nil
	if service.Record(call("PutObject", false, "landing/a")); len(b.events) != 0 {
		t.Error("a trail that is gone records")
	}
}

func TestTagsThatCallsHaveSetOutliveAnUpdate(t *testing.T) {
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"})
	service := cloudtrail.New(c)
	c.Register("cloudtrail", service)
	trail := func(key string) string {
		return `{"Type": "AWS::CloudTrail::Trail", "Properties": {"TrailName": "tagged", "S3BucketName": "logs", "IsLogging": true, "Tags": [{"Key": "` + key + `", "Value": "template"}]}}`
	}
	s, err := cfntest.Create(t, c.Site, service.Types(), `"Trail": `+trail("old"))
	if err != nil {
		t.Fatal(err)
	}
	var out struct {
		ResourceTagList []struct{ TagsList []cloud.Tag }
	}
	ask := func(action string, in map[string]any) {
		t.Helper()
		if err := c.Do(t.Context(), c.Administrator(), "cloudtrail", action, in, &out); err != nil {
			t.Fatal(err)
		}
	}
	arn := c.ARN("cloudtrail", "trail/tagged")
	ask("AddTags", map[string]any{"ResourceId": arn, "TagsList": []cloud.Tag{{Key: "call", Value: "call"}}})
	s.Put(t, "Trail", trail("new"))
	ask("ListTags", map[string]any{"ResourceIdList": []string{arn}})
	if got, want := own(out.ResourceTagList[0].TagsList), []cloud.Tag{{Key: "call", Value: "call"}, {Key: "new", Value: "template"}}; !slices.Equal(got, want) {
		t.Errorf("the tags are %v, want %v", got, want)
	}
}

// own are tags but for those of the stack.
func own(tags []cloud.Tag) []cloud.Tag {
	return slices.DeleteFunc(tags, func(tag cloud.Tag) bool { return strings.HasPrefix(tag.Key, "aws:") })
}
