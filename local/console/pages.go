package console

// This file answers requests with pages: the console's own, and those of sections.

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/smithy-go"
)

// Pages makes pages of templates, all of which lead to all sections.
type Pages struct {
	templates *template.Template
	sections  []way
	done      map[string]string
	known     func() time.Time // since when the engine knows what was; nil: it does not
}

// View is a page: a template, and what that shows.
type View struct {
	Title    string
	Template string
	Data     any
}

// Fault is a page's or an action's error with the status that it is answered with.
// Other errors are answered as AWS's errors are, or with 500.
type Fault struct {
	Status int
	Text   string
}

func (f *Fault) Error() string { return f.Text }

// Refuse is the fault of who has asked for what cannot be.
func Refuse(format string, arguments ...any) error {
	return &Fault{http.StatusBadRequest, fmt.Sprintf(format, arguments...)}
}

// absence is the fault of who asks for what is not there any more.
type absence struct {
	*Fault
	DeletedAt string // the address of what has deleted it; empty: nobody knows
}

func (a *absence) Unwrap() error { return a.Fault }

var errNotHere = &Fault{http.StatusNotFound, "There is no such page."}

// Page answers with what make returns.
func (p *Pages) Page(make func(*http.Request) (View, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := make(r)
		p.answer(w, r, v, err)
	})
}

// Asked is a page that shows what came of a form: what is not to happen by opening
// an address, or by renewing a page.
func (p *Pages) Asked(make func(*http.Request) (View, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, largestForm)
		p.Page(make).ServeHTTP(w, r)
	})
}

// Action does what a form asks for, and leads to the page that shows what came of
// it. A member done of that page's address says so there.
func (p *Pages) Action(do func(*http.Request) (location string, err error)) http.Handler {
	return p.ActionOf(largestForm, do)
}

// ActionOf is an action by forms of so many bytes.
func (p *Pages) ActionOf(largest int64, do func(*http.Request) (location string, err error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, largest)
		location, err := do(r)
		if err != nil {
			p.answer(w, r, View{}, err)
			return
		}
		http.Redirect(w, r, location, http.StatusSeeOther)
	})
}

// answer sends a page, or that of an error.
func (p *Pages) answer(w http.ResponseWriter, r *http.Request, v View, err error) {
	status := http.StatusOK
	if err != nil {
		v, status = failed(err)
	}
	var b bytes.Buffer
	if err := p.templates.ExecuteTemplate(&b, v.Template, struct {
		View
		Path, Done string
		Sections   []way
		Travel     *travel
	}{v, r.URL.Path, p.done[r.URL.Query().Get("done")], p.sections, p.travel(r)}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

// Form reads what a form has.
func Form(r *http.Request) (url.Values, error) {
	if err := r.ParseForm(); err != nil {
		return nil, Refuse("The form cannot be read: %v", err)
	}
	return r.PostForm, nil
}

// largestForm has room for two of the largest items that DynamoDB takes, 400 KB, as
// forms write them.
const largestForm = 4 << 20

// failed is the page of an error.
func failed(err error) (View, int) {
	status := http.StatusInternalServerError
	text, deletedAt := err.Error(), ""
	if gone, ok := errors.AsType[*absence](err); ok {
		deletedAt = gone.DeletedAt
	}
	if own, ok := errors.AsType[*Fault](err); ok {
		status = own.Status
	} else if api, ok := errors.AsType[smithy.APIError](err); ok {
		text = api.ErrorCode() + ": " + api.ErrorMessage()
		switch {
		case missing(err):
			status = http.StatusNotFound
		case api.ErrorFault() != smithy.FaultServer:
			status = http.StatusBadRequest
		}
	}
	return View{cmp.Or(http.StatusText(status), "Error"), "error.html", struct{ Text, DeletedAt string }{text, deletedAt}}, status
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
