package console

// This file shows log groups and their streams, looks for events and follows them.

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

func (c *console) serveLogs(mux *http.ServeMux) {
	mux.Handle("GET /logs", c.Page(c.groupList))
	mux.Handle("GET /logs/{name}", c.Page(c.groupPage))
	mux.Handle("GET /functions/{name}", c.Action(c.functionLog))
}

// groupPage is the address of a log group's page.
func groupPage(name string) string { return "/logs/" + url.PathEscape(name) }

// functionLog leads from a function to the log group that it writes to.
func (c *console) functionLog(r *http.Request) (string, error) {
	name := r.PathValue("name")
	told, err := c.functions.GetFunctionConfiguration(r.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &name})
	if err != nil {
		return "", err
	}
	if told.LoggingConfig != nil && aws.ToString(told.LoggingConfig.LogGroup) != "" {
		return groupPage(*told.LoggingConfig.LogGroup), nil
	}
	return groupPage("/aws/lambda/" + name), nil
}

// groupList is the page of log groups.
type groupList struct {
	Prefix string
	Groups []types.LogGroup
	More   string // the address of what comes after, or empty
}

func (c *console) groupList(r *http.Request) (View, error) {
	query := r.URL.Query()
	l := groupList{Prefix: strings.TrimSpace(query.Get("prefix"))}
	told, err := c.logs.DescribeLogGroups(r.Context(), &cloudwatchlogs.DescribeLogGroupsInput{
		LogGroupNamePrefix: given(l.Prefix), NextToken: given(query.Get("from")), Limit: aws.Int32(onPage),
	})
	if err != nil {
		return View{}, err
	}
	l.Groups, l.More = told.LogGroups, more(query, told.NextToken)
	return View{"Logs", "logs.html", l}, nil
}

const (
	// lines is how many events a page shows, the last ones.
	lines = 200

	// inSearch is how many events CloudWatch Logs answers with at most.
	inSearch = 10_000
)

// window is how far back events are looked for.
type window struct {
	Name string
	back time.Duration // 0: to the beginning
}

var windows = []window{{"15 minutes", 15 * time.Minute}, {"hour", time.Hour}, {"day", 24 * time.Hour}, {"while that it has been kept", 0}}

// group is the page of a log group.
type group struct {
	Name, Pattern, Stream string
	Window                window
	Windows               []window
	Streams               []types.LogStream        // those last written to
	Events                []types.FilteredLogEvent // the last one first
	Found                 int
	More                  string // the address of where the search goes on, or empty
}

func (c *console) groupPage(r *http.Request) (View, error) {
	ctx, query := r.Context(), r.URL.Query()
	g := group{Name: r.PathValue("name"), Pattern: query.Get("pattern"), Stream: query.Get("stream"), Windows: windows, Window: windows[0]}
	if i := slices.IndexFunc(windows, func(w window) bool { return w.Name == query.Get("window") }); i > 0 {
		g.Window = windows[i]
	}
	streams, err := c.logs.DescribeLogStreams(ctx, &cloudwatchlogs.DescribeLogStreamsInput{
		LogGroupName: &g.Name, OrderBy: types.OrderByLastEventTime, Descending: aws.Bool(true), Limit: aws.Int32(onPage),
	})
	if err != nil {
		return View{}, err
	}
	g.Streams = streams.LogStreams
	next, err := g.search(ctx, c.logs, given(query.Get("from")))
	if err != nil {
		return View{}, err
	}
	g.More = more(query, next)
	return View{g.Name, "loggroup.html", g}, nil
}

// search goes through the events of the window, which CloudWatch Logs tells in the
// order of time, and keeps the last ones. It goes so far and no farther at a time.
func (g *group) search(ctx context.Context, client *cloudwatchlogs.Client, from *string) (next *string, err error) {
	in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &g.Name, FilterPattern: given(g.Pattern), Limit: aws.Int32(inSearch), NextToken: from}
	if g.Stream != "" {
		in.LogStreamNames = []string{g.Stream}
	}
	if g.Window.back > 0 {
		in.StartTime = aws.Int64(time.Now().Add(-g.Window.back).UnixMilli())
	}
	for g.Found < atMost {
		found, err := client.FilterLogEvents(ctx, in)
		if err != nil {
			return nil, err
		}
		g.Found += len(found.Events)
		g.Events = append(g.Events, found.Events...)
		g.Events = g.Events[max(0, len(g.Events)-lines):]
		if in.NextToken = found.NextToken; in.NextToken == nil {
			break
		}
	}
	slices.Reverse(g.Events)
	return in.NextToken, nil
}

// At is when an event was, which CloudWatch Logs tells in milliseconds.
func (group) At(milliseconds *int64) time.Time {
	if milliseconds == nil {
		return time.Time{}
	}
	return time.UnixMilli(*milliseconds)
}

// StreamAt is the address of a stream's events.
func (g group) StreamAt(stream *string) string {
	return groupPage(g.Name) + "?" + url.Values{"stream": {*stream}, "window": {g.Window.Name}}.Encode()
}
