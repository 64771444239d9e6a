package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/cmd/internal/story"
)

func named(name, account string, err error) story.Story {
	return story.Story{
		System: laptop.System{Name: name},
		Tell:   func(context.Context, *laptop.Laptop) (string, error) { return account, err },
	}
}

func TestSystemsAreChosenByNameAndTheOthersRefusedWithTheList(t *testing.T) {
	for _, test := range []struct{ names, want, fails string }{
		{"", "one two three", ""},
		{"two", "two", ""},
		{"three, one", "one three", ""},
		{"four", "", `there is no system "four": give some of one, two, three`},
		{"one,", "", `there is no system ""`},
	} {
		got, err := choose([]story.Story{named("one", "", nil), named("two", "", nil), named("three", "", nil)}, test.names)
		var names []string
		for _, s := range got {
			names = append(names, s.Name)
		}
		if strings.Join(names, " ") != test.want {
			t.Errorf("%q: chose %q", test.names, names)
		}
		if (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
			t.Errorf("%q: error %v, want %q", test.names, err, test.fails)
		}
	}
}

func TestEveryStoryCanBeToldAndServed(t *testing.T) {
	for _, s := range stories("") {
		if s.Name == "" || s.Tell == nil || s.Usage == nil {
			t.Errorf("story %q is incomplete", s.Name)
		}
	}
}

func TestTheLastLinesAreTheAccount(t *testing.T) {
	for _, test := range []struct {
		name    string
		stories []story.Story
		want    string
		fails   string
	}{
		{"one story", []story.Story{named("one", "received=1 stored=1", nil)}, "demo: received=1 stored=1\n", ""},
		{"one that fails", []story.Story{named("one", "received=1 stored=0", errors.New("lost"))}, "demo: received=1 stored=0\n", "lost"},
		{"one without an account", []story.Story{named("one", "", errors.New("not told"))}, "", "not told"},
		{"several", []story.Story{named("one", "received=1", nil), named("two", "placed=3", nil)},
			"demo: one: received=1\ndemo: two: placed=3\ndemo: systems=2 passed=2 failed=0\n", ""},
		{"several, of which one fails", []story.Story{named("one", "received=1", nil), named("two", "", errors.New("not told")), named("three", "placed=1", errors.New("late"))},
			"demo: one: received=1\ndemo: two: FAILED\ndemo: three: placed=1 FAILED\ndemo: systems=3 passed=1 failed=2\n", "two: not told\nthree: late"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var err error
			printed := output(t, func() { err = tell(t.Context(), nil, test.stories, time.Minute) })
			_, account, accounted := strings.Cut(printed, "\ndemo: ") // after what the stories print
			if accounted {
				account = "demo: " + account
			}
			if account != test.want {
				t.Errorf("printed %q, want it to end in %q", printed, test.want)
			}
			if (err == nil) != (test.fails == "") || err != nil && err.Error() != test.fails {
				t.Errorf("error %v, want %q", err, test.fails)
			}
		})
	}
}

// output is what f prints.
func output(t *testing.T, f func()) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdout
	os.Stdout = w
	defer func() { os.Stdout = before }()
	f()
	w.Close()
	printed, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(printed)
}
