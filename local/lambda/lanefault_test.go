package lambda_test

// This file lets deliveries of a stream fail, as they may on AWS.

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// failOnce fails the first call of an action that a mapping makes.
func failOnce(t *testing.T, service, action string) cloud.Fault {
	var once sync.Once
	return func(_ context.Context, call cloud.Call) (err error) {
		if call.Service != service || call.Action != action {
			return nil
		}
		once.Do(func() {
			if service == "lambda" && (call.Caller.Service != "lambda.amazonaws.com" || !strings.HasPrefix(call.Caller.Context["aws:SourceArn"], "arn:aws:lambda:eu-central-1:123456789012:event-source-mapping:")) {
				t.Errorf("caller %+v", call.Caller)
			}
			err = cloud.Errorf(503, "ServiceUnavailable", "try again")
		})
		return err
	}
}

func TestADeliveryThatFailsIsMadeAgain(t *testing.T) {
	for _, test := range []struct {
		name, service, action string
		batches               []string
	}{
		{"before the function is invoked", "lambda", "Invoke", []string{"a b"}},
		{"after it has answered", "lambda", "Checkpoint", []string{"a b", "a b"}},
		{"while the shard is read", "kinesis", "GetRecords", []string{"a b"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var batches notes[string]
				e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) { batches.add(texts(in)) }))
				e.Fault = failOnce(t, test.service, test.action)
				e.mustCreate(t, role(followStatement)+","+function("")+stream("")+following(`, "MaximumRetryAttempts": 0`+onFailure))
				e.put(t, "a", "b")
				sleep(10 * time.Second)
				if !slices.Equal(batches.all(), test.batches) || len(e.lost(t)) > 0 {
					t.Errorf("batches %q, want %q; lost %q", batches.all(), test.batches, e.lost(t))
				}
			})
		})
	}
}

// However deliveries fail, each record reaches the function, those of a key first
// in their order, and none is given up.
func TestNothingIsLostOrOvertakenWhileDeliveriesFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		random := rand.New(rand.NewPCG(1, 2))
		chance := func(p float64) bool {
			mu.Lock()
			defer mu.Unlock()
			return random.Float64() < p
		}
		seen, latest := map[string]int{}, map[string]int{}
		e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) error {
			if chance(0.1) {
				return OutOfStock{}
			}
			mu.Lock()
			defer mu.Unlock()
			for _, r := range in.Records {
				var key, n int
				if _, err := fmt.Sscanf(string(r.Kinesis.Data), "%d:%d", &key, &n); err != nil {
					t.Error(err)
				}
				name := r.Kinesis.PartitionKey
				if n > latest[name]+1 {
					t.Errorf("key %s: %d comes before %d", name, n, latest[name]+1)
				}
				latest[name] = max(latest[name], n)
				seen[string(r.Kinesis.Data)]++
			}
			return nil
		}))
		var created atomic.Bool
		e.Fault = func(_ context.Context, call cloud.Call) error {
			if created.Load() && !call.Caller.Root && chance(0.1) { // root is the test
				return cloud.Errorf(503, "ServiceUnavailable", "try again")
			}
			return nil
		}
		e.mustCreate(t, role(followStatement)+","+function("")+stream(`, "ShardCount": 2`)+
			following(`, "ParallelizationFactor": 3, "BatchSize": 7, "BisectBatchOnFunctionError": true`+onFailure))
		created.Store(true)
		const keys, each = 10, 50
		for n := range each {
			for key := range keys {
				e.put(t, fmt.Sprintf("%d:%d", key, n+1))
			}
			time.Sleep(100 * time.Millisecond)
		}
		sleep(time.Hour)
		mu.Lock()
		defer mu.Unlock()
		doubled := 0
		for _, n := range seen {
			if n > 1 {
				doubled++
			}
		}
		if len(seen) != keys*each || doubled == 0 {
			t.Errorf("%d records, %d more than once; want %d, and some", len(seen), doubled, keys*each)
		}
		if lost := e.lost(t); len(lost) > 0 {
			t.Errorf("lost %q", lost)
		}
	})
}

// A mapping from the latest record on begins when it is created, even if it cannot
// read before its iterators have expired.
func TestAMappingFromTheLatestRecordOnForgetsNoneThatCameSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var batches notes[string]
		e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) { batches.add(texts(in)) }))
		started := time.Now()
		e.Fault = func(_ context.Context, call cloud.Call) error {
			if call.Action == "GetRecords" && time.Since(started) < 10*time.Minute {
				return cloud.Errorf(400, "ProvisionedThroughputExceededException", "not now")
			}
			return nil
		}
		e.follow(t, "", "", `, "StartingPosition": "LATEST"`)
		time.Sleep(time.Second)
		e.put(t, "early")
		sleep(20 * time.Minute)
		if got := batches.all(); !slices.Equal(got, []string{"early"}) {
			t.Errorf("batches %q", got)
		}
	})
}

// An on-failure destination that has no time is asked again; one that refuses is
// not, and a metric tells what is lost.
func TestADestinationThatFailsIsToldAgainUnlessItRefuses(t *testing.T) {
	for _, test := range []struct {
		name        string
		err         *cloud.Error
		times       int // that it fails
		told        int // of two
		undelivered float64
	}{
		{"twice unavailable", cloud.Errorf(503, "ServiceUnavailable", "no"), 2, 2, 0},
		{"twice throttled", cloud.Errorf(400, "ThrottlingException", "no"), 2, 2, 0},
		{"twice too much for it", cloud.Errorf(429, "TooManyRequestsException", "no"), 2, 2, 0},
		{"never available", cloud.Errorf(500, "InternalError", "no"), 1000, 0, 2},
		{"refused once", cloud.Errorf(403, "AccessDeniedException", "no"), 1, 1, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var batches notes[string]
				e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) error {
					batches.add(texts(in))
					return OutOfStock{}
				}))
				var calls notes[time.Time]
				e.Fault = func(_ context.Context, call cloud.Call) error {
					if call.Action == "SendMessage" && calls.add(time.Now()) <= test.times {
						return test.err
					}
					return nil
				}
				e.mustCreate(t, role(followStatement)+","+function("")+stream("")+following(`, "MaximumRetryAttempts": 0`+onFailure))
				e.put(t, "poison")
				sleep(time.Minute)
				e.put(t, "after")
				sleep(2 * time.Second)
				if got := batches.all(); !slices.Equal(got, []string{"poison", "after"}) {
					t.Errorf("batches %q", got)
				}
				sleep(time.Minute)
				for i, at := range calls.all()[1:min(5, test.times+1)] {
					if test.times > 1 && at.Sub(calls.all()[i]) != time.Duration(i+1)*time.Second {
						t.Errorf("call %d comes %v after the one before", i+2, at.Sub(calls.all()[i]))
					}
				}
				if got := len(e.lost(t)); got != test.told {
					t.Errorf("told of %d, want %d", got, test.told)
				}
				if got := e.meter.sum("AWS/Lambda DestinationDeliveryFailures"); got != test.undelivered {
					t.Errorf("%v undelivered, want %v", got, test.undelivered)
				}
			})
		})
	}
}

func TestTheDestinationLearnsWhatWasGivenUpInAWSsShape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ids notes[string]
		e := newEngine(t, worker(func(ctx context.Context, _ events.KinesisEvent) error {
			ids.add(requestID(ctx))
			return OutOfStock{}
		}))
		e.mustCreate(t, role(followStatement)+","+function("")+stream("")+following(`, "MaximumRetryAttempts": 1`+onFailure))
		time.Sleep(500 * time.Millisecond)
		numbers := e.put(t, "a")
		time.Sleep(250 * time.Millisecond)
		numbers = append(numbers, e.put(t, "b")...)
		sleep(time.Minute)
		lost := e.lost(t)
		if len(lost) != 1 {
			t.Fatalf("lost %q", lost)
		}
		want := `{"requestContext":{"requestId":"` + ids.all()[1] + `","functionArn":"arn:aws:lambda:eu-central-1:123456789012:function:worker","condition":"RetryAttemptsExhausted","approximateInvokeCount":2},` +
			`"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},"version":"1.0","timestamp":"2000-01-01T00:00:02.000Z",` +
			`"KinesisBatchInfo":{"shardId":"shardId-000000000000","startSequenceNumber":"` + numbers[0] + `","endSequenceNumber":"` + numbers[1] + `",` +
			`"approximateArrivalOfFirstRecord":"2000-01-01T00:00:00.500Z","approximateArrivalOfLastRecord":"2000-01-01T00:00:00.750Z","batchSize":2,"streamArn":"` + streamARN + `"}}`
		if lost[0] != want {
			t.Errorf("got  %s\nwant %s", lost[0], want)
		}
	})
}
