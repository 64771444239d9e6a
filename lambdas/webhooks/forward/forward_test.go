package forward

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/internal/claims"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/letters"
)

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
