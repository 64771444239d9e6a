package cloudtrail_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/cloudtrail"
	"github.com/tradepost-dev/tradepost/local/events"
	"github.com/tradepost-dev/tradepost/local/s3"
)

// witnesses is a bucket that announces uploads to a function by S3's own
// events and by CloudTrail's.
const witnesses = `{"Resources":{
	"Landing":{"Type":"AWS::S3::Bucket","Properties":{"BucketName":"landing","NotificationConfiguration":{"EventBridgeConfiguration":{"EventBridgeEnabled":true}}}},
	"Trail":{"Type":"AWS::CloudTrail::Trail","Properties":{"S3BucketName":"logs","IsLogging":true,
		"EventSelectors":[{"ReadWriteType":"WriteOnly","IncludeManagementEvents":false,"DataResources":[{"Type":"AWS::S3::Object","Values":[{"Fn::Join":["",[{"Fn::GetAtt":["Landing","Arn"]},"/inbox/"]]}]}]}]}},
	"ByS3":{"Type":"AWS::Events::Rule","Properties":{"EventPattern":{"source":["aws.s3"],"detail-type":["Object Created"],
			"detail":{"bucket":{"name":[{"Ref":"Landing"}]},"object":{"key":[{"prefix":"inbox/"}]},"reason":["PutObject","CompleteMultipartUpload"]}},
		"Targets":[{"Id":"Split","Arn":"arn:aws:lambda:eu-central-1:111122223333:function:split"}]}},
	"ByTrail":{"Type":"AWS::Events::Rule","Properties":{"EventPattern":{"source":["aws.s3"],"detail-type":["AWS API Call via CloudTrail"],
			"detail":{"eventSource":["s3.amazonaws.com"],"eventName":["PutObject","CompleteMultipartUpload"],"errorCode":[{"exists":false}],
				"requestParameters":{"bucketName":[{"Ref":"Landing"}],"key":[{"prefix":"inbox/"}]}}},
		"Targets":[{"Id":"Split","Arn":"arn:aws:lambda:eu-central-1:111122223333:function:split"}]}}
}}`

// function notes what it is invoked with.
type function struct {
	mu       sync.Mutex
	payloads []string
}

func (*function) Supports(string) bool { return true }

func (f *function) Call(_ context.Context, _ cloud.Caller, _ string, input json.RawMessage) (json.RawMessage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.payloads = append(f.payloads, string(input))
	return json.RawMessage(`{}`), nil
}

// outsider may not write.
type outsider struct{}

func (outsider) Authorize(caller cloud.Caller, action, _ string) error {
	if caller.Role != "" {
		return cloud.Errorf(403, "AccessDeniedException", "no %s", action)
	}
	return nil
}

func (outsider) Assume(cloud.Caller, string, string) (cloud.Caller, error) {
	return cloud.Caller{}, nil
}

func TestAnUploadIsAnnouncedByBothWitnesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"})
		defer c.Close()
		bus, trail, objects, split := events.New(c), cloudtrail.New(c), s3.New(c, s3.Options{}), &function{}
		c.Bus, c.Trail, c.Authorizer = bus, trail, outsider{}
		c.Register("lambda", split)
		types := map[string]cfn.Type{}
		for _, service := range []interface{ Types() []cfn.Type }{bus, trail, objects} {
			for _, typ := range service.Types() {
				types[typ.Name] = typ
			}
		}
		template, err := cfn.Parse([]byte(witnesses))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (&cfn.Stack{Name: "Stack", Site: c.Site, Template: template}).Create(t.Context(), types); err != nil {
			t.Fatal(err)
		}
		put := func(caller cloud.Caller, key string) error {
			_, err := objects.As(caller, s3.Origin{}).Put(t.Context(), s3.PutInput{Bucket: "landing", Key: key, Body: strings.NewReader("x")})
			return err
		}
		if err := put(c.Administrator(), "outbox/reply.json"); err != nil {
			t.Fatal(err)
		}
		if err := put(cloud.Caller{Role: "arn:aws:iam::111122223333:role/outsider"}, "inbox/denied.xml"); err == nil {
			t.Fatal("an outsider could write")
		}
		synctest.Wait()
		if n := len(split.payloads); n != 0 {
			t.Fatalf("%d invocations before an upload: %s", n, split.payloads)
		}
		if err := put(c.Administrator(), "inbox/acme/orders & more.xml"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(split.payloads) != 2 {
			t.Fatalf("%d invocations for an upload", len(split.payloads))
		}
		for _, payload := range split.payloads {
			var in struct {
				Payload struct {
					Detail struct {
						Object            struct{ Key string }
						RequestParameters struct{ Key string }
					}
				}
			}
			if err := json.Unmarshal([]byte(payload), &in); err != nil {
				t.Fatal(err)
			}
			if key := in.Payload.Detail.Object.Key + in.Payload.Detail.RequestParameters.Key; key != "inbox/acme/orders & more.xml" {
				t.Errorf("a witness says %q", key)
			}
		}
	})
}
