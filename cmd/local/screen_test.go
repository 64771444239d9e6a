package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	states "github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// one is an overview with some of everything.
func one() overview {
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)
	return overview{
		alarms: []string{"shop-too-old\x1b[2J"},
		machines: []machine{
			{name: "express", ended: map[string]float64{"ExecutionsSucceeded": 7}},
			{name: "standard", running: "1000+", ended: map[string]float64{"ExecutionsFailed": 2, "ExecutionsTimedOut": 3, "ExecutionsAborted": 4}},
		},
		queues: []queue{{"dead", "0", "0", "0"}, {"later", "0", "0", "3"}, {"work", "12", "1", "0"}},
		tables: []table{{"orders", 100_000}},
		executions: []execution{
			{states.ExecutionListItem{Name: aws.String("b"), StartDate: &began, Status: states.ExecutionStatusRunning}, "standard"},
			{states.ExecutionListItem{Name: aws.String("a"), StartDate: &began, StopDate: aws.Time(began.Add(1500 * time.Millisecond)), Status: states.ExecutionStatusFailed}, "standard"},
		},
	}
}

func TestAnOverviewHasATableOfEachKindOfThings(t *testing.T) {
	const want = `ALARM shop-too-old?[2J

WORKFLOW  RUNNING  SUCCEEDED  FAILED  TIMED OUT  ABORTED
express   -        7          0       0          0
standard  1000+    0          2       3          4

QUEUE  VISIBLE  IN FLIGHT  DELAYED
later  0        0          3
work   12       1          0
1 empty

TABLE   ITEMS
orders  100000

STARTED   WORKFLOW  EXECUTION  STATUS   TOOK
03:04:05  standard  b          RUNNING  -
03:04:05  standard  a          FAILED   1.5s
`
	if got := one().String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, want := (overview{}).String(), "no workflow, queue or table is here\n"; got != want {
		t.Errorf("got %q of nothing, want %q", got, want)
	}
}

func TestATerminalShowsWhatItHasRoomForAndThenWhatWasThereBefore(t *testing.T) {
	var out strings.Builder
	s := &terminal{to: &out, size: func() (int, int, error) { return 6, 3, nil }}
	for _, row := range []struct {
		text, want string
	}{
		{"a line too long\nb\nc\n", "\x1b[Ha line\x1b[K\r\nb\x1b[K\r\nc\x1b[K\x1b[J"},
		{"a\nb\nc\nd\n", "\x1b[Ha\x1b[K\r\nb\x1b[K\r\n... an\x1b[K\x1b[J"},
		{"ä\n", "\x1b[Hä\x1b[K\x1b[J"},
	} {
		out.Reset()
		if err := s.draw(row.text); err != nil || out.String() != row.want {
			t.Errorf("drew %q, %v, want %q", out.String(), err, row.want)
		}
	}
	out.Reset()
	if err := errors.Join(s.begin(), s.end()); err != nil || out.String() != "\x1b[?1049h\x1b[?25l\x1b[?25h\x1b[?1049l" {
		t.Errorf("began and ended with %q, %v", out.String(), err)
	}
}

func TestWhatChangesIsShownUntilTheUserHasSeenEnoughAndAnErrorMeanwhileIsToldInItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 4500*time.Millisecond)
		defer cancel()
		var out strings.Builder
		looks := 0
		err := show(ctx, &transcript{to: &out}, time.Second, func() (overview, error) {
			looks++
			if looks == 3 {
				return overview{}, errors.New("the engine is away")
			}
			return overview{tables: []table{{"orders", 1}}}, nil
		})
		const table, away = "TABLE   ITEMS\norders  1\n", "the engine is away\n"
		if want := table + "\n" + away + "\n" + table; err != nil || looks != 5 || out.String() != want {
			t.Errorf("%v after %d looks:\n%s\nwant\n%s", err, looks, out.String(), want)
		}
	})
}
