package logs_test

// This file is what metric filters and subscription filters make of a group's events.

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
	"github.com/tradepost-dev/tradepost/local/logs"
)

func metricFilter(pattern string, transformation values) values {
	all := values{"metricNamespace": "Shop", "metricName": "m", "metricValue": "1"}
	for name, value := range transformation {
		all[name] = value
	}
	return values{"logGroupName": "g", "filterName": "f", "filterPattern": pattern, "metricTransformations": []values{all}}
}

func TestAMetricFilterPublishesWhatMatches(t *testing.T) {
	for _, row := range []struct {
		name           string
		pattern        string
		transformation values
		messages       []string
		want           []string
	}{
		{"a count", "ERROR", nil, []string{"ERROR one", "fine", "ERROR two"}, []string{"Shop/m None map[] 1 @7", "Shop/m None map[] 1 @7"}},
		{"a number of the event", `{ $.ms > 10 }`, values{"metricValue": "$.ms", "unit": "Milliseconds"}, []string{`{"ms": 12.5}`, `{"ms": 3}`, `{"ms": 40}`},
			[]string{"Shop/m Milliseconds map[] 12.5 @7", "Shop/m Milliseconds map[] 40 @7"}},
		{"a number in text", `{ $.ok IS TRUE }`, values{"metricValue": "$.ms"}, []string{`{"ok": true, "ms": "12"}`}, []string{"Shop/m None map[] 12 @7"}},
		{"no number", `{ $.ms = * }`, values{"metricValue": "$.ms"}, []string{`{"ms": "soon"}`, `{"ms": null}`, `{}`}, nil},
		{"a field", "[level, ..., ms]", values{"metricValue": "$ms", "dimensions": values{"Level": "$level"}}, []string{"WARN a b 7", "INFO 8"},
			[]string{"Shop/m None map[Level:WARN] 7 @7", "Shop/m None map[Level:INFO] 8 @7"}},
		{"a dimension that the event has not", `{ $.ms = * }`, values{"dimensions": values{"Of": "$.of", "By": "$.by"}}, []string{`{"ms": 1, "of": "a"}`, `{"ms": 1, "of": "a", "by": "b"}`},
			[]string{"Shop/m None map[By:b Of:a] 1 @7"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newListener(t)
				l.group(t)
				l.put(t, row.messages...) // before there is a filter
				l.must(t, "PutMetricFilter", metricFilter(row.pattern, row.transformation))
				time.Sleep(7 * time.Second)
				l.put(t, row.messages...)
				if data, _ := l.heard(); !slices.Equal(data, row.want) {
					t.Errorf("published %q, want %q", data, row.want)
				}
				l.must(t, "DeleteMetricFilter", values{"logGroupName": "g", "filterName": "f"})
				l.put(t, row.messages...)
				if data, _ := l.heard(); data != nil {
					t.Errorf("a deleted filter publishes %q", data)
				}
			})
		})
	}
}

func TestADefaultValueIsPublishedOnceAMinuteInWhichNothingMatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener(t)
		l.group(t)
		l.must(t, "PutMetricFilter", metricFilter("ERROR", values{"defaultValue": 0}))
		time.Sleep(10 * time.Second)
		l.put(t, "fine", "fine")
		if data, _ := l.heard(); data != nil {
			t.Errorf("within the minute there is %q", data)
		}
		time.Sleep(51 * time.Second)
		if data, _ := l.heard(); !slices.Equal(data, []string{"Shop/m None map[] 0 @0"}) {
			t.Errorf("after it there is %q", data)
		}
		time.Sleep(2 * time.Minute)
		if data, _ := l.heard(); data != nil {
			t.Errorf("after minutes without events there is %q", data)
		}
		l.put(t, "fine", "ERROR")
		time.Sleep(2 * time.Minute)
		if data, _ := l.heard(); !slices.Equal(data, []string{"Shop/m None map[] 1 @1"}) {
			t.Errorf("of a minute with a match there is %q", data)
		}
		now := time.Now().UnixMilli()
		l.must(t, "PutLogEvents", values{"logGroupName": "g", "logStreamName": "s", "logEvents": []values{{"timestamp": now, "message": "fine"}, {"timestamp": now + 60_000, "message": "ERROR"}}})
		if data, _ := l.heard(); !slices.Equal(data, []string{"Shop/m None map[] 0 @0", "Shop/m None map[] 1 @1"}) {
			t.Errorf("as the next minute's events come there is %q", data)
		}
	})
}

// A minute without a match is one only when it is over.
func TestADefaultValueWaitsForTheEndOfItsMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener(t)
		l.group(t)
		l.must(t, "PutMetricFilter", metricFilter("ERROR", values{"defaultValue": 0}))
		l.put(t, "fine")
		time.Sleep(30*time.Second + 500*time.Millisecond)
		if data, _ := l.heard(); data != nil {
			t.Errorf("within the minute %q is published", data)
		}
		l.put(t, "ERROR")
		time.Sleep(time.Minute)
		if data, _ := l.heard(); !slices.Equal(data, []string{"Shop/m None map[] 1 @30"}) {
			t.Errorf("of the minute %q is published", data)
		}
	})
}

func TestWhatAServiceLogsByItselfIsHeardFromTheFilterOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener(t)
		var mu sync.Mutex
		var written []logs.Line
		write := func(text string) {
			mu.Lock()
			defer mu.Unlock()
			written = append(written, logs.Line{Position: int64(10 * len(written)), Time: time.Now(), Text: text})
		}
		var last int64 // from where it was read last
		lines := func(from int64) iter.Seq[logs.Line] {
			mu.Lock()
			defer mu.Unlock()
			last = from
			return slices.Values(slices.Clone(written[from/10:]))
		}
		write("ERROR before")
		l.logs.Publish("g", "worker", lines)
		l.must(t, "PutMetricFilter", metricFilter("ERROR", nil))
		l.must(t, "PutSubscriptionFilter", values{"logGroupName": "g", "filterName": "to", "filterPattern": "ERROR", "destinationArn": functionARN})
		time.Sleep(3500 * time.Millisecond) // between two looks
		if data, sent := l.heard(); data != nil || sent != nil {
			t.Errorf("of what was there before, %q and %q are heard", data, sent)
		}
		write("ERROR one")
		write("fine")
		another := metricFilter("fine", nil)
		another["filterName"] = "another"
		l.must(t, "PutMetricFilter", another) // hears of what comes next, as the others do
		time.Sleep(time.Second)
		write("ERROR two")
		l.logs.Publish("g", "another", logged(logs.Line{Time: time.UnixMilli(5), Text: "ERROR three"}))
		time.Sleep(5 * time.Second)
		data, sent := l.heard()
		if last != 30 {
			t.Errorf("what has been heard is read again, from %d on", last)
		}
		slices.Sort(sent)
		if want := []string{
			"logs.eu-west-1.amazonaws.com Event " + functionARN + ": DATA_MESSAGE 111122223333 g/another [to] ERROR three",
			"logs.eu-west-1.amazonaws.com Event " + functionARN + ": DATA_MESSAGE 111122223333 g/worker [to] ERROR one",
			"logs.eu-west-1.amazonaws.com Event " + functionARN + ": DATA_MESSAGE 111122223333 g/worker [to] ERROR two",
		}; len(data) != 4 || !slices.Equal(sent, want) {
			t.Errorf("published %q, sent %q", data, sent)
		}
	})
}

func TestFiltersThatCannotBeAreRefused(t *testing.T) {
	l := newListener(t)
	l.group(t)
	long := strings.Repeat("X", 513)
	subscription := func(more values) values {
		all := values{"logGroupName": "g", "filterName": "to", "filterPattern": "", "destinationArn": functionARN}
		for name, value := range more {
			all[name] = value
		}
		return all
	}
	two := metricFilter("", nil)
	two["metricTransformations"] = append(two["metricTransformations"].([]values), two["metricTransformations"].([]values)...)
	described := metricFilter("", values{"defaultValue": 0.5, "unit": "Count", "dimensions": values{"B": "$.b", "A": "$.a"}})
	described["metricTransformations"] = append(described["metricTransformations"].([]values), described["metricTransformations"].([]values)...)
	none := metricFilter("", nil)
	none["metricTransformations"] = []values{}
	named := metricFilter("", nil)
	named["filterName"] = long
	for _, row := range []struct {
		name, action string
		in           values
		want         string
	}{
		{"a name that is too long", "PutMetricFilter", named, "InvalidParameterException: 1 validation error detected: Value '" + long + "' at 'filterName' failed to satisfy constraint: Member must have length less than or equal to 512"},
		{"a pattern that is too long", "PutMetricFilter", metricFilter(strings.Repeat("X", 1025), nil), "at 'filterPattern' failed to satisfy constraint: Member must have length less than or equal to 1024"},
		{"a pattern that is none", "PutMetricFilter", metricFilter("{ $.a", nil), "InvalidParameterException: Invalid filter pattern"},
		{"two transformations", "PutMetricFilter", two, "Value '[MetricTransformation(metricName=m, metricNamespace=Shop, metricValue=1, defaultValue=null, unit=null, dimensions=null), MetricTransformation(metricName=m,"},
		{"two transformations with all members", "PutMetricFilter", described, "metricValue=1, defaultValue=0.5, unit=Count, dimensions={A=$.a, B=$.b})]' at 'metricTransformations' failed to satisfy constraint: Member must have length less than or equal to 1"},
		{"no transformation", "PutMetricFilter", none, "Value '[]' at 'metricTransformations' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"a function of another account", "PutSubscriptionFilter", subscription(values{"destinationArn": "arn:aws:lambda:eu-west-1:444455556666:function:f"}), "AccessDeniedException: Cross-account lambda invocation passing is not allowed."},
		{"a value that is no number", "PutMetricFilter", metricFilter("", values{"metricValue": "one"}), `the metric value "one" is neither`},
		{"a value of what the pattern does not name", "PutMetricFilter", metricFilter("[a, b]", values{"metricValue": "$c"}), "the pattern has nothing that is called $c"},
		{"a dimension of a pattern of terms", "PutMetricFilter", metricFilter("ERROR", values{"dimensions": values{"A": "$.a"}}), "the dimension A is invalid"},
		{"four dimensions", "PutMetricFilter", metricFilter("{ $.a = * }", values{"dimensions": values{"A": "$.a", "B": "$.a", "C": "$.a", "D": "$.a"}}), "at most 3"},
		{"dimensions and a default", "PutMetricFilter", metricFilter("{ $.a = * }", values{"defaultValue": 0, "dimensions": values{"A": "$.a"}}), "mutually exclusive"},
		{"a namespace of AWS", "PutMetricFilter", metricFilter("", values{"metricNamespace": "AWS/Lambda"}), "one of AWS's own"},
		{"no metric", "PutMetricFilter", metricFilter("", values{"metricName": ""}), "Member must have a metricName"},
		{"no such metric filter", "DeleteMetricFilter", values{"logGroupName": "g", "filterName": "none"}, "ResourceNotFoundException: The specified metric filter does not exist."},
		{"a metric without its namespace", "DescribeMetricFilters", values{"metricName": "m"}, "must be given together"},
		{"a long prefix", "DescribeMetricFilters", values{"filterNamePrefix": long}, "at 'filterNamePrefix'"},
		{"a metric's long name", "DescribeMetricFilters", values{"metricName": long[:256], "metricNamespace": "Shop"}, "at 'metricName'"},
		{"a long namespace", "DescribeMetricFilters", values{"metricName": "m", "metricNamespace": long[:256]}, "at 'metricNamespace'"},
		{"a name with a colon", "DeleteMetricFilter", values{"logGroupName": "g", "filterName": "a:b"}, "Member must satisfy regular expression pattern: [^:*]*"},
		{"no messages", "TestMetricFilter", values{"filterPattern": ""}, "at 'logEventMessages'"},
		{"51 messages", "TestMetricFilter", values{"filterPattern": "", "logEventMessages": make([]string, 51)}, "at 'logEventMessages'"},
		{"a stream without a role", "PutSubscriptionFilter", subscription(values{"destinationArn": streamARN}), "InvalidParameterException: destinationArn for vendor kinesis cannot be used without roleArn"},
		{"a function with a role", "PutSubscriptionFilter", subscription(values{"roleArn": "arn:aws:iam::111122223333:role/r"}), "destinationArn for vendor lambda cannot be used with roleArn"},
		{"Firehose", "PutSubscriptionFilter", subscription(values{"destinationArn": "arn:aws:firehose:eu-west-1:111122223333:deliverystream/d"}), "NotImplemented"},
		{"no destination", "PutSubscriptionFilter", subscription(values{"destinationArn": ""}), "at 'destinationArn'"},
		{"another distribution", "PutSubscriptionFilter", subscription(values{"distribution": "ByHand"}), "at 'distribution'"},
		{"a subscription's pattern that is none", "PutSubscriptionFilter", subscription(values{"filterPattern": "{ $.a"}), "InvalidParameterException: Invalid filter pattern"},
		{"no such group", "PutSubscriptionFilter", subscription(values{"logGroupName": "none"}), "ResourceNotFoundException: The specified log group does not exist."},
		{"no such subscription", "DeleteSubscriptionFilter", values{"logGroupName": "g", "filterName": "none"}, "ResourceNotFoundException: The specified subscription filter does not exist."},
	} {
		if err := l.do(t, row.action, row.in); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v", row.name, err)
		}
	}
	named["filterName"] = strings.Repeat("X", 512)
	l.must(t, "PutMetricFilter", named)
	for i := range 3 {
		err := l.do(t, "PutSubscriptionFilter", subscription(values{"filterName": fmt.Sprint(i)}))
		if wrong := err != nil; wrong != (i == 2) || wrong && !strings.Contains(err.Error(), "LimitExceededException: Resource limit exceeded.") {
			t.Errorf("subscription %d: %v", i, err)
		}
	}
	l.must(t, "PutSubscriptionFilter", subscription(values{"filterName": "0", "filterPattern": "x"})) // again
	for i := range 100 {
		named["filterName"] = fmt.Sprint(i)
		if err := l.do(t, "PutMetricFilter", named); (err != nil) != (i == 99) { // one is there already
			t.Errorf("metric filter %d: %v", i, err)
		}
	}
}

func TestFiltersAreListed(t *testing.T) {
	l := newListener(t)
	l.group(t)
	l.must(t, "CreateLogGroup", values{"logGroupName": "h"})
	for _, name := range []string{"a1", "a2", "b"} {
		for _, group := range []string{"g", "h"} {
			in := metricFilter("x", values{"metricName": name, "defaultValue": 2})
			in["filterName"], in["logGroupName"] = name, group
			l.must(t, "PutMetricFilter", in)
		}
	}
	list := func(in values) string {
		t.Helper()
		var names []string
		for {
			var out struct {
				MetricFilters []struct {
					FilterName, LogGroupName, FilterPattern string
					MetricTransformations                   []struct{ DefaultValue float64 }
				}
				NextToken string
			}
			if err := l.Do(t.Context(), l.Administrator(), "logs", "DescribeMetricFilters", in, &out); err != nil {
				t.Fatal(err)
			}
			for _, f := range out.MetricFilters {
				if f.FilterPattern != "x" || f.MetricTransformations[0].DefaultValue != 2 {
					t.Errorf("described as %+v", f)
				}
				names = append(names, f.LogGroupName+"."+f.FilterName)
			}
			if in["nextToken"] = out.NextToken; out.NextToken == "" {
				return strings.Join(names, " ")
			}
		}
	}
	for _, row := range []struct {
		in   values
		want string
	}{
		{values{}, "g.a1 g.a2 g.b h.a1 h.a2 h.b"},
		{values{"limit": 2}, "g.a1 g.a2 g.b h.a1 h.a2 h.b"},
		{values{"logGroupName": "h", "filterNamePrefix": "a"}, "h.a1 h.a2"},
		{values{"metricName": "b", "metricNamespace": "Shop"}, "g.b h.b"},
		{values{"metricName": "b", "metricNamespace": "Other"}, ""},
	} {
		if got := list(row.in); got != row.want {
			t.Errorf("listed %s, want %s", got, row.want)
		}
	}
	var subscriptions struct {
		SubscriptionFilters []struct {
			FilterName, LogGroupName, FilterPattern, DestinationArn, Distribution string
			CreationTime                                                          int64
		}
		NextToken string
	}
	for _, name := range []string{"a1", "a2"} {
		l.must(t, "PutSubscriptionFilter", values{"logGroupName": "g", "filterName": name, "filterPattern": strings.Repeat("X", 1024), "destinationArn": functionARN})
	}
	for _, member := range []string{"applyOnTransformedLogs", "creationTime", "destinationArn", "distribution", "filterName", "filterPattern", "logGroupName"} {
		answer, err := l.Call(t.Context(), l.Administrator(), "logs", "DescribeSubscriptionFilters", json.RawMessage(`{"logGroupName": "g"}`))
		if err != nil || !strings.Contains(string(answer), `"`+member+`":`) {
			t.Errorf("%v, no %s in %s", err, member, answer)
		}
	}
	page := func(more values, want string) {
		t.Helper()
		more["logGroupName"] = "g"
		subscriptions.SubscriptionFilters, subscriptions.NextToken = nil, ""
		if err := l.Do(t.Context(), l.Administrator(), "logs", "DescribeSubscriptionFilters", more, &subscriptions); err != nil {
			t.Fatal(err)
		}
		got := subscriptions.NextToken + ":"
		for _, f := range subscriptions.SubscriptionFilters {
			if f.LogGroupName != "g" || len(f.FilterPattern) != 1024 || f.DestinationArn != functionARN || f.Distribution != "ByLogStream" || f.CreationTime == 0 {
				t.Errorf("described as %+v", f)
			}
			got += " " + f.FilterName
		}
		if got != want {
			t.Errorf("listed %q, want %q", got, want)
		}
	}
	page(values{}, ": a1 a2")
	page(values{"limit": 1}, "a1: a1")
	page(values{"nextToken": "a1"}, ": a2")
	page(values{"filterNamePrefix": "a2"}, ": a2")
	var groups struct {
		LogGroups []struct{ MetricFilterCount int }
	}
	if err := l.Do(t.Context(), l.Administrator(), "logs", "DescribeLogGroups", values{}, &groups); err != nil || groups.LogGroups[0].MetricFilterCount != 3 {
		t.Errorf("%v, the groups are %+v", err, groups)
	}
	var matches struct {
		Matches []struct {
			EventMessage    string
			EventNumber     int
			ExtractedValues map[string]string
		}
	}
	if err := l.Do(t.Context(), l.Administrator(), "logs", "TestMetricFilter", values{"filterPattern": "[level = E*, n]", "logEventMessages": []string{"INFO 1", "ERROR 2"}}, &matches); err != nil ||
		len(matches.Matches) != 1 || matches.Matches[0].EventNumber != 2 || matches.Matches[0].ExtractedValues["$n"] != "2" {
		t.Errorf("%v, the matches are %+v", err, matches)
	}
}

func TestTemplatesDeclareFilters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newListener(t)
		metric := func(pattern string) string {
			return `{"Type": "AWS::Logs::MetricFilter", "Properties": {"LogGroupName": {"Ref": "Group"}, "FilterPattern": "` + pattern + `", "MetricTransformations":
				[{"MetricNamespace": "Shop", "MetricName": "m", "MetricValue": "$.n", "Unit": "Count", "Dimensions": [{"Key": "Of", "Value": "$.of"}]}]}}`
		}
		subscription := func(pattern string) string {
			return `{"Type": "AWS::Logs::SubscriptionFilter", "Properties": {"LogGroupName": {"Ref": "Group"}, "FilterPattern": "` + pattern + `", "DestinationArn": "` + functionARN + `"}}`
		}
		s, err := cfntest.Create(t, l.Site, l.logs.Types(), `"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "g"}}, "Metric": `+metric("{ $.n = 1 }")+`, "Sent": `+subscription("first"))
		if err != nil {
			t.Fatal(err)
		}
		l.must(t, "CreateLogStream", values{"logGroupName": "g", "logStreamName": "s"})
		put := func() (string, string) {
			l.put(t, `{"n": 1, "of": "first"}`, `{"n": 2, "of": "second"}`)
			data, sent := l.heard()
			return strings.Join(data, ", "), strings.Join(sent, ", ")
		}
		if data, sent := put(); data != "Shop/m Count map[Of:first] 1 @0" || !strings.HasSuffix(sent, `{"n": 1, "of": "first"}`) {
			t.Errorf("published %q, sent %q", data, sent)
		}
		s.Put(t, "Metric", metric("{ $.n = 2 }"))
		s.Put(t, "Sent", subscription("second"))
		if data, sent := put(); data != "Shop/m Count map[Of:second] 2 @0" || !strings.HasSuffix(sent, `{"n": 2, "of": "second"}`) {
			t.Errorf("after an update published %q, sent %q", data, sent)
		}
		s.Remove(t, "Metric")
		s.Remove(t, "Sent")
		if data, sent := put(); data != "" || sent != "" {
			t.Errorf("after they are gone published %q, sent %q", data, sent)
		}
	})
}
