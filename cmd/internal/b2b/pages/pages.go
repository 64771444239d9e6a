// Package pages are the pipeline's pages in the console: partners and their files,
// what became of each record, replays, uploads and posts as a partner, and a search.
// They are a client of AWS's APIs, and of the pipeline as its partners are.
package pages

// This file says which pages there are, and what they work with.

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/executions"
	"github.com/tradepost-dev/tradepost/internal/replay"
	"github.com/tradepost-dev/tradepost/local/console"
)

// onPage is how many partners, files or records a page shows.
const onPage = 25

// desk answers for a pipeline.
type desk struct {
	*b2b.Desk
	outputs    map[string]string // of the pipeline's stack, those of needed
	pipeline   replay.Pipeline   // as they say
	tables     *dynamodb.Client
	objects    *s3.Client
	executions *sfn.Client
}

// needed are the outputs that say where everything is.
var needed = append([]string{"DirectoryTable"}, replay.Outputs...)

//go:embed templates static
var embedded embed.FS

// Section is the section of the pipeline on a laptop.
func Section(ctx context.Context, l *laptop.Laptop) (console.Section, error) {
	d, err := b2b.Connect(ctx, l)
	if err != nil {
		return console.Section{}, err
	}
	return Of(d)
}

// Of is the section of a pipeline.
func Of(d *b2b.Desk) (console.Section, error) {
	p := &desk{
		Desk: d, outputs: map[string]string{},
		tables:     dynamodb.NewFromConfig(d.AWS()),
		objects:    s3.NewFromConfig(d.AWS(), func(o *s3.Options) { o.UsePathStyle = true }),
		executions: sfn.NewFromConfig(d.AWS()),
	}
	for _, name := range needed {
		value, err := d.Output(d.Stack, name)
		if err != nil {
			return console.Section{}, err
		}
		p.outputs[name] = value
	}
	var err error
	if p.pipeline, err = replay.PipelineOf(p.outputs); err != nil {
		return console.Section{}, fmt.Errorf("the stack %s: %w", d.Stack, err)
	}
	templates, err := fs.Sub(embedded, "templates")
	if err != nil {
		return console.Section{}, err
	}
	return console.Section{
		Path: "/tradepost", Title: "Tradepost", Templates: templates, Serve: p.serve,
		Done: map[string]string{
			"uploaded": "The SFTP server has it all. A file is in the list as soon as the pipeline has heard of it.",
			"posted":   "The API has accepted the transaction.",
			"replayed": "What failed has been started again.",
			"nothing":  "There was nothing to replay any more.",
		},
		Functions: template.FuncMap{"partnerPage": partnerPage, "filePage": filePage, "recordPage": recordPage, "rowPage": p.rowPage, "searchPage": searchPage},
	}, nil
}

func (d *desk) serve(mux *http.ServeMux, pages *console.Pages) {
	mux.Handle("GET /tradepost", pages.Page(d.overview))
	mux.Handle("GET /tradepost/partners/{partner}", pages.Page(d.partner))
	mux.Handle("POST /tradepost/partners/{partner}/upload", pages.ActionOf(largestUpload, d.take))
	mux.Handle("POST /tradepost/partners/{partner}/transactions", pages.Action(d.post))
	mux.Handle("GET /tradepost/search", pages.Page(d.search))
	mux.Handle("GET /tradepost/files/{file}", pages.Page(d.file))
	mux.Handle("GET /tradepost/files/{file}/{ordinal}", pages.Page(d.record))
	mux.Handle("GET /tradepost/files/{file}/replay", pages.Page(d.preview))
	mux.Handle("POST /tradepost/files/{file}/replay", pages.Action(d.replay))
	mux.Handle("GET /tradepost/static/", http.StripPrefix("/tradepost", http.FileServerFS(embedded)))
}

// partnerPage, filePage and recordPage are the addresses of pages.
func partnerPage(partner string) string { return "/tradepost/partners/" + url.PathEscape(partner) }

func filePage(id string) string { return "/tradepost/files/" + url.PathEscape(id) }

// rowPage is where the console shows the row of a transaction.
func (d *desk) rowPage(transactionKey string) string {
	return console.ItemPage(d.outputs["TransactionsTable"], attributes{contract.AttrTransactionKey: attribute.Text(transactionKey)})
}

// settlement is the ARN of the execution that settles a file.
func (d *desk) settlement(fileID string, attempt int) string {
	return executions.ARN(d.outputs["SettlementARN"], contract.SettlementName(fileID, attempt))
}
