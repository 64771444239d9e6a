package cloudtrail_test

import (
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
