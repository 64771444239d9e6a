package lambda_test

// This file lets functions follow the streams of tables, under a virtual clock.

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/lambda"
)

const tableStatement = `
	{"Effect": "Allow", "Action": ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"], "Resource": {"Fn::GetAtt": ["Orders", "StreamArn"]}},
	{"Effect": "Allow", "Action": "dynamodb:ListStreams", "Resource": "*"},
	{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Lost", "Arn"]}}`

// orders is a table with a stream, and a queue "lost".
const orders = `, "Lost": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "lost"}},
	"Orders": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
		"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
		"TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": true}, "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"}}}`

// followingTable is the worker that follows the table's stream.
func followingTable(properties string) string {
	return strings.ReplaceAll(following(properties), `{"Fn::GetAtt": ["Clicks", "Arn"]}`, `{"Fn::GetAtt": ["Orders", "StreamArn"]}`)
}

func tableStack(properties string) string {
	return role(tableStatement) + "," + function("") + orders + followingTable(properties)
}

// sell puts items, each of an id and maybe a state behind a colon. No lane looks
// before all of them are there.
func (e *engine) sell(t *testing.T, items ...string) {
	t.Helper()
	synctest.Wait()
	for _, text := range items {
		id, state, _ := strings.Cut(text, ":")
		item := map[string]any{"id": map[string]string{"S": id}, "state": map[string]string{"S": state}}
		if err := e.Do(t.Context(), e.Administrator(), "dynamodb", "PutItem", map[string]any{"TableName": "orders", "Item": item}, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// orderedIn are the ids and states of a batch's records.
func orderedIn(in events.DynamoDBEvent) string {
	var all []string
	for _, r := range in.Records {
		text := r.Change.Keys["id"].String()
		if state, ok := r.Change.NewImage["state"]; ok && state.String() != "" {
			text += ":" + state.String()
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

func tableWorker(batches *notes[string]) map[string]lambda.Handler {
	return worker(func(_ context.Context, in events.DynamoDBEvent) { batches.add(orderedIn(in)) })
}

func TestAFunctionGetsATablesChangesInLambdasShape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got notes[json.RawMessage]
		e := newEngine(t, worker(func(_ context.Context, in json.RawMessage) { got.add(in) }))
		created := e.mustCreate(t, tableStack(""))
		stream := created.Handles["Orders"].Attributes["StreamArn"].(string)
		at := time.Now().Unix()
		item := map[string]any{"id": map[string]string{"S": "a"}, "ttl": map[string]string{"N": fmt.Sprint(at + 5)}}
		if err := e.Do(t.Context(), e.Administrator(), "dynamodb", "PutItem", map[string]any{"TableName": "orders", "Item": item}, nil); err != nil {
			t.Fatal(err)
		}
		sleep(2 * time.Minute)
		if len(got.all()) != 2 {
			t.Fatalf("events %s", got.all())
		}
		image := fmt.Sprintf(`{"id":{"S":"a"},"ttl":{"N":"%d"}}`, at+5)
		for i, want := range []string{
			fmt.Sprintf(`"eventName":"INSERT","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"eu-central-1","dynamodb":{"ApproximateCreationDateTime":9.466848E8,"Keys":{"id":{"S":"a"}},"NewImage":%s,"SequenceNumber":"#","SizeBytes":15,"StreamViewType":"NEW_AND_OLD_IMAGES"},"eventSourceARN":"%s"}]}`, image, stream),
			fmt.Sprintf(`"eventName":"REMOVE","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"eu-central-1","dynamodb":{"ApproximateCreationDateTime":9.4668486E8,"Keys":{"id":{"S":"a"}},"OldImage":%s,"SequenceNumber":"#","SizeBytes":15,"StreamViewType":"NEW_AND_OLD_IMAGES"},"userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"},"eventSourceARN":"%s"}]}`, image, stream),
		} {
			var record events.DynamoDBEvent
			decode(t, got.all()[i], &record)
			want = `{"Records":[{"eventID":"` + record.Records[0].EventID + `",` + strings.Replace(want, "#", record.Records[0].Change.SequenceNumber, 1)
			if string(got.all()[i]) != want || len(record.Records[0].EventID) != 32 {
				t.Errorf("got  %s\nwant %s", got.all()[i], want)
			}
		}
	})
}

// A mapping from the latest change on passes over those that are there.
func TestATablesMappingBeginsAtItsStartingPosition(t *testing.T) {
	for position, want := range map[string]string{"TRIM_HORIZON": "old middle new", "LATEST": "new"} {
		t.Run(position, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var batches notes[string]
				e := newEngine(t, tableWorker(&batches))
				e.mustCreate(t, strings.TrimPrefix(orders, ","))
				e.sell(t, "old")
				time.Sleep(5 * time.Hour) // behind which is another shard
				e.sell(t, "middle")
				e.mustCreate(t, e.apart(t, `, "StartingPosition": "`+position+`"`))
				e.sell(t, "new")
				sleep(2 * time.Second)
				if got := strings.Join(batches.all(), " "); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		})
	}
}

// apart is the worker that follows the stream of a table of another stack.
func (e *engine) apart(t *testing.T, properties string) string {
	elsewhere := strings.NewReplacer(`{"Fn::GetAtt": ["Orders", "StreamArn"]}`, `"`+e.attribute(t, "orders")+`"`, `{"Fn::GetAtt": ["Lost", "Arn"]}`, `"*"`)
	return elsewhere.Replace(role(tableStatement) + "," + function("") + followingTable(properties))
}

// attribute is the ARN of a table's stream.
func (e *engine) attribute(t *testing.T, table string) string {
	t.Helper()
	var out struct {
		Table struct{ LatestStreamArn string }
	}
	if err := e.Do(t.Context(), e.Administrator(), "dynamodb", "DescribeTable", map[string]string{"TableName": table}, &out); err != nil {
		t.Fatal(err)
	}
	return out.Table.LatestStreamArn
}

// A batch is of one shard, the next shard is read when one is done with, and
// changes of one item keep their order, however many lanes there are.
func TestAFunctionFollowsATableFromShardToShard(t *testing.T) {
	for _, lanes := range []int{1, 3} {
		synctest.Test(t, func(t *testing.T) {
			var got notes[string]
			e := newEngine(t, worker(func(_ context.Context, in events.DynamoDBEvent) {
				for _, text := range strings.Fields(orderedIn(in)) {
					got.add(text)
				}
			}))
			e.mustCreate(t, strings.TrimPrefix(orders, ","))
			time.Sleep(4*time.Hour - 10*time.Minute)
			e.mustCreate(t, e.apart(t, fmt.Sprintf(`, "ParallelizationFactor": %d, "MaximumBatchingWindowInSeconds": 60`, lanes)))
			var want []string
			for minute := range 20 {
				for _, id := range []string{"a", "b", "c", "d"} {
					text := fmt.Sprintf("%s:%d", id, minute)
					want = append(want, text)
					e.sell(t, text)
				}
				sleep(time.Minute)
			}
			sleep(2 * time.Minute)
			byID := func(a, b string) int { return strings.Compare(a[:1], b[:1]) }
			all := got.all()
			slices.SortStableFunc(all, byID)
			slices.SortStableFunc(want, byID)
			if !slices.Equal(all, want) {
				t.Errorf("%d lanes: got %q", lanes, all)
			}
		})
	}
}

// While a batch is gathered its shard may be closed: what comes in the next one is
// another batch's.
func TestABatchIsOfOneShard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var batches notes[string]
		e := newEngine(t, tableWorker(&batches))
		e.mustCreate(t, strings.TrimPrefix(orders, ","))
		time.Sleep(4*time.Hour - 2*time.Minute)
		e.mustCreate(t, e.apart(t, `, "MaximumBatchingWindowInSeconds": 300`))
		e.sell(t, "before")
		sleep(3 * time.Minute)
		e.sell(t, "after")
		sleep(20 * time.Minute)
		if got := batches.all(); !slices.Equal(got, []string{"before", "after"}) {
			t.Errorf("batches %q", got)
		}
	})
}

func TestFiltersLookAtAllOfATablesRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var batches notes[string]
		e := newEngine(t, tableWorker(&batches))
		e.mustCreate(t, tableStack(`, "FilterCriteria": {"Filters": [
			{"Pattern": "{\"eventName\": [\"INSERT\"], \"dynamodb\": {\"NewImage\": {\"state\": {\"S\": [\"paid\"]}}}}"},
			{"Pattern": "{\"dynamodb\": {\"OldImage\": {\"state\": {\"S\": [{\"prefix\": \"ship\"}]}}}}"}]}`))
		e.sell(t, "a:paid", "b:open", "b:paid", "a:shipped", "a:back")
		sleep(2 * time.Second)
		if got := batches.all(); !slices.Equal(got, []string{"a:paid a:back"}) {
			t.Errorf("batches %q", got)
		}
	})
}

// What a function cannot do with is given up, and its destination told in the words
// for tables; what the function names is tried again alone.
func TestWhatFailsOfATableIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var batches notes[string]
		var last notes[string]
		e := newEngine(t, worker(func(_ context.Context, in events.DynamoDBEvent) (any, error) {
			batches.add(orderedIn(in))
			for _, r := range in.Records {
				if r.Change.Keys["id"].String() == "poison" {
					last.add(r.Change.SequenceNumber)
					return failures(r.Change.SequenceNumber), nil
				}
			}
			return nil, nil
		}))
		e.mustCreate(t, tableStack(partial+`, "MaximumRetryAttempts": 1`+onFailure))
		e.sell(t, "a", "poison")
		at := time.Now().UTC().Format("2006-01-02T15:04:05Z")
		sleep(time.Minute)
		e.sell(t, "b")
		sleep(2 * time.Second)
		if got := batches.all(); !slices.Equal(got, []string{"a poison", "poison", "poison", "b"}) {
			t.Errorf("batches %q", got)
		}
		lost := e.lost(t)
		if len(lost) != 1 {
			t.Fatalf("lost %q", lost)
		}
		number := last.all()[0]
		stream := e.attribute(t, "orders")
		want := fmt.Sprintf(`"startSequenceNumber":"%s","endSequenceNumber":"%[1]s","approximateArrivalOfFirstRecord":"%s","approximateArrivalOfLastRecord":"%[2]s","batchSize":1,"streamArn":"%s"}}`, number, at, stream)
		if !strings.Contains(lost[0], `"DDBStreamBatchInfo":{"shardId":"shardId-`) || !strings.HasSuffix(lost[0], want) || strings.Contains(lost[0], "Kinesis") || !strings.Contains(lost[0], `"condition":"RetryAttemptsExhausted","approximateInvokeCount":2`) {
			t.Errorf("got  %s\nwant %s", lost[0], want)
		}
	})
}

// What a mapping has done with is not done again in the next run, be it of the shard
// that was, nor is what a mapping passed over.
func TestATablesMappingGoesOnInTheNextRun(t *testing.T) {
	for start, want := range map[string][]string{
		"TRIM_HORIZON": {"early", "one", "two", "three", "four", "five", "six"},
		"LATEST":       {"one", "two", "three", "four", "five", "six"},
	} {
		t.Run(start, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				folder := t.TempDir()
				var got notes[string]
				handler := worker(func(_ context.Context, in events.DynamoDBEvent) {
					for _, text := range strings.Fields(orderedIn(in)) {
						got.add(text)
					}
				})
				run := func(stack string, do func(e *engine)) {
					e := newEngine(t, handler)
					save := e.keep(t, folder)
					e.mustCreate(t, stack)
					do(e)
					save()
					e.Close()
				}
				mapped := func(factor int) string {
					return tableStack(fmt.Sprintf(`, "StartingPosition": "%s", "ParallelizationFactor": %d`, start, factor))
				}
				run(strings.TrimPrefix(orders, ","), func(e *engine) { e.sell(t, "early") })
				run(mapped(1), func(e *engine) { sleep(2 * time.Second) })
				run(mapped(1), func(e *engine) {
					e.sell(t, "one", "two")
					sleep(2 * time.Second)
				})
				time.Sleep(5 * time.Hour)
				run(mapped(1), func(e *engine) {
					sleep(2 * time.Minute) // a shard follows the first one
					e.sell(t, "three")
					sleep(2 * time.Second)
				})
				run(mapped(3), func(e *engine) {
					sleep(2 * time.Second)
					e.sell(t, "four", "five")
					sleep(2 * time.Second)
				})
				time.Sleep(26 * time.Hour)
				run(mapped(1), func(e *engine) {
					sleep(3 * time.Minute)
					e.sell(t, "six")
					sleep(2 * time.Second)
				})
				slices.Sort(want)
				all := got.all()
				slices.Sort(all)
				if !slices.Equal(all, want) {
					t.Errorf("got %q, want %q", all, want)
				}
			})
		})
	}
}

// A mapping that was held up for longer than a day goes on with what there still is.
func TestAMappingGoesOnBehindWhatATablesStreamHasLetGoOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got notes[string]
		var mended atomic.Bool
		e := newEngine(t, worker(func(_ context.Context, in events.DynamoDBEvent) error {
			if !mended.Load() {
				return OutOfStock{}
			}
			got.add(orderedIn(in))
			return nil
		}))
		e.mustCreate(t, tableStack(`, "BatchSize": 1`))
		e.sell(t, "first", "second")
		time.Sleep(23 * time.Hour)
		e.sell(t, "third")
		time.Sleep(2 * time.Hour)
		mended.Store(true)
		e.sell(t, "fourth")
		sleep(2 * time.Minute)
		if all := got.all(); !slices.Equal(all, []string{"third", "fourth"}) {
			t.Errorf("got %q", all)
		}
	})
}

func TestATablesStreamThatCannotBeFollowedIsRefused(t *testing.T) {
	good := role(tableStatement) + "," + function("") + orders
	none := "arn:aws:dynamodb:eu-central-1:123456789012:table/none/stream/2025-02-22T03:03:25.490"
	for _, test := range []struct{ name, resources, want string }{
		{"a time", good + followingTable(`, "StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1`), "Unsupported starting position for arn type: arn:aws:dynamodb"},
		{"no such stream", strings.Replace(role(`{"Effect": "Allow", "Action": "*", "Resource": "*"}`)+","+function("")+followingTable(""), `{"Fn::GetAtt": ["Orders", "StreamArn"]}`, `"`+none+`"`, 1), "InvalidParameterValueException: Stream not found: " + none},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newEngine(t, worker(func() error { return nil }))
			if _, err := e.create(test.resources); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
	for _, action := range []string{"GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"} {
		e := newEngine(t, worker(func() error { return nil }))
		statement := strings.Replace(tableStatement, `"dynamodb:`+action+`"`, `"dynamodb:GetItem"`, 1)
		if _, err := e.create(role(statement) + "," + function("") + orders + followingTable("")); err == nil || !strings.Contains(err.Error(), "Cannot access stream") || !strings.Contains(err.Error(), "dynamodb:"+action) {
			t.Errorf("%s: %v", action, err)
		}
	}
	// the list is of all streams
	narrow := strings.Replace(tableStatement, `"dynamodb:ListStreams", "Resource": "*"`, `"dynamodb:ListStreams", "Resource": {"Fn::GetAtt": ["Orders", "StreamArn"]}`, 1)
	if _, err := newEngine(t, worker(func() error { return nil })).create(role(narrow) + "," + function("") + orders + followingTable("")); err == nil || !strings.Contains(err.Error(), "dynamodb:ListStreams") {
		t.Errorf("a list of this stream only: %v", err)
	}
}

// A mapping from the latest change on has to read through all that a shard has.
func TestATablesMappingPassesOverMoreThanOneRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var batches notes[string]
		e := newEngine(t, tableWorker(&batches))
		e.mustCreate(t, strings.TrimPrefix(orders, ","))
		for i := range 1001 {
			e.sell(t, fmt.Sprint("old:", i))
		}
		e.mustCreate(t, e.apart(t, `, "StartingPosition": "LATEST"`))
		e.sell(t, "new")
		sleep(2 * time.Second)
		if got := batches.all(); !slices.Equal(got, []string{"new"}) {
			t.Errorf("got %d batches, the first one is %.20s", len(got), got)
		}
	})
}

func TestChangesOfSeveralItemsAreHandedOverBesideEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running atomic.Int64
		var counts notes[int64]
		e := newEngine(t, worker(func() {
			counts.add(running.Add(1))
			time.Sleep(time.Second)
			running.Add(-1)
		}))
		e.mustCreate(t, tableStack(`, "BatchSize": 1, "ParallelizationFactor": 10`))
		e.sell(t, "a", "b", "c", "d", "e", "f", "g", "h")
		sleep(time.Minute)
		if got := counts.all(); len(got) != 8 || slices.Max(got) < 2 {
			t.Errorf("so many at the same time: %d", got)
		}
	})
}

// A laptop may sleep for longer than a shard is kept.
func TestALaneGoesOnBehindAShardThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var batches notes[string]
		var asleep atomic.Bool
		e := newEngine(t, tableWorker(&batches))
		e.Fault = func(_ context.Context, call cloud.Call) error {
			if call.Action != "GetRecords" || !asleep.CompareAndSwap(true, false) {
				return nil
			}
			time.Sleep(60 * time.Hour)
			return cloud.Errorf(500, "InternalServerError", "not now")
		}
		e.mustCreate(t, tableStack(""))
		e.sell(t, "first")
		sleep(2 * time.Second)
		asleep.Store(true)
		time.Sleep(59 * time.Hour)
		e.sell(t, "late")
		sleep(2 * time.Hour)
		if got := batches.all(); !slices.Equal(got, []string{"first", "late"}) {
			t.Errorf("got %q", got)
		}
	})
}
