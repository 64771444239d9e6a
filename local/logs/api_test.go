package logs_test

// This file holds the service to what a client of the SDK sees.

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/logs"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// newClient returns a client of a service without groups.
func newClient(t *testing.T) (*cloudwatchlogs.Client, *logs.Logs) {
	t.Helper()
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	l := logs.New(c)
	c.Register("logs", l)
	server := httptest.NewServer(wire.As(c, c.Administrator(), "logs", wire.Protocols{}))
	t.Cleanup(server.Close)
	return cloudwatchlogs.New(cloudwatchlogs.Options{
		Region: "eu-west-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("k", "s", ""),
	}), l
}

// group makes a group with streams.
func group(t *testing.T, client *cloudwatchlogs.Client, name string, streams ...string) {
	t.Helper()
	if _, err := client.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name}); err != nil {
		t.Fatal(err)
	}
	for _, stream := range streams {
		if _, err := client.CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &name, LogStreamName: aws.String(stream)}); err != nil {
			t.Fatal(err)
		}
	}
}

// put puts messages into a stream, one a millisecond.
func put(t *testing.T, client *cloudwatchlogs.Client, groupName, stream string, at time.Time, messages ...string) *cloudwatchlogs.PutLogEventsOutput {
	t.Helper()
	var events []types.InputLogEvent
	for i, message := range messages {
		events = append(events, types.InputLogEvent{Timestamp: aws.Int64(at.UnixMilli() + int64(i)), Message: aws.String(message)})
	}
	out, err := client.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: &groupName, LogStreamName: &stream, LogEvents: events})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func wantError(t *testing.T, err error, code, message string) {
	t.Helper()
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorCode() != code || !strings.Contains(refused.ErrorMessage(), message) {
		t.Errorf("got %v, want %s: %s", err, code, message)
	}
}

func TestEventsOfAllStreamsAreFoundInTheOrderOfTime(t *testing.T) {
	client, _ := newClient(t)
	group(t, client, "/app", "a", "b", "other")
	at := time.Now().Add(-time.Minute)
	put(t, client, "/app", "b", at.Add(time.Second), "b1 ERROR", "b2")
	put(t, client, "/app", "a", at, "a1", "a2 ERROR")
	put(t, client, "/app", "a", at.Add(2*time.Second), "a3 ERROR")
	put(t, client, "/app", "a", at.Add(-time.Second), "a0 ERROR") // put late, and first in time
	put(t, client, "/app", "other", at, "o ERROR")

	for _, tt := range []struct {
		name string
		in   cloudwatchlogs.FilterLogEventsInput
		want []string
	}{
		{"all", cloudwatchlogs.FilterLogEventsInput{}, []string{"a0 ERROR", "a1", "o ERROR", "a2 ERROR", "b1 ERROR", "b2", "a3 ERROR"}},
		{"by a pattern", cloudwatchlogs.FilterLogEventsInput{FilterPattern: aws.String("ERROR -o")}, []string{"a0 ERROR", "a2 ERROR", "b1 ERROR", "a3 ERROR"}},
		{"of some streams", cloudwatchlogs.FilterLogEventsInput{LogStreamNames: []string{"b", "other"}}, []string{"o ERROR", "b1 ERROR", "b2"}},
		{"of streams by their prefix", cloudwatchlogs.FilterLogEventsInput{LogStreamNamePrefix: aws.String("ot")}, []string{"o ERROR"}},
		{"of a time, the end included", cloudwatchlogs.FilterLogEventsInput{StartTime: aws.Int64(at.UnixMilli() + 1), EndTime: aws.Int64(at.UnixMilli() + 1000)}, []string{"a2 ERROR", "b1 ERROR"}},
		{"from the earliest time that can be said", cloudwatchlogs.FilterLogEventsInput{StartTime: aws.Int64(math.MinInt64), LogStreamNames: []string{"other"}}, []string{"o ERROR"}},
		{"to the latest time that can be said", cloudwatchlogs.FilterLogEventsInput{EndTime: aws.Int64(math.MaxInt64), LogStreamNames: []string{"other"}}, []string{"o ERROR"}},
		{"by the group's ARN", cloudwatchlogs.FilterLogEventsInput{LogGroupIdentifier: aws.String("arn:aws:logs:eu-west-1:111122223333:log-group:/app"), LogStreamNames: []string{"b"}}, []string{"b1 ERROR", "b2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.in.LogGroupIdentifier == nil {
				tt.in.LogGroupName = aws.String("/app")
			}
			for _, limit := range []*int32{nil, aws.Int32(1), aws.Int32(2)} {
				in := tt.in
				in.Limit = limit
				var got, ids []string
				for pages := cloudwatchlogs.NewFilterLogEventsPaginator(client, &in); pages.HasMorePages(); {
					page, err := pages.NextPage(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					if limit != nil && len(page.Events) > int(*limit) {
						t.Errorf("a page of %d", len(page.Events))
					}
					for _, e := range page.Events {
						got, ids = append(got, *e.Message), append(ids, *e.EventId)
						if (*e.LogStreamName)[0] != (*e.Message)[0] || *e.IngestionTime < *e.Timestamp {
							t.Errorf("%+v", e)
						}
					}
				}
				if !slices.Equal(got, tt.want) || !slices.IsSorted(ids) {
					t.Errorf("pages of %v: %q %q", limit, got, ids)
				}
			}
		})
	}
}

func TestAStreamIsReadForwardsAndBackwards(t *testing.T) {
	client, _ := newClient(t)
	group(t, client, "g", "s")
	put(t, client, "g", "s", time.Now(), "1", "2", "3", "4", "5")
	in := &cloudwatchlogs.GetLogEventsInput{LogGroupName: aws.String("g"), LogStreamName: aws.String("s"), Limit: aws.Int32(2)}
	read := func() (messages string, out *cloudwatchlogs.GetLogEventsOutput) {
		t.Helper()
		out, err := client.GetLogEvents(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range out.Events {
			messages += *e.Message
		}
		return messages, out
	}
	if got, _ := read(); got != "45" {
		t.Errorf("the end: %s", got)
	}
	in.StartFromHead = aws.Bool(true)
	got, page := read()
	for _, want := range []string{"12", "34", "5", ""} {
		if got != want {
			t.Errorf("forwards: %s, want %s", got, want)
		}
		in.NextToken = page.NextForwardToken
		got, page = read()
	}
	if *page.NextForwardToken != *in.NextToken {
		t.Error("at the end of a stream its token changes")
	}
	put(t, client, "g", "s", time.Now().Add(time.Second), "6")
	if got, page = read(); got != "6" {
		t.Errorf("what came later: %s", got)
	}
	in.NextToken = page.NextBackwardToken
	for _, want := range []string{"45", "23", "1", ""} {
		if got, page = read(); got != want {
			t.Errorf("backwards: %s, want %s", got, want)
		}
		in.NextToken = page.NextBackwardToken
	}
	in.NextToken = aws.String("f/7")
	_, err := client.GetLogEvents(t.Context(), in)
	wantError(t, err, "InvalidParameterException", "nextToken is invalid")
}

func TestWhatIsAskedOfWhatIsNotThereOrIsMalformedIsRefused(t *testing.T) {
	client, _ := newClient(t)
	group(t, client, "g", "s")
	ctx, g, s, none := t.Context(), aws.String("g"), aws.String("s"), aws.String("none")
	now := aws.Int64(time.Now().UnixMilli())
	event := func(at *int64, message string) types.InputLogEvent {
		return types.InputLogEvent{Timestamp: at, Message: &message}
	}
	batch := func(events ...types.InputLogEvent) func() error {
		return func() error {
			_, err := client.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: g, LogStreamName: s, LogEvents: events})
			return err
		}
	}
	for _, tt := range []struct {
		name          string
		do            func() error
		code, message string
	}{
		{"a group twice", func() error {
			_, err := client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: g})
			return err
		},
			"ResourceAlreadyExistsException", "The specified log group already exists"},
		{"a stream twice", func() error {
			_, err := client.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: g, LogStreamName: s})
			return err
		},
			"ResourceAlreadyExistsException", "The specified log stream already exists"},
		{"a group's name", func() error {
			_, err := client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("a b")})
			return err
		},
			"InvalidParameterException", "logGroupName"},
		{"a stream's name", func() error {
			_, err := client.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: g, LogStreamName: aws.String("a:b")})
			return err
		},
			"InvalidParameterException", "logStreamName"},
		{"a class that is not there", func() error {
			_, err := client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: none, LogGroupClass: "DELIVERY"})
			return err
		},
			"InvalidParameterException", "STANDARD only"},
		{"a stream of no group", func() error {
			_, err := client.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: none, LogStreamName: s})
			return err
		},
			"ResourceNotFoundException", "The specified log group does not exist."},
		{"events of no stream", func() error {
			_, err := client.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{LogGroupName: g, LogStreamName: none})
			return err
		},
			"ResourceNotFoundException", "The specified log stream does not exist."},
		{"a search in no stream", func() error {
			_, err := client.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: g, LogStreamNames: []string{"none"}})
			return err
		},
			"ResourceNotFoundException", "The specified log stream does not exist."},
		{"a search by names and a prefix", func() error {
			_, err := client.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: g, LogStreamNames: []string{"s"}, LogStreamNamePrefix: s})
			return err
		},
			"InvalidParameterException", "mutually exclusive"},
		{"a pattern", func() error {
			_, err := client.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: g, FilterPattern: aws.String("{ $.a")})
			return err
		},
			"InvalidParameterException", "Invalid filter pattern"},
		{"a page", func() error {
			_, err := client.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: g, Limit: aws.Int32(10001)})
			return err
		},
			"InvalidParameterException", "limit"},
		{"a page before the first", func() error {
			_, err := client.DescribeLogStreams(ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: g, NextToken: aws.String("-1")})
			return err
		},
			"InvalidParameterException", "nextToken is invalid"},
		{"a retention", func() error {
			_, err := client.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: g, RetentionInDays: aws.Int32(2)})
			return err
		},
			"InvalidParameterException", "retentionInDays"},
		{"streams by time and a prefix", func() error {
			_, err := client.DescribeLogStreams(ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: g, OrderBy: types.OrderByLastEventTime, LogStreamNamePrefix: s})
			return err
		},
			"InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix."},
		{"events into no stream", func() error {
			_, err := client.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: g, LogStreamName: none, LogEvents: []types.InputLogEvent{event(now, "x")}})
			return err
		},
			"ResourceNotFoundException", "The specified log stream does not exist."},
		{"events that go back in time", batch(event(now, "x"), event(aws.Int64(*now-1), "y")), "InvalidParameterException", "chronological order"},
		{"events of more than a day", batch(event(aws.Int64(*now-25*3600*1000), "x"), event(now, "y")), "InvalidParameterException", "24 hours"},
		{"an empty message", batch(event(now, "")), "InvalidParameterException", "message"},
		{"too many bytes", batch(event(now, strings.Repeat("x", 1<<20))), "InvalidParameterException", "Upload too large"},
	} {
		t.Run(tt.name, func(t *testing.T) { wantError(t, tt.do(), tt.code, tt.message) })
	}
	if out, err := client.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: g}); err != nil || len(out.Events) > 0 {
		t.Errorf("of what was refused is there %v, %v", out, err)
	}
}

func TestEventsThatAreTooOldOrTooNewAreLeftOutAndToldOf(t *testing.T) {
	client, _ := newClient(t)
	group(t, client, "g", "s")
	if _, err := client.PutRetentionPolicy(t.Context(), &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: aws.String("g"), RetentionInDays: aws.Int32(1)}); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	at := func(d time.Duration) types.InputLogEvent {
		return types.InputLogEvent{Timestamp: aws.Int64(now.Add(d).UnixMilli()), Message: aws.String(d.String())}
	}
	send := func(events ...types.InputLogEvent) *types.RejectedLogEventsInfo {
		t.Helper()
		out, err := client.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: aws.String("g"), LogStreamName: aws.String("s"), LogEvents: events})
		if err != nil {
			t.Fatal(err)
		}
		return out.RejectedLogEventsInfo
	}
	if r := send(at(-24*time.Hour-time.Minute), at(-24*time.Hour-30*time.Second), at(-time.Hour)); r == nil || *r.ExpiredLogEventEndIndex != 2 || r.TooOldLogEventEndIndex != nil || r.TooNewLogEventStartIndex != nil {
		t.Errorf("%+v", r)
	}
	if r := send(at(-15*24*time.Hour), at(-15*24*time.Hour)); r == nil || *r.TooOldLogEventEndIndex != 2 {
		t.Errorf("%+v", r)
	}
	if r := send(at(time.Hour), at(2*time.Hour+time.Minute)); r == nil || *r.TooNewLogEventStartIndex != 1 {
		t.Errorf("%+v", r)
	}
	if r := send(at(0)); r != nil {
		t.Errorf("%+v", r)
	}
	out, err := client.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("g")})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range out.Events {
		got = append(got, *e.Message)
	}
	if !slices.Equal(got, []string{"-1h0m0s", "0s", "1h0m0s"}) {
		t.Errorf("%q", got)
	}
}

func TestEventsExpireWithTheGroupsRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
		c.Register("logs", logs.New(c))
		do := func(action, input string, out any) {
			t.Helper()
			if err := c.Do(t.Context(), c.Administrator(), "logs", action, json.RawMessage(input), out); err != nil {
				t.Fatal(err)
			}
		}
		do("CreateLogGroup", `{"logGroupName":"g"}`, nil)
		do("CreateLogStream", `{"logGroupName":"g","logStreamName":"s"}`, nil)
		do("PutLogEvents", fmt.Sprintf(`{"logGroupName":"g","logStreamName":"s","logEvents":[{"timestamp":%d,"message":"x"}]}`, time.Now().UnixMilli()), nil)
		found := func() int {
			t.Helper()
			var out struct{ Events []any }
			do("FilterLogEvents", `{"logGroupName":"g"}`, &out)
			return len(out.Events)
		}
		time.Sleep(25 * time.Hour)
		if found() != 1 {
			t.Error("a group without retention has lost its event")
		}
		do("PutRetentionPolicy", `{"logGroupName":"g","retentionInDays":3}`, nil)
		if found() != 1 {
			t.Error("the event has gone early")
		}
		time.Sleep(48 * time.Hour)
		if found() != 0 {
			t.Error("the event has not expired")
		}
		do("DeleteRetentionPolicy", `{"logGroupName":"g"}`, nil)
	})
}

func TestAGroupKeepsTheNewestOfWhatIsTooMuch(t *testing.T) {
	client, _ := newClient(t)
	group(t, client, "g", "s", "t")
	at := time.Now().Add(-time.Minute)
	big := strings.Repeat("x", 900<<10)
	for i := range 20 {
		put(t, client, "g", []string{"s", "t"}[i%2], at.Add(time.Duration(i)*time.Second), fmt.Sprint(i, big))
	}
	out, err := client.DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{})
	if err != nil {
		t.Fatal(err)
	}
	if stored := *out.LogGroups[0].StoredBytes; stored > 16<<20 || stored < 15<<20 {
		t.Errorf("%d bytes are stored", stored)
	}
	events, err := client.GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{LogGroupName: aws.String("g"), LogStreamName: aws.String("s"), StartFromHead: aws.Bool(true)})
	if err != nil || !strings.HasPrefix(*events.Events[0].Message, "2x") {
		t.Errorf("the oldest is %.9s, %v", *events.Events[0].Message, err)
	}
	newest, err := client.GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{LogGroupName: aws.String("g"), LogStreamName: aws.String("s")})
	if err != nil || len(newest.Events) != 1 || !strings.HasPrefix(*newest.Events[0].Message, "18x") {
		t.Errorf("a page from the end has %d events of 900 KiB, %v", len(newest.Events), err)
	}
	if _, err := client.DeleteLogStream(t.Context(), &cloudwatchlogs.DeleteLogStreamInput{LogGroupName: aws.String("g"), LogStreamName: aws.String("s")}); err != nil {
		t.Fatal(err)
	}
	if out, err = client.DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{}); err != nil || *out.LogGroups[0].StoredBytes > 9<<20 {
		t.Errorf("%d bytes are stored without the stream, %v", *out.LogGroups[0].StoredBytes, err)
	}
}

// logged are lines that do not become more.
func logged(lines ...logs.Line) logs.Lines {
	return func(int64) iter.Seq[logs.Line] { return slices.Values(lines) }
}

func TestStreamsAreListedByNameAndByTheirLastEvent(t *testing.T) {
	client, l := newClient(t)
	group(t, client, "g", "b", "a", "empty")
	at := time.Now().Add(-time.Minute)
	put(t, client, "g", "b", at, "x", "y")
	put(t, client, "g", "a", at.Add(time.Second), "z")
	l.Publish("g", "own", logged(logs.Line{Time: at.Add(2 * time.Second), Text: "first"}))
	list := func(in cloudwatchlogs.DescribeLogStreamsInput) (names string) {
		t.Helper()
		in.LogGroupName, in.Limit = aws.String("g"), aws.Int32(2)
		for pages := cloudwatchlogs.NewDescribeLogStreamsPaginator(client, &in); pages.HasMorePages(); {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range page.LogStreams {
				names += *s.LogStreamName + " "
				if *s.LogStreamName == "b" && (*s.FirstEventTimestamp != at.UnixMilli() || *s.LastEventTimestamp != at.UnixMilli()+1 ||
					*s.Arn != "arn:aws:logs:eu-west-1:111122223333:log-group:g:log-stream:b") {
					t.Errorf("%+v", s)
				}
			}
		}
		return names
	}
	for want, in := range map[string]cloudwatchlogs.DescribeLogStreamsInput{
		"a b empty own ": {},
		"own empty b a ": {Descending: aws.Bool(true)},
		"empty b a own ": {OrderBy: types.OrderByLastEventTime},
		"own a b empty ": {OrderBy: types.OrderByLastEventTime, Descending: aws.Bool(true)},
		"empty ":         {LogStreamNamePrefix: aws.String("e")},
	} {
		if got := list(in); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	_, err := client.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: aws.String("g"), LogStreamName: aws.String("own"),
		LogEvents: []types.InputLogEvent{{Timestamp: aws.Int64(at.UnixMilli()), Message: aws.String("x")}}})
	wantError(t, err, "InvalidParameterException", "written by a service")
}

func TestGroupsHaveTagsAndRetention(t *testing.T) {
	client, _ := newClient(t)
	ctx, name := t.Context(), aws.String("/app")
	if _, err := client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: name, Tags: map[string]string{"team": "a", "gone": "x"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: name, RetentionInDays: aws.Int32(7)}); err != nil {
		t.Fatal(err)
	}
	out, err := client.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePattern: aws.String("PP")})
	if err != nil || len(out.LogGroups) != 1 || *out.LogGroups[0].RetentionInDays != 7 || out.LogGroups[0].CreationTime == nil {
		t.Fatalf("%+v, %v", out, err)
	}
	arn := out.LogGroups[0].LogGroupArn
	if _, err := client.TagResource(ctx, &cloudwatchlogs.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"team": "b"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.UntagResource(ctx, &cloudwatchlogs.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"gone"}}); err != nil {
		t.Fatal(err)
	}
	tags, err := client.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: arn})
	if err != nil || len(tags.Tags) != 1 || tags.Tags["team"] != "b" {
		t.Errorf("%+v, %v", tags, err)
	}
	if _, err := client.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: name}); err != nil {
		t.Fatal(err)
	}
	_, err = client.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: name})
	wantError(t, err, "ResourceNotFoundException", "The specified log group does not exist.")
}
