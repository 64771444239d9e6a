// Package console serves a web page that shows what an account of AWS does, and
// acts on it: its stacks, workflows, queues, tables and more. It knows AWS's own APIs
// and nothing else, so that it shows any assembly that the engine runs.
//
// Pages are made by the server and work without a script; the one that there is
// renews what is marked as live.
package console

// This file has the addresses and how they are answered.

import (
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/local/states/graph"
)

// Options say what is shown.
type Options struct {
	// AWS is a configuration of clients that may see and do everything. Required.
	AWS aws.Config

	// Mails has the mails that SNS would have sent, in files NAME.eml whose names sort
	// by time (local.Options.Mail). Default: there is no page of mails.
	Mails fs.FS

	// Sections are those that an application adds. Default: there are none.
	Sections []Section

	// Known tells since when the engine knows what was. Default: it does not, and
	// nobody can look at the past.
	Known func() time.Time
}

// console answers requests.
type console struct {
	*Pages
	stacks    *cloudformation.Client
	states    *sfn.Client
	queues    *sqs.Client
	tables    *dynamodb.Client
	buckets   *s3.Client
	topics    *sns.Client
	logs      *cloudwatchlogs.Client
	metrics   *cloudwatch.Client
	functions *lambda.Client
	accounts  accounts
	mails     fs.FS // nil: there are none
}

// New returns the console, to be served on an address of this machine that is its
// own: what is asked for by another name, or by a page of another origin that wants
// to act, is refused.
func New(o Options) http.Handler {
	all := sections
	for _, s := range o.Sections {
		all = append(slices.Clip(all), way{s.Path, s.Title})
	}
	o.AWS.APIOptions = append(slices.Clip(o.AWS.APIOptions), asOfMoment)
	c := &console{
		Pages:     &Pages{templates, all, done, o.Known},
		stacks:    cloudformation.NewFromConfig(o.AWS),
		states:    sfn.NewFromConfig(o.AWS),
		queues:    sqs.NewFromConfig(o.AWS),
		tables:    dynamodb.NewFromConfig(o.AWS),
		buckets:   s3.NewFromConfig(o.AWS, func(o *s3.Options) { o.UsePathStyle = true }),
		topics:    sns.NewFromConfig(o.AWS),
		logs:      cloudwatchlogs.NewFromConfig(o.AWS),
		metrics:   cloudwatch.NewFromConfig(o.AWS),
		functions: lambda.NewFromConfig(o.AWS),
		mails:     o.Mails,
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", c.Page(c.assembly))
	mux.Handle("GET /stacks/{name}", c.Page(c.stackPage))
	mux.Handle("GET /workflows", c.Page(c.workflows))
	mux.Handle("GET /workflows/{arn}", c.Page(c.workflow))
	mux.Handle("POST /workflows/{arn}", c.Action(c.start))
	mux.Handle("GET /executions/{arn}", c.Page(c.execution))
	mux.Handle("GET /executions/{arn}/start", c.Page(c.again))
	mux.Handle("POST /executions/{arn}/stop", c.Action(c.stop))
	mux.Handle("POST /executions/{arn}/redrive", c.Action(c.redrive))
	mux.Handle("POST /executions/{arn}/try", c.Asked(c.try))
	mux.Handle("GET /runs/{arn}", c.Page(c.run))
	c.serveQueues(mux)
	c.serveTables(mux)
	c.serveBuckets(mux)
	c.serveTopics(mux)
	c.serveMails(mux)
	c.serveLogs(mux)
	c.serveMetrics(mux)
	c.serveAlarms(mux)
	c.serveCauses(mux)
	mux.Handle("GET /static/graph.css", http.HandlerFunc(graphStyle))
	mux.Handle("GET /static/", files)
	for _, s := range o.Sections {
		s.Serve(mux, s.pages(all, o.Known))
	}
	mux.Handle("/", c.Page(func(*http.Request) (View, error) { return View{}, errNotHere }))
	mux.HandleFunc("POST /moment", c.goTo)
	return guard(c.inMoment(mux))
}

//go:embed templates static
var embedded embed.FS

var templates = template.Must(template.New("").Funcs(functions).ParseFS(embedded, "templates/*.html"))

var files = http.FileServerFS(embedded)

// graphStyle are the colours of graphs, for nothing else on a page.
func graphStyle(w http.ResponseWriter, r *http.Request) {
	marks, err := fs.ReadFile(embedded, "static/marks.css")
	if err != nil {
		panic(err) // it is embedded
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Write([]byte("svg.machine {\n" + graph.Style() + string(marks) + "}\n"))
}

// done are what a page says after an action, by the member done of its address: no
// words of others.
var done = map[string]string{
	"deleted":   "The item is deleted.",
	"published": "The message is published.",
	"uploaded":  "The file is uploaded.",
	"put":       "The item is put.",
	"sent":      "The message is sent.",
	"moving":    "The messages are being moved back.",
	"purged":    "The queue is purged.",
}

// confirmation asks before something is done that cannot be undone.
type confirmation struct {
	Text, Button string
	Back         string // the address of the page to go back to
	Shown        string // what it is about, which the form sends along; may be empty
}
