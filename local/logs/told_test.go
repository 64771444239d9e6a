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
			"DescribeLogGroups": `{"logGroups":[{"arn":"` + arn + `:*","creationTime":946684800000,"logGroupClass":"STANDARD","logGroupArn":"` + arn + `","logGroupName":"g","metricFilterCount":0,"storedBytes":57,"deletionProtectionEnabled":false}]}`,
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
	if got := l.ask(t, "DescribeMetricFilters", values{}); !strings.Contains(got, `"metricValue":"1","defaultValue":0.0}`) {
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
		{"PutResourcePolicy", values{"policyName": "p09", "policyDocument": `{"Statement":[{"Action":["logs:*"],"Effect":"Allow","Principal":{"Service": ["a", "b"], "AWS": ["c"]},"Resource":"*"}]}`}, `"policyDocument":"{\"Statement\":[{\"Action\":[\"logs:*\"],`},
		{"DescribeResourcePolicies", values{"nextToken": "p08"}, `"policyDocument":"{\"Version\":\"2008-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":[\"a\",\"b\"],\"AWS\":\"c\"},\"Action\":\"logs:*\",\"Resource\":\"*\"}]}"`},
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
