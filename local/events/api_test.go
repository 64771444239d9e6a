package events

// This file calls EventBridge's API.

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestPutEventsAnswersForEachEntry(t *testing.T) {
	w := newWorld(t)
	out, err := w.Call(t.Context(), w.cloud.Administrator(), "PutEvents", json.RawMessage(`{"Entries":[
		{"Source":"a","DetailType":"b","Detail":"{}"},
		{"Source":"a","DetailType":"b","Detail":{"from":"a state machine"},"Time":1700000000},
		{"Source":"a","DetailType":"b","Detail":"[1]"},
		{"Source":"a","DetailType":"b"},
		{"Source":"aws.s3","DetailType":"b","Detail":"{}"},
		{"Source":"a","DetailType":"b","Detail":"{}","EventBusName":"nope"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		FailedEntryCount int
		Entries          []struct{ EventId, ErrorCode string }
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	want := []string{"", "", "MalformedDetail", "InvalidArgument", "NotAuthorizedForSourceException", ""}
	for i, entry := range got.Entries {
		if entry.ErrorCode != want[i] || (entry.EventId == "") != (want[i] != "") {
			t.Errorf("entry %d: %+v, want %q", i, entry, want[i])
		}
	}
	if got.FailedEntryCount != 3 {
		t.Errorf("FailedEntryCount %d", got.FailedEntryCount)
	}
}

func TestPutEventsTakesTenEntriesAtMost(t *testing.T) {
	w := newWorld(t)
	const entry = `PutEventsRequestEntry(time=null, source=a, resources=[r, s], detailType=null, detail={"k": 1}, eventBusName=null, traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)`
	for n, want := range map[int]string{
		0:  `ValidationException: 1 validation error detected: Value '[]' at 'entries' failed to satisfy constraint: Member must have length greater than or equal to 1`,
		10: ``,
		11: `ValidationException: 1 validation error detected: Value '[` + strings.Repeat(entry+", ", 10) + entry + `]' at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10`,
	} {
		entries := strings.TrimSuffix(strings.Repeat(`{"Source": "a", "Resources": ["r", "s"], "Detail": "{\"k\": 1}"},`, n), ",")
		_, err := w.Call(t.Context(), w.cloud.Administrator(), "PutEvents", json.RawMessage(`{"Entries": [`+entries+`]}`))
		if got := fmt.Sprint(err); got != want && (err != nil || want != "") {
			t.Errorf("%d entries: %s", n, got)
		}
	}
}

func TestRulesCanBeListedAndPatternsTried(t *testing.T) {
	w := newWorld(t)
	w.rule(t, lambdaTarget)
	call := func(action, input string) string {
		out, err := w.Call(t.Context(), w.cloud.Administrator(), action, json.RawMessage(input))
		if err != nil {
			return err.Error()
		}
		return string(out)
	}
	if got := call("ListRules", `{"NamePrefix":"Ru"}`); !strings.Contains(got, `"Name":"Rule"`) || !strings.Contains(got, `"State":"ENABLED"`) {
		t.Error(got)
	}
	if got := call("DescribeRule", `{"Name":"Rule"}`); !strings.Contains(got, `"EventPattern":"{\"source\":[\"orders\"]}"`) {
		t.Error(got)
	}
	if got := call("DescribeRule", `{"Name":"nope"}`); !strings.HasPrefix(got, "ResourceNotFoundException") {
		t.Error(got)
	}
}

func TestAPatternIsTriedOnAWholeEventOnly(t *testing.T) {
	const whole = `{"id": "1", "account": "123456789012", "source": "a", "time": "2026-11-01T00:00:00Z", "region": "eu-central-1", "detail-type": "b"}`
	w := newWorld(t)
	for _, row := range []struct{ name, pattern, event, want string }{
		{"a match", `{"source": ["a"]}`, whole, `{"Result":true}`},
		{"none", `{"source": ["b"]}`, whole, `{"Result":false}`},
		{"an invalid pattern", `{}`, whole, "InvalidEventPatternException: Event pattern is not valid. Reason: Empty objects are not allowed\n at [Source: (String)\"{}\"; line: 1, column: 3]"},
		{"an invalid pattern and event", `[]`, `[]`, "InvalidEventPatternException: Event pattern is not valid. Reason: Filter is not an object\n at [Source: (String)\"[]\"; line: 1, column: 2]"},
		{"no JSON", `{"source": ["a"]}`, "plain", "ValidationException: Parameter Event is not valid."},
		{"a list", `{"source": ["a"]}`, "[" + whole + "]", "ValidationException: Parameter Event is not valid."},
		{"no id", `{"source": ["a"]}`, strings.Replace(whole, `"id"`, `"ID"`, 1), "ValidationException: Parameter Event is not valid."},
		{"no time", `{"source": ["a"]}`, strings.Replace(whole, `"time"`, `"Time"`, 1), "ValidationException: Parameter Event is not valid."},
		{"a list as its type", `{"detail-type": [{"equals-ignore-case": "B"}]}`, strings.Replace(whole, `"b"`, `["b"]`, 1), `{"Result":true}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			in, err := json.Marshal(map[string]string{"EventPattern": row.pattern, "Event": row.event})
			if err != nil {
				t.Fatal(err)
			}
			got, err := w.Call(t.Context(), w.cloud.Administrator(), "TestEventPattern", in)
			if err != nil {
				got = json.RawMessage(err.Error())
			}
			if string(got) != row.want {
				t.Errorf("got %s", got)
			}
		})
	}
}
