package dynamodb_test

// This file enables and disables the streams of tables, and keeps them from run to run.

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/durable"
)

// Streams come and go with what tables say, and can be read for a day.
func TestAStreamIsEnabledAndDisabled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreamed(t, "KEYS_ONLY")
		defer s.Close()
		s.put(t, "a", "")
		update := func(specification string) string {
			return told(s.Cloud, "UpdateTable", `{"TableName": "orders", "StreamSpecification": {`+specification+`}}`)
		}
		const enabled = `"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"}`
		for _, row := range []struct{ specification, want string }{
			{`"StreamEnabled": true, "StreamViewType": "OLD_IMAGE"`, "ValidationException: Table already has an enabled stream: TableName: orders"},
			{`"StreamEnabled": true`, "StreamViewType is required"},
			{`"StreamEnabled": false, "StreamViewType": "OLD_IMAGE"`, "StreamViewType is not allowed"},
			{`"StreamViewType": "OLD_IMAGE"`, "Value null at 'streamSpecification.streamEnabled'"},
			{`"StreamEnabled": true, "StreamViewType": "IMAGE"`, "Value 'IMAGE' at 'streamSpecification.streamViewType' failed to satisfy constraint: Member must satisfy enum value set: [NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES, KEYS_ONLY]"},
		} {
			if got := update(row.specification); !strings.Contains(got, row.want) {
				t.Errorf("%s: %s", row.specification, got)
			}
		}
		if got := s.call(t, "UpdateTable", `{"TableName": "orders", "DeletionProtectionEnabled": false}`); !strings.Contains(got, enabled) || latest(t, got) != s.arn {
			t.Errorf("another update: %s", got)
		}
		if got := update(`"StreamEnabled": false`); strings.Contains(got, `"StreamSpecification"`) || latest(t, got) != s.arn {
			t.Errorf("disabled: %s", got)
		}
		if got := update(`"StreamEnabled": false`); !strings.Contains(got, "Table has no stream to disable: TableName: orders") {
			t.Errorf("disabled twice: %s", got)
		}
		s.put(t, "b", "")
		closed := s.describe(t, "")
		if closed.StreamStatus != "DISABLED" || closed.Shards[0].SequenceNumberRange.EndingSequenceNumber == "" || s.all(t).names() != "INSERT" {
			t.Errorf("closed %+v with %s", closed, s.all(t).names())
		}
		again := latest(t, update(`"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"`))
		if again == s.arn || !strings.HasPrefix(again, s.arn[:strings.LastIndex(s.arn, "/")]) {
			t.Errorf("enabled again: %s", again)
		}
		s.put(t, "c", "")
		if got := s.all(t).names(); got != "INSERT" {
			t.Errorf("the old stream has %s", got)
		}
		if got := s.call(t, "ListStreams", `{"TableName": "orders", "Limit": 1}`); !strings.Contains(got, s.arn) || !strings.Contains(got, `"LastEvaluatedStreamArn":"`+s.arn+`"`) {
			t.Error(got)
		}
		if got := s.call(t, "ListStreams", `{"ExclusiveStartStreamArn": "`+s.arn+`"}`); !strings.Contains(got, again) || strings.Contains(got, s.arn) || strings.Contains(got, "LastEvaluated") {
			t.Error(got)
		}
		if got := s.call(t, "ListStreams", `{"TableName": "`+s.arn[:strings.Index(s.arn, "/stream/")]+`"}`); !strings.Contains(got, s.arn) || !strings.Contains(got, again) {
			t.Errorf("by the table's ARN: %s", got)
		}
		if got := s.call(t, "ListStreams", `{"TableName": "other"}`); got != `{"Streams":[]}` {
			t.Error(got)
		}
		s.arn = again
		s.call(t, "DeleteTable", `{"TableName": "orders"}`)
		if got := s.describe(t, "").StreamStatus + " " + s.all(t).names(); got != "DISABLED INSERT" {
			t.Errorf("of a deleted table: %s", got)
		}
		time.Sleep(23*time.Hour + 30*time.Second)
		synctest.Wait()
		if got := s.describe(t, "").StreamStatus + " " + s.all(t).names(); got != "DISABLED INSERT" {
			t.Errorf("before a day has passed: %s", got)
		}
		time.Sleep(time.Hour + 2*time.Minute)
		synctest.Wait()
		if got := s.call(t, "ListStreams", `{}`); got != `{"Streams":[]}` {
			t.Errorf("after a day: %s", got)
		}
	})
}

// A template's stream has its ARN, and changes with the template.
func TestATemplateDeclaresAStream(t *testing.T) {
	for kind, more := range map[string]string{"AWS::DynamoDB::Table": "", "AWS::DynamoDB::GlobalTable": `, "Replicas": [{"Region": "eu-west-1"}]`} {
		c, d := service(t)
		with := func(view string) string { return ordersOf() + more + view }
		view := func(v string) string { return `, "StreamSpecification": {"StreamViewType": "` + v + `"}` }
		s := deploy(t, d, kind, with(view("NEW_IMAGE")))
		before := s.Handles["Table"].Attributes["StreamArn"]
		if before != latest(t, told(c, "DescribeTable", `{"TableName": "orders"}`)) {
			t.Errorf("%s: StreamArn %v", kind, before)
		}
		for _, step := range []struct {
			view      string
			has, same bool
		}{{view("NEW_IMAGE") + `, "TimeToLiveSpecification": {"AttributeName": "t", "Enabled": true}`, true, true}, {view("KEYS_ONLY"), true, false}, {"", false, false}, {view("OLD_IMAGE"), true, false}} {
			s.mustUpdate(with(step.view))
			after, has := s.Handles["Table"].Attributes["StreamArn"]
			if has != step.has || (after == before) != step.same {
				t.Errorf("%s %s: StreamArn %v after %v", kind, step.view, after, before)
			}
			before = after
		}
		for _, bad := range []string{`, "StreamSpecification": {"StreamViewType": "ALL"}`, `, "StreamSpecification": {}`} {
			if err := s.update(with(bad)); err == nil || !strings.Contains(err.Error(), "streamSpecification.streamViewType") {
				t.Errorf("%s: %v", bad, err)
			}
		}
	}
}

// The streams of a table outlive the engine with it.
func TestAStreamGoesOnInTheNextRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		run := func(view string) (s *streamed, save func()) {
			c, d := service(t)
			store, err := durable.OpenStore(folder, durable.StoreOptions{Notice: func(text string) { t.Error(text) }})
			if err != nil {
				t.Fatal(err)
			}
			c.Keeper = store
			h, err := declare(t, d, "AWS::DynamoDB::Table", `{`+keyed+`, "TableName": "orders", "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": true}`+view+`}`)
			if err != nil {
				t.Fatal(err)
			}
			arn, _ := h.Attributes["StreamArn"].(string)
			return &streamed{c, d, arn}, func() {
				if err := store.Save(); err != nil {
					t.Fatal(err)
				}
				c.Close()
			}
		}
		const view = `, "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"}`
		s, save := run(view)
		s.put(t, "a", fmt.Sprintf(`, "ttl": {"N": "%d"}`, time.Now().Add(5*time.Hour).Unix()))
		s.put(t, "b", "")
		s.put(t, "b", `, "n": {"N": "1"}`)
		time.Sleep(5*time.Hour + 2*time.Minute)
		synctest.Wait()
		s.put(t, "c", "")
		before, shards := s.all(t).text(), fmt.Sprint(s.describe(t, ""))
		save()

		again, save := run(view)
		if again.arn != s.arn {
			t.Errorf("stream %s, and %s before", again.arn, s.arn)
		}
		if got := again.all(t).text(); got != before {
			t.Errorf("records\n%s, and before\n%s", got, before)
		}
		if got := fmt.Sprint(again.describe(t, "")); got != shards {
			t.Errorf("shards\n%s, and before\n%s", got, shards)
		}
		again.put(t, "d", "")
		if got := again.all(t).names(); got != `INSERT INSERT MODIFY REMOVE{"PrincipalId":"dynamodb.amazonaws.com","Type":"Service"} INSERT INSERT` {
			t.Error(got)
		}
		save()

		without, save := run("")
		if without.arn != "" {
			t.Errorf("stream %s", without.arn)
		}
		without.arn = s.arn
		if got := without.describe(t, "").StreamStatus; got != "DISABLED" || len(without.all(t).Records) != 6 {
			t.Errorf("%s with %d records", got, len(without.all(t).Records))
		}
		save()

		other, save := run(`, "StreamSpecification": {"StreamViewType": "KEYS_ONLY"}`)
		if other.arn == s.arn || other.arn == "" {
			t.Errorf("stream %s", other.arn)
		}
		other.arn = s.arn
		if got := other.describe(t, "").StreamStatus; got != "DISABLED" {
			t.Errorf("%s, which a run before has disabled", got)
		}
		save()
	})
}

// What time alone does with a stream is kept, too: shards follow each other, and what
// is older than a day is let go of.
func TestAStreamsPassingIsKeptWithoutAnyChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		var arn string
		run := func(view string, do func(s *streamed, save func())) {
			c, d := service(t)
			store, err := durable.OpenStore(folder, durable.StoreOptions{Notice: func(text string) { t.Error(text) }})
			if err != nil {
				t.Fatal(err)
			}
			c.Keeper = store
			h, err := declare(t, d, "AWS::DynamoDB::Table", `{`+keyed+`, "TableName": "orders"`+view+`}`)
			if err != nil {
				t.Fatal(err)
			}
			if a, ok := h.Attributes["StreamArn"].(string); ok {
				arn = a
			}
			do(&streamed{c, d, arn}, func() {
				if err := store.Save(); err != nil {
					t.Fatal(err)
				}
			})
			c.Close()
		}
		wait := func(d time.Duration) {
			time.Sleep(d)
			synctest.Wait()
		}
		const view = `, "StreamSpecification": {"StreamViewType": "KEYS_ONLY"}`
		for _, view := range []string{"", view} { // a table, which gets a stream later
			run(view, func(_ *streamed, save func()) {
				save()
				wait(time.Second)
			})
		}
		var before, number string
		first := arn
		run(view, func(s *streamed, save func()) {
			if s.arn != first {
				t.Errorf("stream %s, and %s before", s.arn, first)
			}
			wait(31 * time.Minute)
			s.put(t, "a", "")
			number = s.all(t).Records[0].DynamoDB.SequenceNumber
			wait(time.Hour)
			s.put(t, "b", "")
			save()
			wait(3*time.Hour + 2*time.Minute)
			before = fmt.Sprint(s.describe(t, ""))
			save()
		})
		run(view, func(s *streamed, save func()) {
			if got := fmt.Sprint(s.describe(t, "")); got != before || len(s.describe(t, "").Shards) != 2 {
				t.Errorf("shards %s, and before %s", got, before)
			}
			s.put(t, "c", "")
			wait(19*time.Hour + 37*time.Minute + 30*time.Second)
			if got := s.all(t).names(); got != "INSERT INSERT INSERT" {
				t.Errorf("before a day has passed: %s", got)
			}
			save()
			wait(30 * time.Minute) // no shard begins meanwhile
			save()
		})
		run(view, func(s *streamed, save func()) {
			all := s.all(t)
			if all.names() != "INSERT INSERT" || all.Records[0].DynamoDB.SequenceNumber != following(number) {
				t.Errorf("after a day: %s", all.text())
			}
			starts := map[string]bool{}
			for _, shard := range s.describe(t, "").Shards {
				starts[shard.SequenceNumberRange.StartingSequenceNumber] = true
				if ends := shard.SequenceNumberRange.EndingSequenceNumber; ends != "" && ends < shard.SequenceNumberRange.StartingSequenceNumber {
					t.Errorf("shard %+v", shard)
				}
			}
			if len(starts) != len(s.describe(t, "").Shards) {
				t.Errorf("shards begin with %v", starts)
			}
			save()
		})
		run("", func(s *streamed, save func()) {
			save()
			wait(time.Hour)
		})
		run("", func(s *streamed, save func()) {
			wait(23*time.Hour + 2*time.Minute)
			save()
		})
		run("", func(s *streamed, _ func()) {
			if got := s.call(t, "ListStreams", `{}`); got != `{"Streams":[]}` {
				t.Errorf("a day after it was disabled: %s", got)
			}
		})
	})
}
