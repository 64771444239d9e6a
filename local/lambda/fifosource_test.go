package lambda_test

// This file lets functions read FIFO queues, under a virtual clock.

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// mappedFIFO is mappedQueue with the queues "jobs.fifo" and "dead.fifo".
func mappedFIFO(queueProperties, mappingProperties string) string {
	resources := mappedQueue(queueProperties, mappingProperties)
	return strings.NewReplacer(`"QueueName": "dead"`, `"QueueName": "dead.fifo", "FifoQueue": true`, `"QueueName": "jobs"`, `"QueueName": "jobs.fifo", "FifoQueue": true`).Replace(resources)
}

// order posts messages "group/body", each with a deduplication id of its own.
func (e *engine) order(t *testing.T, messages ...string) {
	t.Helper()
	for _, m := range messages {
		group, body, _ := strings.Cut(m, "/")
		err := e.Do(t.Context(), e.Administrator(), "sqs", "SendMessage", map[string]any{
			"QueueUrl": "http://127.0.0.1/" + account + "/jobs.fifo", "MessageBody": body, "MessageGroupId": group, "MessageDeduplicationId": body[:min(len(body), 100)],
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFunctionGetsEachGroupInOrderAndOneBatchAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		running, most := map[string]bool{}, 0
		order := map[string][]string{}
		e := newEngine(t, worker(func(_ context.Context, in event) {
			groups := map[string]bool{}
			mu.Lock()
			for _, r := range in.Records {
				group := r.Attributes["MessageGroupId"]
				groups[group] = true
				order[group] = append(order[group], r.Body)
				if r.Attributes["SequenceNumber"] == "" || r.Attributes["MessageDeduplicationId"] != r.Body {
					t.Errorf("attributes %v", r.Attributes)
				}
			}
			for group := range groups {
				if running[group] {
					t.Errorf("two batches of %s at a time", group)
				}
				running[group] = true
			}
			most = max(most, len(running))
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			defer mu.Unlock()
			for group := range groups {
				delete(running, group)
			}
		}))
		e.mustCreate(t, role(pollStatement)+","+function("")+mappedFIFO("", `, "BatchSize": 2`))
		want := map[string][]string{}
		for i := range 6 {
			for _, group := range []string{"a", "b", "c"} {
				body := fmt.Sprint(group, i)
				want[group] = append(want[group], body)
				e.order(t, group+"/"+body)
			}
		}
		sleep(10 * time.Second)
		if fmt.Sprint(order) != fmt.Sprint(want) || most != 3 {
			t.Errorf("order %v, %d groups at a time", order, most)
		}
	})
}

func TestAFailedMessageHoldsItsGroupUpAndNoOther(t *testing.T) {
	for _, test := range []struct {
		name, mapping string
		answer        func(event) (any, error)
	}{
		{"one that is reported", partial, func(in event) (any, error) {
			for i, r := range in.Records {
				if r.Body == "a2" { // it and all behind it, as AWS asks for
					var ids []string
					for _, left := range in.Records[i:] {
						ids = append(ids, left.MessageID)
					}
					return failures(ids...), nil
				}
			}
			return nil, nil
		}},
		{"a batch that fails as a whole", `, "BatchSize": 1`, func(in event) (any, error) {
			if slices.Contains(in.bodies(), "a2") {
				return nil, OutOfStock{}
			}
			return nil, nil
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var done []string
				broken := true
				started := time.Now()
				e := newEngine(t, worker(func(_ context.Context, in event) (any, error) {
					mu.Lock()
					defer mu.Unlock()
					answer, err := any(nil), error(nil)
					if broken {
						answer, err = test.answer(in)
					}
					for _, r := range in.Records {
						at := fmt.Sprintf("%s@%v", r.Body, time.Since(started).Truncate(time.Second))
						done = append(done, at)
						if broken && r.Body == "a2" {
							broken = false
							break
						}
					}
					return answer, err
				}))
				e.mustCreate(t, role(pollStatement)+","+function("")+mappedFIFO("", test.mapping))
				e.order(t, "a/a1", "a/a2", "a/a3")
				sleep(time.Second)
				e.order(t, "b/b1", "a/a4")
				sleep(40 * time.Second)
				want := []string{"a1@0s", "a2@0s", "b1@1s", "a2@30s", "a3@30s", "a4@30s"}
				if !slices.Equal(done, want) {
					t.Errorf("done %v, want %v", done, want)
				}
			})
		})
	}
}

// A batch that is more than an invocation takes is given in parts, of which none
// comes before a failed one.
func TestNoPartOfABatchOvertakesAFailedOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls notes[string]
		e := newEngine(t, worker(func(_ context.Context, in event) error {
			var firsts []string
			for _, r := range in.Records {
				firsts = append(firsts, r.Body[:1])
			}
			calls.add(strings.Join(firsts, ""))
			if len(calls.all()) == 1 {
				return OutOfStock{}
			}
			return nil
		}))
		e.mustCreate(t, role(pollStatement)+","+function("")+mappedFIFO(`, "DelaySeconds": 1`, ""))
		for i := range 10 {
			e.order(t, fmt.Sprintf("g/%d", i)+strings.Repeat("x", 1<<20-100))
		}
		sleep(10 * time.Second)
		if got := calls.all(); !slices.Equal(got, []string{"01234"}) {
			t.Errorf("calls %q", got)
		}
		sleep(30 * time.Second)
		if got := calls.all(); !slices.Equal(got, []string{"01234", "01234", "56789"}) {
			t.Errorf("calls %q", got)
		}
	})
}

func TestAPoisonousMessageOfAGroupBecomesADeadLetterAndTheGroupGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var done notes[string]
		e := newEngine(t, worker(func(_ context.Context, in event) error {
			if in.Records[0].Body == "a1" {
				return OutOfStock{}
			}
			done.add(in.Records[0].Body)
			return nil
		}))
		e.mustCreate(t, role(pollStatement)+","+function("")+mappedFIFO(redrive, `, "BatchSize": 1`))
		e.order(t, "a/a1", "a/a2")
		sleep(59 * time.Second)
		if got := done.all(); len(got) != 0 {
			t.Errorf("done %v before a1 is given up", got)
		}
		sleep(2 * time.Second)
		if got := done.all(); !slices.Equal(got, []string{"a2"}) || e.left(t, "dead.fifo") != "1+0" || e.left(t, "jobs.fifo") != "0+0" {
			t.Errorf("done %v, dead %s, left %s", got, e.left(t, "dead.fifo"), e.left(t, "jobs.fifo"))
		}
	})
}
