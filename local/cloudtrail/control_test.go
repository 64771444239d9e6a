package cloudtrail_test

// This file makes and changes trails by calls.

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/cloudtrail"
)

// steps makes calls one after the other, each with what its answer, or its
// refusal, has to contain.
func steps(t *testing.T, service *cloudtrail.CloudTrail, rows [][3]string) {
	t.Helper()
	for _, row := range rows {
		answer, err := service.Call(t.Context(), cloud.Caller{Root: true}, row[0], json.RawMessage(row[1]))
		got := string(answer)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, row[2]) {
			t.Errorf("%s %.200s: got %s, want %s", row[0], row[1], got, row[2])
		}
	}
}

// tags are so many, as members of a list.
func tags(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`{"Key": "k%d", "Value": ""}`, i))
	}
	return strings.Join(all, ",")
}

func TestATrailThatACallMakesRecordsWhileItLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"})
		b := &bus{}
		c.Bus = b
		service := cloudtrail.New(c)
		recorded := func(what string, want int) {
			t.Helper()
			b.events = nil
			service.Record(call("PutObject", false, "landing/a"))
			if len(b.events) != want {
				t.Errorf("%s: %d events, want %d", what, len(b.events), want)
			}
		}
		const arn = "arn:aws:cloudtrail:eu-central-1:111122223333:trail/audit"
		const selectors = `"EventSelectors": [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": false, "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::landing/"]}]}]`
		steps(t, service, [][3]string{
			{"ListTrails", `{}`, `{"Trails":[]}`},
			{"CreateTrail", `{"Name": "audit"}`, "InvalidS3BucketNameException: "},
			{"CreateTrail", `{"Name": "audit", "S3BucketName": ""}`, "InvalidS3BucketNameException: "},
			{"CreateTrail", `{"Name": "a"}`, "InvalidTrailNameException: Trail name too short."},
			{"CreateTrail", `{"Name": "a__b", "S3BucketName": "logs"}`, "InvalidTrailNameException: "},
			{"CreateTrail", `{"Name": "` + strings.Repeat("x", 129) + `", "S3BucketName": "logs"}`, "InvalidTrailNameException: Trail name too long. Maximum allowed length: 128 characters. Specified name length: 129"},
			{"DeleteTrail", `{"Name": "` + strings.Repeat("x", 128) + `"}`, "TrailNotFoundException: "},
			{"CreateTrail", `{"Name": "audit", "S3BucketName": "logs", "IsMultiRegionTrail": true, "IncludeGlobalServiceEvents": false}`, "InvalidParameterCombinationException: Multi-Region trail must include global service events."},
			{"CreateTrail", `{"Name": "audit", "S3BucketName": "logs", "KmsKeyId": "alias/a"}`, "NotImplemented: the local engine does not serve the parameter KmsKeyId of CreateTrail"},
			{"CreateTrail", `{"Name": "audit", "S3BucketName": "logs", "S3KeyPrefix": "x", "EnableLogFileValidation": true, "TagsList": [{"Key": "b", "Value": "2"}]}`,
				`{"Name":"audit","S3BucketName":"logs","S3KeyPrefix":"x","IncludeGlobalServiceEvents":true,"IsMultiRegionTrail":false,"TrailARN":"` + arn + `","LogFileValidationEnabled":true,"IsOrganizationTrail":false}`},
			{"CreateTrail", `{"Name": "audit", "S3BucketName": "logs"}`, "TrailAlreadyExistsException: Trail audit already exists for customer: 111122223333"},
			{"GetEventSelectors", `{"TrailName": "audit"}`, `"EventSelectors":[{"ReadWriteType":"All","IncludeManagementEvents":true,"ExcludeManagementEventSources":[],"DataResources":[]}]`},
			{"GetTrail", `{"Name": "audit"}`, `"HomeRegion":"eu-central-1","HasCustomEventSelectors":false`},
			{"PutEventSelectors", `{"TrailName": "audit"}`, "InvalidEventSelectorsException: "},
			{"PutEventSelectors", `{"TrailName": "audit", "EventSelectors": [{"ReadWriteType": "Some"}]}`, "InvalidEventSelectorsException: "},
			{"PutEventSelectors", `{"TrailName": "audit", "EventSelectors": [{"DataResources": [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}]}]}`, "NotImplemented: the local engine does not serve the parameter EventSelectors[0].DataResources[0].Type of PutEventSelectors"},
			{"PutEventSelectors", `{"TrailName": "` + arn + `", ` + selectors + `}`, `{"TrailARN":"` + arn + `","EventSelectors":[{"ReadWriteType":"WriteOnly","IncludeManagementEvents":false`},
			{"GetTrailStatus", `{"Name": "audit"}`, `{"IsLogging":false,"TimeLoggingStarted":"","TimeLoggingStopped":""}`},
		})
		recorded("before it logs", 0)
		steps(t, service, [][3]string{{"StartLogging", `{"Name": "audit"}`, "{}"}})
		recorded("while it logs", 1)
		steps(t, service, [][3]string{
			{"GetTrailStatus", `{"Name": "audit"}`, `{"IsLogging":true,"StartLoggingTime":9.466848E8,"TimeLoggingStarted":"2000-01-01T00:00:00Z","TimeLoggingStopped":""}`},
			{"UpdateTrail", `{"Name": "audit", "S3BucketName": ""}`, "InvalidS3BucketNameException: Bucket name cannot be blank!"},
			{"UpdateTrail", `{"Name": "audit", "IsMultiRegionTrail": true}`, `"IncludeGlobalServiceEvents":true,"IsMultiRegionTrail":true`},
			{"DescribeTrails", `{}`, `"S3KeyPrefix":"x","IncludeGlobalServiceEvents":true,"IsMultiRegionTrail":true,"TrailARN":"` + arn + `","LogFileValidationEnabled":true`},
			{"DescribeTrails", `{"trailNameList": ["other"]}`, `{"trailList":[]}`},
			{"DescribeTrails", `{"trailNameList": ["other", "audit"]}`, `{"trailList":[{"Name":"audit"`},
			{"DescribeTrails", `{"trailNameList": ["` + arn + `"]}`, `{"trailList":[{"Name":"audit"`},
			{"UpdateTrail", `{"Name": "audit", "IncludeGlobalServiceEvents": false}`, "InvalidParameterCombinationException: Multi-Region trail must include global service events."},
			{"UpdateTrail", `{"Name": "audit", "IncludeGlobalServiceEvents": false, "IsMultiRegionTrail": false, "EnableLogFileValidation": false, "S3BucketName": "other", "S3KeyPrefix": ""}`,
				`{"Name":"audit","S3BucketName":"other","IncludeGlobalServiceEvents":false,"IsMultiRegionTrail":false,"TrailARN":"` + arn + `","LogFileValidationEnabled":false,"IsOrganizationTrail":false}`},
			{"ListTrails", `{}`, `{"Trails":[{"TrailARN":"` + arn + `","Name":"audit","HomeRegion":"eu-central-1"}]}`},
			{"ListTrails", `{"NextToken": "x"}`, "InvalidTokenException: "},
			{"ListTags", `{"ResourceIdList": ["audit"], "NextToken": "x"}`, "InvalidTokenException: "},
		})
		recorded("after an update of something else", 1)
		time.Sleep(time.Minute)
		steps(t, service, [][3]string{
			{"StartLogging", `{"Name": "audit"}`, "{}"}, // which it did all the time
			{"GetTrailStatus", `{"Name": "audit"}`, `"TimeLoggingStarted":"2000-01-01T00:00:00Z"`},
			{"StopLogging", `{"Name": "audit"}`, "{}"},
			{"GetTrailStatus", `{"Name": "audit"}`, `"TimeLoggingStopped":"2000-01-01T00:01:00Z"`},
		})
		recorded("after it stopped", 0)
		time.Sleep(time.Minute)
		steps(t, service, [][3]string{
			{"StopLogging", `{"Name": "audit"}`, "{}"},
			{"GetTrailStatus", `{"Name": "audit"}`, `"StopLoggingTime":9.4668486E8,"TimeLoggingStarted":"2000-01-01T00:00:00Z","TimeLoggingStopped":"2000-01-01T00:01:00Z"`},
			{"GetTrail", `{"Name": "audit"}`, `"HasCustomEventSelectors":true`},
		})
		steps(t, service, [][3]string{
			{"PutEventSelectors", `{"TrailName": "audit", "AdvancedEventSelectors": [{"Name": "objects", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}]}`,
				`{"TrailARN":"` + arn + `","AdvancedEventSelectors":[{"Name":"objects","FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]}]}]}`},
			{"AddTags", `{"ResourceId": "` + arn + `", "TagsList": [{"Key": "a", "Value": "1"}, {"Key": "c", "Value": "3"}]}`, "{}"},
			{"RemoveTags", `{"ResourceId": "` + arn + `", "TagsList": [{"Key": "c"}]}`, "{}"},
			{"ListTags", `{"ResourceIdList": ["` + arn + `"]}`, `{"ResourceTagList":[{"ResourceId":"` + arn + `","TagsList":[{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}]}]}`},
			{"ListTags", `{"ResourceIdList": []}`, `{"ResourceTagList":[]}`},
			{"ListTags", `{"ResourceIdList": ["` + arn + `", "none"]}`, "TrailNotFoundException: Unknown trail: none"},
			{"AddTags", `{"ResourceId": "` + arn + `", "TagsList": [{"Key": ""}]}`, "InvalidTagParameterException: "},
			{"AddTags", `{"ResourceId": "` + arn + `", "TagsList": [` + tags(49) + `]}`, "TagsLimitExceededException: "},
			{"AddTags", `{"ResourceId": "` + arn + `", "TagsList": [` + tags(48) + `]}`, "{}"},
			{"CreateTrail", `{"Name": "tagged", "S3BucketName": "logs", "TagsList": [` + tags(51) + `]}`, "TagsLimitExceededException: "},
			{"DeleteTrail", `{"Name": "audit"}`, "{}"},
			{"GetTrail", `{"Name": "audit"}`, "TrailNotFoundException: Unknown trail: audit for the user: 111122223333"},
		})
		for _, name := range []string{"one", "two", "three", "four", "five"} {
			steps(t, service, [][3]string{{"CreateTrail", `{"Name": "` + name + `", "S3BucketName": "logs"}`, `"Name":"` + name}})
		}
		steps(t, service, [][3]string{{"CreateTrail", `{"Name": "six", "S3BucketName": "logs"}`, "MaximumNumberOfTrailsExceededException: User: 111122223333 already has 5 trails in eu-central-1."}})
	})
}

func TestATrailOfATemplateIsToldAndChanged(t *testing.T) {
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"})
	service := cloudtrail.New(c)
	trail := func(properties string) string {
		return `{"Type": "AWS::CloudTrail::Trail", "Properties": {"TrailName": "audit", "S3BucketName": "logs", "IsLogging": true, ` + properties + `}}`
	}
	s, err := cfntest.Create(t, c.Site, service.Types(), `"Trail": `+trail(`"S3KeyPrefix": "x", "Tags": [{"Key": "z", "Value": "1"}, {"Key": "y", "Value": "2"}]`))
	if err != nil {
		t.Fatal(err)
	}
	const arn = "arn:aws:cloudtrail:eu-central-1:111122223333:trail/audit"
	steps(t, service, [][3]string{
		{"GetTrailStatus", `{"Name": "audit"}`, `{"IsLogging":true,"StartLoggingTime"`},
		{"GetTrail", `{"Name": "audit"}`, `"S3BucketName":"logs","S3KeyPrefix":"x"`},
		{"AddTags", `{"ResourceId": "` + arn + `", "TagsList": [{"Key": "own", "Value": "3"}]}`, "{}"},
	})
	if got, want := s.Handles["Trail"].Attributes, map[string]any{"Arn": arn, "SnsTopicArn": ""}; !maps.Equal(got, want) {
		t.Errorf("the trail's attributes are %v, want %v", got, want)
	}
	s.Put(t, "Trail", trail(`"EnableLogFileValidation": true, "Tags": [{"Key": "z", "Value": "4"}]`))
	steps(t, service, [][3]string{
		{"GetTrail", `{"Name": "audit"}`, `"LogFileValidationEnabled":true`},
		{"ListTags", `{"ResourceIdList": ["` + arn + `"]}`, `{"Key":"own","Value":"3"},{"Key":"z","Value":"4"}]`},
	})
	s.Put(t, "Trail", strings.Replace(trail(`"S3KeyPrefix": "x"`), `"IsLogging": true`, `"IsLogging": false`, 1))
	steps(t, service, [][3]string{
		{"GetTrailStatus", `{"Name": "audit"}`, `{"IsLogging":false,"StartLoggingTime":`},
		{"GetTrailStatus", `{"Name": "audit"}`, `,"StopLoggingTime":`},
	})
}

// nobody may do nothing.
type nobody struct{ cloud.Authorizer }

func (nobody) Authorize(_ cloud.Caller, action, resource string) error {
	return cloud.Errorf(403, "AccessDeniedException", "%s on %s", action, resource)
}

func TestEachActionAsksForItsPermission(t *testing.T) {
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"})
	c.Authorizer = nobody{}
	service := cloudtrail.New(c)
	for action := range service.Operations {
		in, resource := `{"Name": "audit"}`, "arn:aws:cloudtrail:eu-central-1:111122223333:trail/audit"
		switch {
		case strings.HasSuffix(action, "Trails"):
			in, resource = `{}`, "*"
		case strings.HasSuffix(action, "Selectors"):
			in = `{"TrailName": "audit", "EventSelectors": [{}]}`
			if action == "GetEventSelectors" {
				in = `{"TrailName": "audit"}`
			}
		case action == "ListTags":
			in = `{"ResourceIdList": ["audit"]}`
		case strings.HasSuffix(action, "Tags"):
			in = `{"ResourceId": "audit"}`
		}
		_, err := service.Call(t.Context(), cloud.Caller{}, action, json.RawMessage(in))
		if want := "cloudtrail:" + action + " on " + resource; err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", action, err, want)
		}
	}
}
