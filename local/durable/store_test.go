package durable

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// list is a resource of numbers.
type list struct {
	cloud.Changes

	mu      sync.Mutex
	numbers []any
	taken   int // how many snapshots
	fault   error
}

func (l *list) add(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.numbers = append(l.numbers, n)
	l.Changed()
}

func (l *list) Snapshot() iter.Seq[any] {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken++
	return slices.Values(slices.Clone(l.numbers))
}

func (l *list) Restore(next func(any) error) error {
	for {
		var n int
		switch err := next(&n); {
		case errors.Is(err, io.EOF):
			return l.fault
		case err != nil:
			return err
		}
		l.numbers = append(l.numbers, n)
	}
}

func openStore(t *testing.T, folder string, o StoreOptions) *Store {
	t.Helper()
	s, err := OpenStore(folder, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func keep(t *testing.T, s *Store, arn string, l *list) *list {
	t.Helper()
	if err := s.Keep(arn, l); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestOnlyWhatHasChangedIsWritten(t *testing.T) {
	folder := t.TempDir()
	s := openStore(t, folder, StoreOptions{})
	changed, still := keep(t, s, "arn:changed", &list{}), keep(t, s, "arn:still", &list{})
	for i := range 3 {
		changed.add(i)
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
	}
	if changed.taken != 3 || still.taken != 1 {
		t.Errorf("%d and %d snapshots were taken", changed.taken, still.taken)
	}
	next := openStore(t, folder, StoreOptions{})
	again := keep(t, next, "arn:changed", &list{})
	if got := fmt.Sprint(again.numbers); got != "[0 1 2]" {
		t.Errorf("restored %s", got)
	}
	if err := next.Save(); err != nil || again.taken != 0 {
		t.Errorf("what was restored was written %d times again: %v", again.taken, err)
	}
}

func TestNamesThatLookAlikeHaveFilesOfTheirOwn(t *testing.T) {
	folder := t.TempDir()
	s := openStore(t, folder, StoreOptions{})
	long := strings.Repeat("x", 2000)
	for i, arn := range []string{"arn:a/b", "arn:a:b", "arn:A/b", "../a", long + "1", long + "2"} {
		keep(t, s, arn, &list{}).add(i)
	}
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(filepath.Join(folder, "resources")); err != nil || len(entries) != 6 {
		t.Errorf("%d files, %v", len(entries), err)
	}
}

func TestChangesAreSavedSoonAndASaveThatFailsIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		var notices []string
		s := openStore(t, folder, StoreOptions{Notice: func(text string) { notices = append(notices, text) }})
		l := keep(t, s, "arn:l", &list{})
		go s.Run(t.Context())
		l.add(1)
		time.Sleep(interval)
		synctest.Wait()
		if raw, err := os.ReadFile(s.path("arn:l")); err != nil || !strings.HasSuffix(string(raw), "\n1\n") {
			t.Errorf("on the disk: %q %v", raw, err)
		}
		l.mu.Lock()
		l.numbers = append(l.numbers, func() {}) // which is no JSON
		l.Changed()
		l.mu.Unlock()
		time.Sleep(interval)
		synctest.Wait()
		if len(notices) != 1 || !strings.Contains(notices[0], "save the state of arn:l") {
			t.Errorf("notices %q", notices)
		}
		if raw, err := os.ReadFile(s.path("arn:l")); err != nil || !strings.HasSuffix(string(raw), "\n1\n") {
			t.Errorf("what was there became %q %v", raw, err)
		}
	})
}

func TestPruningDropsWhatNobodyKeeps(t *testing.T) {
	folder := t.TempDir()
	first := openStore(t, folder, StoreOptions{})
	for _, arn := range []string{"arn:a", "arn:b", "other:c"} {
		keep(t, first, arn, &list{})
	}
	if err := first.Save(); err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(folder, "resources", ".a.jsonl.123") // of a save that was cut off
	if err := os.WriteFile(cut, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	var notices []string
	second := openStore(t, folder, StoreOptions{
		Notice: func(text string) { notices = append(notices, text) },
		Wanted: func(arn string) bool { return strings.HasPrefix(arn, "arn:") },
	})
	keep(t, second, "arn:a", &list{})
	if err := second.Prune(); err != nil {
		t.Fatal(err)
	}
	for path, there := range map[string]bool{first.path("arn:a"): true, first.path("arn:b"): false, first.path("other:c"): true, cut: false} {
		if _, err := os.Stat(path); (err == nil) != there {
			t.Errorf("%s: %v", path, err)
		}
	}
	if len(notices) != 1 || !strings.Contains(notices[0], "arn:b") {
		t.Errorf("notices %q", notices)
	}
}

func TestStateThatAResourceCannotUseIsDroppedOrRefused(t *testing.T) {
	folder := t.TempDir()
	s := openStore(t, folder, StoreOptions{})
	keep(t, s, "arn:l", &list{}).add(1)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	var notices []string
	again := openStore(t, folder, StoreOptions{Notice: func(text string) { notices = append(notices, text) }})
	if err := again.Keep("arn:l", &list{fault: fmt.Errorf("other times: %w", errors.ErrUnsupported)}); err != nil || len(notices) != 1 || !strings.Contains(notices[0], "other times") {
		t.Errorf("got %v and notices %q", err, notices)
	}
	if err := again.Keep("arn:l", &list{fault: io.ErrUnexpectedEOF}); err == nil || !strings.Contains(err.Error(), again.path("arn:l")) {
		t.Errorf("got %v", err)
	}
}
