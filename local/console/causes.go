package console

// This file tells what caused an item, an object, a message or an execution: what made it, what
// that came of, and so on, as far as the engine knows.

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

func (c *console) serveCauses(mux *http.ServeMux) {
	mux.Handle("GET /causes/item", c.Page(c.causesOfItem))
	mux.Handle("GET /causes/execution", c.Page(c.causesOfExecution))
	mux.Handle("GET /causes/object", c.Page(c.causesOfObject))
	mux.Handle("GET /causes/message", c.Page(c.causesOfMessage))
}

// ItemCauses is the address of the page that tells what caused a table's item, by its key.
func ItemCauses(table string, key map[string]types.AttributeValue) string {
	return "/causes/item?" + url.Values{"table": {table}, "key": {typed(key)}}.Encode()
}

func executionCauses(arn string) string {
	return "/causes/execution?" + url.Values{"arn": {arn}}.Encode()
}

func objectCauses(bucket, key, version string) string {
	return "/causes/object?" + url.Values{"bucket": {bucket}, "key": {key}, "version": {version}}.Encode()
}

// askCause makes a call ask for causes.
var askCause = smithyhttp.SetHeaderValue(wire.AskCause, "true")

func (c *console) causesOfItem(r *http.Request) (View, error) {
	key, err := itemOf(r.URL.Query().Get("key"))
	if err != nil {
		return View{}, err
	}
	name := r.URL.Query().Get("table")
	got, err := c.askItem(r.Context(), name, key)
	if err != nil {
		return View{}, err
	}
	v, err := causesView(typed(key), ItemPage(name, key), got.ResultMetadata)
	if err == nil && got.Item == nil {
		v = deletion(v)
	}
	return v, err
}

func (c *console) askItem(ctx context.Context, table string, key item) (*dynamodb.GetItemOutput, error) {
	return c.tables.GetItem(ctx, &dynamodb.GetItemInput{TableName: &table, Key: key}, dynamodb.WithAPIOptions(askCause))
}

// deletedAt is the address of what has deleted an item, or empty if that is not known.
func (c *console) deletedAt(ctx context.Context, table string, key item) string {
	got, err := c.askItem(ctx, table, key)
	if err != nil || headerOf(got.ResultMetadata).Get(wire.AskCause) == "" {
		return ""
	}
	return ItemCauses(table, key)
}

func (c *console) causesOfExecution(r *http.Request) (View, error) {
	arn := r.URL.Query().Get("arn")
	told, err := c.states.DescribeExecution(r.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &arn}, sfn.WithAPIOptions(askCause))
	if err != nil {
		return View{}, err
	}
	return causesView(*told.Name, ExecutionPage(arn), told.ResultMetadata)
}

func (c *console) causesOfObject(r *http.Request) (View, error) {
	query := r.URL.Query()
	bucket, key, version := query.Get("bucket"), query.Get("key"), query.Get("version")
	head, err := c.buckets.HeadObject(r.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: &key, VersionId: given(version)}, s3.WithAPIOptions(askCause))
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && response.Response.Header.Get(wire.AskCause) != "" {
		v, err := causesIn(response.Response.Header, key, ObjectPage(bucket, key))
		return deletion(v), err
	}
	if err != nil {
		return View{}, err
	}
	return causesView(key, ObjectPage(bucket, key), head.ResultMetadata)
}

// causes are those of one thing.
type causes struct {
	Of, Page string // what it is, and the address of its page
	Gone     bool   // it is not there any more: they are those of its deletion
	Steps    []step // the nearest first
}

// step is what is equally far from the thing: one cause, or several of which one is
// it, or which have all to do with it.
type step struct {
	Causes []cause
	More   int // how many there are besides
}

// cause is one as a page tells it.
type cause struct{ wire.Cause }

func causesView(of, page string, answer middleware.Metadata) (View, error) {
	return causesIn(headerOf(answer), of, page)
}

func causesIn(header http.Header, of, page string) (View, error) {
	all, err := wire.Causes(header)
	if err != nil {
		return View{}, err
	}
	return View{"What caused this?", "causes.html", causes{Of: of, Page: page, Steps: stepsOf(all)}}, nil
}

// headerOf is that of an answer of AWS's.
func headerOf(answer middleware.Metadata) http.Header {
	response, ok := awsmiddleware.GetRawResponse(answer).(*smithyhttp.Response)
	if !ok {
		return nil
	}
	return response.Header
}

// deletion is the view of the causes of something's deletion.
func deletion(v View) View {
	if c, ok := v.Data.(causes); ok {
		c.Gone = true
		v.Title, v.Data = "What deleted it?", c
	}
	return v
}

// stepsOf puts each cause into the step behind the last one that it has caused.
func stepsOf(all []wire.Cause) []step {
	far := make([]int, len(all))
	for again := true; again; {
		again = false
		for i, c := range all {
			for _, of := range c.Of {
				if far[of] <= far[i] {
					far[of], again = far[i]+1, true
				}
			}
		}
	}
	var steps []step
	at := func(n int) *step {
		for len(steps) <= n {
			steps = append(steps, step{})
		}
		return &steps[n]
	}
	for i, c := range all {
		s := at(far[i])
		s.Causes = append(s.Causes, cause{c})
		if c.More > 0 {
			at(far[i] + 1).More += c.More
		}
	}
	return steps
}

// What says what it is.
func (c cause) What() string {
	name := lastPart(c.Resource)
	switch c.Type {
	case "item":
		return "item " + c.Id + " of the table " + name
	case "object":
		bucket, key := c.object()
		return "object " + key + " of the bucket " + bucket
	case "message", "record", "event":
		return c.Type + " " + c.Id + " of " + name
	case "invocation":
		return "invocation " + c.Id + " of the function " + name
	case "execution":
		return "execution " + name + " of " + lastPart(strings.TrimSuffix(c.Resource, ":"+name))
	case "state":
		return "state " + c.Id
	case "session":
		return "session " + c.Id + " of the SFTP server " + name
	case "request":
		return "request " + c.Id + " to the API " + c.Resource[strings.LastIndex(c.Resource, ":")+1:]
	case "schedule", "alarm":
		return c.Type + " " + name
	case "call":
		return "call of " + c.Action
	}
	return strings.TrimSpace(c.Type + " " + c.Id + " of " + c.Resource)
}

// How says by what it was made, or by whom.
func (c cause) How() string {
	by := c.By
	if arn, ok := cloud.ParseARN(by); ok {
		by = arn.Resource
	}
	switch {
	case c.Action == "" && by == "":
		return ""
	case c.Action == "":
		return "by " + by
	case by == "":
		return "by " + c.Action
	}
	return "by " + c.Action + ", called by " + by
}

func (c cause) object() (bucket, key string) {
	bucket, key, _ = strings.Cut(strings.TrimPrefix(c.Resource, "arn:aws:s3:::"), "/")
	return bucket, key
}

// At is the address of what the console shows of it, or empty.
func (c cause) At() string {
	name := lastPart(c.Resource)
	switch c.Type {
	case "item":
		if key, err := itemOf(c.Id); err == nil {
			return ItemPage(name, key)
		}
		return tablePage(name)
	case "object":
		page := ObjectPage(c.object())
		if c.Id != "" {
			page += "&" + url.Values{"version": {c.Id}}.Encode()
		}
		return page
	case "message":
		if strings.HasPrefix(c.Resource, "arn:aws:sns:") {
			return topicPage(c.Resource)
		}
		return queuePage(name)
	case "execution", "state":
		return ExecutionPage(c.Resource)
	case "invocation":
		return "/functions/" + url.PathEscape(name)
	case "alarm":
		return alarmPage(name)
	}
	return ""
}

// When is its time.
func (c cause) When() time.Time { return c.Cause.At }
