package events

import (
	"testing"
	"time"
)

func TestSchedulesRunWhenTheySay(t *testing.T) {
	const layout = "2006-01-02 15:04:05"
	for _, row := range []struct{ expression, after, want string }{
		{"rate(1 minute)", "2026-11-21 10:00:30", "2026-11-21 10:01:30"},
		{"rate(5 hours)", "2026-11-21 20:00:00", "2026-11-22 01:00:00"},
		{"rate(1 day)", "2026-12-31 10:00:00", "2027-01-01 10:00:00"},
		{"cron(0 12 * * ? *)", "2026-11-21 11:59:59", "2026-11-21 12:00:00"},
		{"cron(0 12 * * ? *)", "2026-11-21 12:00:00", "2026-11-22 12:00:00"},
		{"cron(0/15 * * * ? *)", "2026-11-21 10:15:00", "2026-11-21 10:30:00"},
		{"cron(0/15 * * * ? *)", "2026-11-21 10:46:00", "2026-11-21 11:00:00"},
		{"cron(5,35 8-10 ? * MON-FRI *)", "2026-11-20 10:35:00", "2026-11-23 08:05:00"},
		{"cron(0 0 1 JAN ? *)", "2026-11-21 00:00:00", "2027-01-01 00:00:00"},
		{"cron(0 0 29 2 ? *)", "2026-11-21 00:00:00", "2028-02-29 00:00:00"},
		{"cron(0 0 L * ? *)", "2027-02-01 00:00:00", "2027-02-28 00:00:00"},
		{"cron(0 0 15W * ? *)", "2026-11-01 00:00:00", "2026-11-16 00:00:00"}, // the 15th is a Sunday
		{"cron(0 0 1W * ? *)", "2026-07-31 00:00:00", "2026-08-03 00:00:00"},  // the 1st is a Saturday
		{"cron(0 0 ? * 6L *)", "2026-11-01 00:00:00", "2026-11-27 00:00:00"},  // the last Friday
		{"cron(0 0 ? * 3#2 *)", "2026-11-01 00:00:00", "2026-11-10 00:00:00"}, // the second Tuesday
		{"cron(0 0 ? * 1 *)", "2026-11-21 00:00:00", "2026-11-22 00:00:00"},   // 1 is Sunday
		{"cron(0 0 1 1 ? 2030/5)", "2030-01-01 00:00:00", "2035-01-01 00:00:00"},
		{"cron(0 0 1 1 ? 2020)", "2026-11-21 00:00:00", "never"},
	} {
		t.Run(row.expression+" after "+row.after, func(t *testing.T) {
			s, err := parseSchedule(row.expression)
			if err != nil {
				t.Fatal(err)
			}
			after, err := time.Parse(layout, row.after)
			if err != nil {
				t.Fatal(err)
			}
			got := "never"
			if next := s.next(after); !next.IsZero() {
				got = next.Format(layout)
			}
			if got != row.want {
				t.Errorf("want %s, got %s", row.want, got)
			}
		})
	}
}

func TestInvalidSchedulesAreRefused(t *testing.T) {
	for _, expression := range []string{
		"", "every minute", "rate(0 minutes)", "rate(1 minutes)", "rate(2 minute)", "rate(5 seconds)", "rate(5)",
		"cron(* * * * *)", "cron(0 12 * * * *)", "cron(0 12 ? * ? *)", "cron(60 * * * ? *)", "cron(0 24 * * ? *)",
		"cron(0 0 ? * 8 *)", "cron(0 0 32 * ? *)", "cron(5-1 * * * ? *)", "cron(0/0 * * * ? *)", "cron(x * * * ? *)", "cron(0 0 ? * 3#6 *)",
	} {
		if s, err := parseSchedule(expression); err == nil {
			t.Errorf("%q became %v", expression, s)
		}
	}
}
