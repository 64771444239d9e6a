package kinesis_test

// This file goes to the limits, and one beyond them.

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func data(n int) string { return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", n))) }

func records(n, size int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = map[string]any{"PartitionKey": "k", "Data": data(size)}
	}
	return list
}

func TestWhatIsBeyondALimitIsRefused(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, stream("Clicks", "")+","+stream("Large", `, "MaxRecordSizeInKiB": 10240`))
	e.put(t, "k", "first")
	put := func(stream string, member string, value any) map[string]any {
		in := map[string]any{"StreamName": stream, "PartitionKey": "k", "Data": data(1)}
		in[member] = value
		return in
	}
	at := func(kind string, member string, value any) map[string]any {
		return map[string]any{"StreamName": "clicks", "ShardId": "shardId-000000000000", "ShardIteratorType": kind, member: value}
	}
	const invalid, validation = "InvalidArgumentException", "ValidationException"
	for _, test := range []struct {
		name, action string
		in           map[string]any
		want         string
	}{
		{"a key of 256 characters", "PutRecord", put("clicks", "PartitionKey", strings.Repeat("ü", 256)), ""},
		{"a key of 257 characters", "PutRecord", put("clicks", "PartitionKey", strings.Repeat("k", 257)), validation},
		{"no key", "PutRecord", put("clicks", "PartitionKey", ""), validation},
		{"no data", "PutRecord", put("clicks", "Data", nil), validation},
		{"empty data", "PutRecord", put("clicks", "Data", ""), ""},
		{"a record of 1 MiB with its key", "PutRecord", put("clicks", "Data", data(1<<20-1)), ""},
		{"a record beyond 1 MiB", "PutRecord", put("clicks", "Data", data(1<<20)), validation},
		{"a record of 10 MiB where the stream takes it", "PutRecord", put("large", "Data", data(10<<20-1)), ""},
		{"a record beyond 10 MiB", "PutRecord", put("large", "Data", data(10<<20)), validation},
		{"the largest hash key", "PutRecord", put("clicks", "ExplicitHashKey", "340282366920938463463374607431768211455"), ""},
		{"a hash key beyond it", "PutRecord", put("clicks", "ExplicitHashKey", "340282366920938463463374607431768211456"), invalid},
		{"a negative hash key", "PutRecord", put("clicks", "ExplicitHashKey", "-1"), invalid},
		{"a hash key that is no number", "PutRecord", put("clicks", "ExplicitHashKey", "abc"), invalid},
		{"an order behind no number", "PutRecord", put("clicks", "SequenceNumberForOrdering", "0"), ""},
		{"an order behind nonsense", "PutRecord", put("clicks", "SequenceNumberForOrdering", "12"), invalid},
		{"500 records", "PutRecords", map[string]any{"StreamName": "clicks", "Records": records(500, 1)}, ""},
		{"501 records", "PutRecords", map[string]any{"StreamName": "clicks", "Records": records(501, 1)}, validation},
		{"no records", "PutRecords", map[string]any{"StreamName": "clicks", "Records": []any{}}, validation},
		{"records of 10 MiB together", "PutRecords", map[string]any{"StreamName": "clicks", "Records": records(10, 1<<20-1)}, ""},
		{"records beyond 10 MiB together", "PutRecords", map[string]any{"StreamName": "clicks", "Records": append(records(10, 1<<20-1), records(1, 0)...)}, invalid},
		{"one bad record among good ones", "PutRecords", map[string]any{"StreamName": "clicks", "Records": append(records(1, 1), map[string]any{"PartitionKey": "", "Data": "eA=="})}, validation},
		{"no stream", "PutRecord", put("", "PartitionKey", "k"), invalid},
		{"a name that cannot be", "PutRecord", put("no such/stream", "PartitionKey", "k"), validation},
		{"another account's stream", "PutRecord", put("", "StreamARN", "arn:aws:kinesis:eu-central-1:999999999999:stream/clicks"), invalid},
		{"a name and another's ARN", "PutRecord", put("large", "StreamARN", clicksARN), invalid},
		{"an unknown iterator", "GetShardIterator", at("SOMEWHERE", "Timestamp", 1), validation},
		{"no timestamp", "GetShardIterator", at("AT_TIMESTAMP", "Timestamp", nil), invalid},
		{"a time to come", "GetShardIterator", at("AT_TIMESTAMP", "Timestamp", 32503680000), invalid},
		{"no sequence number", "GetShardIterator", at("AT_SEQUENCE_NUMBER", "StartingSequenceNumber", ""), invalid},
		{"a sequence number of another stream", "GetShardIterator", at("AT_SEQUENCE_NUMBER", "StartingSequenceNumber", "49590338271490256608559692538361571095921575989136588898"), invalid},
		{"a limit of 0", "GetRecords", map[string]any{"ShardIterator": e.iterator(t, "LATEST", nil), "Limit": 0}, validation},
		{"a limit of 10,000", "GetRecords", map[string]any{"ShardIterator": e.iterator(t, "LATEST", nil), "Limit": 10_000}, ""},
		{"a limit beyond 10,000", "GetRecords", map[string]any{"ShardIterator": e.iterator(t, "LATEST", nil), "Limit": 10_001}, validation},
		{"a token with a name", "ListShards", map[string]any{"StreamName": "clicks", "NextToken": "x"}, invalid},
		{"a token that is none", "ListShards", map[string]any{"NextToken": "x"}, invalid},
		{"an unknown filter", "ListShards", map[string]any{"StreamName": "clicks", "ShardFilter": map[string]string{"Type": "ANY"}}, validation},
		{"a retention below a day", "DecreaseStreamRetentionPeriod", map[string]any{"StreamName": "clicks", "RetentionPeriodHours": 23}, invalid},
		{"a retention above a year", "IncreaseStreamRetentionPeriod", map[string]any{"StreamName": "clicks", "RetentionPeriodHours": 8761}, invalid},
		{"a year", "IncreaseStreamRetentionPeriod", map[string]any{"StreamName": "clicks", "RetentionPeriodHours": 8760}, ""},
		{"an increase that is none", "IncreaseStreamRetentionPeriod", map[string]any{"StreamName": "clicks", "RetentionPeriodHours": 24}, invalid},
		{"back to a day", "DecreaseStreamRetentionPeriod", map[string]any{"StreamName": "clicks", "RetentionPeriodHours": 24}, ""},
		{"a decrease that is none", "DecreaseStreamRetentionPeriod", map[string]any{"StreamName": "clicks", "RetentionPeriodHours": 48}, invalid},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			if err := e.Do(context.Background(), e.Administrator(), "kinesis", test.action, test.in, nil); err != nil {
				got = cloud.AsError(err).Code
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// A refused batch puts none of its records.
func TestABatchWithABadRecordPutsNothing(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, stream("Clicks", ""))
	in := map[string]any{"StreamName": "clicks", "Records": append(records(2, 1), map[string]any{"PartitionKey": "", "Data": "eA=="})}
	err := e.Do(context.Background(), e.Administrator(), "kinesis", "PutRecords", in, nil)
	if err == nil || !strings.Contains(err.Error(), "'records.3.member.partitionKey'") {
		t.Errorf("error %v", err)
	}
	if data, _ := e.read(t, e.iterator(t, "TRIM_HORIZON", nil)); data != nil {
		t.Errorf("read %v", data)
	}
}

// A read ends at 10 MiB, and the next one goes on behind it.
func TestAReadEndsAtItsLimitAndTheNextGoesOn(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, stream("Clicks", ""))
	for range 12 {
		e.do(t, "PutRecord", map[string]any{"StreamName": "clicks", "PartitionKey": "k", "Data": data(1<<20 - 1)}, nil)
	}
	got, next := e.read(t, e.iterator(t, "TRIM_HORIZON", nil))
	rest, _ := e.read(t, next)
	if len(got) != 10 || len(rest) != 2 {
		t.Errorf("%d and %d records", len(got), len(rest))
	}
}

// The wanted shards follow from MD5: of "a" it begins with 0c, of "b" with 92, of "c" with 4a.
func TestAPartitionKeysHashDecidesTheShardUnlessThereIsAnExplicitOne(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, stream("Clicks", `, "ShardCount": 4`))
	for key, want := range map[string]string{"a": "0", "b": "2", "c": "1"} {
		if shard, _ := e.put(t, key, "x"); shard != "shardId-00000000000"+want {
			t.Errorf("%s: %s, want shard %s", key, shard, want)
		}
	}
	for hash, want := range map[string]string{
		"0": "0", "85070591730234615865843651857942052863": "0", "85070591730234615865843651857942052864": "1", "340282366920938463463374607431768211455": "3",
	} {
		var out struct{ ShardId string }
		e.do(t, "PutRecord", map[string]any{"StreamName": "clicks", "PartitionKey": "a", "ExplicitHashKey": hash, "Data": "eA=="}, &out)
		if out.ShardId != "shardId-00000000000"+want {
			t.Errorf("hash key %s: %s, want shard %s", hash, out.ShardId, want)
		}
	}
}

func TestEachIteratorBeginsAtItsPlace(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, stream("Clicks", ""))
	latestBefore := e.iterator(t, "LATEST", nil)
	var numbers []string
	for _, text := range []string{"1", "2", "3"} {
		_, number := e.put(t, "k", text)
		numbers = append(numbers, number)
	}
	if len(numbers[0]) != 56 || !(numbers[0] < numbers[1] && numbers[1] < numbers[2]) {
		t.Errorf("sequence numbers %v", numbers)
	}
	var described struct {
		StreamDescription struct {
			Shards []struct {
				SequenceNumberRange struct{ StartingSequenceNumber string }
			}
		}
	}
	e.do(t, "DescribeStream", map[string]any{"StreamName": "clicks"}, &described)
	beginning := described.StreamDescription.Shards[0].SequenceNumberRange.StartingSequenceNumber
	if beginning >= numbers[0] {
		t.Errorf("the shard begins with %s, the first record is %s", beginning, numbers[0])
	}
	for _, test := range []struct{ iterator, want string }{
		{e.iterator(t, "TRIM_HORIZON", nil), "[1 2 3]"},
		{e.iterator(t, "LATEST", nil), "[]"},
		{latestBefore, "[1 2 3]"},
		{e.iterator(t, "AT_SEQUENCE_NUMBER", map[string]any{"StartingSequenceNumber": numbers[1]}), "[2 3]"},
		{e.iterator(t, "AFTER_SEQUENCE_NUMBER", map[string]any{"StartingSequenceNumber": numbers[1]}), "[3]"},
		{e.iterator(t, "AT_SEQUENCE_NUMBER", map[string]any{"StartingSequenceNumber": beginning}), "[1 2 3]"},
		{e.iterator(t, "AFTER_SEQUENCE_NUMBER", map[string]any{"StartingSequenceNumber": beginning}), "[1 2 3]"},
	} {
		if got, _ := e.read(t, test.iterator); fmt.Sprint(got) != test.want {
			t.Errorf("read %v, want %s", got, test.want)
		}
	}
}

func TestEachActionNeedsItsPermissionOnTheStream(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, stream("Clicks", ""))
	iterator := e.iterator(t, "TRIM_HORIZON", nil)
	nobody := cloud.Caller{ARN: "arn:aws:iam::123456789012:role/nobody"}
	for action, in := range map[string]map[string]any{
		"DecreaseStreamRetentionPeriod": {"StreamName": "clicks", "RetentionPeriodHours": 24},
		"DescribeStream":                {"StreamARN": clicksARN},
		"DescribeStreamSummary":         {"StreamName": "clicks"},
		"GetRecords":                    {"ShardIterator": iterator},
		"GetShardIterator":              {"StreamName": "clicks", "ShardId": "shardId-000000000000", "ShardIteratorType": "LATEST"},
		"IncreaseStreamRetentionPeriod": {"StreamName": "clicks", "RetentionPeriodHours": 24},
		"ListShards":                    {"StreamName": "clicks"},
		"ListStreams":                   {},
		"PutRecord":                     {"StreamName": "clicks", "PartitionKey": "k", "Data": "eA=="},
		"PutRecords":                    {"StreamName": "clicks", "Records": records(1, 1)},
		"AddTagsToStream":               {"StreamName": "clicks"},
		"CreateStream":                  {"StreamName": "clicks", "ShardCount": 1},
		"DeleteResourcePolicy":          {"ResourceARN": clicksARN},
		"DeleteStream":                  {"StreamName": "clicks"},
		"DescribeLimits":                {},
		"GetResourcePolicy":             {"ResourceARN": clicksARN},
		"ListTagsForResource":           {"ResourceARN": clicksARN},
		"ListTagsForStream":             {"StreamName": "clicks"},
		"PutResourcePolicy":             {"ResourceARN": clicksARN, "Policy": "{}"},
		"RemoveTagsFromStream":          {"StreamName": "clicks"},
		"StartStreamEncryption":         {"StreamName": "clicks", "EncryptionType": "KMS", "KeyId": "k"},
		"StopStreamEncryption":          {"StreamName": "clicks"},
		"TagResource":                   {"ResourceARN": clicksARN},
		"UntagResource":                 {"ResourceARN": clicksARN},
		"UpdateStreamMode":              {"StreamARN": clicksARN},
	} {
		resource := clicksARN
		if action == "ListStreams" || action == "DescribeLimits" {
			resource = "*"
		}
		input, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Call(context.Background(), nobody, "kinesis", action, input)
		if err == nil || cloud.AsError(err).Code != "AccessDeniedException" || !strings.Contains(err.Error(), "kinesis:"+action+" on resource: "+resource) {
			t.Errorf("%s: %v", action, err)
		}
	}
}
