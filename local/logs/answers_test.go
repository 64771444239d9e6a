package logs_test

// This file is answers to the letter, what is beyond a bound, and pages.

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// now is the time of a virtual clock that has not moved.
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
			{"DescribeLogGroups", values{"logGroupNamePrefix": "g"}, `{"logGroups":[{"arn":"` + arn + `:*","creationTime":946684800000,"logGroupClass":"STANDARD","logGroupArn":"` + arn + `","logGroupName":"g","metricFilterCount":0,"retentionInDays":7,"storedBytes":0,"deletionProtectionEnabled":false}]}`},
			{"DeleteRetentionPolicy", g, `{}`},
			{"DescribeLogGroups", values{"logGroupNamePattern": "G"}, `{"logGroups":[{"arn":"` + arn + `:*","creationTime":946684800000,"logGroupClass":"STANDARD","logGroupArn":"` + arn + `","logGroupName":"g","metricFilterCount":0}]}`},
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
			{"a group with too long a name", "CreateLogGroup", values{"logGroupName": strings.Repeat("g", 513)}, "InvalidParameterException: Invalid LogGroup or LogStream, both must have length less than or equal to 512."},
			{"a stream with too long a name", "CreateLogStream", values{"logGroupName": "g", "logStreamName": strings.Repeat("s", 513)}, "InvalidParameterException: Invalid LogGroup or LogStream, both must have length less than or equal to 512."},
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
