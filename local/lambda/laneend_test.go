package lambda_test

// This file ends what follows a stream, sends what is given up elsewhere than to
// a queue, and shows what cannot be followed.

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// A batch that fails for ever keeps neither the engine nor its stack from going,
// and is not given up for that.
func TestARetryEndsWithItsMappingAndWithTheEngine(t *testing.T) {
	for _, test := range []struct {
		name              string
		function, mapping string
		end               func(t *testing.T, e *engine, created *cfn.Created)
	}{
		{"the stack is deleted", "", "", func(t *testing.T, _ *engine, created *cfn.Created) {
			if err := created.Delete(context.Background(), cfn.Deletion{}); err != nil {
				t.Error(err)
			}
		}},
		{"the function is deleted and the mapping stays", "", "", withoutFunction},
		{"a throttled function is deleted and the mapping stays", `, "ReservedConcurrentExecutions": 0`, "", withoutFunction},
		{"the engine is closed", "", "", func(_ *testing.T, e *engine, _ *cfn.Created) { e.Close() }},
		{"the engine is closed while a batch is gathered", "", `, "MaximumBatchingWindowInSeconds": 300`, func(_ *testing.T, e *engine, _ *cfn.Created) { e.Close() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var batches notes[string]
				e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) error {
					batches.add(texts(in))
					return OutOfStock{}
				}))
				created := e.follow(t, "", test.function, test.mapping+onFailure)
				e.put(t, "poison")
				sleep(10*time.Second + time.Millisecond)
				before := len(batches.all())
				began := time.Now()
				test.end(t, e, created)
				if took := time.Since(began); took > 0 {
					t.Errorf("it takes %v", took)
				}
				sleep(10 * time.Second) // the last call may be under way
				throttles, reads := e.meter.sum("AWS/Lambda Throttles"), e.meter.sum("AWS/Kinesis GetRecords.Success")
				time.Sleep(10 * time.Minute)
				if throttles != e.meter.sum("AWS/Lambda Throttles") || reads != e.meter.sum("AWS/Kinesis GetRecords.Success") {
					t.Error("the mapping goes on")
				}
				if after := len(batches.all()); after != before {
					t.Errorf("%d more invocations", after-before)
				}
				if told := e.meter.sum("AWS/SQS NumberOfMessagesSent"); told > 0 {
					t.Errorf("the destination was told %v times", told)
				}
			})
		})
	}
}

// withoutFunction deletes the function and leaves what follows the stream for it.
func withoutFunction(t *testing.T, _ *engine, created *cfn.Created) {
	if err := created.Delete(context.Background(), cfn.Deletion{Retain: []string{"Mapping", "Clicks", "Lost", "Role"}}); err != nil {
		t.Error(err)
	}
}

// A topic gets what a queue gets.
func TestATopicIsToldWhatIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, worker(func() error { return OutOfStock{} }))
		e.mustCreate(t, role(followStatement+`, {"Effect": "Allow", "Action": "sns:Publish", "Resource": {"Ref": "Topic"}}`)+","+function("")+stream("")+`,
			"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "lost"}},
			"Subscription": {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": {"Ref": "Topic"}, "Protocol": "sqs", "Endpoint": {"Fn::GetAtt": ["Lost", "Arn"]}, "RawMessageDelivery": true}},
			"Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Lost"}], "PolicyDocument": {"Statement": [
				{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Lost", "Arn"]}}]}}}`+
			following(`, "MaximumRetryAttempts": 0, "DestinationConfig": {"OnFailure": {"Destination": {"Ref": "Topic"}}}`))
		e.put(t, "poison")
		sleep(10 * time.Second)
		lost := e.lost(t)
		if len(lost) != 1 || e.summary(t, lost[0]) != "poison-poison 1 RetryAttemptsExhausted" {
			t.Errorf("lost %q", lost)
		}
	})
}

// A bucket gets an object by the documented name, with the event in it.
func TestABucketGetsTheRecordsThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got notes[json.RawMessage]
		e := newEngine(t, worker(func(_ context.Context, in json.RawMessage) error { got.add(in); return OutOfStock{} }))
		created := e.mustCreate(t, role(followStatement+`, {"Effect": "Allow", "Action": "s3:PutObject", "Resource": {"Fn::Sub": "${Bucket.Arn}/*"}}`)+","+function("")+stream("")+`,
			"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "lost-records"}}`+
			following(`, "MaximumRetryAttempts": 0, "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Bucket", "Arn"]}}}`))
		e.put(t, "poison")
		sleep(10 * time.Second)
		var listed struct{ Contents []struct{ Key string } }
		if err := e.Do(t.Context(), e.Administrator(), "s3", "ListObjectsV2", map[string]string{"Bucket": "lost-records"}, &listed); err != nil {
			t.Fatal(err)
		}
		if len(listed.Contents) != 1 {
			t.Fatalf("objects %+v", listed.Contents)
		}
		key := listed.Contents[0].Key
		if want := fmt.Sprintf("aws/lambda/%s/shardId-000000000000/2000/01/01/2000-01-01T00.00.01-", created.Handles["Mapping"].Ref); !strings.HasPrefix(key, want) || len(key) != len(want)+36 {
			t.Errorf("key %s, want %s and a UUID", key, want)
		}
		var object struct{ Body string }
		if err := e.Do(t.Context(), e.Administrator(), "s3", "GetObject", map[string]string{"Bucket": "lost-records", "Key": key}, &object); err != nil {
			t.Fatal(err)
		}
		var body struct{ Payload string }
		decode(t, []byte(object.Body), &body)
		if e.summary(t, object.Body) != "poison-poison 1 RetryAttemptsExhausted" || body.Payload != string(got.all()[0]) {
			t.Errorf("object %s", object.Body)
		}
	})
}

func TestAStreamThatCannotBeFollowedIsRefused(t *testing.T) {
	good := role(followStatement) + "," + function("") + stream("")
	for _, test := range []struct{ name, resources, want string }{
		{"a role that may not read", role(logStatement) + "," + function("") + stream("") + following(""), "Cannot access stream " + streamARN},
		{"no starting position", good + strings.Replace(following(""), `"TRIM_HORIZON"`, `""`, 1), "StartingPosition is"},
		{"an unknown starting position", good + following(`, "StartingPosition": "FIRST"`), `StartingPosition is "FIRST"`},
		{"a starting position without its time", good + following(`, "StartingPosition": "AT_TIMESTAMP"`), "StartingPositionTimestamp must be given"},
		{"a time without its starting position", good + following(`, "StartingPosition": "LATEST", "StartingPositionTimestamp": 1`), "StartingPositionTimestamp must be given"},
		{"a time to come", good + following(`, "StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 32503680000`), "cannot be greater than the currentTimestampInMillis"},
		{"no batches", good + following(`, "BatchSize": 0`), "BatchSize is 0"},
		{"large batches", good + following(`, "BatchSize": 10001`), "BatchSize is 10001"},
		{"a long window", good + following(`, "MaximumBatchingWindowInSeconds": 301`), "from 0 to 300"},
		{"no lanes", good + following(`, "ParallelizationFactor": 0`), "ParallelizationFactor is 0"},
		{"many lanes", good + following(`, "ParallelizationFactor": 11`), "ParallelizationFactor is 11"},
		{"fewer retries than none", good + following(`, "MaximumRetryAttempts": -2`), "MaximumRetryAttempts is -2"},
		{"many retries", good + following(`, "MaximumRetryAttempts": 10001`), "MaximumRetryAttempts is 10001"},
		{"a short age", good + following(`, "MaximumRecordAgeInSeconds": 59`), "MaximumRecordAgeInSeconds is 59"},
		{"a long age", good + following(`, "MaximumRecordAgeInSeconds": 604801`), "MaximumRecordAgeInSeconds is 604801"},
		{"a function as destination", good + following(`, "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Worker", "Arn"]}}}`), "property DestinationConfig.OnFailure.Destination"},
		{"a destination of successes", good + following(`, "DestinationConfig": {"OnSuccess": {"Destination": "arn"}}`), "Unsupported DestinationConfig parameter"},
		{"a tumbling window", good + following(`, "TumblingWindowInSeconds": 30`), "Mapping (AWS::Lambda::EventSourceMapping): property TumblingWindowInSeconds is not supported"},
		{"a queue's concurrency", good + following(`, "ScalingConfig": {"MaximumConcurrency": 2}`), "a stream has no ScalingConfig"},
		{"a filter of keys", good + following(`, "FilterCriteria": {"Filters": [{"Pattern": "{\"partitionKey\": [\"a\"]}"}]}`), "by their data only"},
		{"a filter of data and keys", good + following(`, "FilterCriteria": {"Filters": [{"Pattern": "{\"data\": [\"a\"], \"partitionKey\": [\"a\"]}"}]}`), "by their data only"},
		{"a filter that is none", good + following(`, "FilterCriteria": {"Filters": [{"Pattern": "{\"data\": \"a\"}"}]}`), "Invalid filter pattern definition."},
		{"six filters", good + following(`, "FilterCriteria": {"Filters": [`+strings.Repeat(`{"Pattern": "{\"data\": [\"a\"]}"},`, 5)+`{"Pattern": "{\"data\": [\"a\"]}"}]}`), "6 filters"},
		{"a long filter", good + following(`, "FilterCriteria": {"Filters": [{"Pattern": "{\"data\": [\"`+strings.Repeat("a", 4096)+`\"]}"}]}`), "up to 4096"},
		{"a stream that is not there", strings.ReplaceAll(good, `"Name": "clicks"`, `"Name": "other"`) + strings.Replace(following(""), `{"Fn::GetAtt": ["Clicks", "Arn"]}`, `"`+streamARN+`"`, 1), "Cannot access stream"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newEngine(t, worker(func() error { return nil }))
			if _, err := e.create(test.resources); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "Mapping") {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// Each of the five permissions is asked for.
func TestAFunctionsRoleNeedsFivePermissionsToFollowAStream(t *testing.T) {
	for _, action := range []string{"GetRecords", "GetShardIterator", "DescribeStream", "ListShards", "ListStreams"} {
		e := newEngine(t, worker(func() error { return nil }))
		statement := strings.Replace(followStatement, `"kinesis:`+action+`"`, `"kinesis:PutRecord"`, 1)
		if _, err := e.create(role(statement) + "," + function("") + stream("") + following("")); err == nil || !strings.Contains(err.Error(), "kinesis:"+action) {
			t.Errorf("%s: %v", action, err)
		}
	}
}

// An invocation takes 6 MB: a batch beyond that is cut in two, and a record that
// is larger by itself fails without being invoked.
func TestRecordsTooLargeForAnInvocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var batches notes[int]
		e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) { batches.add(len(in.Records)) }))
		e.follow(t, `, "ShardCount": 1, "MaxRecordSizeInKiB": 10240`, "", `, "MaximumRetryAttempts": 0`+onFailure)
		for _, size := range []int{1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 5 << 20, 1} {
			e.put(t, "k:"+strings.Repeat("x", size))
		}
		sleep(10 * time.Second)
		if got := fmt.Sprint(batches.all()); got != "[4 1 1]" {
			t.Errorf("batches of %s", got)
		}
		if got := len(e.lost(t)); got != 1 {
			t.Errorf("%d lost, want the record of 5 MB", got)
		}
	})
}
