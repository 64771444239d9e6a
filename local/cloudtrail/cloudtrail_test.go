package cloudtrail_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/cloudtrail"
)

// bus keeps what is emitted.
type bus struct{ events []cloud.Event }

func (b *bus) Emit(e cloud.Event) { b.events = append(b.events, e) }

// trail makes CloudTrail with one trail of the properties.
func trail(t *testing.T, properties string) (*cloudtrail.CloudTrail, *bus, error) {
	t.Helper()
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"})
	b := &bus{}
	c.Bus = b
	service := cloudtrail.New(c)
	types := map[string]cfn.Type{}
	for _, typ := range service.Types() {
		types[typ.Name] = typ
	}
	template, err := cfn.Parse([]byte(`{"Resources":{"Trail":{"Type":"AWS::CloudTrail::Trail","Properties":{"S3BucketName":"logs",` + properties + `}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	_, err = (&cfn.Stack{Name: "Stack", Site: c.Site, Template: template}).Create(t.Context(), types)
	return service, b, err
}

func call(name string, readOnly bool, object string) cloud.APICall {
	return cloud.APICall{
		Caller:            cloud.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/acme/acme.1@s-1", Role: "arn:aws:iam::111122223333:role/acme"},
		EventSource:       "s3.amazonaws.com",
		EventName:         name,
		ReadOnly:          readOnly,
		RequestParameters: map[string]any{"bucketName": "landing", "key": "inbox/acme/orders.xml"},
		Resources: []cloud.TrailResource{
			{Type: "AWS::S3::Object", ARN: "arn:aws:s3:::" + object},
			{Type: "AWS::S3::Bucket", ARN: "arn:aws:s3:::landing"},
		},
		RequestID: "ABC",
		SourceIP:  "127.0.0.1",
	}
}

func TestSelectorsChooseWhatIsRecorded(t *testing.T) {
	put := call("PutObject", false, "landing/inbox/acme/orders.xml")
	get := call("GetObject", true, "landing/inbox/acme/orders.xml")
	management := cloud.APICall{EventSource: "sqs.amazonaws.com", EventName: "CreateQueue"}
	basic := func(values, more string) string {
		return `"IsLogging":true,"EventSelectors":[{"DataResources":[{"Type":"AWS::S3::Object","Values":[` + values + `]}]` + more + `}]`
	}
	advanced := func(fields string) string {
		return `"IsLogging":true,"AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::S3::Object"]}` + fields + `]}]`
	}
	for _, row := range []struct {
		name, properties string
		call             cloud.APICall
		want             bool
	}{
		{"the bucket", basic(`"arn:aws:s3:::landing/"`, ``), put, true},
		{"a prefix", basic(`"arn:aws:s3:::landing/inbox/"`, ``), put, true},
		{"all buckets", basic(`"arn:aws:s3"`, ``), put, true},
		{"another prefix", basic(`"arn:aws:s3:::landing/outbox/"`, ``), put, false},
		{"another bucket", basic(`"arn:aws:s3:::land/"`, ``), put, false},
		{"one of several", basic(`"arn:aws:s3:::other/","arn:aws:s3:::landing/"`, ``), put, true},
		{"writes only: a write", basic(`"arn:aws:s3:::landing/"`, `,"ReadWriteType":"WriteOnly"`), put, true},
		{"writes only: a read", basic(`"arn:aws:s3:::landing/"`, `,"ReadWriteType":"WriteOnly"`), get, false},
		{"reads only: a write", basic(`"arn:aws:s3:::landing/"`, `,"ReadWriteType":"ReadOnly"`), put, false},
		{"all: a read", basic(`"arn:aws:s3:::landing/"`, `,"ReadWriteType":"All"`), get, true},
		{"management events by default", basic(`"arn:aws:s3:::landing/"`, ``), management, true},
		{"management events left out", basic(`"arn:aws:s3:::landing/"`, `,"IncludeManagementEvents":false`), management, false},
		{"no selectors: a data event", `"IsLogging":true`, put, false},
		{"no selectors: a management event", `"IsLogging":true`, management, true},
		{"not logging", strings.Replace(basic(`"arn:aws:s3:::landing/"`, ``), `true`, `false`, 1), put, false},
		{"advanced: all objects", advanced(``), put, true},
		{"advanced: a management event", advanced(``), management, false},
		{"advanced: writes", advanced(`,{"Field":"readOnly","Equals":["false"]}`), put, true},
		{"advanced: writes, but a read", advanced(`,{"Field":"readOnly","Equals":["false"]}`), get, false},
		{"advanced: by name", advanced(`,{"Field":"eventName","Equals":["PutObject","CopyObject"]}`), put, true},
		{"advanced: by another name", advanced(`,{"Field":"eventName","NotEquals":["PutObject"]}`), put, false},
		{"advanced: by prefix", advanced(`,{"Field":"resources.ARN","StartsWith":["arn:aws:s3:::landing/inbox/"]}`), put, true},
		{"advanced: by another prefix", advanced(`,{"Field":"resources.ARN","StartsWith":["arn:aws:s3:::landing/outbox/"]}`), put, false},
		{"management events chosen", basic(`"arn:aws:s3:::landing/"`, `,"IncludeManagementEvents":true`), management, true},
		{"without global services: a data event", `"IncludeGlobalServiceEvents":false,` + basic(`"arn:aws:s3:::landing/"`, ``), put, true},
		{"advanced: by type", advanced(`,{"Field":"eventType","Equals":["AwsApiCall"]}`), put, true},
		{"advanced: by another type", advanced(`,{"Field":"eventType","NotEquals":["AwsApiCall"]}`), put, false},
		{"advanced: by the resource's type", advanced(`,{"Field":"resources.type","Equals":["AWS::S3::Object"]}`), put, true},
		{"advanced: a management event, which has no such resource", `"IsLogging":true,"AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"resources.type","NotEquals":["AWS::S3::Object"]},{"Field":"resources.ARN","Equals":[""]}]}]`, management, true},
		{"advanced: by caller", advanced(`,{"Field":"userIdentity.arn","EndsWith":["/acme.1@s-1"]}`), put, true},
		{"advanced: by another caller", advanced(`,{"Field":"userIdentity.arn","EndsWith":["/other"]}`), put, false},
		{"advanced: not by that caller", advanced(`,{"Field":"userIdentity.arn","NotStartsWith":["arn:aws:sts::111122223333:assumed-role/acme/"]}`), put, false},
		{"advanced: of what went well", advanced(`,{"Field":"errorCode","Equals":[""]}`), put, true},
		{"advanced: of what was refused", advanced(`,{"Field":"errorCode","Equals":["AccessDenied"]}`), put, false},
		{"advanced: not by another suffix", advanced(`,{"Field":"resources.ARN","NotEndsWith":[".json"]}`), put, true},
		{"advanced: not by suffix", advanced(`,{"Field":"resources.ARN","NotEndsWith":[".xml"]}`), put, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			service, b, err := trail(t, row.properties)
			if err != nil {
				t.Fatal(err)
			}
			service.Record(row.call)
			if got := len(b.events) == 1; got != row.want {
				t.Errorf("recorded: %v", got)
			}
		})
	}
}

func TestRecordsHaveTheShapeOfCloudTrail(t *testing.T) {
	service, b, err := trail(t, `"IsLogging":true,"EventSelectors":[
		{"DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3:::landing/"]}]},
		{"DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3:::landing/inbox/"]}]}]`)
	if err != nil {
		t.Fatal(err)
	}
	put := call("PutObject", false, "landing/inbox/acme/orders.xml")
	put.AdditionalEventData = map[string]any{"bytesTransferredIn": 5}
	service.Record(put)
	if len(b.events) != 1 {
		t.Fatalf("%d events for one call that two selectors choose", len(b.events))
	}
	e := b.events[0]
	if e.DetailType != "AWS API Call via CloudTrail" || e.Source != "aws.s3" || e.Account != "111122223333" || e.Version != "0" || len(e.ID) != 36 || e.Resources == nil {
		t.Errorf("event %+v", e)
	}
	var detail map[string]any
	if err := json.Unmarshal(e.Detail, &detail); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]any{
		"eventVersion": "1.11", "eventSource": "s3.amazonaws.com", "eventName": "PutObject", "awsRegion": "eu-central-1",
		"sourceIPAddress": "127.0.0.1", "readOnly": false, "managementEvent": false, "eventCategory": "Data", "eventType": "AwsApiCall",
		"recipientAccountId": "111122223333", "requestID": "ABC", "responseElements": nil,
	} {
		if got, ok := detail[field]; !ok || got != want {
			t.Errorf("%s is %v, want %v", field, got, want)
		}
	}
	if id, _ := detail["eventID"].(string); len(id) != 36 || id == e.ID {
		t.Errorf("eventID %q of event %s", id, e.ID)
	}
	if at, err := time.Parse(time.RFC3339, detail["eventTime"].(string)); err != nil || !at.Equal(e.Time) || time.Since(at) > time.Minute {
		t.Errorf("eventTime %v of an event at %s", detail["eventTime"], e.Time)
	}
	if more := `"additionalEventData":{"bytesTransferredIn":5}`; !strings.Contains(string(e.Detail), more) {
		t.Errorf("no %s in %s", more, e.Detail)
	}
	if resources := `"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::landing/inbox/acme/orders.xml"},{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::landing"}]`; !strings.Contains(string(e.Detail), resources) {
		t.Errorf("no %s in %s", resources, e.Detail)
	}
	if identity := detail["userIdentity"].(map[string]any); identity["type"] != "AssumedRole" || identity["sessionContext"] == nil {
		t.Errorf("userIdentity %v", identity)
	}
	if key := detail["requestParameters"].(map[string]any)["key"]; key != "inbox/acme/orders.xml" {
		t.Errorf("key %v", key)
	}
	if _, ok := detail["errorCode"]; ok {
		t.Error("a call that succeeded has an errorCode")
	}
}

func TestCallersAreToldApart(t *testing.T) {
	for name, row := range map[string]struct {
		caller cloud.Caller
		want   string
	}{
		"the account": {cloud.Site{Account: "111122223333"}.Administrator(), `{"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333"}`},
		"a service":   {cloud.Caller{Service: "events.amazonaws.com"}, `{"type":"AWSService","invokedBy":"events.amazonaws.com"}`},
		"a role": {cloud.Caller{Role: "arn:aws:iam::111122223333:role/r", ARN: "arn:aws:sts::111122223333:assumed-role/r/s"},
			`{"type":"AssumedRole","principalId":"AROA:s","arn":"arn:aws:sts::111122223333:assumed-role/r/s","accountId":"111122223333","sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::111122223333:role/r","accountId":"111122223333","userName":"r"}}}`},
		"a user": {cloud.Caller{ARN: "arn:aws:iam::111122223333:user/staff/ada"}, `{"type":"IAMUser","principalId":"ada","arn":"arn:aws:iam::111122223333:user/staff/ada","accountId":"111122223333","userName":"ada"}`},
	} {
		t.Run(name, func(t *testing.T) {
			service, b, err := trail(t, `"IsLogging":true`)
			if err != nil {
				t.Fatal(err)
			}
			service.Record(cloud.APICall{Caller: row.caller, EventSource: "sqs.amazonaws.com", EventName: "CreateQueue"})
			if got := string(b.events[0].Detail); !strings.Contains(got, `"userIdentity":`+row.want+`,`) {
				t.Errorf("want %s in %s", row.want, got)
			}
		})
	}
}

func TestWhatIsNotRecordedIsRefused(t *testing.T) {
	for name, row := range map[string]struct{ properties, want string }{
		"data events of functions": {`"IsLogging":true,"EventSelectors":[{"DataResources":[{"Type":"AWS::Lambda::Function","Values":["arn:aws:lambda"]}]}]`, "EventSelectors[0].DataResources[0].Type: the local engine records data events of AWS::S3::Object only, not of AWS::Lambda::Function"},
		"unknown read-write type":  {`"IsLogging":true,"EventSelectors":[{"ReadWriteType":"Some"}]`, `EventSelectors[0].ReadWriteType: must be All, ReadOnly or WriteOnly, got "Some"`},
		"unknown field":            {`"IsLogging":true,"AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"vpcEndpointId","Equals":["x"]}]}]`, `AdvancedEventSelectors[0].FieldSelectors[0].Field: the local engine does not select by "vpcEndpointId"`},
		"data events of tables":    {`"IsLogging":true,"AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::DynamoDB::Table"]}]}]`, "AdvancedEventSelectors[0].FieldSelectors[1].Equals: the local engine records data events of AWS::S3::Object only, not of AWS::DynamoDB::Table"},
		"no category":              {`"IsLogging":true,"AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventName","Equals":["PutObject"]}]}]`, "AdvancedEventSelectors[0].FieldSelectors: exactly one of them must be on eventCategory"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := trail(t, row.properties); err == nil || !strings.Contains(err.Error(), "property "+row.want) {
				t.Errorf("want an error about %s, got %v", row.want, err)
			}
		})
	}
}
