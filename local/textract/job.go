package textract

// This file is a job's life: it is started, takes at least a second, reads one
// page after the other, tells its topic, and is forgotten after a week.

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/textract/expense"
	"github.com/tradepost-dev/tradepost/local/textract/pdf"
)

// duration is what a job takes at least, so that whoever starts one has the
// answer before the job's topic is told; on AWS it is some seconds.
const duration = time.Second

// Statuses of jobs.
const (
	inProgress     = "IN_PROGRESS"
	succeeded      = "SUCCEEDED"
	failed         = "FAILED"
	partialSuccess = "PARTIAL_SUCCESS"
)

// job is one analysis. What it is asked to do does not change; Textract's mutex
// guards the rest.
type job struct {
	id      string
	input   startInput
	content content
	caller  cloud.Caller
	tell    cloud.Caller // who publishes, if there is a topic
	started time.Time

	status   string
	message  string
	pages    int
	expenses [][]byte // zipped JSON of an expenseDocument
	warnings []warning
}

// add takes in a new job, after letting go of old ones.
func (t *Textract) add(j *job) {
	t.order = append(t.order, j)
	t.jobs[j.id] = j
	if token := j.input.ClientRequestToken; token != "" {
		t.tokens[token] = j.id
	}
}

// forget lets go of jobs that are too old, or that there is no room for.
func (t *Textract) forget(now time.Time) {
	gone := func(j *job) bool {
		return now.Sub(j.started) >= validity || t.kept > t.keep && j.status != inProgress
	}
	for len(t.order) > 0 && gone(t.order[0]) {
		j := t.order[0]
		t.order[0] = nil
		t.order = t.order[1:]
		t.kept -= j.size()
		delete(t.jobs, j.id)
		if t.tokens[j.input.ClientRequestToken] == j.id {
			delete(t.tokens, j.input.ClientRequestToken)
		}
	}
}

// size is how many bytes the result takes.
func (j *job) size() int {
	n := 0
	for _, e := range j.expenses {
		n += len(e)
	}
	return n
}

// run does a job, unless the engine ends before.
func (t *Textract) run(ctx context.Context, j *job) {
	if !cloud.Sleep(ctx, duration) {
		return
	}
	select {
	case <-ctx.Done():
		return
	case t.working <- struct{}{}:
	}
	result, err := t.analyze(ctx, j.content)
	<-t.working
	if ctx.Err() != nil {
		return
	}
	if err == nil {
		err = t.save(ctx, j, result)
	}
	t.finish(j, result, err)
	t.notify(ctx, j)
}

// finish notes a job's result.
func (t *Textract) finish(j *job, result analysis, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	j.content = content{} // the object may go now
	j.status, j.pages, j.warnings = succeeded, result.pages, result.warnings
	switch {
	case err != nil:
		j.status, j.message = failed, cloud.AsError(err).Error()
		return
	case len(result.warnings) > 0:
		j.status = partialSuccess
		j.message = result.reason
	}
	j.expenses = result.expenses
	if t.jobs[j.id] == j {
		t.kept += j.size()
	}
	t.forget(time.Now())
}

// analysis is what a job finds.
type analysis struct {
	pages    int
	expenses [][]byte
	warnings []warning
	reason   string // of the first page that could not be read
}

// Codes of warnings about pages.
const (
	noTextLayer = "NO_TEXT_LAYER"
	unreadable  = "UNREADABLE_PAGE"
)

// analyze reads a document. It fails if there is nothing that can be read.
func (t *Textract) analyze(ctx context.Context, c content) (analysis, error) {
	d, err := t.open(ctx, c, maxAsync)
	if err != nil {
		return analysis{}, err
	}
	defer d.Close()
	a := analysis{pages: d.Pages}
	if d.Pages > maxPages {
		return a, tooManyPages(d.Pages)
	}
	var first error
	for number := 1; number <= d.Pages && ctx.Err() == nil; number++ {
		code, err := a.add(d, number)
		if err == nil {
			continue
		}
		if first == nil {
			first = err
		}
		a.warn(code, number)
	}
	if first != nil {
		a.reason = cloud.AsError(first).Message
		if len(a.expenses) == 0 {
			return a, first
		}
	}
	return a, nil
}

func tooManyPages(pages int) error {
	return cloud.Errorf(400, "DocumentTooLargeException", "The document has %d pages, more than %d", pages, maxPages)
}

// add reads a page; the code is that of the warning if it cannot.
func (a *analysis) add(d *pdf.Document, number int) (code string, err error) {
	page, err := readPage(d, number)
	if err != nil {
		return unreadable, err
	}
	if page.Pictures {
		return noTextLayer, unsupported("page %d %s", number, noOCR)
	}
	zipped, err := zip(newExpense(number, expense.Analyze(page)))
	if err != nil {
		return unreadable, err
	}
	a.expenses = append(a.expenses, zipped)
	return "", nil
}

func (a *analysis) warn(code string, page int) {
	i := slices.IndexFunc(a.warnings, func(w warning) bool { return w.ErrorCode == code })
	if i < 0 {
		i, a.warnings = len(a.warnings), append(a.warnings, warning{ErrorCode: code})
	}
	a.warnings[i].Pages = append(a.warnings[i].Pages, page)
}

func zip(e expenseDocument) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if err := json.NewEncoder(w).Encode(e); err != nil {
		return nil, fmt.Errorf("keep page %d: %w", e.ExpenseIndex, err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("keep page %d: %w", e.ExpenseIndex, err)
	}
	return b.Bytes(), nil
}

func unzip(zipped []byte) (json.RawMessage, error) {
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return nil, err
	}
	var raw json.RawMessage
	return raw, json.NewDecoder(r).Decode(&raw)
}
