package page

// This file is the page: HTML without scripts, and nothing from elsewhere.

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html/template"

	"github.com/aws/aws-lambda-go/events"

	"github.com/tradepost-dev/tradepost/internal/approvals"
	contract "github.com/tradepost-dev/tradepost/internal/contract/approval"
)

// view is what a page shows.
type view struct {
	Status   int
	Notice   string
	Row      *approvals.Row // nil: nothing is told
	Approver string
	Form     bool   // there is something to decide
	Again    bool   // the state machine has to be told again
	Comment  string // that was not taken
}

// Approved tells what was decided.
func (v view) Approved() bool { return v.Row.Decision.Decision == contract.Approved }

// style is allowed by its hash.
const style = `body{font:1rem/1.5 system-ui,sans-serif;max-width:45rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}` +
	`pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid #767676;padding:1rem}h1{overflow-wrap:anywhere}` +
	`textarea{display:block;width:100%;box-sizing:border-box;font:inherit}button{font:inherit;padding:.5rem 1.5rem;margin:1rem 1rem 0 0}` +
	`[role=status]{border-left:.3rem solid #1a1a1a;padding-left:1rem}`

var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{if .Form}}Your decision{{else if and .Row .Row.Decision}}Decided{{else}}Approval{{end}}</title>
<style>` + style + `</style>
</head>
<body>
<main>
{{with .Notice}}<p role="status">{{.}}</p>
{{end}}{{with .Row}}<h1 dir="auto">{{.Title}}</h1>
{{with .Details}}<pre dir="auto" tabindex="0" aria-label="What is asked">
{{.}}</pre>
{{end}}{{with .Decision}}<p role="status"><strong>{{if $.Approved}}Approved{{else}}Denied{{end}}</strong>{{if .TimedOut}}, because nobody had decided in time{{else}} by {{.By}}{{end}}, <time>{{.At}}</time>.</p>
{{with .Comment}}<h2>Comment</h2>
<pre dir="auto" tabindex="0" aria-label="Comment">
{{.}}</pre>
{{end}}{{end}}{{end}}{{if .Form}}<form method="post" autocomplete="off">
<p>You were asked as {{.Approver}}. Without a decision by <time>{{.Row.Expires.Format "2006-01-02 15:04 MST"}}</time> this counts as denied.</p>
<label for="comment">Comment (optional)</label>
<textarea id="comment" name="` + fieldComment + `" rows="4" maxlength="2000" dir="auto">
{{.Comment}}</textarea>
<button name="` + fieldDecision + `" value="APPROVED">Approve</button>
<button name="` + fieldDecision + `" value="DENIED">Deny</button>
</form>
{{end}}{{if .Again}}<form method="post"><button>Tell the workflow again</button></form>
{{end}}</main>
</body>
</html>
`))

// policy lets the page do nothing but look as it does, and send its form back.
var policy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}()

func (v view) response() events.APIGatewayProxyResponse {
	var body bytes.Buffer
	if err := page.Execute(&body, v); err != nil {
		panic(err) // the template and its values are this package's own
	}
	return events.APIGatewayProxyResponse{
		StatusCode: v.Status,
		Headers: map[string]string{
			"Content-Type":            "text/html; charset=utf-8",
			"Content-Security-Policy": policy,
			"Cache-Control":           "no-store",
			"Referrer-Policy":         "no-referrer", // the address is the right to decide
			"X-Content-Type-Options":  "nosniff",
		},
		Body: body.String(),
	}
}
