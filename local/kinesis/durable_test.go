package kinesis_test

// This file keeps streams from run to run.

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/durable"
)

// keep lets an engine keep its state in a folder, and returns what saves it.
func (e *engine) keep(t *testing.T, folder string, notices *[]string) (save func()) {
	t.Helper()
	store, err := durable.OpenStore(folder, durable.StoreOptions{Notice: func(text string) { *notices = append(*notices, text) }})
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

func TestAStreamGoesOnInTheNextRunWhereItEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		var notices []string
		e := newEngine(t)
		save := e.keep(t, folder, &notices)
		e.mustCreate(t, stream("Clicks", ""))
		save()
		_, first := e.put(t, "k", "expired")
		time.Sleep(24 * time.Hour)
		_, second := e.put(t, "k", "kept\x00\xff")
		iterator := e.iterator(t, "TRIM_HORIZON", nil)
		save()
		time.Sleep(time.Minute) // lets go of what has expired
		save()
		e.Close()

		time.Sleep(time.Minute)
		e = newEngine(t)
		e.keep(t, folder, &notices)
		e.mustCreate(t, stream("Clicks", ""))
		_, third := e.put(t, "k", "new")
		if !(first < second && second < third) {
			t.Errorf("sequence numbers %s, %s, %s", first, second, third)
		}
		for name, it := range map[string]string{
			"from the last run": iterator, "after the first": e.iterator(t, "AFTER_SEQUENCE_NUMBER", map[string]any{"StartingSequenceNumber": first}),
		} {
			if got, _ := e.read(t, it); !slices.Equal(got, []string{"kept\x00\xff", "new"}) {
				t.Errorf("%s: read %q", name, got)
			}
		}
		if len(notices) > 0 {
			t.Errorf("notices %q", notices)
		}
	})
}

// A save after records have expired has none of them.
func TestExpiredRecordsAndDeletedStreamsLeaveTheState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		var notices []string
		e := newEngine(t)
		save := e.keep(t, folder, &notices)
		created := e.mustCreate(t, stream("Clicks", ""))
		save()
		e.put(t, "k", strings.Repeat("x", 10_000))
		save()
		if n := size(t, folder); n < 10_000 {
			t.Errorf("%d bytes are kept of 10,000", n)
		}
		time.Sleep(25 * time.Hour)
		save()
		if n := size(t, folder); n > 1000 {
			t.Errorf("%d bytes are kept of an expired record", n)
		}
		if err := created.Delete(context.Background(), cfn.Deletion{}); err != nil {
			t.Fatal(err)
		}
		if n := size(t, folder); n > 0 {
			t.Errorf("%d bytes are kept of a deleted stream", n)
		}
	})
}

// size is how many bytes the state of resources has.
func size(t *testing.T, folder string) (n int64) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(folder, "resources"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		n += info.Size()
	}
	return n
}

func TestAStreamWithOtherShardsBeginsAnewWithANotice(t *testing.T) {
	folder := t.TempDir()
	var notices []string
	e := newEngine(t)
	save := e.keep(t, folder, &notices)
	e.mustCreate(t, stream("Clicks", ""))
	e.put(t, "k", "x")
	save()
	e = newEngine(t)
	e.keep(t, folder, &notices)
	e.mustCreate(t, stream("Clicks", `, "ShardCount": 2`))
	if len(notices) != 1 || !strings.Contains(notices[0], "it had 1 shards, and has 2 now") {
		t.Errorf("notices %q", notices)
	}
	for _, key := range []string{"a", "b"} {
		e.put(t, key, "y")
	}
	if got, _ := e.read(t, e.iterator(t, "TRIM_HORIZON", nil)); fmt.Sprint(got) != "[y]" {
		t.Errorf("read %v", got)
	}
}

func TestEachShardsRecordsAreKeptWithTheirKeys(t *testing.T) {
	folder := t.TempDir()
	var notices []string
	start := func() (e *engine, save func()) {
		e = newEngine(t)
		save = e.keep(t, folder, &notices)
		e.mustCreate(t, stream("Clicks", `, "ShardCount": 2`))
		return e, save
	}
	read := func(e *engine) (lines []string) {
		t.Helper()
		for _, shard := range []string{"shardId-000000000000", "shardId-000000000001"} {
			var out struct {
				Records []struct {
					SequenceNumber, PartitionKey string
					ApproximateArrivalTimestamp  float64
					Data                         []byte
				}
			}
			e.do(t, "GetRecords", map[string]any{"ShardIterator": e.iterator(t, "TRIM_HORIZON", map[string]any{"ShardId": shard})}, &out)
			lines = append(lines, fmt.Sprintf("%s %+v", shard, out.Records))
		}
		return lines
	}
	e, save := start()
	for _, key := range []string{"a", "b", "c"} { // of the first shard, the second, and the first
		e.put(t, key, "of "+key)
	}
	before := read(e)
	save()
	e.Close()
	e, _ = start()
	if after := read(e); !slices.Equal(after, before) || strings.Count(before[0], "PartitionKey") != 2 {
		t.Errorf("before %v\nafter  %v", before, after)
	}
}
