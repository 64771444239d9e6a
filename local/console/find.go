package console

// This file finds executions. AWS lists them by status only; by name and time the
// console looks through the list, so far and no farther at a time.

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

const (
	// onPage is how many executions a page shows.
	onPage = 50

	// inList is how many Step Functions lists at most in one answer.
	inList = 1000

	// atMost is how many executions are looked through for one page, and patience is
	// how long.
	atMost   = 20_000
	patience = 500 * time.Millisecond
)

// filter says which executions are shown.
type filter struct {
	Status        types.ExecutionStatus // empty: any
	Name          string                // a part of it
	After, Before time.Time             // when it started; zero: any time
	from          position
}

// position is where the list goes on.
type position struct {
	token string // of AWS's page
	skip  int    // of the executions of that page
}

// clock is how a form writes a time, in UTC.
const clock = "2006-01-02T15:04"

// filterOf reads a filter from an address.
func filterOf(query url.Values) (f filter, err error) {
	f.Status, f.Name = types.ExecutionStatus(query.Get("status")), strings.TrimSpace(query.Get("name"))
	for name, at := range map[string]*time.Time{"after": &f.After, "before": &f.Before} {
		text := query.Get(name)
		if text == "" {
			continue
		}
		if *at, err = time.Parse(clock, text); err != nil {
			return filter{}, &Fault{http.StatusBadRequest, fmt.Sprintf("%q is no time: write %q as %s, in UTC.", text, name, clock)}
		}
	}
	if from := query.Get("from"); from != "" {
		f.from, err = positionOf(from)
	}
	return f, err
}

// positionOf reads what String has written.
func positionOf(text string) (p position, err error) {
	skip, token, _ := strings.Cut(text, ":")
	if p.skip, err = strconv.Atoi(skip); err != nil || p.skip < 0 {
		return position{}, &Fault{http.StatusBadRequest, "This address of a further page is not one that the console has given."}
	}
	p.token = token
	return p, nil
}

func (p position) String() string { return fmt.Sprintf("%d:%s", p.skip, p.token) }

// Written is a time as the form has it.
func (filter) Written(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(clock)
}

// has tells whether an execution is shown.
func (f filter) has(e types.ExecutionListItem) bool {
	return strings.Contains(strings.ToLower(*e.Name), strings.ToLower(f.Name)) &&
		!e.StartDate.Before(f.After) && (f.Before.IsZero() || e.StartDate.Before(f.Before))
}

// found are executions that a page shows.
type found struct {
	Executions []types.ExecutionListItem
	Searched   int    // how many were looked through
	next       string // where the list goes on, or empty
}

// listing is a list of executions with the form that filters it.
type listing struct {
	Filter filter
	Found  found
	More   string // the address of what comes after, or empty
}

// Statuses are those that executions are filtered by.
func (listing) Statuses() []types.ExecutionStatus { return types.ExecutionStatus("").Values() }

// list lists the executions that a request's address asks for.
func (c *console) list(r *http.Request, arn string) (l listing, err error) {
	query := r.URL.Query()
	if l.Filter, err = filterOf(query); err != nil {
		return listing{}, err
	}
	if l.Found, err = c.find(r.Context(), arn, l.Filter); err != nil {
		return listing{}, err
	}
	if l.Found.next != "" {
		query.Set("from", l.Found.next)
		l.More = "?" + query.Encode()
	}
	return l, nil
}

// find looks through the executions of a state machine or of a map run, the last
// one that started first.
func (c *console) find(ctx context.Context, arn string, f filter) (found, error) {
	in := &sfn.ListExecutionsInput{MaxResults: onPage, StatusFilter: f.Status}
	if f.Name != "" || !f.Before.IsZero() { // of which most may be others
		in.MaxResults = inList
	}
	if strings.Contains(arn, ":mapRun:") {
		in.MapRunArn = &arn
	} else {
		in.StateMachineArn = &arn
	}
	at, began := f.from, time.Now()
	var result found
	for {
		in.NextToken = nil
		if at.token != "" {
			in.NextToken = &at.token
		}
		page, err := c.states.ListExecutions(ctx, in)
		if err != nil {
			return found{}, err
		}
		for i, e := range page.Executions {
			if i < at.skip {
				continue
			}
			if in.MapRunArn == nil && e.StartDate.Before(f.After) { // so are all that come after it
				return result, nil
			}
			if len(result.Executions) == onPage {
				result.next = position{at.token, i}.String()
				return result, nil
			}
			result.Searched++
			if f.has(e) {
				result.Executions = append(result.Executions, e)
			}
		}
		if page.NextToken == nil {
			return result, nil
		}
		at = position{token: *page.NextToken}
		if result.Searched >= atMost || time.Since(began) > patience || len(result.Executions) == onPage {
			result.next = at.String()
			return result, nil
		}
	}
}
