package lambda_test

// This file lets functions follow streams, under a virtual clock.

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const streamARN = "arn:aws:kinesis:eu-central-1:123456789012:stream/clicks"

const followStatement = `
	{"Effect": "Allow", "Action": ["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream", "kinesis:ListShards", "kinesis:ListStreams"], "Resource": {"Fn::GetAtt": ["Clicks", "Arn"]}},
	{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Lost", "Arn"]}}`

const onFailure = `, "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Lost", "Arn"]}}}`

// stream is a stream "clicks" with a queue "lost".
func stream(properties string) string {
	if properties == "" {
		properties = `, "ShardCount": 1`
	}
	return `, "Lost": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "lost"}},
	"Clicks": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "clicks"` + properties + `}}`
}

// following is the worker that follows the stream.
func following(mappingProperties string) string {
	if !strings.Contains(mappingProperties, "StartingPosition") {
		mappingProperties += `, "StartingPosition": "TRIM_HORIZON"`
	}
	return `, "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
		"EventSourceArn": {"Fn::GetAtt": ["Clicks", "Arn"]}, "FunctionName": {"Ref": "Worker"}` + mappingProperties + `}}`
}

// put puts records, each with its text as data and what is before its first
// colon as its partition key. No lane looks before all of them are there.
func (e *engine) put(t *testing.T, texts ...string) (numbers []string) {
	t.Helper()
	synctest.Wait()
	for _, text := range texts {
		key, _, _ := strings.Cut(text, ":")
		var out struct{ SequenceNumber string }
		err := e.Do(t.Context(), e.Administrator(), "kinesis", "PutRecord", map[string]any{
			"StreamName": "clicks", "PartitionKey": key, "Data": base64.StdEncoding.EncodeToString([]byte(text)),
		}, &out)
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, out.SequenceNumber)
	}
	return numbers
}

func texts(e events.KinesisEvent) string {
	var all []string
	for _, r := range e.Records {
		all = append(all, string(r.Kinesis.Data))
	}
	return strings.Join(all, " ")
}

// lost are the records of the on-failure queue.
func (e *engine) lost(t *testing.T) []string {
	t.Helper()
	var out struct{ Messages []struct{ Body string } }
	err := e.Do(t.Context(), e.Administrator(), "sqs", "ReceiveMessage", map[string]any{
		"QueueUrl": "http://127.0.0.1/" + account + "/lost", "MaxNumberOfMessages": 10,
	}, &out)
	if err != nil {
		t.Fatal(err)
	}
	var bodies []string
	for _, m := range out.Messages {
		bodies = append(bodies, m.Body)
	}
	return bodies
}

func TestAFunctionGetsRecordsInLambdasShape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got notes[json.RawMessage]
		e := newEngine(t, worker(func(_ context.Context, in json.RawMessage) { got.add(in) }))
		e.mustCreate(t, role(followStatement)+","+function("")+stream("")+following(""))
		number := e.put(t, "one")[0]
		sleep(2 * time.Second)
		if len(got.all()) != 1 {
			t.Fatalf("events %s", got.all())
		}
		want := `{"Records":[{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"one","sequenceNumber":"` + number + `","data":"b25l","approximateArrivalTimestamp":9.466848E8},` +
			`"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"shardId-000000000000:` + number + `","eventName":"aws:kinesis:record",` +
			`"invokeIdentityArn":"arn:aws:iam::123456789012:role/` + roleName(t, e) + `","awsRegion":"eu-central-1","eventSourceARN":"` + streamARN + `"}]}`
		if string(got.all()[0]) != want {
			t.Errorf("got  %s\nwant %s", got.all()[0], want)
		}
	})
}

// Answers of which AWS makes null say that nothing has failed.
func TestAPartialResponseOfNothingIsASuccess(t *testing.T) {
	for answer, again := range map[string]bool{`null`: false, `""`: false, `[]`: false, ` {} `: false, `{"batchItemFailures": null}`: false, `"x"`: true, `[1]`: true, `{"batchItemFailures": [{}]}`: true} {
		t.Run(answer, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var batches notes[string]
				e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) (json.RawMessage, error) {
					batches.add(texts(in))
					return json.RawMessage(answer), nil
				}))
				e.mustCreate(t, role(followStatement)+","+function("")+stream("")+following(partial+`, "MaximumRetryAttempts": 1`+onFailure))
				e.put(t, "a")
				sleep(time.Minute)
				lost := e.lost(t)
				if len(batches.all()) != map[bool]int{false: 1, true: 2}[again] || len(lost) != map[bool]int{false: 0, true: 1}[again] {
					t.Fatalf("batches %q, lost %q", batches.all(), lost)
				}
				if again && !strings.Contains(lost[0], `"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":null}`) {
					t.Errorf("the destination is told %s", lost[0])
				}
			})
		})
	}
}

func roleName(t *testing.T, e *engine) string {
	t.Helper()
	var out struct{ Role string }
	if err := e.Do(t.Context(), e.Administrator(), "lambda", "GetFunctionConfiguration", map[string]string{"FunctionName": "worker"}, &out); err != nil {
		t.Fatal(err)
	}
	return out.Role[strings.LastIndex(out.Role, "/")+1:]
}

// Each row is a worker that knows poison when it sees it. Batches are what it was
// invoked with, lost what the on-failure queue was told.
func TestWhatFailsOfABatchIsTriedAgainAsTheMappingSays(t *testing.T) {
	const whole, says = "the whole batch fails", "the function says which"
	for _, test := range []struct {
		name, mapping, put string
		how                string
		batches            []string
		lost               []string
	}{
		{"nothing fails", "", "a b c", whole, []string{"a b c"}, nil},
		{"retries", `, "MaximumRetryAttempts": 2`, "a poison c", whole, []string{"a poison c", "a poison c", "a poison c"}, []string{"a-c 3 RetryAttemptsExhausted"}},
		{"no retry", `, "MaximumRetryAttempts": 0`, "poison", whole, []string{"poison"}, []string{"poison-poison 1 RetryAttemptsExhausted"}},
		{"bisect", `, "MaximumRetryAttempts": 1, "BisectBatchOnFunctionError": true`, "a b c poison e", whole,
			[]string{"a b c poison e", "a b", "c poison e", "c", "poison e", "poison", "poison", "e"}, []string{"poison-poison 1 RetryAttemptsExhausted"}},
		{"partial", partial + `, "MaximumRetryAttempts": 1`, "a poison c", says, []string{"a poison c", "poison c", "poison c"}, []string{"poison-c 2 RetryAttemptsExhausted"}},
		{"partial and bisect", partial + `, "MaximumRetryAttempts": 1, "BisectBatchOnFunctionError": true`, "a b poison d e", says,
			[]string{"a b poison d e", "poison d e", "poison", "poison", "d e"}, []string{"poison-poison 1 RetryAttemptsExhausted"}},
		{"two in one batch", partial + `, "MaximumRetryAttempts": 0, "BisectBatchOnFunctionError": true`, "poison b poison d", says,
			[]string{"poison b poison d", "poison b", "poison", "b", "poison d", "poison", "d"}, []string{"poison-poison 1 RetryAttemptsExhausted", "poison-poison 1 RetryAttemptsExhausted"}},
		{"a partial response that nobody asked for", "", "a poison c", says, []string{"a poison c"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var batches notes[string]
				e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) (any, error) {
					batches.add(texts(in))
					var response events.KinesisEventResponse
					for _, r := range in.Records {
						if string(r.Kinesis.Data) == "poison" {
							response.BatchItemFailures = append(response.BatchItemFailures, events.KinesisBatchItemFailure{ItemIdentifier: r.Kinesis.SequenceNumber})
						}
					}
					if test.how == whole && len(response.BatchItemFailures) > 0 {
						return nil, OutOfStock{}
					}
					slices.Reverse(response.BatchItemFailures) // the lowest counts, not the first
					return response, nil
				}))
				e.mustCreate(t, role(followStatement)+","+function("")+stream("")+following(test.mapping+onFailure))
				e.put(t, strings.Fields(test.put)...)
				sleep(time.Hour)
				if !slices.Equal(batches.all(), test.batches) {
					t.Errorf("batches\n%q, want\n%q", batches.all(), test.batches)
				}
				var lost []string
				for _, body := range e.lost(t) {
					lost = append(lost, e.summary(t, body))
				}
				if !slices.Equal(lost, test.lost) {
					t.Errorf("lost %q, want %q", lost, test.lost)
				}
				e.put(t, "after")
				sleep(2 * time.Second)
				if last := batches.all()[len(batches.all())-1]; last != "after" {
					t.Errorf("the shard is held up: the last batch is %q", last)
				}
			})
		})
	}
}

// discarded is what an on-failure destination gets.
type discarded struct {
	RequestContext struct {
		RequestID, FunctionARN, Condition string
		ApproximateInvokeCount            int
	}
	ResponseContext *struct {
		StatusCode                     int
		ExecutedVersion, FunctionError string
	}
	Version, Timestamp string
	KinesisBatchInfo   struct {
		ShardID, StartSequenceNumber, EndSequenceNumber, StreamARN      string
		ApproximateArrivalOfFirstRecord, ApproximateArrivalOfLastRecord time.Time
		BatchSize                                                       int
	}
}

// summary is the first and the last record's data, the batch's size and why.
func (e *engine) summary(t *testing.T, body string) string {
	t.Helper()
	var d discarded
	decode(t, []byte(body), &d)
	info := d.KinesisBatchInfo
	return fmt.Sprintf("%s-%s %d %s", e.at(t, info.ShardID, info.StartSequenceNumber), e.at(t, info.ShardID, info.EndSequenceNumber), info.BatchSize, d.RequestContext.Condition)
}

// at reads the record of a sequence number.
func (e *engine) at(t *testing.T, shard, number string) string {
	t.Helper()
	var it struct{ ShardIterator string }
	err := e.Do(t.Context(), e.Administrator(), "kinesis", "GetShardIterator", map[string]any{
		"StreamName": "clicks", "ShardId": shard, "ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": number}, &it)
	if err != nil {
		t.Fatal(err)
	}
	var out struct{ Records []struct{ Data []byte } }
	if err := e.Do(t.Context(), e.Administrator(), "kinesis", "GetRecords", map[string]any{"ShardIterator": it.ShardIterator, "Limit": 1}, &out); err != nil {
		t.Fatal(err)
	}
	if len(out.Records) == 0 {
		return "expired"
	}
	return string(out.Records[0].Data)
}

func requestID(ctx context.Context) string {
	lc, _ := lambdacontext.FromContext(ctx)
	return lc.AwsRequestID
}

// A shard that has nothing new is looked at each second without a call, but for one now
// and then, as an iterator is good for some minutes; the metrics count the looks.
func TestAnIdleShardTakesNoCalls(t *testing.T) {
	for service, test := range map[string]struct {
		stack string
		put   func(*testing.T, *engine)
		calls int // in an hour
	}{
		"kinesis":  {role(followStatement) + "," + function("") + stream("") + following(""), func(t *testing.T, e *engine) { e.put(t, "new") }, 25},
		"dynamodb": {tableStack(""), func(t *testing.T, e *engine) { e.sell(t, "new") }, 9},
	} {
		t.Run(service, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got notes[json.RawMessage]
				e := newEngine(t, worker(func(_ context.Context, in json.RawMessage) { got.add(in) }))
				var calls atomic.Int64
				e.Fault = func(_ context.Context, call cloud.Call) error {
					if call.Action == "GetRecords" {
						calls.Add(1)
					}
					return nil
				}
				e.mustCreate(t, test.stack)
				sleep(time.Hour)
				if n := int(calls.Load()); n > test.calls {
					t.Errorf("%d calls in an hour", n)
				}
				if reads := e.meter.sum("AWS/Kinesis GetRecords.Success"); service == "kinesis" && reads < 3590 {
					t.Errorf("%v reads are counted in an hour", reads)
				}
				test.put(t, e)
				sleep(time.Second + time.Millisecond)
				if len(got.all()) != 1 {
					t.Errorf("after a second %d batches", len(got.all()))
				}
			})
		})
	}
}

// gate lets nobody do something while it is shut.
type gate struct {
	cloud.Authorizer
	action string
	shut   atomic.Bool
}

func (g *gate) Authorize(caller cloud.Caller, action, resourceARN string) error {
	if action == g.action && g.shut.Load() {
		return cloud.Errorf(400, "AccessDeniedException", "shut")
	}
	return g.Authorizer.Authorize(caller, action, resourceARN)
}

func TestWhoMayNotReadAStreamAnyMoreIsToldThoughItIsIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, worker(func() error { return nil }))
		g := &gate{Authorizer: e.Authorizer, action: "kinesis:GetRecords"}
		e.Authorizer = g
		e.follow(t, "", "", "")
		sleep(10 * time.Second)
		g.shut.Store(true)
		before := e.meter.sum("AWS/Kinesis GetRecords.Success")
		sleep(10 * time.Second)
		if more := e.meter.sum("AWS/Kinesis GetRecords.Success") - before; more > 0 {
			t.Errorf("%v reads succeed", more)
		}
		e.toldThatItIsShut(t)
	})
}

func (e *engine) toldThatItIsShut(t *testing.T) {
	t.Helper()
	if log, err := os.ReadFile(filepath.Join(e.logs, "app-Worker.log")); !strings.Contains(string(log), "shut") {
		t.Errorf("the log says %q, %v", log, err)
	}
}
