package b2b

import (
	"regexp"
	"strconv"
	"testing"
)

// A rule tells executions of posted transactions by how their names begin.
func TestIDsOfFilesNoticesAndPostedTransactionsDiffer(t *testing.T) {
	for _, test := range []struct {
		name, id, shape string
		posted          bool
	}{
		{"file", FileID("bucket", "inbox/acme/x.xml", "v1"), `^[0-9a-f]{32}$`, false},
		{"request", RequestID("c6af9ac6-7b61-11e6-9a41-93e8deadbeef"), `^r[0-9a-f]{31}$`, true},
		{"notice", NoticeID("c6af9ac6-7b61-11e6-9a41-93e8deadbeef"), `^n[0-9a-f]{31}$`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if !regexp.MustCompile(test.shape).MatchString(test.id) || Posted(test.id) != test.posted {
				t.Errorf("id %q, posted %v", test.id, Posted(test.id))
			}
			for _, want := range []int{0, 1, 12} {
				id, ordinal, attempt, err := ParseExecutionName(ExecutionName(test.id, 17, want))
				if err != nil || id != test.id || ordinal != 17 || attempt != want {
					t.Errorf("its execution is read as %q, %d, %d, %v", id, ordinal, attempt, err)
				}
			}
		})
	}
}

func TestNamesOfOtherExecutions(t *testing.T) {
	id := RequestID("x")
	for _, name := range []string{"", "by-hand", id, id + "-", id + "-0", id + "-x", id + "-+1", id + "-01", id + "-1-", id + "-1-0", id + "-1-x", id + "-1-1-1", id[1:] + "-1", "9d2ecf92-7b61-11e6-9a41-93e8deadbeef"} {
		if _, _, _, err := ParseExecutionName(name); err == nil {
			t.Errorf("%q is taken for a transaction's", name)
		}
	}
}

// One partner's large file and many posts alike must not heat a single key.
func TestShardsAreUsedEvenly(t *testing.T) {
	const records = 1600
	for _, test := range []struct {
		name  string
		shard func(i int) string
		most  int
	}{
		{"records of a file", func(i int) string { return Shard(FileID("bucket", "key", "v"), i) }, records / Shards},
		{"posted transactions", func(i int) string { return Shard(RequestID(strconv.Itoa(i)), 1) }, 2 * records / Shards},
	} {
		t.Run(test.name, func(t *testing.T) {
			count := map[string]int{}
			for i := 1; i <= records; i++ {
				count[test.shard(i)]++
			}
			for shard, n := range count {
				if n > test.most {
					t.Errorf("shard %s gets %d of %d", shard, n, records)
				}
			}
			if len(count) != Shards || count["00"] == 0 || count["15"] == 0 {
				t.Errorf("shards %v", count)
			}
		})
	}
}
