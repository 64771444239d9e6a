package kinesis_test

// This file makes, changes and deletes streams by calls.

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// steps performs actions, each of which must answer with a text.
func (e *engine) steps(t *testing.T, steps [][3]string) {
	t.Helper()
	for _, step := range steps {
		answer, err := e.Call(t.Context(), e.Administrator(), "kinesis", step[0], []byte(step[1]))
		got := string(answer)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, step[2]) {
			t.Errorf("%s %.200s: got %.500s\nwant %s", step[0], step[1], got, step[2])
		}
	}
}

func TestAStreamOfACallIsAsGoodAsATemplates(t *testing.T) {
	e := newEngine(t)
	e.steps(t, [][3]string{
		{"CreateStream", `{"StreamName": "clicks", "ShardCount": 2, "MaxRecordSizeInKiB": 2048, "Tags": {"team": "blue"}}`, "{}"},
		{"CreateStream", `{"StreamName": "clicks", "ShardCount": 2}`, "ResourceInUseException: Stream clicks under account 123456789012 already exists."},
		{"CreateStream", `{"StreamName": "free", "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}`, "{}"},
		{"DescribeStreamSummary", `{"StreamName": "clicks"}`, `"OpenShardCount":2,"ConsumerCount":0,"MaxRecordSizeInKiB":2048`},
		{"DescribeStreamSummary", `{"StreamName": "free"}`, `"StreamModeDetails":{"StreamMode":"ON_DEMAND"}`},
		{"DescribeLimits", `{}`, `{"ShardLimit":500,"OpenShardCount":2,"OnDemandStreamCount":1,"OnDemandStreamCountLimit":50}`},
		{"PutRecord", `{"StreamName": "clicks", "PartitionKey": "k", "Data": "YQ=="}`, `"ShardId"`},
		{"StartStreamEncryption", `{"StreamName": "clicks", "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}`, "{}"},
		{"DescribeStreamSummary", `{"StreamName": "clicks"}`, `"EncryptionType":"KMS","KeyId":"alias/aws/kinesis"`},
		{"StartStreamEncryption", `{"StreamName": "clicks", "EncryptionType": "NONE"}`, "ValidationException"},
		{"StopStreamEncryption", `{"StreamName": "clicks", "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}`, "{}"},
		{"DescribeStreamSummary", `{"StreamName": "clicks"}`, `"EncryptionType":"NONE"`},
		{"UpdateStreamMode", `{"StreamARN": "` + clicksARN + `", "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}`, "{}"},
		{"DescribeStreamSummary", `{"StreamName": "clicks"}`, `"StreamModeDetails":{"StreamMode":"ON_DEMAND"}`},
		{"UpdateStreamMode", `{"StreamARN": "` + clicksARN + `", "StreamModeDetails": {"StreamMode": "FAST"}}`, "Member must satisfy enum value set: [PROVISIONED, ON_DEMAND]"},
		{"DeleteStream", `{"StreamName": "clicks", "EnforceConsumerDeletion": true}`, "{}"},
		{"DescribeStreamSummary", `{"StreamName": "clicks"}`, "ResourceNotFoundException"},
		{"CreateStream", `{"StreamName": "clicks", "ShardCount": 1}`, "{}"},
		{"ListTagsForStream", `{"StreamName": "clicks"}`, `{"Tags":[],"HasMoreTags":false}`},
	})
	e.steps(t, [][3]string{
		{"CreateStream", `{"StreamName": "neither"}`, "{}"},
		{"DescribeStreamSummary", `{"StreamName": "neither"}`, `"OpenShardCount":4`},
		{"DescribeStreamSummary", `{"StreamName": "neither"}`, `"StreamMode":"ON_DEMAND"`},
		{"DeleteStream", `{"StreamName": "neither"}`, "{}"},
	})
	for _, row := range [][2]string{
		{`{"ShardCount": 1}`, "ValidationException"},
		{`{"StreamName": "a b", "ShardCount": 1}`, "ValidationException"},
		{`{"StreamName": "other", "StreamModeDetails": {"StreamMode": "PROVISIONED"}}`, "InvalidArgumentException: ShardCount must be given for a stream in PROVISIONED mode"},
		{`{"StreamName": "other", "ShardCount": 0}`, "it must be from 1 to 10000"},
		{`{"StreamName": "other", "ShardCount": 1, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}`, "must not be given"},
		{`{"StreamName": "other", "ShardCount": 1, "MaxRecordSizeInKiB": 1}`, "it must be from 1024 to 10240"},
		{`{"StreamName": "other", "ShardCount": 1, "Tags": {"": "x"}}`, "InvalidArgumentException"},
		{`{"StreamName": "other", "ShardCount": 1, "Colour": "red"}`, "NotImplemented"},
	} {
		e.steps(t, [][3]string{{"CreateStream", row[0], row[1]}})
	}
	e.steps(t, [][3]string{{"ListStreams", `{}`, `"StreamNames":["clicks","free"]`}})
}

func TestStreamsHaveTagsOfCallsAndTemplates(t *testing.T) {
	e := newEngine(t)
	tagged := func(key string) string {
		return `{"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "clicks", "ShardCount": 1, "Tags": [{"Key": "` + key + `", "Value": "template"}]}}`
	}
	types := make([]cfn.Type, 0, len(e.types))
	for _, typ := range e.types {
		types = append(types, typ)
	}
	s, err := cfntest.Create(t, e.Site, types, `"Clicks": `+tagged("old"))
	if err != nil {
		t.Fatal(err)
	}
	many := make([]string, 51)
	for i := range many {
		many[i] = fmt.Sprintf(`"k%02d": ""`, i)
	}
	e.steps(t, [][3]string{
		{"AddTagsToStream", `{"StreamName": "clicks", "Tags": {"a": "1", "b": "2"}}`, "{}"},
		{"TagResource", `{"ResourceARN": "` + clicksARN + `", "Tags": {"c": "3"}}`, "{}"},
		{"RemoveTagsFromStream", `{"StreamName": "clicks", "TagKeys": ["a"]}`, "{}"},
		{"UntagResource", `{"ResourceARN": "` + clicksARN + `", "TagKeys": ["b"]}`, "{}"},
		{"AddTagsToStream", `{"StreamName": "clicks", "Tags": {` + strings.Join(many, ",") + `}}`, "at most 50 tags"},
		{"AddTagsToStream", `{"StreamName": "clicks", "Tags": {"` + strings.Repeat("k", 129) + `": ""}}`, "InvalidArgumentException"},
		{"ListTagsForStream", `{"StreamName": "clicks", "ExclusiveStartTagKey": "b"}`, `{"Tags":[{"Key":"c","Value":"3"},{"Key":"old","Value":"template"}],"HasMoreTags":false}`},
		{"ListTagsForStream", `{"StreamName": "clicks", "ExclusiveStartTagKey": "b", "Limit": 1}`, `{"Tags":[{"Key":"c","Value":"3"}],"HasMoreTags":true}`},
		{"ListTagsForStream", `{"StreamName": "clicks", "ExclusiveStartTagKey": "b", "Limit": 2}`, `"HasMoreTags":false}`},
		{"ListTagsForStream", `{"StreamName": "clicks", "Limit": 51}`, "ValidationException"},
	})
	s.Put(t, "Clicks", tagged("new"))
	e.steps(t, [][3]string{
		{"ListTagsForResource", `{"ResourceARN": "` + clicksARN + `"}`, `{"Key":"c","Value":"3"},{"Key":"new","Value":"template"}]}`},
		{"CreateStream", `{"StreamName": "many", "ShardCount": 1, "Tags": {` + strings.Join(many[:50], ",") + `}}`, "{}"},
		{"ListTagsForStream", `{"StreamName": "many"}`, `{"Key":"k49","Value":""}],"HasMoreTags":false}`},
		{"AddTagsToStream", `{"StreamName": "many", "Tags": {"k00": "` + strings.Repeat("v", 256) + `"}}`, "{}"},
		{"AddTagsToStream", `{"StreamName": "many", "Tags": {"k00": "` + strings.Repeat("v", 257) + `"}}`, "InvalidArgumentException"},
	})
}

func TestAStackLeavesAStreamThatACallHasMadeInThePlaceOfItsOwn(t *testing.T) {
	e := newEngine(t)
	created := e.mustCreate(t, stream("Clicks", `, "ShardCount": 1`))
	e.steps(t, [][3]string{
		{"DeleteStream", `{"StreamName": "clicks"}`, "{}"},
		{"CreateStream", `{"StreamName": "clicks", "ShardCount": 1}`, "{}"},
		{"PutResourcePolicy", `{"ResourceARN": "` + clicksARN + `", "Policy": "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"logs.amazonaws.com\"}, \"Action\": \"kinesis:PutRecord\", \"Resource\": \"` + clicksARN + `\"}]}"}`, "{}"},
	})
	if err := created.Handles["Clicks"].Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.steps(t, [][3]string{{"DescribeStreamSummary", `{"StreamName": "clicks"}`, `"StreamStatus":"ACTIVE"`}})
	if err := e.Authorize(cloud.Caller{ARN: "logs.amazonaws.com", Service: "logs.amazonaws.com"}, "kinesis:PutRecord", clicksARN); err != nil {
		t.Errorf("the policy that it was given has gone: %v", err)
	}
}

func TestAStreamsPolicyIsPutAndTakenAwayByCalls(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, stream("Clicks", `, "ShardCount": 1`))
	may := func() bool {
		return e.Authorize(cloud.Caller{ARN: "logs.amazonaws.com", Service: "logs.amazonaws.com"}, "kinesis:PutRecord", clicksARN) == nil
	}
	policy := `{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"logs.amazonaws.com\"}, \"Action\": \"kinesis:PutRecord\", \"Resource\": \"` + clicksARN + `\"}]}`
	at := `{"ResourceARN": "` + clicksARN + `"`
	e.steps(t, [][3]string{
		{"GetResourcePolicy", at + `}`, `{"Policy":"{}"}`},
		{"DeleteResourcePolicy", at + `}`, "ResourceNotFoundException"},
		{"PutResourcePolicy", at + `, "Policy": "{"}`, "InvalidArgumentException"},
		{"PutResourcePolicy", at + `, "Policy": "` + policy + `"}`, "{}"},
		{"GetResourcePolicy", at + `}`, `{"Policy":"` + policy + `"}`},
	})
	if !may() {
		t.Error("the policy lets nobody in")
	}
	e.steps(t, [][3]string{{"DeleteResourcePolicy", at + `}`, "{}"}, {"GetResourcePolicy", at + `}`, `{"Policy":"{}"}`}})
	if may() {
		t.Error("a policy that was deleted lets somebody in")
	}
	e.steps(t, [][3]string{{"PutResourcePolicy", at + `, "Policy": "` + policy + `"}`, "{}"}, {"DeleteStream", `{"StreamName": "clicks"}`, "{}"}, {"CreateStream", `{"StreamName": "clicks", "ShardCount": 1}`, "{}"}})
	if may() {
		t.Error("the policy of a stream that was deleted counts for the next one")
	}
}

func TestAnswersAreToldToTheLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		const description = `"StreamName":"clicks","StreamARN":"` + clicksARN + `","StreamStatus":"ACTIVE","StreamModeDetails":{"StreamMode":"PROVISIONED"},"StreamCreationTimestamp":9.466848E8`
		const shard = `{"ShardId":"shardId-000000000000","HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"340282366920938463463374607431768211455"},"SequenceNumberRange":{"StartingSequenceNumber":"49`
		e.steps(t, [][3]string{
			{"ListStreams", `{}`, `{"StreamNames":[],"StreamSummaries":[],"HasMoreStreams":false}`},
			{"CreateStream", `{"StreamName": "clicks", "ShardCount": 1, "StreamModeDetails": {"StreamMode": "PROVISIONED"}, "Tags": {"a": "1"}}`, "{}"},
			{"DescribeStream", `{"StreamName": "clicks"}`, `{"StreamDescription":{` + description + `,"RetentionPeriodHours":24,"EnhancedMonitoring":[{"ShardLevelMetrics":[]}],"EncryptionType":"NONE","Shards":[` + shard},
			{"DescribeStream", `{"StreamName": "clicks"}`, `"}}],"HasMoreShards":false}}`},
			{"DescribeStream", `{"StreamName": "clicks", "ExclusiveStartShardId": "shardId-000000000000"}`, `"Shards":[],"HasMoreShards":false}}`},
			{"ListShards", `{"StreamName": "clicks"}`, `{"Shards":[` + shard},
			{"ListStreams", `{}`, `{"StreamNames":["clicks"],"StreamSummaries":[{` + description + `}],"HasMoreStreams":false}`},
			{"ListTagsForResource", `{"ResourceARN": "` + clicksARN + `"}`, `{"Tags":[{"Key":"a","Value":"1"}]}`},
			{"UntagResource", `{"ResourceARN": "` + clicksARN + `", "TagKeys": ["a"]}`, "{}"},
			{"ListTagsForResource", `{"ResourceARN": "` + clicksARN + `"}`, `{"Tags":[]}`},
			{"AddTagsToStream", `{"StreamName": "clicks", "Tags": {"b": "2"}}`, "{}"},
			{"RemoveTagsFromStream", `{"StreamName": "clicks", "TagKeys": ["b"]}`, "{}"},
			{"ListTagsForStream", `{"StreamName": "clicks"}`, `{"Tags":[],"HasMoreTags":false}`},
			{"PutRecord", `{"StreamName": "clicks", "PartitionKey": "k", "Data": "YQ=="}`, `{"ShardId":"shardId-000000000000","SequenceNumber":"49`},
			{"StartStreamEncryption", `{"StreamName": "clicks", "EncryptionType": "KMS"}`, "ValidationException: 1 validation error detected: Value 'KMS' at 'encryptionType' failed to satisfy constraint"},
			{"StartStreamEncryption", `{"StreamName": "clicks", "EncryptionType": "NONE", "KeyId": "k"}`, "'encryptionType'"},
			{"StartStreamEncryption", `{"StreamName": "clicks", "EncryptionType": "KMS", "KeyId": "k"}`, "{}"},
			{"PutRecord", `{"StreamName": "clicks", "PartitionKey": "k", "Data": "YQ=="}`, `,"EncryptionType":"KMS"}`},
			{"PutRecords", `{"StreamName": "clicks", "Records": [{"PartitionKey": "k", "Data": "YQ=="}]}`, `{"FailedRecordCount":0,"Records":[{"ShardId":"shardId-000000000000","SequenceNumber":"49`},
			{"PutRecords", `{"StreamName": "clicks", "Records": [{"PartitionKey": "k", "Data": "YQ=="}]}`, `"}],"EncryptionType":"KMS"}`},
		})
		e.steps(t, [][3]string{
			{"GetRecords", `{"ShardIterator": "` + e.iterator(t, "TRIM_HORIZON", nil) + `"}`, `"ApproximateArrivalTimestamp":9.466848E8,"Data":"YQ==","PartitionKey":"k","EncryptionType":"KMS"}`},
			{"UpdateStreamMode", `{"StreamARN": "` + clicksARN + `", "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}`, "{}"},
			{"UpdateStreamMode", `{"StreamARN": "` + clicksARN + `", "StreamModeDetails": {"StreamMode": "PROVISIONED"}}`, "{}"},
			{"DescribeStreamSummary", `{"StreamName": "clicks"}`, `{"StreamMode":"PROVISIONED"}`},
			{"UpdateStreamMode", `{"StreamARN": "` + clicksARN + `", "StreamModeDetails": {"StreamMode": "FAST"}}`, "'streamModeDetails.streamMode'"},
			{"PutResourcePolicy", `{"ResourceARN": "` + clicksARN + `", "Policy": "{\"Statement\": {\"Effect\": \"Perhaps\"}}"}`, "InvalidArgumentException: The policy is invalid"},
			{"IncreaseStreamRetentionPeriod", `{"StreamName": "clicks", "RetentionPeriodHours": 24}`, "{}"}, // as it is
			{"DecreaseStreamRetentionPeriod", `{"StreamName": "clicks", "RetentionPeriodHours": 24}`, "{}"},
			{"IncreaseStreamRetentionPeriod", `{"StreamName": "clicks"}`, "Value 'null' at 'retentionPeriodHours'"},
		})
	})
}

func TestWhatACallCannotAskForIsRefused(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, stream("Clicks", "")+","+stream("Other", ""))
	long := strings.Repeat("x", 128)
	e.steps(t, [][3]string{
		{"CreateStream", `{"StreamName": "` + long + `", "ShardCount": 1}`, "{}"},
		{"CreateStream", `{"StreamName": "` + long + `x", "ShardCount": 1}`, "ValidationException: 1 validation error detected: Value '" + long + "x' at 'streamName'"},
		{"CreateStream", `{"StreamName": "azAZ09_.-", "ShardCount": 1}`, "{}"},
		{"CreateStream", `{"StreamName": "a:", "ShardCount": 1}`, "'streamName'"},
		{"CreateStream", `{"StreamName": "a[", "ShardCount": 1}`, "'streamName'"},
		{"CreateStream", `{"StreamName": "a{", "ShardCount": 1}`, "'streamName'"},
		{"CreateStream", `{"StreamName": "a/", "ShardCount": 1}`, "'streamName'"},
		{"CreateStream", `{"StreamName": "ten", "ShardCount": 10001}`, "it must be from 1 to 10000"},
		{"DescribeStream", `{"StreamName": "clicks", "Limit": 0}`, "Value '0' at 'limit' failed to satisfy constraint: Member must have value between 1 and 10000"},
		{"DescribeStream", `{"StreamName": "clicks", "Limit": 10000}`, `"HasMoreShards":false`},
		{"DescribeStream", `{"StreamName": "clicks", "Limit": 10001}`, "'limit'"},
		{"ListStreams", `{"Limit": 10001}`, "'limit'"},
		{"ListTagsForStream", `{"StreamName": "clicks", "Limit": 51}`, "'limit'"},
		{"ListShards", `{"StreamName": "clicks", "MaxResults": 10001}`, "'maxResults'"},
		{"ListShards", `{"StreamName": "clicks", "ShardFilter": {"Type": "ANY"}}`, "'shardFilter.type'"},
		{"ListShards", `{"StreamName": "none"}`, "ResourceNotFoundException"},
		{"ListShards", `{"NextToken": "eA=="}`, "InvalidArgumentException: NextToken eA== is invalid."},
		{"ListShards", `{"NextToken": "e30="}`, "InvalidArgumentException: NextToken e30= is invalid."},
		{"ListShards", `{"NextToken": "x", "ExclusiveStartShardId": "shardId-000000000000"}`, "cannot be provided together"},
		{"ListShards", `{"NextToken": "x", "StreamCreationTimestamp": 1}`, "cannot be provided together"},
		{"PutRecord", `{"StreamName": "clicks", "StreamARN": "` + clicksARN + `s", "PartitionKey": "k", "Data": ""}`, "are of different streams"},
		{"PutRecord", `{"PartitionKey": "k", "Data": ""}`, "Either StreamARN or StreamName must be provided."},
		{"PutRecord", `{"StreamName": "clicks", "PartitionKey": "k"}`, "Value 'null' at 'data'"},
		{"PutRecord", `{"StreamName": "clicks", "PartitionKey": "k", "Data": "YQ==", "ExplicitHashKey": "x"}`, "Invalid ExplicitHashKey"},
		{"PutRecords", `{"StreamName": "clicks", "Records": []}`, "Value 'of 0' at 'records'"},
		{"GetRecords", `{"ShardIterator": "e30="}`, "InvalidArgumentException: Invalid ShardIterator."},
		{"GetRecords", `{"ShardIterator": "?"}`, "InvalidArgumentException: Invalid ShardIterator."},
		{"GetRecords", `{"ShardIterator": "` + e.iterator(t, "LATEST", nil) + `", "StreamARN": "` + strings.Replace(clicksARN, "clicks", "other", 1) + `"}`, "are of different streams"},
		{"GetRecords", `{"ShardIterator": "` + e.iterator(t, "LATEST", nil) + `", "DryRun": true}`, "DryRunOperationException"},
		{"GetRecords", `{"ShardIterator": "` + e.iterator(t, "LATEST", nil) + `", "Limit": 0}`, "'limit'"},
		{"GetRecords", `{"ShardIterator": "` + e.iterator(t, "LATEST", nil) + `", "Limit": 10000}`, `"Records":[]`},
		{"GetShardIterator", `{"StreamName": "clicks", "ShardId": "shardId-000000000000", "ShardIteratorType": "FIRST"}`, "'shardIteratorType'"},
		{"GetShardIterator", `{"StreamName": "clicks", "ShardId": "shardId--00000000001", "ShardIteratorType": "LATEST"}`, "ResourceNotFoundException"},
		{"GetShardIterator", `{"StreamName": "clicks", "ShardId": "shardId-0", "ShardIteratorType": "LATEST"}`, "ResourceNotFoundException"},
		{"GetShardIterator", `{"StreamName": "clicks", "ShardId": "x", "ShardIteratorType": "LATEST"}`, "ResourceNotFoundException"},
	})
	for _, filter := range []string{"AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST", "AT_TIMESTAMP", "FROM_TIMESTAMP"} {
		e.steps(t, [][3]string{{"ListShards", `{"StreamName": "clicks", "ShardFilter": {"Type": "` + filter + `"}}`, `"shardId-000000000000"`}})
	}
}

// The stack leaves what else the account has.
func TestAPolicyOfATemplateGoesBeforeItsStream(t *testing.T) {
	e := newEngine(t)
	types := slices.Collect(maps.Values(e.types))
	s, err := cfntest.Create(t, e.Site, types, stream("Clicks", "")+`, "Policy": {"Type": "AWS::Kinesis::ResourcePolicy", "Properties": {"ResourceArn": {"Fn::GetAtt": ["Clicks", "Arn"]}, "ResourcePolicy": {"Version": "2012-10-17", "Statement": []}}}`)
	if err != nil {
		t.Fatal(err)
	}
	if p := s.Handles["Policy"]; p.Ref != clicksARN || p.Attributes["ResourceArn"] != clicksARN {
		t.Errorf("the policy is %+v", p)
	}
	at := `{"ResourceARN": "` + clicksARN + `"}`
	e.steps(t, [][3]string{{"GetResourcePolicy", at, `Statement`}})
	s.Remove(t, "Policy")
	e.steps(t, [][3]string{{"GetResourcePolicy", at, `{"Policy":"{}"}`}})
	for _, refused := range []string{
		`{"ResourceArn": "arn:aws:kinesis:us-east-1:123456789012:stream/clicks", "ResourcePolicy": {"Version": "2012-10-17", "Statement": []}}`,
		`{"ResourceArn": "` + clicksARN + `", "ResourcePolicy": {"Statement": {"Effect": "Perhaps"}}}`,
	} {
		if err := s.Try(t, map[string]string{"More": `{"Type": "AWS::Kinesis::ResourcePolicy", "Properties": ` + refused + `}`}); err == nil {
			t.Errorf("%s was accepted", refused)
		}
	}
}
