package kinesis_test

// This file lets time pass, by a virtual clock.

import (
	"context"
	"fmt"
	"math/big"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestRecordsAreThereForAsLongAsTheStreamKeepsThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, stream("Clicks", ""))
		_, first := e.put(t, "k", "first")
		time.Sleep(12 * time.Hour)
		e.put(t, "k", "second")
		look := func(want string) {
			t.Helper()
			if got, _ := e.read(t, e.iterator(t, "TRIM_HORIZON", nil)); fmt.Sprint(got) != want {
				t.Errorf("read %v, want %s", got, want)
			}
		}
		time.Sleep(12*time.Hour - time.Nanosecond)
		look("[first second]")
		time.Sleep(time.Nanosecond)
		look("[second]")
		// A consumer that has fallen behind goes on with what there is.
		if got, _ := e.read(t, e.iterator(t, "AT_SEQUENCE_NUMBER", map[string]any{"StartingSequenceNumber": first})); fmt.Sprint(got) != "[second]" {
			t.Errorf("read %v from an expired record on", got)
		}
		e.do(t, "IncreaseStreamRetentionPeriod", map[string]any{"StreamName": "clicks", "RetentionPeriodHours": 48}, nil)
		time.Sleep(24 * time.Hour)
		look("[second]")
		e.do(t, "DecreaseStreamRetentionPeriod", map[string]any{"StreamName": "clicks", "RetentionPeriodHours": 24}, nil)
		look("[]")
	})
}

func TestExpiredRecordsAreLetGoOf(t *testing.T) {
	e := newEngine(t)
	held := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse
	}
	before := held()
	synctest.Test(t, func(t *testing.T) {
		e = newEngine(t)
		e.mustCreate(t, stream("Clicks", ""))
		for range 20 {
			e.put(t, "k", strings.Repeat("x", 1<<20-1))
		}
		time.Sleep(23 * time.Hour)
		e.put(t, "k", "young") // what it stands behind goes all the same
		time.Sleep(time.Hour + 2*time.Minute)
		if after := held(); after > before+8<<20 {
			t.Errorf("%d MB are held for expired records", (after-before)>>20)
		}
	})
}

func TestAnIteratorByTimeFindsTheFirstRecordSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, stream("Clicks", ""))
		started := time.Now()
		for _, text := range []string{"0", "1", "2"} {
			e.put(t, "k", text)
			time.Sleep(time.Second)
		}
		for offset, want := range map[time.Duration]string{-time.Hour: "[0 1 2]", 0: "[0 1 2]", time.Millisecond: "[1 2]", time.Second: "[1 2]", 2 * time.Second: "[2]", 2500 * time.Millisecond: "[]"} {
			at := cloud.Time(started.Add(offset)).Seconds()
			if got, _ := e.read(t, e.iterator(t, "AT_TIMESTAMP", map[string]any{"Timestamp": at})); fmt.Sprint(got) != want {
				t.Errorf("after %v: read %v, want %s", offset, got, want)
			}
		}
	})
}

// A sequence number is good for its own shard of its own stream only, and when it
// has been given out.
func TestASequenceNumberFromElsewhereIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		refused := func(what, number string) {
			t.Helper()
			in := map[string]any{"StreamName": "clicks", "ShardId": "shardId-000000000000", "ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": number}
			err := e.Do(t.Context(), e.Administrator(), "kinesis", "GetShardIterator", in, nil)
			if err == nil || cloud.AsError(err).Code != "InvalidArgumentException" {
				t.Errorf("%s: %v", what, err)
			}
		}
		created := e.mustCreate(t, stream("Clicks", `, "ShardCount": 2`))
		shard, other := e.put(t, "b", "x")
		if shard != "shardId-000000000001" {
			t.Fatalf("the record is in %s", shard)
		}
		e.put(t, "a", "x")
		_, number := e.put(t, "a", "x")
		refused("of another shard", other)
		n, _ := new(big.Int).SetString(number, 10)
		refused("of another kind", n.Add(n, new(big.Int).Lsh(big.NewInt(1), 4*46)).String())

		again := func() {
			if err := created.Delete(t.Context(), cfn.Deletion{}); err != nil {
				t.Fatal(err)
			}
			created = e.mustCreate(t, stream("Clicks", `, "ShardCount": 2`))
		}
		again()
		refused("not given out yet", number)
		time.Sleep(time.Second)
		again()
		for range 3 {
			e.put(t, "a", "x")
		}
		refused("of the stream before", number)
	})
}

// A record cannot be put behind one that is still to come.
func TestAnOrderBehindARecordToComeIsRefused(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, stream("Clicks", ""))
	_, number := e.put(t, "k", "x")
	later, _ := new(big.Int).SetString(number, 10)
	later.Add(later, new(big.Int).Lsh(big.NewInt(60), 4*9)) // seconds
	for number, want := range map[string]string{number: "", later.String(): "InvalidArgumentException"} {
		in := map[string]any{"StreamName": "clicks", "PartitionKey": "k", "Data": "eA==", "SequenceNumberForOrdering": number}
		got := ""
		if err := e.Do(t.Context(), e.Administrator(), "kinesis", "PutRecord", in, nil); err != nil {
			got = cloud.AsError(err).Code
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", number, got, want)
		}
	}
}

func TestIteratorsAndTokensExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, stream("Clicks", `, "ShardCount": 2`))
		var page struct{ NextToken string }
		e.do(t, "ListShards", map[string]any{"StreamName": "clicks", "MaxResults": 1}, &page)
		iterator := e.iterator(t, "LATEST", nil)
		codes := func() string {
			var codes []string
			for action, in := range map[string]map[string]any{"GetRecords": {"ShardIterator": iterator}, "ListShards": {"NextToken": page.NextToken}} {
				if err := e.Do(context.Background(), e.Administrator(), "kinesis", action, in, nil); err != nil {
					codes = append(codes, action+" "+cloud.AsError(err).Code)
				}
			}
			return fmt.Sprint(len(codes), " ", strings.Contains(fmt.Sprint(codes), "GetRecords ExpiredIteratorException"), strings.Contains(fmt.Sprint(codes), "ListShards ExpiredNextTokenException"))
		}
		time.Sleep(5*time.Minute - time.Nanosecond)
		if got := codes(); got != "0 false false" {
			t.Errorf("in time: %s", got)
		}
		time.Sleep(time.Nanosecond)
		if got := codes(); got != "2 true true" {
			t.Errorf("too late: %s", got)
		}
	})
}

func TestAReaderLearnsHowFarItIsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, stream("Clicks", ""))
		for _, text := range []string{"0", "1"} {
			e.put(t, "k", text)
			time.Sleep(time.Second)
		}
		var out struct {
			MillisBehindLatest int64
			NextShardIterator  string
		}
		e.do(t, "GetRecords", map[string]any{"ShardIterator": e.iterator(t, "TRIM_HORIZON", nil), "Limit": 1}, &out)
		if out.MillisBehindLatest != 2000 {
			t.Errorf("behind by %d ms, want 2000", out.MillisBehindLatest)
		}
		e.do(t, "GetRecords", map[string]any{"ShardIterator": out.NextShardIterator}, &out)
		if out.MillisBehindLatest != 0 {
			t.Errorf("behind by %d ms, want 0", out.MillisBehindLatest)
		}
	})
}
