package forward

// This file is the handler with what is around it, under a virtual clock.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
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
