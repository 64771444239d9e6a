package console_test

// This file uses the pages of logs, metrics and alarms as a person does.

import (
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	metrics "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/tradepost-dev/tradepost/internal/browser"
)

// log writes lines into a stream of the group /shop/till.
func (d *desk) log(t *testing.T, stream string, lines ...string) {
	t.Helper()
	client := cloudwatchlogs.NewFromConfig(d.aws)
	client.CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: aws.String("/shop/till"), LogStreamName: &stream}) // it may be there
	var events []types.InputLogEvent
	for _, line := range lines {
		events = append(events, types.InputLogEvent{Message: aws.String(line), Timestamp: aws.Int64(time.Now().UnixMilli())})
	}
	if _, err := client.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: aws.String("/shop/till"), LogStreamName: &stream, LogEvents: events}); err != nil {
		t.Fatal(err)
	}
}

func logs(t *testing.T, d *desk, tab *browser.Tab) {
	d.log(t, "one", "opened", "ERROR no <b>paper</b>")
	d.log(t, "two", "closed")
	tab.Open(d.url + "logs")
	tab.Shows("/shop/till", "7 days")
	tab.Follow("/shop/till")
	tab.Shows("3 events were found, the last one first", "closed", "ERROR no <b>paper</b>", "opened", "Streams", "two", "one")
	d.log(t, "two", "and open again")
	tab.Wait(`document.querySelector("#events").innerText.includes("and open again")`) // as the page follows
	tab.Readable()
	tab.Document("log", 1250)
	tab.Fill("Filter pattern of CloudWatch", "ERROR")
	tab.Submit("Show")
	tab.Shows("1 events were found", "ERROR no <b>paper</b>")
	tab.Open(d.url + "logs/%2Fshop%2Ftill")
	tab.Follow("two")
	tab.Shows("2 events were found", "and open again", "closed")
	if status := tab.Open(d.url + "logs/none"); status != http.StatusNotFound {
		t.Errorf("a group that is not there is answered with %d", status)
	}
}

func alarms(t *testing.T, d *desk, tab *browser.Tab) {
	client := cloudwatch.NewFromConfig(d.aws)
	if _, err := client.PutMetricData(t.Context(), &cloudwatch.PutMetricDataInput{Namespace: aws.String("Shop"), MetricData: []metrics.MetricDatum{{
		MetricName: aws.String("Waiting"), Dimensions: []metrics.Dimension{{Name: aws.String("Till"), Value: aws.String("<1>")}}, Values: []float64{3, 9},
	}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("late"), StateValue: metrics.StateValueAlarm, StateReason: aws.String("by hand")}); err != nil {
		t.Fatal(err)
	}
	tab.Open(d.url + "metrics")
	tab.Follow("Shop")
	tab.Shows("Waiting", "Till <1>")
	tab.Follow("Waiting")
	tab.Shows("Shop, Till <1>")
	tab.Run(`document.querySelector("#statistic").value = "Maximum"`)
	tab.Submit("Show")
	if label := tab.Run(`document.querySelector("svg.plot").getAttribute("aria-label").replace(/ at .*/, "")`); label != "Maximum of Waiting: 1 periods have data, from 9 to 9; the last is 9" {
		t.Errorf("a screen reader says %q of the plot", label)
	}
	tab.Readable()
	tab.Document("metric", 1250)
	if status := tab.Open(d.url + "metrics/plot?namespace=Shop&name=Waiting&statistic=Most"); status != http.StatusBadRequest {
		t.Errorf("a statistic that there is not is answered with %d", status)
	}

	tab.Open(d.url + "alarms?state=ALARM")
	tab.Shows("late", "ALARM", "Maximum of Waiting above 5")
	tab.Follow("late")
	tab.Shows("ALARM since", "Reason", "Maximum of Waiting above 5", "orders wait", "History", "StateUpdate")
	tab.Document("alarm", 1250)
	tab.Open(d.url + "alarms/any")
	tab.Shows("ALARM(late)", "History")
	if status := tab.Open(d.url + "alarms/none"); status != http.StatusNotFound {
		t.Errorf("an alarm that is not there is answered with %d", status)
	}
}
