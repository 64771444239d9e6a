package schedule_test

import (
	"fmt"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/tradepost-dev/tradepost/local/schedule"
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
			s, err := schedule.Parse(row.expression, time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			after, err := time.Parse(layout, row.after)
			if err != nil {
				t.Fatal(err)
			}
			got := "never"
			if next := s.Next(after); !next.IsZero() {
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
		if s, err := schedule.Parse(expression, time.UTC); err == nil {
			t.Errorf("%q became %v", expression, s)
		}
	}
}

func TestHoursAreThoseOfThePlace(t *testing.T) {
	const layout = "2006-01-02T15:04Z"
	for _, row := range []struct{ name, expression, place, after, want string }{
		{"in winter", "cron(0 3 * * ? *)", "Europe/Berlin", "2026-11-27T04:00Z", "2026-11-28T02:00Z"},
		{"in summer", "cron(0 3 * * ? *)", "Europe/Berlin", "2026-07-01T04:00Z", "2026-07-02T01:00Z"},
		{"across the change", "cron(0 12 * * ? *)", "Europe/Berlin", "2026-03-28T12:00Z", "2026-03-29T10:00Z"},
		{"half an hour off", "cron(0 0 * * ? *)", "Asia/Kolkata", "2026-11-27T00:00Z", "2026-11-27T18:30Z"},
		{"on the day of the place", "cron(0 1 ? * MON *)", "Pacific/Auckland", "2026-11-25T00:00Z", "2026-11-29T12:00Z"},
		{"an hour that there is not is skipped", "cron(30 2 * * ? *)", "Europe/Berlin", "2026-03-28T12:00Z", "2026-03-30T00:30Z"},
		{"an hour that there is twice runs once", "cron(30 2 * * ? *)", "Europe/Berlin", "2026-10-24T12:00Z", "2026-10-25T00:30Z"},
		{"and not again", "cron(30 2 * * ? *)", "Europe/Berlin", "2026-10-25T00:30Z", "2026-10-26T01:30Z"},
		{"nor after it began again", "cron(0/30 * * * ? *)", "Europe/Berlin", "2026-10-25T01:10Z", "2026-10-25T02:00Z"},
		{"in New York", "cron(30 1 * * ? *)", "America/New_York", "2026-11-01T04:00Z", "2026-11-01T05:30Z"},
	} {
		t.Run(row.name, func(t *testing.T) {
			place, err := time.LoadLocation(row.place)
			if err != nil {
				t.Fatal(err)
			}
			s, err := schedule.Parse(row.expression, place)
			if err != nil {
				t.Fatal(err)
			}
			after, err := time.Parse(layout, row.after)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Next(after).UTC().Format(layout); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

func TestATimeIsOnce(t *testing.T) {
	place, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	s, err := schedule.ParseOnce("at(2026-11-27T12:00:30)", place)
	if err != nil {
		t.Fatal(err)
	}
	want := time.Date(2026, 11, 27, 17, 0, 30, 0, time.UTC)
	if got := s.Next(want.Add(-time.Hour)); !got.Equal(want) {
		t.Errorf("got %s", got)
	}
	if got := s.Next(want); !got.IsZero() {
		t.Errorf("again at %s", got)
	}
	for _, bad := range []string{"at(2026-11-27)", "at(2026-11-27T12:00:00Z)", "at(2026-13-01T00:00:00)", "cron(0 0 * * ? *)", "2026-11-27T12:00:00"} {
		if _, err := schedule.ParseOnce(bad, place); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
}

func Example() {
	s, err := schedule.Parse("cron(0 3 ? * MON-FRI *)", time.UTC)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Next(time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)))
	// Output: 2026-11-30 03:00:00 +0000 UTC
}
