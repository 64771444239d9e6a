// Package textract is Amazon Textract for the local engine, as far as invoices
// and receipts go: expense analysis, at once or as a job that tells a topic when
// it has ended. It reads the text layer of PDFs; what only shows pictures it
// refuses, as there is no OCR here.
package textract

import (
	"cmp"
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/textract/pdf"
)

// principal is Textract as a caller.
const principal = "textract.amazonaws.com"

// modelVersion is what the analysis calls itself. A change of what it finds is
// a new version.
const modelVersion = "1.0"

// Objects gives a caller's view of S3.
type Objects interface {
	As(caller cloud.Caller, o s3.Origin) *s3.Client
}

var _ Objects = (*s3.S3)(nil)

// Options configures New.
type Options struct {
	Objects Objects // Required.

	// Keep is how many bytes of results are kept: beyond it, the jobs that
	// were started first are forgotten. A page of an invoice takes some KB.
	// Default: 64 MB.
	Keep int
}

// Textract is the service. It implements cloud.API as "textract".
type Textract struct {
	cloud.Operations

	cloud   *cloud.Cloud
	objects Objects
	reader  pdf.Reader
	metrics metrics
	keep    int
	working chan struct{} // has a place for each job that may read at a time

	mu     sync.Mutex
	jobs   map[string]*job   // by id
	tokens map[string]string // ids of jobs by ClientRequestToken
	order  []*job            // as they were started
	kept   int               // bytes of the results of jobs
}

var (
	_ cloud.API             = (*Textract)(nil)
	_ cloud.FailureObserver = (*Textract)(nil)
)

// New returns a service without jobs.
func New(c *cloud.Cloud, o Options) *Textract {
	t := &Textract{
		cloud: c, objects: o.Objects, keep: cmp.Or(o.Keep, 64<<20), metrics: newMetrics(c), working: make(chan struct{}, runtime.GOMAXPROCS(0)),
		jobs: map[string]*job{}, tokens: map[string]string{},
	}
	t.Operations = cloud.Operations{
		"AnalyzeExpense":       measured(t, "AnalyzeExpense", t.analyzeExpense),
		"DetectDocumentText":   measured(t, "DetectDocumentText", t.detectDocumentText),
		"StartExpenseAnalysis": measured(t, "StartExpenseAnalysis", t.startExpenseAnalysis),
		"GetExpenseAnalysis":   measured(t, "GetExpenseAnalysis", t.getExpenseAnalysis),
	}
	c.Go(func(ctx context.Context) {
		<-ctx.Done()
		_ = t.reader.Close()
	})
	return t
}

// authorize asks whether the caller may perform an action. None has a resource.
func (t *Textract) authorize(caller cloud.Caller, action string) error {
	return t.cloud.Authorize(caller, "textract:"+action, "*")
}

// validity is how long a job's result and its token are kept.
const validity = 7 * 24 * time.Hour
