package dynamodb_test

// This file reads the streams of tables.

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/dynamodb"
)

// streamed is a table with a stream.
type streamed struct {
	*cloud.Cloud
	service *dynamodb.DynamoDB
	arn     string
}

// newStreamed is for tests under a virtual clock.
func newStreamed(t *testing.T, view string) *streamed {
	t.Helper()
	c, d := service(t)
	s := &streamed{Cloud: c, service: d}
	answer := told(c, "CreateTable", `{`+keyed+`, "TableName": "orders", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "`+view+`"}}`)
	s.arn = latest(t, answer)
	return s
}

// latest is the stream of a description.
func latest(t *testing.T, answer string) string {
	t.Helper()
	var description struct{ LatestStreamArn string }
	for _, member := range []string{"TableDescription", "Table"} {
		var out map[string]json.RawMessage
		if err := json.Unmarshal([]byte(answer), &out); err != nil {
			t.Fatal(answer)
		}
		if out[member] != nil && json.Unmarshal(out[member], &description) != nil {
			t.Fatal(answer)
		}
	}
	return description.LatestStreamArn
}

func (s *streamed) call(t *testing.T, action, input string) string {
	t.Helper()
	answer := told(s.Cloud, action, input)
	if !strings.HasPrefix(answer, "{") {
		t.Fatalf("%s: %s", action, answer)
	}
	return answer
}

type describedStream struct {
	StreamStatus, LastEvaluatedShardId string
	Shards                             []struct {
		ShardId, ParentShardId string
		SequenceNumberRange    struct{ StartingSequenceNumber, EndingSequenceNumber string }
	}
}

func (s *streamed) describe(t *testing.T, more string) describedStream {
	t.Helper()
	var out struct{ StreamDescription describedStream }
	if err := json.Unmarshal([]byte(s.call(t, "DescribeStream", `{"StreamArn": "`+s.arn+`"`+more+`}`)), &out); err != nil {
		t.Fatal(err)
	}
	return out.StreamDescription
}

type got struct {
	Records []struct {
		EventID, EventName string
		UserIdentity       json.RawMessage
		DynamoDB           struct {
			Keys, NewImage, OldImage    json.RawMessage
			SequenceNumber              string
			SizeBytes                   int
			ApproximateCreationDateTime float64
		}
	}
	NextShardIterator string
}

func (s *streamed) iterator(t *testing.T, shard, kind, number string) string {
	t.Helper()
	in := map[string]string{"StreamArn": s.arn, "ShardId": shard, "ShardIteratorType": kind}
	if number != "" {
		in["SequenceNumber"] = number
	}
	text, _ := json.Marshal(in)
	var out struct{ ShardIterator string }
	if err := json.Unmarshal([]byte(s.call(t, "GetShardIterator", string(text))), &out); err != nil {
		t.Fatal(err)
	}
	return out.ShardIterator
}

func (s *streamed) read(t *testing.T, iterator, more string) (g got) {
	t.Helper()
	if err := json.Unmarshal([]byte(s.call(t, "GetRecords", `{"ShardIterator": "`+iterator+`"`+more+`}`)), &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// all reads the shards of the stream from their beginning.
func (s *streamed) all(t *testing.T) (all got) {
	t.Helper()
	for _, shard := range s.describe(t, "").Shards {
		g := s.read(t, s.iterator(t, shard.ShardId, "TRIM_HORIZON", ""), "")
		all.Records = append(all.Records, g.Records...)
	}
	return all
}

// following is the sequence number behind another one.
func following(number string) string {
	n, _ := new(big.Int).SetString(number, 10)
	return n.Add(n, big.NewInt(1)).String()
}

func (g got) names() string {
	var names []string
	for _, r := range g.Records {
		names = append(names, r.EventName+string(r.UserIdentity))
	}
	return strings.Join(names, " ")
}

func (s *streamed) put(t *testing.T, id, more string) {
	t.Helper()
	s.call(t, "PutItem", `{"TableName": "orders", "Item": {"id": {"S": "`+id+`"}`+more+`}}`)
}

// Each view shows what it says, and what changes nothing is no change.
func TestAStreamTellsWhatHasBecomeOfTheItems(t *testing.T) {
	const keys = `{"id":{"S":"a"}}`
	one, two := `{"id":{"S":"a"},"n":{"N":"1"}}`, `{"id":{"S":"a"},"n":{"N":"22"}}`
	for view, want := range map[string]string{
		"KEYS_ONLY":          fmt.Sprintf("INSERT %s   3, MODIFY %[1]s   3, REMOVE %[1]s   3", keys),
		"NEW_IMAGE":          fmt.Sprintf("INSERT %s %s  9, MODIFY %[1]s %[3]s  9, REMOVE %[1]s   3", keys, one, two),
		"OLD_IMAGE":          fmt.Sprintf("INSERT %s   3, MODIFY %[1]s  %[2]s 9, REMOVE %[1]s  %[3]s 9", keys, one, two),
		"NEW_AND_OLD_IMAGES": fmt.Sprintf("INSERT %s %s  9, MODIFY %[1]s %[3]s %[2]s 15, REMOVE %[1]s  %[3]s 9", keys, one, two),
	} {
		t.Run(view, func(t *testing.T) {
			s := newStreamed(t, view)
			s.call(t, "DeleteItem", `{"TableName": "orders", "Key": `+keys+`}`)
			s.put(t, "a", `, "n": {"N": "1"}`)
			s.put(t, "a", `, "n": {"N": "1.0"}`)
			s.call(t, "TransactWriteItems", `{"TransactItems": [{"Update": {"TableName": "orders", "Key": `+keys+`, "UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": {"N": "22"}}}}]}`)
			s.call(t, "BatchWriteItem", `{"RequestItems": {"orders": [{"DeleteRequest": {"Key": `+keys+`}}]}}`)
			var said []string
			numbers, ids := []string{}, map[string]bool{}
			for _, r := range s.all(t).Records {
				said = append(said, fmt.Sprintf("%s %s %s %s %d", r.EventName, r.DynamoDB.Keys, r.DynamoDB.NewImage, r.DynamoDB.OldImage, r.DynamoDB.SizeBytes))
				numbers, ids[r.EventID] = append(numbers, r.DynamoDB.SequenceNumber), true
			}
			if got := strings.Join(said, ", "); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if !slices.IsSorted(numbers) || len(ids) != 3 || len(numbers[0]) < 21 || s.all(t).Records[0].EventID == "" || !ids[s.all(t).Records[0].EventID] {
				t.Errorf("numbers %q, ids %v", numbers, ids)
			}
			raw := s.call(t, "GetRecords", `{"ShardIterator": "`+s.iterator(t, s.describe(t, "").Shards[0].ShardId, "TRIM_HORIZON", "")+`"}`)
			for _, part := range []string{`"eventVersion":"1.1"`, `"eventSource":"aws:dynamodb"`, `"awsRegion":"eu-west-1"`, `"StreamViewType":"` + view + `"`, `"NextShardIterator":"` + s.arn + `|1|`} {
				if !strings.Contains(raw, part) {
					t.Errorf("no %s in %s", part, raw)
				}
			}
		})
	}
}

// What expires is told of as what DynamoDB has done.
func TestAStreamTellsOfWhatExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreamed(t, "KEYS_ONLY")
		defer s.Close()
		s.call(t, "UpdateTimeToLive", `{"TableName": "orders", "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": true}}`)
		s.put(t, "a", fmt.Sprintf(`, "ttl": {"N": "%d"}`, time.Now().Add(time.Second).Unix()))
		time.Sleep(2*time.Minute + 500*time.Millisecond)
		synctest.Wait()
		s.put(t, "b", "")
		all := s.all(t)
		if got := all.names(); got != `INSERT REMOVE{"PrincipalId":"dynamodb.amazonaws.com","Type":"Service"} INSERT` {
			t.Error(got)
		}
		if at := all.Records[2].DynamoDB.ApproximateCreationDateTime; at != float64(time.Now().Unix()) {
			t.Errorf("at %v", at)
		}
	})
}

// Iterators begin where they are to, and none reads what is not there.
func TestAStreamIsReadFromWhereAnIteratorBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreamed(t, "KEYS_ONLY")
		defer s.Close()
		for range 3 {
			s.put(t, "a", "")
			s.call(t, "DeleteItem", `{"TableName": "orders", "Key": {"id": {"S": "a"}}}`)
		}
		shard := s.describe(t, "").Shards[0]
		first := shard.SequenceNumberRange.StartingSequenceNumber
		records := s.all(t).Records
		last := records[len(records)-1].DynamoDB.SequenceNumber
		newest := s.iterator(t, shard.ShardId, "LATEST", "")
		for _, row := range []struct {
			kind, number string
			want         int
		}{{"TRIM_HORIZON", "", 6}, {"LATEST", "", 0}, {"AT_SEQUENCE_NUMBER", first, 6}, {"AFTER_SEQUENCE_NUMBER", first, 6},
			{"AT_SEQUENCE_NUMBER", last, 1}, {"AFTER_SEQUENCE_NUMBER", last, 0}, {"AFTER_SEQUENCE_NUMBER", records[2].DynamoDB.SequenceNumber, 3}} {
			if got := s.read(t, s.iterator(t, shard.ShardId, row.kind, row.number), ""); len(got.Records) != row.want || got.NextShardIterator == "" {
				t.Errorf("%s %s: %d records, want %d; next %q", row.kind, row.number, len(got.Records), row.want, got.NextShardIterator)
			}
		}
		page := s.read(t, s.iterator(t, shard.ShardId, "TRIM_HORIZON", ""), `, "Limit": 4`)
		if rest := s.read(t, page.NextShardIterator, ""); len(page.Records) != 4 || rest.names() != "INSERT REMOVE" {
			t.Errorf("pages of %d and %s", len(page.Records), rest.names())
		}
		s.put(t, "b", "")
		if got := s.read(t, newest, "").names(); got != "INSERT" {
			t.Errorf("behind the latest comes %s", got)
		}
		at := func(more string) string {
			return `{"StreamArn": "` + s.arn + `", "ShardId": "` + shard.ShardId + `", ` + more + `}`
		}
		for _, row := range []struct{ action, input, want string }{
			{"GetShardIterator", at(`"ShardIteratorType": "AT_SEQUENCE_NUMBER"`), "SequenceNumber must be specified"},
			{"GetShardIterator", at(`"ShardIteratorType": "LATEST", "SequenceNumber": "` + first + `"`), "SequenceNumber must not be specified"},
			{"GetShardIterator", at(`"ShardIteratorType": "AT_TIMESTAMP"`), "Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_SEQUENCE_NUMBER, TRIM_HORIZON]"},
			{"GetShardIterator", at(`"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "100000000000000000001"`), "Invalid SequenceNumber"},
			{"GetShardIterator", at(`"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "` + strings.Replace(last, "6", "9", 1) + `"`), "Invalid SequenceNumber"},
			{"GetShardIterator", at(`"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "` + following(following(last)) + `"`), "Invalid SequenceNumber"},
			{"GetShardIterator", strings.Replace(at(`"ShardIteratorType": "LATEST"`), "shardId-", "shardId+", 1), "ResourceNotFoundException: Requested resource not found: Shard does not exist"},
			{"GetShardIterator", `{"StreamArn": "` + s.arn + `"}`, "Value null at 'shardId'"},
			{"GetShardIterator", at(`"ShardIteratorType": ""`), "Value null at 'shardIteratorType'"},
			{"GetRecords", `{"ShardIterator": "` + newest + `", "Limit": 1001}`, "Value '1001' at 'limit'"},
			{"GetRecords", `{"ShardIterator": "` + newest + `", "Limit": 0}`, "Value '0' at 'limit'"},
			{"GetRecords", `{"ShardIterator": "none"}`, "ValidationException: Invalid ShardIterator"},
			{"GetRecords", `{}`, "Value null at 'shardIterator'"},
			{"DescribeStream", `{}`, "Value null at 'streamArn'"},
			{"DescribeStream", `{"StreamArn": "none"}`, "ValidationException: Invalid StreamArn"},
			{"DescribeStream", `{"StreamArn": "` + s.arn + `0"}`, "Requested resource not found: Stream: " + s.arn + "0 not found"},
			{"DescribeStream", `{"StreamArn": "` + s.arn + `", "Limit": 101}`, "Value '101' at 'limit'"},
			{"DescribeStream", `{"StreamArn": "` + s.arn + `", "ShardFilter": {"ShardId": "` + shard.ShardId + `"}}`, "Value null at 'shardFilter.type'"},
			{"DescribeStream", `{"StreamArn": "` + s.arn + `", "ShardFilter": {"Type": "CHILD_SHARDS"}}`, "Value null at 'shardFilter.shardId'"},
			{"DescribeStream", `{"StreamArn": "` + s.arn + `", "ShardFilter": {"Type": "CHILD_SHARDS", "ShardId": "s"}}`, "Value 's' at 'shardFilter.shardId'"},
			{"DescribeStream", `{"StreamArn": "` + s.arn + `", "ShardFilter": {"Type": "ALL", "ShardId": "` + shard.ShardId + `"}}`, "Value 'ALL' at 'shardFilter.type'"},
			{"ListStreams", `{"Limit": 0}`, "Value '0' at 'limit'"},
			{"ListStreams", `{"ExclusiveStartStreamArn": "none"}`, "Invalid StreamArn"},
		} {
			if got := told(s.Cloud, row.action, row.input); !strings.Contains(got, row.want) {
				t.Errorf("%s %s: %s, want %s", row.action, row.input, got, row.want)
			}
		}
		time.Sleep(iteratorLife)
		if got := told(s.Cloud, "GetRecords", `{"ShardIterator": "`+newest+`"}`); !strings.HasPrefix(got, "ExpiredIteratorException") {
			t.Error(got)
		}
	})
}

const iteratorLife = 15 * time.Minute

// A shard is followed by the next one after four hours, and gone when a day has passed.
func TestShardsFollowEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreamed(t, "KEYS_ONLY")
		defer s.Close()
		s.put(t, "a", "")
		first := s.describe(t, "").Shards[0]
		newest := s.iterator(t, first.ShardId, "LATEST", "")
		if first.SequenceNumberRange.EndingSequenceNumber != "" || first.ParentShardId != "" {
			t.Errorf("an open shard %+v", first)
		}
		for range 17 { // an iterator lives 15 minutes
			time.Sleep(14*time.Minute + time.Second)
			newest = s.read(t, newest, "").NextShardIterator
		}
		if newest != "" {
			time.Sleep(5 * time.Minute)
			newest = s.read(t, newest, "").NextShardIterator
		}
		shards := s.describe(t, "").Shards
		if newest != "" || len(shards) != 2 || shards[0].SequenceNumberRange.EndingSequenceNumber == "" || shards[1].ParentShardId != first.ShardId {
			t.Fatalf("next %q, shards %+v", newest, shards)
		}
		s.put(t, "b", "")
		if got := s.read(t, s.iterator(t, shards[1].ShardId, "TRIM_HORIZON", ""), "").names(); got != "INSERT" {
			t.Errorf("the second shard has %s", got)
		}
		if end, begin := shards[0].SequenceNumberRange.EndingSequenceNumber, shards[1].SequenceNumberRange.StartingSequenceNumber; end >= begin || end < first.SequenceNumberRange.StartingSequenceNumber {
			t.Errorf("a shard ends with %s, the next one begins with %s", end, begin)
		}
		if a, b := s.all(t).Records[0].DynamoDB.SequenceNumber, s.all(t).Records[1].DynamoDB.SequenceNumber; a != shards[0].SequenceNumberRange.EndingSequenceNumber || b <= shards[1].SequenceNumberRange.StartingSequenceNumber {
			t.Errorf("changes %s and %s of shards %+v", a, b, shards)
		}
		if page := s.describe(t, `, "Limit": 1`); len(page.Shards) != 1 || page.LastEvaluatedShardId != first.ShardId {
			t.Errorf("page %+v", page)
		}
		if page := s.describe(t, `, "ExclusiveStartShardId": "`+first.ShardId+`"`); len(page.Shards) != 1 || page.Shards[0].ShardId != shards[1].ShardId || page.LastEvaluatedShardId != "" {
			t.Errorf("page %+v", page)
		}
		if page := s.describe(t, `, "ShardFilter": {"Type": "CHILD_SHARDS", "ShardId": "`+first.ShardId+`"}`); len(page.Shards) != 1 || page.Shards[0].ShardId != shards[1].ShardId {
			t.Errorf("children %+v", page)
		}
		if got := told(s.Cloud, "GetShardIterator", `{"StreamArn": "`+s.arn+`", "ShardId": "`+shards[1].ShardId+`", "ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "`+first.SequenceNumberRange.StartingSequenceNumber+`"}`); !strings.Contains(got, "Invalid SequenceNumber") {
			t.Errorf("by a number of another shard: %s", got)
		}
		time.Sleep(20 * time.Hour)
		if got := told(s.Cloud, "GetShardIterator", `{"StreamArn": "`+s.arn+`", "ShardId": "`+shards[1].ShardId+`", "ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "`+shards[1].SequenceNumberRange.StartingSequenceNumber+`"}`); !strings.HasPrefix(got, `{"ShardIterator"`) {
			t.Error(got)
		}
		time.Sleep(8 * time.Hour)
		synctest.Wait()
		if shards := s.describe(t, "").Shards; len(shards) != 7 || shards[0].ShardId == first.ShardId {
			t.Errorf("after a day %d shards %+v", len(shards), shards)
		}
		if got := len(s.all(t).Records); got != 0 {
			t.Errorf("%d records are older than a day", got)
		}
	})
}

// What has been let go of is not passed over in silence.
func TestWhatAStreamHasLetGoOfIsToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreamed(t, "KEYS_ONLY")
		defer s.Close()
		s.put(t, "a", "")
		time.Sleep(2 * time.Hour)
		s.put(t, "b", "")
		shard := s.describe(t, "").Shards[0]
		time.Sleep(22*time.Hour - 5*time.Minute)
		early := s.iterator(t, shard.ShardId, "AT_SEQUENCE_NUMBER", shard.SequenceNumberRange.StartingSequenceNumber)
		horizon := s.iterator(t, shard.ShardId, "TRIM_HORIZON", "")
		time.Sleep(7 * time.Minute)
		synctest.Wait()
		if got := told(s.Cloud, "GetRecords", `{"ShardIterator": "`+early+`"}`); !strings.HasPrefix(got, "TrimmedDataAccessException") {
			t.Error(got)
		}
		if got := s.read(t, horizon, ""); got.names() != "INSERT" || got.NextShardIterator != "" {
			t.Errorf("%s, next %q", got.names(), got.NextShardIterator)
		}
		if got := told(s.Cloud, "GetShardIterator", `{"StreamArn": "`+s.arn+`", "ShardId": "`+shard.ShardId+`", "ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "`+shard.SequenceNumberRange.StartingSequenceNumber+`"}`); !strings.HasPrefix(got, "TrimmedDataAccessException") {
			t.Error(got)
		}
	})
}

// An answer has a mebibyte of records, or as many as are asked for; what is left of a
// closed shard comes with the next ones.
func TestAnAnswerHasAMebibyteOfRecords(t *testing.T) {
	s := newStreamed(t, "NEW_IMAGE")
	for i := range 5 {
		s.put(t, fmt.Sprint(i), `, "t": {"S": "`+strings.Repeat("x", 300<<10)+`"}`)
	}
	for _, status := range []string{"ENABLED", "DISABLED"} {
		if got := s.describe(t, "").StreamStatus; got != status {
			t.Fatal(got)
		}
		for more, count := range map[string]int{"": 3, `, "Limit": 2`: 2} {
			first := s.read(t, s.iterator(t, s.describe(t, "").Shards[0].ShardId, "TRIM_HORIZON", ""), more)
			rest := s.read(t, first.NextShardIterator, "")
			if len(first.Records) != count || len(rest.Records) != 5-count || (rest.NextShardIterator == "") != (status == "DISABLED") {
				t.Errorf("%s%s: %d and %d records, next %q", status, more, len(first.Records), len(rest.Records), rest.NextShardIterator)
			}
		}
		if status == "ENABLED" {
			s.call(t, "UpdateTable", `{"TableName": "orders", "StreamSpecification": {"StreamEnabled": false}}`)
		}
	}
}

func (g got) text() string {
	text, _ := json.Marshal(g)
	return string(text)
}
