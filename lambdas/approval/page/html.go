package page

// This file is the page: HTML without scripts, and nothing from elsewhere.

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"strings"
	"time"

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

// markup is HTML. A constant of this file becomes markup as it stands, and a
// text only by text; the compiler sees to it, as no string adds up with markup.
type markup string

func text(s string) markup { return markup(html.EscapeString(s)) }

// style is allowed by its hash.
const style = `:root{color-scheme:light dark;--text:#1a1a1a;--page:#fff;--line:#767676;--act:#0b57d0}` +
	`@media(prefers-color-scheme:dark){:root{--text:#e8e8e8;--page:#1a1a1a;--line:#8f8f8f;--act:#a8c7fa}}` +
	`body{font:1rem/1.5 system-ui,sans-serif;max-width:45rem;margin:2rem auto;padding:0 1rem;color:var(--text);background:var(--page)}` +
	`h1{font-size:1.6rem;line-height:1.25;overflow-wrap:anywhere}h2{font-size:1.1rem}p{overflow-wrap:anywhere}` +
	`pre{font:.95rem/1.5 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid var(--line);border-radius:.25rem;padding:1rem}` +
	`label{display:block;font-weight:600}` +
	`textarea{display:block;width:100%;box-sizing:border-box;font:inherit;color:inherit;background:var(--page);border:1px solid var(--line);border-radius:.25rem;padding:.5rem}` +
	`button{font:inherit;font-weight:600;min-width:8rem;padding:.5rem 1.5rem;margin:1rem 1rem 0 0;border:2px solid var(--act);border-radius:.25rem;background:var(--page);color:var(--act)}` +
	`:focus-visible{outline:3px solid var(--act);outline-offset:2px}` +
	`[role=status]{border-left:.3rem solid var(--text);padding-left:1rem}`

// page is the whole document.
func (v view) page() markup {
	return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>` + v.title() + `</title>
<style>` + style + `</style>
</head>
<body>
<main>
` + v.heading() + v.notice() + v.question() + v.decision() + v.form() + `</main>
</body>
</html>
`
}

func (v view) title() markup {
	switch {
	case v.Form:
		return "Your decision"
	case v.Row != nil && v.Row.Decision != nil:
		return "Decided"
	}
	return "Approval"
}

// heading is what is asked, or, where nothing is told, the page's title.
func (v view) heading() markup {
	if v.Row == nil {
		return "<h1>" + v.title() + "</h1>\n"
	}
	return `<h1 dir="auto">` + text(v.Row.Title) + "</h1>\n"
}

func (v view) notice() markup {
	if v.Notice == "" {
		return ""
	}
	return `<p role="status">` + text(v.Notice) + "</p>\n"
}

func (v view) question() markup {
	if v.Row == nil {
		return ""
	}
	return preformatted("What is asked", v.Row.Details)
}

// preformatted is a text of several lines, which who has no mouse can scroll.
func preformatted(label markup, s string) markup {
	if s == "" {
		return ""
	}
	return `<pre dir="auto" tabindex="0" role="region" aria-label="` + label + `">` + "\n" + text(s) + "</pre>\n" // a first line break does not count
}

func (v view) decision() markup {
	if v.Row == nil || v.Row.Decision == nil {
		return ""
	}
	d := v.Row.Decision
	verdict, by := markup("Denied"), " by "+text(d.By)
	if d.Decision == contract.Approved {
		verdict = "Approved"
	}
	if d.TimedOut {
		by = ", because nobody had decided in time"
	}
	decided := `<p role="status"><strong>` + verdict + "</strong>" + by + ", " + moment(d.At) + ".</p>\n"
	if d.Comment == "" {
		return decided
	}
	return decided + "<h2>Comment</h2>\n" + preformatted("Comment", d.Comment)
}

// moment is a time of RFC 3339 for people.
func moment(at string) markup {
	shown := at
	if parsed, err := time.Parse(time.RFC3339, at); err == nil {
		shown = parsed.UTC().Format("2 January 2006, 15:04 MST")
	}
	return `<time datetime="` + text(at) + `">` + text(shown) + "</time>"
}

func (v view) form() markup {
	switch {
	case v.Again:
		return `<form method="post"><button>Tell the workflow again</button></form>` + "\n"
	case !v.Form:
		return ""
	}
	return `<form method="post" autocomplete="off" aria-label="Your decision">
<p id="terms">You were asked as ` + text(v.Approver) + ". Without a decision by " + moment(v.Row.Expires.Format(time.RFC3339)) + ` this counts as denied.</p>
<label for="comment">Comment (optional)</label>
<textarea id="comment" name="` + fieldComment + `" rows="4" maxlength="` + text(fmt.Sprint(contract.MaxComment)) + `" dir="auto" aria-describedby="terms">
` + text(v.Comment) + `</textarea>
<button name="` + fieldDecision + `" value="APPROVED">Approve</button>
<button name="` + fieldDecision + `" value="DENIED">Deny</button>
</form>
`
}

// policy lets the page do nothing but look as it does, and send its form back.
var policy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}()

func (v view) response() events.APIGatewayProxyResponse {
	return events.APIGatewayProxyResponse{
		StatusCode: v.Status,
		Headers: map[string]string{
			"Content-Type":            "text/html; charset=utf-8",
			"Content-Security-Policy": policy,
			"Cache-Control":           "no-store",
			"Referrer-Policy":         "no-referrer", // the address is the right to decide
			"X-Content-Type-Options":  "nosniff",
		},
		Body: strings.ToValidUTF8(string(v.page()), "\uFFFD"),
	}
}
