package lambda_test

// This file shows where a mapping of a stream begins, what makes a batch, and
// what happens beside each other.

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// follow lets the worker follow the stream.
func (e *engine) follow(t *testing.T, streamProperties, functionProperties, mappingProperties string) *cfn.Created {
	t.Helper()
	return e.mustCreate(t, role(followStatement)+","+function(functionProperties)+stream(streamProperties)+following(mappingProperties))
}

// late makes a stream of its own first, and the worker that follows it later.
func (e *engine) late(t *testing.T, mappingProperties string, meanwhile func()) {
	t.Helper()
	e.mustCreate(t, strings.TrimPrefix(stream(""), ","))
	meanwhile()
	e.mustCreate(t, lateStack(mappingProperties))
}

// lateStack is the worker that follows a stream of another stack.
func lateStack(mappingProperties string) string {
	elsewhere := strings.NewReplacer(`{"Fn::GetAtt": ["Clicks", "Arn"]}`, `"`+streamARN+`"`, `{"Fn::GetAtt": ["Lost", "Arn"]}`, `"*"`)
	return elsewhere.Replace(role(followStatement) + "," + function("") + following(mappingProperties))
}

func TestAMappingBeginsAtItsStartingPosition(t *testing.T) {
	for _, test := range []struct{ position, want string }{
		{`"StartingPosition": "TRIM_HORIZON"`, "old middle new"},
		{`"StartingPosition": "LATEST"`, "new"},
		{`"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 946684801.5`, "middle new"}, // 1.5 s into the test
	} {
		t.Run(test.position, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var batches notes[string]
				e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) { batches.add(texts(in)) }))
				e.late(t, ", "+test.position, func() {
					time.Sleep(time.Second)
					e.put(t, "old")
					time.Sleep(time.Second)
					e.put(t, "middle")
				})
				e.put(t, "new")
				sleep(2 * time.Second)
				if got := strings.Join(batches.all(), " "); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
			})
		})
	}
}

func TestABatchOfAStreamWaitsForItsWindowOrUntilItIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		var batches notes[string]
		e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) {
			batches.add(fmt.Sprintf("%d after %v", len(in.Records), time.Since(started)))
		}))
		e.follow(t, "", "", `, "BatchSize": 25, "MaximumBatchingWindowInSeconds": 10`)
		for i := range 30 {
			e.put(t, fmt.Sprint(i))
		}
		sleep(5500 * time.Millisecond)
		e.put(t, "late")
		sleep(time.Minute)
		if want := []string{"25 after 1s", "6 after 11s"}; !slices.Equal(batches.all(), want) {
			t.Errorf("batches %q, want %q", batches.all(), want)
		}
	})
}

func TestAFunctionCatchesUpWithoutAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		var batches notes[string]
		e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) {
			batches.add(fmt.Sprintf("%d after %v", len(in.Records), time.Since(started)))
		}))
		e.follow(t, "", "", "")
		for i := range 250 {
			e.put(t, fmt.Sprint(i))
		}
		sleep(time.Minute)
		if want := []string{"100 after 1s", "100 after 1s", "50 after 1s"}; !slices.Equal(batches.all(), want) {
			t.Errorf("batches %q, want %q", batches.all(), want)
		}
	})
}

// Records of one key stay in their order, those of others go on beside them, and
// there are never more batches at a time than the mapping says.
func TestAPoisonousKeyHoldsUpOneLaneOfItsShardOnly(t *testing.T) {
	for _, test := range []struct {
		name, stream, mapping string
		most                  int // batches at a time
		heldUp                bool
	}{
		{"one lane", "", "", 1, true},
		{"lanes", "", `, "ParallelizationFactor": 10`, 10, false},
		{"shards", `, "ShardCount": 8`, "", 8, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				running, most := 0, 0
				done := map[string][]string{}
				e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) error {
					mu.Lock()
					running++
					most = max(most, running)
					mu.Unlock()
					time.Sleep(time.Second)
					mu.Lock()
					defer mu.Unlock()
					running--
					for _, r := range in.Records {
						if string(r.Kinesis.Data) == "a:poison" {
							return OutOfStock{}
						}
					}
					for _, r := range in.Records {
						done[r.Kinesis.PartitionKey] = append(done[r.Kinesis.PartitionKey], string(r.Kinesis.Data))
					}
					return nil
				}))
				e.follow(t, test.stream, "", test.mapping)
				e.put(t, "a:poison")
				for n := range 3 {
					for key := range 20 {
						e.put(t, fmt.Sprintf("%c:%d", 'a'+key, n))
					}
				}
				sleep(time.Minute)
				mu.Lock()
				defer mu.Unlock()
				if most > test.most || most < min(test.most, 4) {
					t.Errorf("%d batches at a time, want up to %d", most, test.most)
				}
				if len(done["a"]) > 0 || test.heldUp != (len(done) == 0) || !test.heldUp && len(done) < 10 {
					t.Errorf("done with keys %v, held up: %t", done, test.heldUp)
				}
				for key, texts := range done {
					if fmt.Sprint(texts) != fmt.Sprintf("[%[1]s:0 %[1]s:1 %[1]s:2]", key) {
						t.Errorf("key %s: %v", key, texts)
					}
				}
			})
		})
	}
}

func TestAThrottledBatchWaitsAndCountsNoRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var batches notes[string]
		e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) {
			batches.add(texts(in))
			time.Sleep(20 * time.Second)
		}))
		e.follow(t, `, "ShardCount": 2`, `, "ReservedConcurrentExecutions": 1, "Timeout": 30`, `, "MaximumRetryAttempts": 0`+onFailure)
		e.put(t, "a", "b") // of two shards: see the hashes in local/kinesis
		sleep(2 * time.Minute)
		if got := slices.Sorted(slices.Values(batches.all())); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("batches %q", got)
		}
		if lost := e.lost(t); len(lost) > 0 {
			t.Errorf("lost %q", lost)
		}
	})
}

func TestRecordsThatAreTooOldAreGivenUp(t *testing.T) {
	const age, week = `, "MaximumRecordAgeInSeconds": 60`, `, "MaximumRecordAgeInSeconds": 604800`
	for _, test := range []struct {
		name, function, mapping string
		fails, invoked          bool
		lost                    []string
	}{
		{"while they fail", "", age, true, true, []string{"old-old 1 RecordAgeExceeded", "young-young 1 RecordAgeExceeded"}},
		{"while the function is throttled", `, "ReservedConcurrentExecutions": 0`, age + `, "MaximumRetryAttempts": 0`, false, false, []string{"old-old 1 RecordAgeExceeded", "young-young 1 RecordAgeExceeded"}},
		{"by the stream's retention", "", week, true, true, []string{"expired-expired 1 RecordAgeExceeded", "expired-expired 1 RecordAgeExceeded"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var batches notes[string]
				e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) error {
					batches.add(texts(in))
					if test.fails {
						return OutOfStock{}
					}
					return nil
				}))
				e.follow(t, "", test.function, test.mapping+onFailure)
				sleep(37 * time.Millisecond) // at no beat of any retry
				e.put(t, "old")
				sleep(30 * time.Second)
				e.put(t, "young")
				sleep(3 * time.Minute)
				if test.mapping == week {
					sleep(24 * time.Hour)
				}
				var lost []string
				for _, body := range e.lost(t) {
					lost = append(lost, e.summary(t, body))
				}
				if !slices.Equal(lost, test.lost) {
					t.Errorf("lost %q, want %q", lost, test.lost)
				}
				if got := batches.all(); len(got) > 0 != test.invoked {
					t.Errorf("batches %q", got)
				}
			})
		})
	}
}

// What is too old when it is first read never reaches the function.
func TestRecordsThatAreTooOldToBeginWithAreGivenUpUnseen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var batches notes[string]
		e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) { batches.add(texts(in)) }))
		e.late(t, `, "MaximumRecordAgeInSeconds": 60, "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:eu-central-1:123456789012:lost"}}`, func() {
			e.put(t, "old", "older")
			time.Sleep(time.Minute)
			e.put(t, "young")
		})
		sleep(2 * time.Second)
		lost := e.lost(t)
		if len(lost) != 1 || e.summary(t, lost[0]) != "old-older 2 RecordAgeExceeded" || strings.Contains(lost[0], "responseContext") || !strings.Contains(lost[0], `"approximateInvokeCount":1`) || strings.Contains(lost[0], `"requestId":""`) {
			t.Errorf("lost %q", lost)
		}
		if got := batches.all(); !slices.Equal(got, []string{"young"}) {
			t.Errorf("batches %q", got)
		}
	})
}

// Iterators expire while a lane is held up for longer than five minutes.
func TestALaneGoesOnWhenItsIteratorHasExpired(t *testing.T) {
	for _, position := range []string{"TRIM_HORIZON", "LATEST"} {
		t.Run(position, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var batches notes[string]
				e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) {
					batches.add(texts(in))
					time.Sleep(10 * time.Minute)
				}))
				e.follow(t, "", `, "Timeout": 900`, `, "StartingPosition": "`+position+`"`)
				e.put(t, "first")
				sleep(2 * time.Second)
				e.put(t, "second")
				sleep(20 * time.Minute)
				if got := batches.all(); !slices.Equal(got, []string{"first", "second"}) {
					t.Errorf("batches %q", got)
				}
			})
		})
	}
}

func TestAMappingFollowsMoreShardsThanOnePageOfThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var batches notes[string]
		e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) { batches.add(in.Records[0].EventID) }))
		e.follow(t, `, "ShardCount": 1001`, "", "")
		in := map[string]any{"StreamName": "clicks", "PartitionKey": "k", "Data": "eA==", "ExplicitHashKey": "340282366920938463463374607431768211455"}
		if err := e.Do(t.Context(), e.Administrator(), "kinesis", "PutRecord", in, nil); err != nil {
			t.Fatal(err)
		}
		sleep(2 * time.Second)
		if got := batches.all(); len(got) != 1 || !strings.HasPrefix(got[0], "shardId-000000001000:") {
			t.Errorf("batches %q", got)
		}
	})
}

func TestTheAgeOfTheLastRecordIsMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, worker(func() error { return nil }))
		m := &exactMeter{largest: map[string]float64{}}
		e.Meter = m
		e.late(t, "", func() {
			e.put(t, "old")
			time.Sleep(time.Minute)
			e.put(t, "young")
			time.Sleep(3 * time.Second)
		})
		sleep(time.Second)
		if got := m.largest["IteratorAge FunctionName=worker"]; got != 3000 {
			t.Errorf("IteratorAge is %v ms, want 3000", got)
		}
	})
}

func TestADisabledMappingReadsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var batches notes[string]
		e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) { batches.add(texts(in)) }))
		e.follow(t, "", "", `, "Enabled": false`)
		e.put(t, "a")
		sleep(time.Minute)
		if got := batches.all(); len(got) > 0 {
			t.Errorf("batches %q", got)
		}
	})
}

func TestOnlyRecordsThatAFilterMatchesReachTheFunction(t *testing.T) {
	const order, large = `{"Pattern": "{\"data\": {\"kind\": [\"order\"]}}"}`, `{"Pattern": "{\"data\": {\"total\": [{\"numeric\": [\">\", 100]}]}}"}`
	records := []string{`{"kind":"order"}`, `{"kind":"refund","total":150}`, `{"kind":"refund","total":50}`, "no JSON", `[1]`, `{"kind":["x","order"]}`}
	for _, test := range []struct{ name, filters, want string }{
		{"none", "", strings.Join(records, " ")},
		{"one", order, records[0] + " " + records[5]},
		{"either", order + "," + large, records[0] + " " + records[1] + " " + records[5]},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var batches notes[string]
				e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) { batches.add(texts(in)) }))
				e.follow(t, "", "", `, "FilterCriteria": {"Filters": [`+test.filters+`]}`)
				e.put(t, records...)
				sleep(2 * time.Second)
				if got := strings.Join(batches.all(), " "); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
			})
		})
	}
}

// Another stream may take the name of the one that a mapping follows.
func TestAMappingFollowsTheNextStreamOfTheSameName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var batches notes[string]
		e := newEngine(t, worker(func(_ context.Context, in events.KinesisEvent) { batches.add(texts(in)) }))
		e.late(t, "", func() {})
		e.put(t, "first")
		sleep(2 * time.Second)
		for _, call := range []struct {
			action string
			in     map[string]any
		}{{"DeleteStream", map[string]any{"StreamName": "clicks"}}, {"CreateStream", map[string]any{"StreamName": "clicks", "ShardCount": 1}}} {
			sleep(time.Minute)
			if err := e.Do(t.Context(), e.Administrator(), "kinesis", call.action, call.in, nil); err != nil {
				t.Fatal(err)
			}
		}
		sleep(time.Minute)
		e.put(t, "next")
		sleep(time.Minute)
		if got := batches.all(); !slices.Equal(got, []string{"first", "next"}) {
			t.Errorf("got %q", got)
		}
	})
}
