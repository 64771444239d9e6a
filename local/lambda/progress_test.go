package lambda_test

// This file stops and starts engines while functions follow a stream.

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/durable"
)

// keep lets an engine keep its state in a folder, and returns what saves it.
func (e *engine) keep(t *testing.T, folder string) (save func()) {
	t.Helper()
	store, err := durable.OpenStore(folder, durable.StoreOptions{Notice: func(text string) { t.Errorf("notice: %s", text) }})
	if err != nil {
		t.Fatal(err)
	}
	e.Keeper = store
	return func() {
		t.Helper()
		if err := store.Save(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAMappingGoesOnInTheNextRunBehindWhatIsDone(t *testing.T) {
	for _, start := range []string{"TRIM_HORIZON", "LATEST"} {
		t.Run(start, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				folder := t.TempDir()
				var batches notes[string]
				broken := true
				handler := worker(func(_ context.Context, in events.KinesisEvent) error {
					batches.add(texts(in))
					if broken && texts(in) != "done" {
						return OutOfStock{}
					}
					return nil
				})
				mapped := following(`, "StartingPosition": "` + start + `"`)
				e := newEngine(t, handler)
				save := e.keep(t, folder)
				e.mustCreate(t, role(followStatement)+","+function("")+stream("")+mapped)
				save()
				sleep(time.Second) // LATEST begins before the first record by the clock, too
				e.put(t, "done")
				sleep(2 * time.Second)
				e.put(t, "failing")
				sleep(2 * time.Second)
				save()
				e.Close()
				if got := batches.all(); len(got) < 2 || got[0] != "done" || got[1] != "failing" {
					t.Fatalf("batches %q", got)
				}
				before := len(batches.all())

				broken = false
				e = newEngine(t, handler)
				save = e.keep(t, folder)
				e.mustCreate(t, role(followStatement)+","+function("")+stream("")+mapped)
				sleep(2 * time.Second)
				e.put(t, "new")
				sleep(2 * time.Second)
				if got := batches.all()[before:]; !slices.Equal(got, []string{"failing", "new"}) {
					t.Errorf("batches of the second run %q", got)
				}
				save()
				if err := e.Forget(streamARN); err != nil {
					t.Fatal(err)
				}
				e.Close()

				// The stream is another now, and the mapping's progress of no use.
				before = len(batches.all())
				e = newEngine(t, handler)
				e.keep(t, folder)
				e.mustCreate(t, role(followStatement)+","+function("")+stream("")+mapped)
				e.put(t, "again")
				sleep(2 * time.Second)
				if got := batches.all()[before:]; !slices.Equal(got, []string{"again"}) {
					t.Errorf("batches of the third run %q", got)
				}
			})
		})
	}
}

func TestADeletedMappingLeavesTheState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		e := newEngine(t, worker(func() error { return nil }))
		save := e.keep(t, folder)
		created := e.follow(t, "", "", "")
		save()
		if err := created.Delete(context.Background(), cfn.Deletion{}); err != nil {
			t.Fatal(err)
		}
		left, err := filepath.Glob(filepath.Join(folder, "resources", "*"))
		if err != nil || len(left) > 0 {
			t.Errorf("left %q, %v", left, err)
		}
	})
}

// Nothing was done with in the first run, so there is no record to go on behind.
func TestAMappingFromTheLatestRecordOnKeepsItsBeginning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		var batches notes[string]
		broken := true
		handler := worker(func(_ context.Context, in events.KinesisEvent) error {
			batches.add(texts(in))
			if broken {
				return OutOfStock{}
			}
			return nil
		})
		for range 2 {
			e := newEngine(t, handler)
			save := e.keep(t, folder)
			e.mustCreate(t, role(followStatement)+","+function("")+stream("")+following(`, "StartingPosition": "LATEST"`))
			sleep(time.Second)
			if broken {
				e.put(t, "failing")
			}
			sleep(1500 * time.Millisecond)
			save()
			e.Close()
			broken = false
		}
		if got := batches.all(); !slices.Equal(got, []string{"failing", "failing"}) {
			t.Errorf("batches %q", got)
		}
	})
}

func TestWhatWasGivenUpStaysGivenUpInTheNextRun(t *testing.T) {
	for name, destination := range map[string]string{"to a queue": onFailure, "to nobody": ""} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				folder := t.TempDir()
				var batches notes[string]
				handler := worker(func(_ context.Context, in events.KinesisEvent) error {
					batches.add(texts(in))
					return OutOfStock{}
				})
				for _, text := range []string{"first", "second"} {
					e := newEngine(t, handler)
					save := e.keep(t, folder)
					e.mustCreate(t, role(followStatement)+","+function("")+stream("")+following(`, "MaximumRetryAttempts": 0`+destination))
					e.put(t, text)
					sleep(2 * time.Second)
					save()
					e.Close()
				}
				if got := batches.all(); !slices.Equal(got, []string{"first", "second"}) {
					t.Errorf("batches %q", got)
				}
			})
		})
	}
}
