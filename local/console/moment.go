package console

// This file lets a person look at the past: the moment is in a cookie, so that every
// page and every link is of it until one comes back to now.

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/tradepost-dev/tradepost/local/wire"
)

// momentCookie has the moment in milliseconds of Unix time.
const momentCookie = "moment"

// tellPast are the calls that the engine answers as of a moment; what others tell is of now.
var tellPast = []string{
	"DescribeExecution", "ListExecutions", "GetExecutionHistory", "GetItem", "Query", "Scan", "DescribeTable", "GetQueueAttributes",
}

// pastPages begin the addresses of pages that show the past.
var pastPages = []string{"/workflows", "/executions", "/queues", "/tables", "/causes"}

type momentKey struct{}

// momentOf is the moment that a request is about; the zero time is now.
func momentOf(ctx context.Context) time.Time {
	moment, _ := ctx.Value(momentKey{}).(time.Time)
	return moment
}

// inMoment gives requests the moment that their cookie has. There they can look, and
// do nothing but leave.
func (c *console) inMoment(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if cookie, err := r.Cookie(momentCookie); err == nil && c.known != nil {
			if milliseconds, err := strconv.ParseInt(cookie.Value, 10, 64); err == nil {
				r = r.WithContext(context.WithValue(r.Context(), momentKey{}, time.UnixMilli(milliseconds)))
			}
		}
		if !momentOf(r.Context()).IsZero() && r.Method != http.MethodGet && r.URL.Path != "/moment" {
			c.answer(w, r, View{}, errPast)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// asOfMoment makes clients ask for what was at the moment that a request is about.
func asOfMoment(stack *middleware.Stack) error {
	return stack.Build.Add(middleware.BuildMiddlewareFunc("AsOfMoment",
		func(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (middleware.BuildOutput, middleware.Metadata, error) {
			if moment := momentOf(ctx); !moment.IsZero() && slices.Contains(tellPast, middleware.GetOperationName(ctx)) {
				in.Request.(*smithyhttp.Request).Header.Set(wire.AsOf, asOf(moment))
			}
			return next.HandleBuild(ctx, in)
		}), middleware.After)
}

// asOf is a moment as the engine takes it.
func asOf(moment time.Time) string { return moment.UTC().Format(time.RFC3339Nano) }

// travel is the form by which one goes to another moment.
type travel struct {
	Since, Now time.Time // the first and the last moment that can be seen
	Moment     time.Time // that is seen; zero: now
	Page       string    // to come back to
	HasPast    bool      // the page shows the past
}

// Shown is the moment that is seen.
func (t *travel) Shown() time.Time {
	if t.Moment.IsZero() {
		return t.Now
	}
	return t.Moment
}

// travel is that of a page. Those that show no past have none, unless one looks at the
// past: it leads back.
func (p *Pages) travel(r *http.Request) *travel {
	if p.known == nil {
		return nil
	}
	t := &travel{Since: p.known(), Now: time.Now(), Moment: momentOf(r.Context()), Page: r.URL.RequestURI()}
	t.HasPast = slices.ContainsFunc(pastPages, func(begin string) bool { return strings.HasPrefix(r.URL.Path, begin) })
	if !t.HasPast && t.Moment.IsZero() {
		return nil
	}
	if r.Method != http.MethodGet { // an answer to a form: its page cannot be asked for
		t.Page = "/"
	}
	return t
}

// goTo goes to a moment: that of the form's slider, so much later than the one that is
// seen, or now.
func (c *console) goTo(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, largestForm)
	location, moment, err := c.destination(r)
	if err != nil {
		c.answer(w, r, View{}, err)
		return
	}
	cookie := &http.Cookie{Name: momentCookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: -1}
	if !moment.IsZero() {
		cookie.Value, cookie.MaxAge = strconv.FormatInt(moment.UnixMilli(), 10), 0
	}
	http.SetCookie(w, cookie)
	http.Redirect(w, r, location, http.StatusSeeOther)
}

func (c *console) destination(r *http.Request) (location string, moment time.Time, err error) {
	f, err := Form(r)
	if err != nil {
		return "", moment, err
	}
	location = f.Get("page")
	if !strings.HasPrefix(location, "/") || strings.HasPrefix(location, "//") || strings.HasPrefix(location, `/\`) {
		return "", moment, Refuse("The page to go back to is none of the console's.")
	}
	if c.known == nil || f.Get("to") == "now" {
		return location, moment, nil
	}
	milliseconds, err := strconv.ParseInt(f.Get("at"), 10, 64)
	if err != nil {
		return "", moment, Refuse("The moment is %q: it has to be milliseconds of Unix time.", f.Get("at"))
	}
	moment = time.UnixMilli(milliseconds)
	if by := f.Get("by"); by != "" {
		d, err := time.ParseDuration(by)
		if err != nil {
			return "", moment, Refuse("The step is %q: it has to be a duration like -10s.", by)
		}
		moment = moment.Add(d)
	}
	if since := c.known(); moment.Before(since) {
		moment = since.Truncate(time.Millisecond).Add(time.Millisecond)
	}
	if moment.After(time.Now()) {
		return location, time.Time{}, nil
	}
	return location, moment, nil
}

var errPast = &Fault{http.StatusConflict, "You look at the past, where nothing can be done any more: go back to now first."}
