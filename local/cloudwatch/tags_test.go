package cloudwatch_test

// This file is tags and dashboards, and what calls tell of data in several units.

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/wire"
)

// steps performs actions, each of which must answer with a text.
func (w *world) steps(t *testing.T, steps [][3]string) {
	t.Helper()
	for _, step := range steps {
		if got := w.do(t, step[0], step[1]); !strings.Contains(got, step[2]) {
			t.Errorf("%s %.300s: got %.600s\nwant %s", step[0], step[1], got, step[2])
		}
	}
}

func TestAlarmsAndDashboardsHaveTags(t *testing.T) {
	w := newWorld()
	defer w.Close()
	const alarm, board = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:failed", "arn:aws:cloudwatch::111122223333:dashboard/d"
	many := make([]string, 51)
	for i := range many {
		many[i] = fmt.Sprintf(`{"Key": "k%d", "Value": ""}`, i)
	}
	w.steps(t, [][3]string{
		{"PutMetricAlarm", `{` + watched + `, "Tags": [{"Key": "team", "Value": "blue"}]}`, "{}"},
		{"PutMetricAlarm", `{` + watched + `, "Tags": [{"Key": "team", "Value": "red"}]}`, "{}"},
		{"ListTagsForResource", `{"ResourceARN": "` + alarm + `"}`, `{"Tags":[{"Key":"team","Value":"blue"}]}`},
		{"TagResource", `{"ResourceARN": "` + alarm + `", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}`, "{}"},
		{"UntagResource", `{"ResourceARN": "` + alarm + `", "TagKeys": ["a"]}`, "{}"},
		{"ListTagsForResource", `{"ResourceARN": "` + alarm + `"}`, `{"Tags":[{"Key":"team","Value":"blue"},{"Key":"b","Value":"2"}]}`},
		{"TagResource", `{"ResourceARN": "` + alarm + `", "Tags": [` + strings.Join(many, ",") + `]}`, "ValidationException"},
		{"TagResource", `{"ResourceARN": "` + alarm + `", "Tags": [{"Key": "", "Value": "1"}]}`, "ValidationException"},
		{"ListTagsForResource", `{"ResourceARN": "` + alarm + `"}`, `{"Tags":[{"Key":"team","Value":"blue"},{"Key":"b","Value":"2"}]}`},
		{"PutCompositeAlarm", `{"AlarmName": "any", "AlarmRule": "ALARM(failed)", "Tags": [{"Key": "", "Value": ""}]}`, "ValidationException"},
		{"PutDashboard", `{"DashboardName": "d", "DashboardBody": "{}", "Tags": [{"Key": "team", "Value": "blue"}]}`, `{"DashboardValidationMessages":[]}`},
		{"PutDashboard", `{"DashboardName": "d", "DashboardBody": "{}"}`, `{"DashboardValidationMessages":[]}`},
		{"ListTagsForResource", `{"ResourceARN": "` + board + `"}`, `{"Tags":[{"Key":"team","Value":"blue"}]}`},
		{"PutDashboard", `{"DashboardName": "c", "DashboardBody": "{}", "Tags": [{"Key": "", "Value": ""}]}`, "ValidationException"},
		{"UntagResource", `{"ResourceARN": "` + board + `", "TagKeys": ["team"]}`, "{}"},
		{"TagResource", `{"ResourceARN": "` + board + `", "Tags": [` + strings.Join(many[:50], ",") + `]}`, "{}"},
		{"DeleteAlarms", `{"AlarmNames": ["failed"]}`, "{}"},
		{"ListTagsForResource", `{"ResourceARN": "` + alarm + `"}`, `{"Tags":[]}`},
		{"TagResource", `{"ResourceARN": "` + alarm + `", "Tags": [{"Key": "a", "Value": "1"}]}`, "ResourceNotFoundException"},
	})
}

func TestTagsThatCallsHaveSetOutliveATemplatesUpdate(t *testing.T) {
	w := newWorld()
	defer w.Close()
	declared := map[string]func(key string) string{
		"Failed": func(key string) string {
			return `{"Type": "AWS::CloudWatch::Alarm", "Properties": {` + watched + `, "Tags": [{"Key": "` + key + `", "Value": "template"}]}}`
		},
		"Any": func(key string) string {
			return `{"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {"AlarmName": "any", "AlarmRule": "TRUE", "Tags": [{"Key": "` + key + `", "Value": "template"}]}}`
		},
		"Board": func(key string) string {
			return `{"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardName": "board", "DashboardBody": "{\"of\": \"` + key + `\"}", "Tags": [{"Key": "` + key + `", "Value": "template"}]}}`
		},
	}
	s := w.stack(t, `"Failed": `+declared["Failed"]("old")+`, "Any": `+declared["Any"]("old")+`, "Board": `+declared["Board"]("old"))
	for id, arn := range map[string]string{"Failed": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:failed", "Any": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:any", "Board": "arn:aws:cloudwatch::111122223333:dashboard/board"} {
		w.steps(t, [][3]string{
			{"ListTagsForResource", `{"ResourceARN": "` + arn + `"}`, `{"Key":"old","Value":"template"}`},
			{"TagResource", `{"ResourceARN": "` + arn + `", "Tags": [{"Key": "call", "Value": "call"}]}`, "{}"},
		})
		s.Put(t, id, declared[id]("new"))
		w.steps(t, [][3]string{{"ListTagsForResource", `{"ResourceARN": "` + arn + `"}`, `{"Key":"call","Value":"call"},{"Key":"new","Value":"template"}]}`}})
		if got := w.do(t, "ListTagsForResource", `{"ResourceARN": "`+arn+`"}`); strings.Contains(got, `"old"`) {
			t.Errorf("%s has %s", id, got)
		}
	}
	w.steps(t, [][3]string{{"GetDashboard", `{"DashboardName": "board"}`, `"DashboardBody":"{\"of\": \"new\"}"`}})
	s.Remove(t, "Board")
	w.steps(t, [][3]string{{"GetDashboard", `{"DashboardName": "board"}`, "DashboardNotFoundError"}})
}

func TestDashboardsAreKeptListedAndDeleted(t *testing.T) {
	w := newWorld()
	defer w.Close()
	w.steps(t, [][3]string{
		{"PutDashboard", `{"DashboardName": "b", "DashboardBody": "{\"widgets\": []}"}`, `{"DashboardValidationMessages":[]}`},
		{"PutDashboard", `{"DashboardName": "a1", "DashboardBody": "{}"}`, `{"DashboardValidationMessages":[]}`},
		{"GetDashboard", `{"DashboardName": "b"}`, `{"DashboardArn":"arn:aws:cloudwatch::111122223333:dashboard/b","DashboardBody":"{\"widgets\": []}","DashboardName":"b"}`},
		{"ListDashboards", `{}`, `"DashboardName":"a1"`},
		{"ListDashboards", `{}`, `"Size":15}]}`},
		{"ListDashboards", `{"DashboardNamePrefix": "b"}`, `{"DashboardEntries":[{"DashboardArn":"arn:aws:cloudwatch::111122223333:dashboard/b"`},
		{"PutDashboard", `{"DashboardName": "a b", "DashboardBody": "{}"}`, "InvalidParameterValueException: The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).\n"},
		{"PutDashboard", `{"DashboardName": "` + strings.Repeat("a", 256) + `", "DashboardBody": "{}"}`, "more than 255"},
		{"PutDashboard", `{"DashboardName": "` + strings.Repeat("c", 255) + `", "DashboardBody": "{}"}`, `{"DashboardValidationMessages":[]}`},
		{"PutDashboard", `{"DashboardBody": "{}"}`, "The parameter DashboardName is required."},
		{"PutDashboard", `{"DashboardName": "c"}`, "The parameter DashboardBody is required."},
		{"PutDashboard", `{"DashboardName": "c", "DashboardBody": "{"}`, "DashboardInvalidInputError"},
		{"PutDashboard", `{"DashboardName": "c", "DashboardBody": "{\"widgets\": [{\"properties\": {\"metrics\": [[\"AWS/SQS\", \"Stuck\"]]}}]}"}`, "NotImplemented"},
		{"DeleteDashboards", `{"DashboardNames": ["b", "none"]}`, "DashboardNotFoundError: Dashboard none does not exist"},
		{"GetDashboard", `{"DashboardName": "b"}`, `"DashboardName":"b"`},
		{"DeleteDashboards", `{"DashboardNames": ["b"]}`, `{}`},
		{"DeleteDashboards", `{}`, "The parameter DashboardNames is required."},
		{"GetDashboard", `{"DashboardName": "b"}`, "DashboardNotFoundError"},
	})
}

func TestDashboardsAreListedInPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		defer w.Close()
		for i := range 1001 {
			w.do(t, "PutDashboard", fmt.Sprintf(`{"DashboardName": "d%04d", "DashboardBody": "{}"}`, i))
		}
		w.steps(t, [][3]string{
			{"ListDashboards", `{}`, `{"DashboardArn":"arn:aws:cloudwatch::111122223333:dashboard/d0999","DashboardName":"d0999","LastModified":9.466848E8,"Size":2}],"NextToken":"d0999"}`},
			{"ListDashboards", `{"NextToken": "d0999"}`, `{"DashboardEntries":[{"DashboardArn":"arn:aws:cloudwatch::111122223333:dashboard/d1000","DashboardName":"d1000","LastModified":9.466848E8,"Size":2}]}`},
		})
	})
}

func TestDataOfDifferentUnitsAreToldApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		defer w.Close()
		from, to := time.Now().Unix(), time.Now().Add(time.Minute).Unix()
		span := fmt.Sprintf(`"StartTime": %d, "EndTime": %d`, from, to)
		const names = `"Namespace": "Shop", "MetricName": "m"`
		query := func(id, more string) string {
			return `{"Id": "` + id + `", "MetricStat": {"Metric": {` + names + `}, "Stat": "Sum", "Period": 60` + more + `}}`
		}
		w.steps(t, [][3]string{
			{"PutMetricData", `{"Namespace": "Shop", "MetricData": [{"MetricName": "m", "Value": 10, "StorageResolution": 1}, {"MetricName": "m", "Value": 5, "Unit": "Count"}, {"MetricName": "m", "Value": 1, "Unit": "Seconds"}]}`, "{}"},
			{"GetMetricStatistics", `{` + names + `, ` + span + `, "Period": 60, "Statistics": ["Sum"]}`, `{"Sum":5.0,"Timestamp":9.466848E8,"Unit":"Count"},{"Sum":10.0,"Timestamp":9.466848E8,"Unit":"None"},{"Sum":1.0,"Timestamp":9.466848E8,"Unit":"Seconds"}]`},
			{"GetMetricStatistics", `{` + names + `, ` + span + `, "Period": 60, "Statistics": ["Sum"], "Unit": "Seconds"}`, `"Datapoints":[{"Sum":1.0,"Timestamp":9.466848E8,"Unit":"Seconds"}]`},
			{"GetMetricStatistics", `{` + names + `, ` + span + `, "Period": 60, "Statistics": ["Sum"], "Unit": "Bytes"}`, `"Datapoints":[]`},
			{"GetMetricData", `{` + span + `, "MetricDataQueries": [` + query("q", `, "Unit": "Count"`) + `]}`, `"Label":"m","Timestamps":[9.466848E8],"Values":[5.0],"StatusCode":"Complete"}]`},
			{"GetMetricData", `{` + span + `, "MetricDataQueries": [` + query("q", ``) + `]}`, `"Values":[16.0],"StatusCode":"Complete","Messages":[{"Code":"MultipleUnits","Value":"Multiple units returned: '[Count, None, Seconds]'"}]`},
			{"ListMetrics", `{}`, `{"Metrics":[{"Namespace":"Shop","MetricName":"m","Dimensions":[]}]}`},
			{"PutMetricAlarm", `{"AlarmName": "a", ` + names + `, "Unit": "Seconds", "Statistic": "Sum", "Period": 10, "EvaluationPeriods": 1, "Threshold": 3, "ComparisonOperator": "GreaterThanThreshold"}`, "{}"},
			{"PutMetricAlarm", `{"AlarmName": "b", ` + names + `, "Statistic": "Sum", "Period": 10, "EvaluationPeriods": 1, "Threshold": 3, "ComparisonOperator": "GreaterThanThreshold"}`, "{}"},
		})
		time.Sleep(25 * time.Second)
		synctest.Wait()
		w.steps(t, [][3]string{
			{"DescribeAlarms", `{"AlarmNames": ["a"]}`, `"StateValue":"OK"`},
			{"DescribeAlarms", `{"AlarmNames": ["a"]}`, `"ComparisonOperator":"GreaterThanThreshold","Unit":"Seconds"}]`}, // and nothing of what is by default
			{"DescribeAlarms", `{"AlarmNames": ["b"]}`, `"StateValue":"ALARM"`},
		})
		if got := w.do(t, "DescribeAlarms", `{}`); strings.Contains(got, "DatapointsToAlarm") || strings.Contains(got, "TreatMissingData") {
			t.Errorf("alarms tell %s", got)
		}
		time.Sleep(4 * time.Hour)
		w.steps(t, [][3]string{{"ListMetrics", `{}`, `{"Metrics":[]}`}})
	})
}

func TestQueriesThatDifferAreLabelledByWhatDiffers(t *testing.T) {
	w := newWorld()
	defer w.Close()
	query := func(id, stat string, period int) string {
		return fmt.Sprintf(`{"Id": %q, "MetricStat": {"Metric": {"Namespace": "Shop", "MetricName": "m"}, "Stat": %q, "Period": %d}}`, id, stat, period)
	}
	for queries, want := range map[string]string{
		query("a", "Sum", 60):                                   `m`,
		query("a", "Sum", 60) + "," + query("b", "Sum", 60):     `m|m`,
		query("a", "Sum", 60) + "," + query("b", "Average", 60): `m Sum|m Average`,
		query("a", "Sum", 60) + "," + query("b", "Sum", 30):     `m 60|m 30`,
		query("a", "Sum", 60) + "," + query("b", "Minimum", 30): `m Sum 60|m Minimum 30`,
	} {
		var out struct{ MetricDataResults []struct{ Label string } }
		if err := w.Cloud.Do(t.Context(), w.Administrator(), "cloudwatch", "GetMetricData", map[string]any{
			"StartTime": time.Now().Add(-time.Minute).Unix(), "EndTime": time.Now().Unix(), "MetricDataQueries": json.RawMessage("[" + queries + "]"),
		}, &out); err != nil {
			t.Fatal(err)
		}
		var labels []string
		for _, r := range out.MetricDataResults {
			labels = append(labels, r.Label)
		}
		if got := strings.Join(labels, "|"); got != want {
			t.Errorf("labelled %s, want %s", got, want)
		}
	}
}

func TestDataThatDoNotGoTogetherAreRefused(t *testing.T) {
	w := newWorld()
	defer w.Close()
	datum := func(members string) string {
		return `{"Namespace": "Shop", "MetricData": [{"MetricName": "ok", "Value": 1}, {"MetricName": "m", ` + members + `}]}`
	}
	const set = `"StatisticValues": {"SampleCount": 1, "Sum": 1, "Minimum": 1, "Maximum": 1}`
	day := fmt.Sprintf(`"StartTime": %d, "EndTime": %d`, time.Now().Add(-24*time.Hour).Unix(), time.Now().Unix())
	w.steps(t, [][3]string{
		{"PutMetricData", datum(`"Value": 1, "Values": [1]`), "InvalidParameterCombinationException: The parameters MetricData.member.2.Value and MetricData.member.2.Values are mutually exclusive and you have specified both."},
		{"PutMetricData", datum(`"Value": 1, ` + set), "MetricData.member.2.Value and MetricData.member.2.StatisticValues are mutually exclusive"},
		{"PutMetricData", datum(`"Values": [1, 2], "Counts": [1]`), "InvalidParameterValueException: The parameters MetricData.member.2.Values and MetricData.member.2.Counts must be of the same size."},
		{"PutMetricData", datum(`"Value": 1, "StorageResolution": 5`), "StorageResolution is invalid"},
		{"ListMetrics", `{}`, `{"Metrics":[]}`}, // nothing of a request that is refused
		{"GetMetricStatistics", `{"Namespace": "Shop", "MetricName": "m", ` + day + `, "Period": 10, "Statistics": ["Sum"]}`,
			"InvalidParameterCombinationException: You have requested up to 8640 datapoints, which exceeds the limit of 1440. You may reduce the datapoints requested by increasing Period, or decreasing the time range."},
		{"GetMetricStatistics", `{"Namespace": "Shop", "MetricName": "m", ` + day + `, "Period": 60, "Statistics": ["Sum"]}`, `"Datapoints":[]`}, // 1440 of them
		{"GetMetricData", `{` + day + `, "MetricDataQueries": [{"Id": "e", "Expression": "1"}]}`, "NotImplemented"},
		{"GetMetricData", `{` + day + `, "MetricDataQueries": [{"Id": "e"}]}`, "does not serve the expression of query e"},
		{"GetMetricStatistics", `{"Namespace": "Shop", "MetricName": "m", "StartTime": 5, "EndTime": 5, "Period": 60, "Statistics": ["Sum"]}`, "InvalidParameterValueException: The parameter StartTime must be less than the parameter EndTime."},
		{"SetAlarmState", `{"AlarmName": "none", "StateValue": "RED", "StateReason": "r"}`, "ValidationException: 1 validation error detected: Value 'RED' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"},
		{"SetAlarmState", `{"AlarmName": "none", "StateValue": "OK", "StateReason": "r"}`, "ResourceNotFound"},
	})
}

func TestMetricsAndDataComeInPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		defer w.Close()
		for page := range 6 {
			var data []string
			for i := range 100 {
				data = append(data, fmt.Sprintf(`{"MetricName": "m%03d", "Value": 1}`, 100*page+i))
			}
			w.steps(t, [][3]string{{"PutMetricData", `{"Namespace": "Shop", "MetricData": [` + strings.Join(data, ",") + `]}`, "{}"}})
		}
		start := time.Now().Unix()
		for i := range 3 {
			time.Sleep(time.Duration(min(i, 1)) * time.Minute)
			w.steps(t, [][3]string{{"PutMetricData", `{"Namespace": "Shop", "MetricData": [{"MetricName": "a", "Value": 7}, {"MetricName": "b", "Value": 8}]}`, "{}"}})
		}
		query := func(id string) string {
			return `{"Id": "` + id + `", "MetricStat": {"Metric": {"Namespace": "Shop", "MetricName": "` + id + `"}, "Stat": "Sum", "Period": 60}}`
		}
		ask := fmt.Sprintf(`{"StartTime": %d, "EndTime": %d, "MetricDataQueries": [%s, %s]`, start, start+180, query("a"), query("b"))
		w.steps(t, [][3]string{
			{"ListMetrics", `{"Namespace": "Shop"}`, `"MetricName":"m497","Dimensions":[]}],"NextToken":"500"}`}, // with a and b before them
			{"ListMetrics", `{"Namespace": "Shop", "NextToken": "500"}`, `{"Metrics":[{"Namespace":"Shop","MetricName":"m498"`},
			{"ListMetrics", `{"Namespace": "Shop", "NextToken": "500"}`, `"MetricName":"m599","Dimensions":[]}]}`},
			{"ListMetrics", `{"NextToken": "x"}`, "InvalidNextToken"},
			{"ListMetrics", `{"NextToken": "-1"}`, "InvalidNextToken"},
			{"GetMetricData", ask + `, "MaxDatapoints": 2}`, `"Values":[7.0,7.0],"StatusCode":"PartialData"},{"Id":"b","Label":"b","Timestamps":[],"Values":[],"StatusCode":"PartialData"}],"Messages":[],"NextToken":"2"}`},
			{"GetMetricData", ask + `, "MaxDatapoints": 2, "NextToken": "2"}`, `"Values":[7.0],"StatusCode":"Complete"},`},
			{"GetMetricData", ask + `, "MaxDatapoints": 2, "NextToken": "2"}`, `"Values":[8.0],"StatusCode":"PartialData"}],"Messages":[],"NextToken":"4"}`},
			{"GetMetricData", ask + `, "MaxDatapoints": 2, "NextToken": "4"}`, `"Values":[8.0,8.0],"StatusCode":"Complete"}],"Messages":[]}`},
			{"GetMetricData", ask + `}`, `"Values":[8.0,8.0,8.0],"StatusCode":"Complete"}],"Messages":[]}`},
			{"GetMetricData", ask + `, "MaxDatapoints": 0}`, "MaxDatapoints is invalid"},
			{"GetMetricData", ask + `, "MaxDatapoints": 100801}`, "MaxDatapoints is invalid"},
			{"GetMetricData", ask + `, "NextToken": "x"}`, "InvalidNextToken"},
		})
	})
}

func TestADatumHasTheTimeThatItIsGivenAndAQueryItsOwnLabel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		defer w.Close()
		time.Sleep(time.Hour)
		then := time.Now().Add(-10 * time.Minute).Unix()
		w.steps(t, [][3]string{
			{"PutMetricData", fmt.Sprintf(`{"Namespace": "Shop", "MetricData": [{"MetricName": "m", "Value": 3, "Timestamp": %d}]}`, then), "{}"},
			{"GetMetricData", fmt.Sprintf(`{"StartTime": %d, "EndTime": %d, "MetricDataQueries": [{"Id": "q", "Label": "mine", "MetricStat": {"Metric": {"Namespace": "Shop", "MetricName": "m"}, "Stat": "Sum", "Period": 10}}]}`, then, then+10),
				`"Label":"mine","Timestamps":[9.466878E8],"Values":[3.0]`},
			{"PutMetricData", fmt.Sprintf(`{"Namespace": "Shop", "MetricData": [{"MetricName": "both", "Values": [1, 10], "StatisticValues": {"SampleCount": 10, "Sum": 55, "Minimum": 1, "Maximum": 10}, "Timestamp": %d}]}`, then), "{}"},
			{"GetMetricData", fmt.Sprintf(`{"StartTime": %d, "EndTime": %d, "MetricDataQueries": [{"Id": "q", "MetricStat": {"Metric": {"Namespace": "Shop", "MetricName": "both"}, "Stat": "Sum", "Period": 10}}]}`, then, then+10), `"Values":[55.0]`},
		})
	})
}

func TestTheQueryProtocolHasItsOwnNamesOfErrors(t *testing.T) {
	w := newWorld()
	defer w.Close()
	server := httptest.NewServer(wire.As(w.Cloud, w.Administrator(), "cloudwatch", w.metrics.Protocols()))
	defer server.Close()
	now := time.Now().UTC()
	for form, want := range map[string]string{
		"Action=GetDashboard&DashboardName=none":                                                                                                 "<Code>ResourceNotFound</Code>",
		"Action=SetAlarmState&AlarmName=none&StateValue=OK&StateReason=r":                                                                        "<Code>ResourceNotFound</Code></Error>",
		"Action=SetAlarmState&AlarmName=none&StateValue=INVALID&StateReason=r":                                                                   "<Code>ValidationError</Code><Message>1 validation error detected",
		"Action=PutMetricData&Namespace=Shop&MetricData.member.1.MetricName=m&MetricData.member.1.Value=1&MetricData.member.1.Values.member.1=1": "<Code>InvalidParameterCombination</Code>",
		"Action=PutMetricData&MetricData.member.1.MetricName=m&MetricData.member.1.Value=1":                                                      "<Code>MissingParameter</Code>",
		"Action=PutMetricData&Namespace=AWS/Shop":                                                                                                "<Code>InvalidParameterValue</Code>",
		"Action=PutMetricData&Namespace=Shop&MetricData.member.1.MetricName=m&MetricData.member.1.Value=4&MetricData.member.1.Dimensions.member.1.Name=Of&MetricData.member.1.Dimensions.member.1.Value=a": "<PutMetricDataResponse",
	} {
		if got := post(t, server.URL, form); !strings.Contains(got, want) {
			t.Errorf("%s: got %s", form, got)
		}
	}
	statistics := post(t, server.URL, "Action=GetMetricStatistics&Namespace=Shop&MetricName=m&Dimensions.member.1.Name=Of&Dimensions.member.1.Value=a&Period=60&Statistics.member.1=Sum&StartTime="+
		now.Add(-time.Minute).Format(time.RFC3339)+"&EndTime="+now.Add(time.Minute).Format(time.RFC3339))
	if !strings.Contains(statistics, "<Datapoints><member><Sum>4.0</Sum><Timestamp>") {
		t.Errorf("the statistics are %s", statistics)
	}
}

func post(t *testing.T, url, form string) string {
	t.Helper()
	answer, err := http.Post(url, "application/x-www-form-urlencoded", strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
