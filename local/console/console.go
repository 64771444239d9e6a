// Package console serves a web page that shows what an account of AWS does, and
// acts on it: its stacks, workflows, queues, tables and more. It knows AWS's own APIs
// and nothing else, so that it shows any assembly that the engine runs.
//
// Pages are made by the server and work without a script; the one that there is
// renews what is marked as live.
package console

// This file has the addresses and how they are answered.

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

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
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/local/states/graph"
)

// Options say what is shown.
type Options struct {
	// AWS is a configuration of clients that may see and do everything. Required.
	AWS aws.Config

	// Mails has the mails that SNS would have sent, in files NAME.eml whose names sort
	// by time (local.Options.Mail). Default: there is no page of mails.
	Mails fs.FS
}

// console answers requests.
type console struct {
	stacks    *cloudformation.Client
	states    *sfn.Client
	queues    *sqs.Client
	tables    *dynamodb.Client
	buckets   *s3.Client
	topics    *sns.Client
	logs      *cloudwatchlogs.Client
	metrics   *cloudwatch.Client
	functions *lambda.Client
	mails     fs.FS // nil: there are none
}

// New returns the console, to be served on an address of this machine that is its
// own: what is asked for by another name, or by a page of another origin that wants
// to act, is refused.
func New(o Options) http.Handler {
	c := &console{
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
	mux.Handle("GET /{$}", page(c.assembly))
	mux.Handle("GET /stacks/{name}", page(c.stackPage))
	mux.Handle("GET /workflows", page(c.workflows))
	mux.Handle("GET /workflows/{arn}", page(c.workflow))
	mux.Handle("POST /workflows/{arn}", action(c.start))
	mux.Handle("GET /executions/{arn}", page(c.execution))
	mux.Handle("GET /executions/{arn}/start", page(c.again))
	mux.Handle("POST /executions/{arn}/stop", action(c.stop))
	mux.Handle("POST /executions/{arn}/redrive", action(c.redrive))
	mux.Handle("POST /executions/{arn}/try", asked(c.try))
	mux.Handle("GET /runs/{arn}", page(c.run))
	c.serveQueues(mux)
	c.serveTables(mux)
	c.serveBuckets(mux)
	c.serveTopics(mux)
	c.serveMails(mux)
	c.serveLogs(mux)
	c.serveMetrics(mux)
	c.serveAlarms(mux)
	mux.Handle("GET /static/graph.css", http.HandlerFunc(graphStyle))
	mux.Handle("GET /static/", files)
	mux.Handle("/", page(func(*http.Request) (view, error) { return view{}, errNotHere }))
	return guard(mux)
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

// view is a page: a template, and what that shows.
type view struct {
	Title    string
	template string
	Data     any
}

// fault is a page's or an action's error with the status that it is answered with.
type fault struct {
	status int
	text   string
}

func (f *fault) Error() string { return f.text }

var errNotHere = &fault{http.StatusNotFound, "There is no such page."}

// page answers with what make returns.
func page(make func(*http.Request) (view, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := make(r)
		answer(w, r, v, err)
	})
}

// asked is a page that shows what came of a form: what is not to happen by opening
// an address, or by renewing a page.
func asked(make func(*http.Request) (view, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, largestForm)
		page(make).ServeHTTP(w, r)
	})
}

// answer sends a page, or that of an error.
func answer(w http.ResponseWriter, r *http.Request, v view, err error) {
	status := http.StatusOK
	if err != nil {
		v, status = failed(err)
	}
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, v.template, struct {
		view
		Path, Done string
	}{v, r.URL.Path, done[r.URL.Query().Get("done")]}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

// action does what a form asks for, and leads to the page that shows what came of it.
func action(do func(*http.Request) (location string, err error)) http.Handler {
	return actionOf(largestForm, do)
}

// actionOf is an action by forms of so many bytes.
func actionOf(largest int64, do func(*http.Request) (location string, err error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, largest)
		location, err := do(r)
		if err != nil {
			answer(w, r, view{}, err)
			return
		}
		http.Redirect(w, r, location, http.StatusSeeOther)
	})
}

// form reads what a form has.
func form(r *http.Request) (url.Values, error) {
	if err := r.ParseForm(); err != nil {
		return nil, &fault{http.StatusBadRequest, "The form cannot be read: " + err.Error()}
	}
	return r.PostForm, nil
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

// largestForm has room for two of the largest items that DynamoDB takes, 400 KB, as
// forms write them.
const largestForm = 4 << 20

// failed is the page of an error.
func failed(err error) (view, int) {
	status := http.StatusInternalServerError
	text := err.Error()
	if own, ok := errors.AsType[*fault](err); ok {
		status = own.status
	} else if api, ok := errors.AsType[smithy.APIError](err); ok {
		text = api.ErrorCode() + ": " + api.ErrorMessage()
		switch {
		case missing(err):
			status = http.StatusNotFound
		case api.ErrorFault() != smithy.FaultServer:
			status = http.StatusBadRequest
		}
	}
	return view{cmp.Or(http.StatusText(status), "Error"), "error.html", text}, status
}

// missing tells whether an error says that what was asked for is not there.
func missing(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return false
	}
	code := api.ErrorCode()
	return strings.HasSuffix(code, "DoesNotExist") || strings.HasSuffix(code, "NotFoundException") || strings.HasSuffix(code, "NotFound") || strings.HasPrefix(code, "NoSuch") || strings.Contains(code, "NonExistent")
}
