package logs_test

// This file is what the API tells, to the letter, and where its bounds are.

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
)

func TestGroupsAndStreamsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener(t)
		l.group(t)
		time.Sleep(time.Second)
		l.must(t, "PutLogEvents", values{"logGroupName": "g", "logStreamName": "s", "logEvents": []values{{"timestamp": 946684800500, "message": "abcd"}, {"timestamp": 946684800600, "message": "e"}}})
		const arn = "arn:aws:logs:eu-west-1:111122223333:log-group:g"
		for action, want := range map[string]string{
			"DescribeLogGroups": `{"logGroups":[{"arn":"` + arn + `:*","creationTime":946684800000,"logGroupClass":"STANDARD","logGroupArn":"` + arn + `","logGroupName":"g","metricFilterCount":0,"storedBytes":57}]}`,
			"DescribeLogStreams": `{"logStreams":[{"arn":"` + arn + `:log-stream:s","creationTime":946684800000,"firstEventTimestamp":946684800500,"lastEventTimestamp":946684800600,` +
				`"lastIngestionTime":946684801000,"logStreamName":"s","storedBytes":0,"uploadSequenceToken":"2"}]}`,
		} {
			in := values{}
			if action == "DescribeLogStreams" {
				in["logGroupName"] = "g"
			}
			if got := l.ask(t, action, in); got != want {
				t.Errorf("%s: got %s, want %s", action, got, want)
			}
		}
		if got, want := l.ask(t, "TestMetricFilter", values{"filterPattern": "a", "logEventMessages": []string{"b", "a"}}), `{"matches":[{"eventMessage":"a","eventNumber":2,"extractedValues":{}}]}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestStreamsOfOneTimeAreListedByTheirNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener(t)
		l.must(t, "CreateLogGroup", values{"logGroupName": "g"})
		want := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
		for _, name := range want {
			l.must(t, "CreateLogStream", values{"logGroupName": "g", "logStreamName": name})
			l.must(t, "PutLogEvents", values{"logGroupName": "g", "logStreamName": name, "logEvents": []values{{"timestamp": time.Now().UnixMilli(), "message": "x"}}})
		}
		var out struct {
			LogStreams []struct{ LogStreamName string }
		}
		if err := l.Do(t.Context(), l.Administrator(), "logs", "DescribeLogStreams", values{"logGroupName": "g", "orderBy": "LastEventTime"}, &out); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range out.LogStreams {
			got = append(got, s.LogStreamName)
		}
		if !slices.Equal(got, want) {
			t.Errorf("listed %q", got)
		}
	})
}

func TestEventsOfOneMomentAreReadOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener(t)
		l.group(t)
		l.put(t, "a", "b", "c")
		var got []string
		for in := (values{"logGroupName": "g", "limit": 1}); ; {
			var out struct {
				Events    []struct{ Message string }
				NextToken string
			}
			if err := l.Do(t.Context(), l.Administrator(), "logs", "FilterLogEvents", in, &out); err != nil {
				t.Fatal(err)
			}
			for _, e := range out.Events {
				got = append(got, e.Message)
			}
			if in["nextToken"] = out.NextToken; out.NextToken == "" {
				break
			}
		}
		if !slices.Equal(got, []string{"a", "b", "c"}) {
			t.Errorf("read %q", got)
		}
	})
}

func TestABatchOfEventsHasBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener(t)
		l.group(t)
		now := time.Now()
		at := func(ages ...time.Duration) []values {
			events := []values{}
			for _, age := range ages {
				events = append(events, values{"timestamp": now.Add(-age).UnixMilli(), "message": "x"})
			}
			return events
		}
		const day = 24 * time.Hour
		for _, row := range []struct {
			name   string
			events []values
			want   string
		}{
			{"none", at(), "Member must have length between 1 and 10000, got 0"},
			{"10000", at(make([]time.Duration, 10_000)...), "nextSequenceToken"},
			{"10001", at(make([]time.Duration, 10_001)...), "got 10001"},
			{"a day", at(day, 0), "nextSequenceToken"},
			{"more than a day", at(day+time.Millisecond, 0), "cannot span more than 24 hours"},
			{"two hours ahead", at(-2 * time.Hour), `00010003"}`},
			{"more than two hours ahead", at(-2*time.Hour - time.Millisecond), `"rejectedLogEventsInfo":{"tooNewLogEventStartIndex":0}`},
			{"two weeks old", at(14 * day), `00010004"}`},
			{"more than two weeks old", at(14*day + time.Millisecond), `"rejectedLogEventsInfo":{"tooOldLogEventEndIndex":1}`},
		} {
			if got := l.ask(t, "PutLogEvents", values{"logGroupName": "g", "logStreamName": "s", "logEvents": row.events}); !strings.Contains(got, row.want) {
				t.Errorf("%s: got %s, want %s", row.name, got, row.want)
			}
		}
		streams := make([]string, 101)
		for i := range streams {
			streams[i] = fmt.Sprint(i)
		}
		if got := l.ask(t, "FilterLogEvents", values{"logGroupName": "g", "logStreamNames": streams}); !strings.Contains(got, "'logStreamNames' failed to satisfy constraint") {
			t.Errorf("got %s", got)
		}
	})
}

func TestATemplatesTagsAndDefaultsAreKept(t *testing.T) {
	l := newListener(t)
	group := func(key string) string {
		return `{"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "g", "Tags": [{"Key": "` + key + `", "Value": "template"}]}}`
	}
	s, err := cfntest.Create(t, l.Site, l.logs.Types(), `"Group": `+group("old")+`, "Metric": {"Type": "AWS::Logs::MetricFilter", "Properties": {"LogGroupName": {"Ref": "Group"}, "FilterPattern": "",
		"MetricTransformations": [{"MetricNamespace": "Shop", "MetricName": "m", "MetricValue": "1", "DefaultValue": 0}]}}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := l.ask(t, "DescribeMetricFilters", values{}); !strings.Contains(got, `"metricValue":"1","defaultValue":0}`) {
		t.Errorf("the filter is told as %s", got)
	}
	l.must(t, "TagLogGroup", values{"logGroupName": "g", "tags": values{"call": "call"}})
	s.Put(t, "Group", group("new"))
	if got, want := l.ask(t, "ListTagsLogGroup", values{"logGroupName": "g"}), `"call":"call","new":"template"}}`; !strings.HasSuffix(got, want) || strings.Contains(got, `"old"`) {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOlderFormsOfTagsWork(t *testing.T) {
	l := newListener(t)
	l.group(t)
	l.must(t, "TagLogGroup", values{"logGroupName": "g", "tags": values{"a": "1", "b": "2"}})
	l.must(t, "UntagLogGroup", values{"logGroupName": "g", "tags": []string{"a"}})
	var out struct{ Tags map[string]string }
	if err := l.Do(t.Context(), l.Administrator(), "logs", "ListTagsLogGroup", values{"logGroupName": "g"}, &out); err != nil || len(out.Tags) != 1 || out.Tags["b"] != "2" {
		t.Errorf("%v, the tags are %v", err, out.Tags)
	}
}

func TestPoliciesOfTheAccountAreKept(t *testing.T) {
	l := newListener(t)
	for i := range 11 {
		want := `"policyScope":"ACCOUNT"`
		if i == 10 {
			want = "LimitExceededException: Resource limit exceeded."
		}
		if got := l.ask(t, "PutResourcePolicy", values{"policyName": fmt.Sprintf("p%02d", i), "policyDocument": `{"of": 1}`}); !strings.Contains(got, want) {
			t.Errorf("policy %d: got %s", i, got)
		}
	}
	for _, step := range []struct {
		action string
		in     values
		want   string
	}{
		{"PutResourcePolicy", values{"policyName": "p03", "policyDocument": `{"of": 2}`}, `"policyDocument":"{\"of\": 2}","policyName":"p03"`},
		{"PutResourcePolicy", values{"policyName": "p03", "policyDocument": `{`}, "InvalidParameterException"},
		{"PutResourcePolicy", values{"policyName": "p03", "policyDocument": `"` + strings.Repeat("x", 5119) + `"`}, "InvalidParameterException"},
		{"PutResourcePolicy", values{"policyDocument": `{}`}, "'policyName'"},
		{"DescribeResourcePolicies", values{"limit": 1}, `"policyName":"p00","policyScope":"ACCOUNT"}],"nextToken":"p00"}`},
		{"DescribeResourcePolicies", values{"nextToken": "p08"}, `"policyName":"p09"`},
		{"DeleteResourcePolicy", values{"policyName": "p09"}, "{}"},
		{"DeleteResourcePolicy", values{"policyName": "p09"}, "ResourceNotFoundException: Policy with name [p09] does not exist."},
		{"DescribeResourcePolicies", values{"nextToken": "p08"}, `{"resourcePolicies":[]}`},
	} {
		if got := l.ask(t, step.action, step.in); !strings.Contains(got, step.want) {
			t.Errorf("%s %.80v: got %s", step.action, step.in, got)
		}
	}
}

func TestATokenThatIsNoneIsRefused(t *testing.T) {
	l := newListener(t)
	l.group(t)
	for _, token := range []string{"invalid-token", "f/1", "x/" + strings.Repeat("0", 56)} {
		if err := l.do(t, "GetLogEvents", values{"logGroupName": "g", "logStreamName": "s", "nextToken": token}); err == nil || !strings.Contains(err.Error(), "InvalidParameterException: The specified nextToken is invalid.") {
			t.Errorf("%s: got %v", token, err)
		}
	}
	if err := l.do(t, "DescribeLogStreams", values{"logGroupName": "g", "logGroupIdentifier": "g"}); err == nil || !strings.Contains(err.Error(), "ValidationException: LogGroup name and LogGroup ARN are mutually exclusive parameters.") {
		t.Errorf("a group named twice: %v", err)
	}
	for limit, want := range map[int]string{0: "greater than or equal to 1", 10001: "less than or equal to 10000"} {
		if err := l.do(t, "GetLogEvents", values{"logGroupName": "g", "logStreamName": "s", "limit": limit}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d: got %v", limit, err)
		}
	}
}

// times are those of a virtual clock that has not moved.
const now = 946684800000

func TestAnswersAreToldToTheLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener(t)
		const arn, id = "arn:aws:logs:eu-west-1:111122223333:log-group:g", "300946684800000" + "0000000000000000000000000000000000000000"
		in := func(more values) values {
			all := values{"logGroupName": "g", "logStreamName": "s"}
			for name, value := range more {
				all[name] = value
			}
			return all
		}
		g := values{"logGroupName": "g"}
		for _, step := range []struct {
			action string
			in     values
			want   string
		}{
			{"DescribeLogGroups", values{}, `{"logGroups":[]}`},
			{"CreateLogGroup", values{"logGroupName": "g", "logGroupClass": "STANDARD", "tags": values{"a": "1"}}, `{}`},
			{"ListTagsLogGroup", g, `{"tags":{"a":"1"}}`},
			{"TagResource", values{"resourceArn": arn + ":*", "tags": values{"b": "2"}}, `{}`},
			{"ListTagsForResource", values{"resourceArn": arn}, `{"tags":{"a":"1","b":"2"}}`},
			{"DescribeLogStreams", g, `{"logStreams":[]}`},
			{"DescribeMetricFilters", g, `{"metricFilters":[]}`},
			{"DescribeSubscriptionFilters", g, `{"subscriptionFilters":[]}`},
			{"TestMetricFilter", values{"filterPattern": "a", "logEventMessages": []string{"b"}}, `{"matches":[]}`},
			{"PutRetentionPolicy", values{"logGroupName": "g", "retentionInDays": 7}, `{}`},
			{"DescribeLogGroups", values{"logGroupNamePrefix": "g"}, `{"logGroups":[{"arn":"` + arn + `:*","creationTime":946684800000,"logGroupClass":"STANDARD","logGroupArn":"` + arn + `","logGroupName":"g","metricFilterCount":0,"retentionInDays":7,"storedBytes":0}]}`},
			{"DeleteRetentionPolicy", g, `{}`},
			{"DescribeLogGroups", values{"logGroupNamePattern": "G"}, `{"logGroups":[{"arn":"` + arn + `:*","creationTime":946684800000,"logGroupClass":"STANDARD","logGroupArn":"` + arn + `","logGroupName":"g","metricFilterCount":0,"storedBytes":0}]}`},
			{"DescribeLogGroups", values{"logGroupNamePattern": "x"}, `{"logGroups":[]}`},
			{"CreateLogStream", in(nil), `{}`},
			{"GetLogEvents", in(nil), `{"events":[],"nextForwardToken":"f/` + strings.Replace(id, "946684800", "000000000", 1) + `0","nextBackwardToken":"b/` + strings.Replace(id, "946684800", "000000000", 1) + `0"}`},
			{"FilterLogEvents", g, `{"events":[],"searchedLogStreams":[]}`},
			{"PutLogEvents", in(values{"logEvents": []values{{"timestamp": now, "message": "x"}}}), `{"nextSequenceToken":"` + strings.Repeat("0", 55) + `1"}`},
			{"GetLogEvents", in(nil), `{"events":[{"timestamp":946684800000,"message":"x","ingestionTime":946684800000}],"nextForwardToken":"f/` + id + `1","nextBackwardToken":"b/` + id + `1"}`},
			{"FilterLogEvents", g, `{"events":[{"eventId":"` + id + `1","ingestionTime":946684800000,"logStreamName":"s","message":"x","timestamp":946684800000}],"searchedLogStreams":[]}`},
			{"PutResourcePolicy", values{"policyName": "p", "policyDocument": "{}"}, `{"resourcePolicy":{"lastUpdatedTime":946684800000,"policyDocument":"{}","policyName":"p","policyScope":"ACCOUNT"}}`},
			{"DeleteLogStream", in(nil), `{}`},
			{"DescribeLogStreams", g, `{"logStreams":[]}`},
			{"GetLogEvents", in(nil), `ResourceNotFoundException: The specified log stream does not exist.`},
			{"PutSubscriptionFilter", values{"logGroupName": "g", "filterName": "to", "filterPattern": "", "destinationArn": functionARN}, `{}`},
			{"DeleteSubscriptionFilter", values{"logGroupName": "g", "filterName": "to"}, `{}`},
			{"DescribeSubscriptionFilters", g, `{"subscriptionFilters":[]}`},
		} {
			if got := l.ask(t, step.action, step.in); got != step.want {
				t.Errorf("%s %v: got %s, want %s", step.action, step.in, got, step.want)
			}
		}
	})
}

func TestWhatIsBeyondABoundIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener(t)
		l.group(t)
		events := func(event values) values {
			return values{"logGroupName": "g", "logStreamName": "s", "logEvents": []values{event}}
		}
		for _, row := range []struct {
			name, action string
			in           values
			want         string
		}{
			{"a group by prefix and pattern", "DescribeLogGroups", values{"logGroupNamePrefix": "a", "logGroupNamePattern": "b"}, "InvalidParameterException: LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."},
			{"the longest page of groups", "DescribeLogGroups", values{"limit": 50}, `{"logGroups":[{`},
			{"a page of no groups", "DescribeLogGroups", values{"limit": 0}, "greater than or equal to 1"},
			{"filters of a group that cannot be", "DescribeMetricFilters", values{"logGroupName": "a b"}, "at 'logGroupName'"},
			{"filters of no group", "DescribeMetricFilters", values{"logGroupName": "none"}, "ResourceNotFoundException"},
			{"too long a page of filters", "DescribeMetricFilters", values{"limit": 51}, "less than or equal to 50"},
			{"too long a page of subscriptions", "DescribeSubscriptionFilters", values{"logGroupName": "g", "limit": 51}, "less than or equal to 50"},
			{"too long a page of policies", "DescribeResourcePolicies", values{"limit": 51}, "less than or equal to 50"},
			{"too long a page of streams", "DescribeLogStreams", values{"logGroupName": "g", "limit": 51}, "less than or equal to 50"},
			{"streams in no order", "DescribeLogStreams", values{"logGroupName": "g", "orderBy": "Size"}, "at 'orderBy'"},
			{"streams by name and prefix", "DescribeLogStreams", values{"logGroupName": "g", "orderBy": "LogStreamName", "logStreamNamePrefix": "s"}, `"logStreamName":"s"`},
			{"streams from the first on", "DescribeLogStreams", values{"logGroupName": "g", "nextToken": "0"}, `"logStreamName":"s"`},
			{"streams from a word on", "DescribeLogStreams", values{"logGroupName": "g", "nextToken": "x"}, "nextToken is invalid"},
			{"streams of no group", "DescribeLogStreams", values{}, "at 'logGroupName'"},
			{"streams of a group that is not there", "DescribeLogStreams", values{"logGroupIdentifier": "none"}, "ResourceNotFoundException"},
			{"a search in a stream that is there and one that is not", "FilterLogEvents", values{"logGroupName": "g", "logStreamNames": []string{"s", "none"}}, "ResourceNotFoundException"},
			{"a search in no group", "FilterLogEvents", values{}, "at 'logGroupName'"},
			{"a search in a group that is not there", "FilterLogEvents", values{"logGroupName": "none"}, "ResourceNotFoundException"},
			{"a search from nowhere on", "FilterLogEvents", values{"logGroupName": "g", "nextToken": "x"}, "nextToken is invalid"},
			{"a search from an event that cannot be on", "FilterLogEvents", values{"logGroupName": "g", "nextToken": "x/s"}, "nextToken is invalid"},
			{"an event without a time", "PutLogEvents", events(values{"message": "x"}), "'logEvents.1.member.timestamp'"},
			{"an event before all time", "PutLogEvents", events(values{"timestamp": -1, "message": "x"}), "'logEvents.1.member.timestamp'"},
			{"an event at the beginning of time", "PutLogEvents", events(values{"timestamp": 0, "message": "x"}), "tooOldLogEventEndIndex"},
			{"an event without a message", "PutLogEvents", events(values{"timestamp": now}), "'logEvents.1.member.message'"},
			{"an event of 1 MiB", "PutLogEvents", events(values{"timestamp": now, "message": strings.Repeat("x", 1<<20-26)}), "nextSequenceToken"},
			{"a byte more", "PutLogEvents", events(values{"timestamp": now, "message": strings.Repeat("x", 1<<20-25)}), "Upload too large: 1048577 bytes exceeds limit of 1048576"},
			{"a policy of 5120", "PutResourcePolicy", values{"policyName": "p", "policyDocument": `"` + strings.Repeat("x", 5118) + `"`}, `"policyName":"p"`},
			{"a filter without a name", "PutMetricFilter", values{"logGroupName": "g", "filterPattern": "", "metricTransformations": []values{}}, "Value null at 'filterName'"},
			{"a filter without a pattern", "PutMetricFilter", values{"logGroupName": "g", "filterName": "f"}, "Value null at 'filterPattern'"},
			{"a filter without a namespace", "PutMetricFilter", metricFilter("", values{"metricNamespace": ""}), "Member must have a metricName"},
			{"a filter without a value", "PutMetricFilter", metricFilter("", values{"metricValue": ""}), "Member must have a metricName"},
			{"three dimensions", "PutMetricFilter", metricFilter("{ $.a = * }", values{"dimensions": values{"A": "$.a", "B": "$.a", "C": "$.a"}}), "{}"},
			{"50 messages", "TestMetricFilter", values{"filterPattern": "", "logEventMessages": make([]string, 50)}, `"eventNumber":50`},
			{"messages without a pattern", "TestMetricFilter", values{"logEventMessages": []string{""}}, "'filterPattern'"},
			{"messages and a pattern that is none", "TestMetricFilter", values{"filterPattern": "{ $.a", "logEventMessages": []string{""}}, "Invalid filter pattern"},
			{"Firehose", "PutSubscriptionFilter", values{"logGroupName": "g", "filterName": "to", "filterPattern": "", "destinationArn": "arn:aws:firehose:eu-west-1:111122223333:deliverystream/d"},
				"NotImplemented: the local engine does not serve the parameter DestinationArn of PutSubscriptionFilter: the local engine sends to functions and to streams of Kinesis only"},
			{"a distribution by stream", "PutSubscriptionFilter", values{"logGroupName": "g", "filterName": "to", "filterPattern": "", "destinationArn": functionARN, "distribution": "ByLogStream"}, "{}"},
		} {
			if got := l.ask(t, row.action, row.in); !strings.Contains(got, row.want) {
				t.Errorf("%s: got %.300s, want %s", row.name, got, row.want)
			}
		}
		for days, want := range map[int]bool{1: true, 14: true, 365: true, 731: true, 3653: true, 0: false, 2: false, 3654: false} {
			if got := l.ask(t, "PutRetentionPolicy", values{"logGroupName": "g", "retentionInDays": days}); (got == "{}") != want {
				t.Errorf("a retention of %d days: %s", days, got)
			}
		}
	})
}

func TestAPageHasNoMoreThanItMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener(t)
		l.group(t)
		big := strings.Repeat("x", 600<<10)
		for _, name := range []string{"2", "3"} {
			l.put(t, name+big)
		}
		type page struct {
			Events           []struct{ Message string }
			NextToken        string
			NextForwardToken string
		}
		read := func(action string, in values) (first string, events int, next string) {
			t.Helper()
			var out page
			in["logGroupName"] = "g"
			if err := l.Do(t.Context(), l.Administrator(), "logs", action, in, &out); err != nil || len(out.Events) == 0 {
				t.Fatalf("%s: %v, %d events", action, err, len(out.Events))
			}
			return out.Events[0].Message[:1], len(out.Events), out.NextToken + out.NextForwardToken
		}
		for action, in := range map[string]values{"FilterLogEvents": {}, "GetLogEvents": {"logStreamName": "s", "startFromHead": true}} {
			first, n, next := read(action, in)
			if first != "2" || n != 1 {
				t.Errorf("%s: the first page has %d events from %s on", action, n, first)
			}
			if in["nextToken"] = next; action == "GetLogEvents" {
				delete(in, "startFromHead")
			}
			if first, n, _ := read(action, in); first != "3" || n != 1 {
				t.Errorf("%s: the second page has %d events from %s on", action, n, first)
			}
		}
		// A token outlives the event that it names.
		token := "f/300946684800000" + strings.Repeat("0", 41)
		if first, n, _ := read("GetLogEvents", values{"logStreamName": "s", "nextToken": token}); first != "2" || n != 1 {
			t.Errorf("after what is not there any more come %d events from %s on", n, first)
		}
		for _, name := range []string{"a", "b", "c"} {
			in := metricFilter("", nil)
			in["filterName"] = name
			l.must(t, "PutMetricFilter", in)
		}
		if got := l.ask(t, "DescribeMetricFilters", values{"limit": 2}); strings.Count(got, "filterName") != 2 || !strings.HasSuffix(got, `"nextToken":"g:b"}`) {
			t.Errorf("a page of two filters is %s", got)
		}
	})
}

func TestAnEventThatIsPutLateIsReadInItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener(t)
		l.group(t)
		time.Sleep(time.Minute)
		l.put(t, "second")
		l.must(t, "PutLogEvents", values{"logGroupName": "g", "logStreamName": "s", "logEvents": []values{{"timestamp": now, "message": "first"}}})
		for _, in := range []values{{}, {"startTime": now, "endTime": now + 1}} {
			in["logGroupName"], in["logStreamName"] = "g", "s"
			var out struct{ Events []struct{ Message string } }
			if err := l.Do(t.Context(), l.Administrator(), "logs", "GetLogEvents", in, &out); err != nil || out.Events[0].Message != "first" {
				t.Errorf("%v: %v, %+v", in, err, out)
			}
		}
	})
}
