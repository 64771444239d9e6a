package forward

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	"github.com/tradepost-dev/tradepost/internal/claims"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
	"github.com/tradepost-dev/tradepost/internal/letters"
	"github.com/tradepost-dev/tradepost/internal/metrics"
)

const patienceOfTests = time.Minute

// street is the handler with what is around it, under a virtual clock.
type street struct {
	t    *testing.T
	rows *dynamotest.Tables

	mu       sync.Mutex
	ran      []string                                                                      // ids, in the order in which executions began
	run      func(record contract.Record, time int) (*sfn.StartSyncExecutionOutput, error) // its n-th execution; nil publishes
	letters  []letters.Letter
	noQueue  error
	metrics  bytes.Buffer
	deadline time.Duration // of an invocation
}

func open(t *testing.T, test func(t *testing.T, s *street)) {
	synctest.Test(t, func(t *testing.T) {
		s := &street{t: t, rows: dynamotest.Empty(t), deadline: 3 * patienceOfTests}
		s.rows.Create("Claims", contract.AttrWebhook)
		test(t, s)
	})
}

func ended(outcome contract.Outcome, reason string) *sfn.StartSyncExecutionOutput {
	output, _ := json.Marshal(contract.Result{Outcome: outcome, Reason: reason})
	return &sfn.StartSyncExecutionOutput{Status: types.SyncExecutionStatusSucceeded, Output: aws.String(string(output))}
}

func (s *street) StartSyncExecution(_ context.Context, in *sfn.StartSyncExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartSyncExecutionOutput, error) {
	var record contract.Record
	if err := json.Unmarshal([]byte(*in.Input), &record); err != nil || *in.StateMachineArn != "machine" {
		s.t.Errorf("starts %s with %s", *in.StateMachineArn, *in.Input)
	}
	s.mu.Lock()
	s.ran = append(s.ran, record.ID)
	time := 0
	for _, id := range s.ran {
		if id == record.ID {
			time++
		}
	}
	s.mu.Unlock()
	if s.run == nil {
		return ended(contract.Published, ""), nil
	}
	return s.run(record, time)
}

func (s *street) Send(_ context.Context, letter letters.Letter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.noQueue == nil {
		s.letters = append(s.letters, letter)
	}
	return s.noQueue
}

// Write counts.
func (s *street) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.metrics.Write(line)
}

func (s *street) handler() *Handler {
	return &Handler{
		StepFunctions: s, WorkflowARN: "machine", Letters: s, Patience: patienceOfTests,
		Claims:  &claims.Table{DynamoDB: s.rows, Name: "Claims", Remember: 24 * time.Hour, Lease: contract.Lease},
		Metrics: &metrics.Emitter{Namespace: "N", Dimensions: []metrics.Dimension{{Name: contract.DimensionSystem, Value: "s"}}, Out: s},
	}
}

// record is one of the stream: "7 acme/a msg_1", and what is changed in it.
func record(text string, change ...func(*contract.Record)) events.KinesisEventRecord {
	parts := strings.Fields(text)
	source, _, _ := strings.Cut(parts[1], "/")
	r := contract.Record{Version: 1, Source: source, ID: parts[2], Key: parts[1], Body: []byte("{}")}
	for _, c := range change {
		c(&r)
	}
	data, _ := json.Marshal(r)
	return events.KinesisEventRecord{Kinesis: events.KinesisRecord{SequenceNumber: parts[0], PartitionKey: parts[1], Data: data}}
}

func batch(texts ...string) (b events.KinesisEvent) {
	for _, text := range texts {
		b.Records = append(b.Records, record(text))
	}
	return b
}

// handle invokes the function, and returns the numbers that it reports.
func (s *street) handle(b events.KinesisEvent) (failed []string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), s.deadline)
	defer cancel()
	response, err := s.handler().Handle(ctx, b)
	if err != nil || ctx.Err() != nil || response.BatchItemFailures == nil {
		s.t.Errorf("%+v, %v, %v", response, err, ctx.Err())
	}
	for _, failure := range response.BatchItemFailures {
		failed = append(failed, failure.ItemIdentifier)
	}
	return failed
}

var counted = regexp.MustCompile(`"(Received|Replayed|Published|Duplicate|Rejected|Parked)":(\d+)`)

// counts are all that was counted, and whether the sum is right.
func (s *street) counts() map[string]int {
	got := map[string]int{}
	for _, match := range counted.FindAllStringSubmatch(s.metrics.String(), -1) {
		n, _ := strconv.Atoi(match[2])
		got[match[1]] += n
	}
	return got
}

func (s *street) want(ran string, counts map[string]int, letters int) {
	s.t.Helper()
	if got := strings.Join(s.ran, " "); got != ran {
		s.t.Errorf("executions of %s, want %s", got, ran)
	}
	if got := s.counts(); fmt.Sprint(got) != fmt.Sprint(counts) || len(s.letters) != letters {
		s.t.Errorf("counted %v, %d letters; want %v, %d", got, len(s.letters), counts, letters)
	}
}

func (s *street) status(webhook string) string {
	for _, row := range s.rows.All("Claims") {
		if attribute.String(row, contract.AttrWebhook) == webhook {
			return attribute.String(row, contract.AttrStatus)
		}
	}
	return ""
}

func TestEachWebhookIsPublishedOnceAndADuplicateNever(t *testing.T) {
	open(t, func(t *testing.T, s *street) {
		first := batch("1 acme/a m1", "2 acme/a m2", "3 acme/a m1", "4 acme/a m3")
		for range 3 { // the stream delivers again
			if failed := s.handle(first); len(failed) != 0 {
				t.Errorf("failed: %q", failed)
			}
		}
		s.want("m1 m2 m3", map[string]int{"Published": 3, "Duplicate": 1}, 0)
		if got := s.status("acme#m1"); got != "PUBLISHED" {
			t.Errorf("status %s", got)
		}
	})
}

func TestWebhooksOfOneKeyRunInTheirOrderAndOthersBeside(t *testing.T) {
	open(t, func(t *testing.T, s *street) {
		var running, most int
		var b events.KinesisEvent
		for i := range 60 {
			b.Records = append(b.Records, record(fmt.Sprintf("%d k/%d m%d", i, i%3, i)))
		}
		s.run = func(contract.Record, int) (*sfn.StartSyncExecutionOutput, error) {
			s.mu.Lock()
			running++
			most = max(most, running)
			s.mu.Unlock()
			time.Sleep(time.Millisecond)
			s.mu.Lock()
			running--
			s.mu.Unlock()
			return ended(contract.Published, ""), nil
		}
		s.handle(b)
		last := map[int]int{}
		for _, id := range s.ran {
			n, _ := strconv.Atoi(id[1:])
			if before, ok := last[n%3]; ok && before > n {
				t.Errorf("m%d ran after m%d", n, before)
			}
			last[n%3] = n
		}
		if most != 3 || len(s.ran) != 60 {
			t.Errorf("%d ran, %d at a time", len(s.ran), most)
		}
	})
}

func TestWhatFailsForAWhileIsTriedAgainInItsPlace(t *testing.T) {
	open(t, func(t *testing.T, s *street) {
		s.run = func(r contract.Record, time int) (*sfn.StartSyncExecutionOutput, error) {
			switch {
			case r.ID == "m1" && time == 1:
				return nil, &smithy.GenericAPIError{Code: "ThrottlingException"}
			case r.ID == "m1" && time == 2:
				return &sfn.StartSyncExecutionOutput{Status: types.SyncExecutionStatusFailed, Error: aws.String("ServiceBusy")}, nil
			case r.ID == "m1" && time == 3:
				return &sfn.StartSyncExecutionOutput{Status: types.SyncExecutionStatusTimedOut}, nil
			}
			return ended(contract.Published, ""), nil
		}
		s.handle(batch("1 acme m1", "2 acme m2"))
		s.want("m1 m1 m1 m1 m2", map[string]int{"Published": 2}, 0)
	})
}

// One poison record holds up what is behind it for as long as patience lasts.
func TestAPoisonRecordIsParkedWithItsReasonWithinPatienceAndTheOthersGoOn(t *testing.T) {
	for name, poison := range map[string]func() (*sfn.StartSyncExecutionOutput, error){
		"fails": func() (*sfn.StartSyncExecutionOutput, error) {
			return &sfn.StartSyncExecutionOutput{Status: types.SyncExecutionStatusFailed, Error: aws.String("BUG"), Cause: aws.String("nil")}, nil
		},
		"is refused":   func() (*sfn.StartSyncExecutionOutput, error) { return nil, errors.New("BUG nil") },
		"says nothing": func() (*sfn.StartSyncExecutionOutput, error) { return ended("BUG", ""), nil },
		"is no JSON": func() (*sfn.StartSyncExecutionOutput, error) {
			return &sfn.StartSyncExecutionOutput{Status: types.SyncExecutionStatusSucceeded, Output: aws.String("BUG")}, nil
		},
	} {
		open(t, func(t *testing.T, s *street) {
			s.run = func(r contract.Record, _ int) (*sfn.StartSyncExecutionOutput, error) {
				if r.ID == "poison" {
					return poison()
				}
				return ended(contract.Published, ""), nil
			}
			begin := time.Now()
			b := batch("1 acme poison", "2 acme m2", "3 other m3")
			if failed := s.handle(b); len(failed) != 0 {
				t.Errorf("%s: failed: %q", name, failed)
			}
			if took := time.Since(begin); took < patienceOfTests || took > patienceOfTests+time.Second {
				t.Errorf("%s: the shard was held up for %v", name, took)
			}
			if got := s.counts(); fmt.Sprint(got) != fmt.Sprint(map[string]int{"Published": 2, "Parked": 1}) || len(s.letters) != 1 {
				t.Fatalf("%s: counted %v, %d letters", name, got, len(s.letters))
			}
			letter := s.letters[0]
			if !strings.Contains(letter.Reason, "BUG") || !strings.Contains(letter.Reason, "attempts in 1m") || letter.Outcome != contract.Parked || letter.Record.ID != "poison" || string(letter.Record.Body) != "{}" || letter.Sequence != "1" {
				t.Errorf("%s: %+v", name, letter)
			}
			ran := len(s.ran)
			s.handle(b) // delivered again it is not tried again
			if len(s.ran) != ran || len(s.letters) != 1 || s.status("acme#poison") != "PARKED" {
				t.Errorf("%s: tried again: %q, %d letters", name, s.ran[ran:], len(s.letters))
			}
		})
	}
}

// hanging is a service that does not answer.
func TestACallThatHangsIsCutOffByPatience(t *testing.T) {
	open(t, func(t *testing.T, s *street) {
		h := s.handler()
		h.StepFunctions = hanging{}
		begin := time.Now()
		response, err := h.Handle(t.Context(), batch("1 acme m1"))
		if err != nil || len(response.BatchItemFailures) != 0 || len(s.letters) != 1 || time.Since(begin) > patienceOfTests+time.Second {
			t.Errorf("%+v, %v, %d letters after %v", response, err, len(s.letters), time.Since(begin))
		}
	})
}

// The reason is what the last whole attempt has failed of, not that patience ended.
func TestTheReasonIsOfAnAttemptThatWasNotCutOff(t *testing.T) {
	open(t, func(t *testing.T, s *street) {
		s.run = func(_ contract.Record, n int) (*sfn.StartSyncExecutionOutput, error) {
			if n == 1 {
				return nil, errors.New("BUG")
			}
			time.Sleep(patienceOfTests)
			return nil, context.DeadlineExceeded
		}
		s.handle(batch("1 acme m1"))
		if len(s.letters) != 1 || !strings.Contains(s.letters[0].Reason, "BUG") {
			t.Errorf("%+v", s.letters)
		}
	})
}

type hanging struct{}

func (hanging) StartSyncExecution(ctx context.Context, _ *sfn.StartSyncExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartSyncExecutionOutput, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// Many poison records of one key take longer than an invocation: what there is
// no time for is handed back, and nothing behind it is touched.
func TestWhatThereIsNoTimeForIsHandedBackInOrder(t *testing.T) {
	open(t, func(t *testing.T, s *street) {
		s.run = func(r contract.Record, _ int) (*sfn.StartSyncExecutionOutput, error) {
			return nil, errors.New("down")
		}
		b := batch("1 acme m1", "2 acme m2", "3 acme m3", "4 acme m4")
		failed := s.handle(b)
		if !slices.Equal(failed, []string{"3"}) || len(s.letters) != 2 || slices.Contains(s.ran, "m4") {
			t.Fatalf("failed %q, %d letters, ran %q", failed, len(s.letters), s.ran[len(s.ran)-1:])
		}
		s.run = nil
		s.ran = nil
		if failed := s.handle(batch("3 acme m3", "4 acme m4")); len(failed) != 0 {
			t.Errorf("failed %q", failed)
		}
		s.want("m3 m4", map[string]int{"Parked": 2, "Published": 2}, 2)
	})
}

func TestWhatCannotBeParkedIsHandedBack(t *testing.T) {
	open(t, func(t *testing.T, s *street) {
		s.noQueue = errors.New("no such queue")
		s.run = func(r contract.Record, _ int) (*sfn.StartSyncExecutionOutput, error) {
			if r.ID == "m1" {
				return nil, errors.New("down")
			}
			return ended(contract.Published, ""), nil
		}
		if failed := s.handle(batch("1 acme m1", "2 acme m2", "3 other m3")); !slices.Equal(failed, []string{"1"}) {
			t.Errorf("failed %q", failed)
		}
		if slices.Contains(s.ran, "m2") || !slices.Contains(s.ran, "m3") {
			t.Errorf("ran %q", s.ran)
		}
	})
}

func TestWhatIsRefusedForGoodIsAmongTheFailuresAtOnce(t *testing.T) {
	open(t, func(t *testing.T, s *street) {
		s.run = func(contract.Record, int) (*sfn.StartSyncExecutionOutput, error) {
			return ended(contract.Rejected, "no JSON"), nil
		}
		begin := time.Now()
		for range 2 {
			s.handle(batch("1 acme m1"))
		}
		s.want("m1", map[string]int{"Rejected": 1}, 1)
		if s.letters[0].Reason != "no JSON" || s.letters[0].Outcome != contract.Rejected || time.Since(begin) > time.Second || s.status("acme#m1") != "REJECTED" {
			t.Errorf("%+v", s.letters[0])
		}
	})
}

func TestARecordOfSomebodyElseIsRejectedWithItsData(t *testing.T) {
	for data, reason := range map[string]string{
		"\xff\x00":                               "not JSON",
		`{}`:                                     "version 0",
		`{"version":2,"source":"acme","id":"m"}`: "version 2",
		`{"version":1,"source":"","id":"m"}`:     `source ""`,
		`{"version":1,"source":"acme","id":"m","key":"` + strings.Repeat("x", 256<<10) + `"}`: "an execution takes",
	} {
		open(t, func(t *testing.T, s *street) {
			b := events.KinesisEvent{Records: []events.KinesisEventRecord{{Kinesis: events.KinesisRecord{SequenceNumber: "5", PartitionKey: "k", Data: []byte(data)}}}}
			for range 2 {
				if failed := s.handle(b); len(failed) != 0 {
					t.Errorf("failed %q", failed)
				}
			}
			s.want("", map[string]int{"Rejected": 1}, 1)
			letter := s.letters[0]
			if !strings.Contains(letter.Reason, reason) || letter.Sequence != "5" || !strings.Contains(data, `"id":"m"`) != (letter.Record.Source == "?" && string(letter.Record.Body) == data) && !strings.Contains(data, `"source":""`) {
				t.Errorf("%.40q: %.100s", data, letter.Reason)
			}
		})
	}
}

// Whatever call is the last one before the function is killed: delivered again,
// the webhook is published, counted once, and nothing is lost.
func TestACrashAtAnyPointLosesNothing(t *testing.T) {
	type crash struct{}
	for _, point := range []string{"before the execution", "after the execution", "before the letter", "after the letter"} {
		open(t, func(t *testing.T, s *street) {
			armed := true
			boom := func(at string) {
				if armed && at == point {
					armed = false
					panic(crash{})
				}
			}
			outcome := contract.Published
			if strings.HasSuffix(point, "letter") {
				outcome = contract.Rejected
			}
			h := s.handler()
			h.StepFunctions = around{s, func() { boom("before the execution") }, func() { boom("after the execution") }}
			h.Letters = aroundLetters{s, func() { boom("before the letter") }, func() { boom("after the letter") }}
			s.run = func(contract.Record, int) (*sfn.StartSyncExecutionOutput, error) { return ended(outcome, "r"), nil }
			record := batch("1 acme m1").Records[0].Kinesis
			func() {
				defer func() {
					if _, ok := recover().(crash); !ok {
						t.Errorf("%s: not killed", point)
					}
				}()
				_ = h.forward(t.Context(), record)
			}()
			for range 2 {
				if err := h.forward(t.Context(), record); err != nil {
					t.Errorf("%s: %v", point, err)
				}
			}
			if got := s.counts(); got[contract.MetricOf(outcome)] != 1 || len(got) != 1 || s.status("acme#m1") != string(outcome) {
				t.Errorf("%s: counted %v, %s", point, got, s.status("acme#m1"))
			}
			if outcome == contract.Rejected && len(s.letters) == 0 {
				t.Errorf("%s: no letter", point)
			}
		})
	}
}

type around struct {
	StepFunctions
	before, after func()
}

func (a around) StartSyncExecution(ctx context.Context, in *sfn.StartSyncExecutionInput, options ...func(*sfn.Options)) (*sfn.StartSyncExecutionOutput, error) {
	a.before()
	defer a.after()
	return a.StepFunctions.StartSyncExecution(ctx, in, options...)
}

type aroundLetters struct {
	Letters
	before, after func()
}

func (a aroundLetters) Send(ctx context.Context, letter letters.Letter) error {
	a.before()
	defer a.after()
	return a.Letters.Send(ctx, letter)
}

func TestWhatIsSentAgainIsTriedAgainAndCountedAsSuch(t *testing.T) {
	open(t, func(t *testing.T, s *street) {
		s.run = func(_ contract.Record, time int) (*sfn.StartSyncExecutionOutput, error) {
			if time == 1 {
				return ended(contract.Rejected, "r"), nil
			}
			return ended(contract.Published, ""), nil
		}
		again := func(number string) events.KinesisEvent {
			return events.KinesisEvent{Records: []events.KinesisEventRecord{record(number+" acme m1", func(r *contract.Record) { r.Replay = 1 })}}
		}
		s.handle(events.KinesisEvent{Records: []events.KinesisEventRecord{record("1 acme m1", func(r *contract.Record) { r.Direct = true })}})
		s.handle(again("2"))
		s.handle(again("3"))
		s.want("m1 m1", map[string]int{"Received": 1, "Rejected": 1, "Replayed": 2, "Published": 1, "Duplicate": 1}, 1)
	})
}

// While another record of the same webhook is at work, this one waits; if that
// one never comes back, it takes over.
func TestADuplicateWaitsForTheOneThatIsAtWork(t *testing.T) {
	open(t, func(t *testing.T, s *street) {
		h := s.handler()
		h.Patience = 2 * contract.Lease
		if _, err := h.Claims.Take(t.Context(), claims.Claim{Source: "acme", ID: "m1", Sequence: "1"}); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if err := h.forward(t.Context(), record("2 acme m1").Kinesis); err != nil || time.Since(begin) < contract.Lease || time.Since(begin) > contract.Lease+10*time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		s.want("m1", map[string]int{"Published": 1}, 0)
	})
}

// Of two that were received one is published: the other one is a duplicate.
func TestWhoWasTakenOverFromIsADuplicate(t *testing.T) {
	open(t, func(t *testing.T, s *street) {
		s.run = func(_ contract.Record, n int) (*sfn.StartSyncExecutionOutput, error) {
			if n == 1 {
				time.Sleep(contract.Lease)
				if err := s.handler().forward(t.Context(), record("2 acme m1").Kinesis); err != nil {
					t.Error(err)
				}
			}
			return ended(contract.Published, ""), nil
		}
		h := s.handler()
		h.Patience = 2 * contract.Lease
		if err := h.forward(t.Context(), record("1 acme m1").Kinesis); err != nil {
			t.Error(err)
		}
		s.want("m1 m1", map[string]int{"Published": 1, "Duplicate": 1}, 0)
	})
}

func TestWhatLambdaHasGivenUpIsParkedUnlessItIsDone(t *testing.T) {
	open(t, func(t *testing.T, s *street) {
		s.handle(batch("1 acme m1"))
		h := s.handler()
		h.StepFunctions, h.WorkflowARN, h.Patience = nil, "", 0 // as salvage has it
		for range 2 {
			for _, text := range []string{"1 acme m1", "2 acme m1", "3 acme m2"} {
				if err := h.Park(t.Context(), record(text).Kinesis, "it was too old"); err != nil {
					t.Error(err)
				}
			}
		}
		s.want("m1", map[string]int{"Published": 1, "Duplicate": 1, "Parked": 1}, 1)
		if s.letters[0].Record.ID != "m2" || s.letters[0].Reason != "it was too old" {
			t.Errorf("%+v", s.letters[0])
		}
	})
}

func TestAMetricIsOfItsSourceAndOfAll(t *testing.T) {
	open(t, func(t *testing.T, s *street) {
		s.handle(batch("1 acme m1"))
		if line := s.metrics.String(); !strings.Contains(line, `"Dimensions":[["System"],["System","Source"]]`) || !strings.Contains(line, `"Source":"acme"`) {
			t.Error(line)
		}
	})
}
