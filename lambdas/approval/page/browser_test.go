package page

// This file uses the page in a browser.

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/tradepost-dev/tradepost/internal/approvals"
	"github.com/tradepost-dev/tradepost/internal/browser"
	contract "github.com/tradepost-dev/tradepost/internal/contract/approval"
)

// serve answers a browser as API Gateway does; tamper may change what is sent.
func (l *lab) serve(t *testing.T, tamper func(body string) string) (address string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		answer, err := l.Handle(r.Context(), events.APIGatewayProxyRequest{
			HTTPMethod: r.Method, PathParameters: map[string]string{contract.ParameterLink: strings.TrimPrefix(r.URL.Path, "/")},
			Headers: map[string]string{"Content-Type": r.Header.Get("Content-Type")}, Body: string(body),
		})
		if err != nil {
			t.Error(err)
		}
		for name, value := range answer.Headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(answer.StatusCode)
		_, _ = io.WriteString(w, tamper(answer.Body)) // to a browser that may have gone
	}))
	t.Cleanup(server.Close)
	return server.URL + "/"
}

func untouched(body string) string { return body }

const details = "Invoice 4711 of Acme\n\n  3 × bolts\n  1 × nuts"

// One browser serves all of the tests: it takes a second to start.
func TestInABrowser(t *testing.T) {
	b := browser.Start(t)
	for name, test := range map[string]func(*testing.T, *browser.Tab){
		"a decision is made by a click and kept":         decideInABrowser,
		"a reload decides nothing":                       reloadInABrowser,
		"who comes too late is told":                     lateInABrowser,
		"a wrong link tells nothing":                     wrongLinkInABrowser,
		"it can be read, heard and typed, on any screen": readInABrowser,
		"the policy blocks what an attacker slips in":    attackInABrowser,
	} {
		t.Run(name, func(t *testing.T) { test(t, b.Tab(t)) })
	}
}

func wantText(t *testing.T, tab *browser.Tab, parts ...string) {
	t.Helper()
	text := tab.Text()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in the page:\n%s", part, text)
		}
	}
}

func (l *lab) decided(t *testing.T) *contract.Decision {
	t.Helper()
	row, _, err := l.read(t.Context(), approvals.ID("q"))
	if err != nil {
		t.Fatal(err)
	}
	return row.Decision
}

func decideInABrowser(t *testing.T, tab *browser.Tab) {
	l := newLab(t, "Pay 500.00 EUR to Acme?", details)
	address := l.serve(t, untouched)
	if status := tab.Open(address + linkOf(ann)); status != 200 {
		t.Errorf("status %d", status)
	}
	wantText(t, tab, "Pay 500.00 EUR to Acme?", details, "You were asked as "+ann)
	if l.decided(t) != nil {
		t.Fatal("opening the link decides")
	}
	tab.Fill("Comment (optional)", "Agreed.\nSee you <b>tomorrow</b> & thanks")
	if status := tab.Submit("Approve"); status != 200 {
		t.Errorf("status %d", status)
	}
	wantText(t, tab, "Approved by "+ann, "Agreed.\nSee you <b>tomorrow</b> & thanks")
	if d := l.decided(t); d == nil || d.Decision != contract.Approved || d.Comment != "Agreed.\nSee you <b>tomorrow</b> & thanks" {
		t.Fatalf("decision %+v", d)
	}

	// Back at the form, as the browser shows it, the other button changes nothing.
	tab.Back()
	wantText(t, tab, "Approved by "+ann)
	tab.Open(address + linkOf(bob))
	wantText(t, tab, "Approved by "+ann)
	if slices.Contains(tab.Outline(), "button: Deny") {
		t.Error("there is something left to decide")
	}
}

// A second tab has had the form open all the time.
func reloadInABrowser(t *testing.T, tab *browser.Tab) {
	l := newLab(t, "Pay?", "")
	tab.Open(l.serve(t, untouched) + linkOf(ann))
	wantPage(t, l.post(t, bob, contract.Denied, "no"), 200)
	if status := tab.Submit("Approve"); status != 409 {
		t.Errorf("status %d", status)
	}
	wantText(t, tab, "This was decided before: nothing has been changed.", "Denied by "+bob, "no")
	tab.Reload()
	wantText(t, tab, "Denied by "+bob)
	if d := l.decided(t); d.Decision != contract.Denied || len(l.machine.told) != 1 {
		t.Errorf("decision %+v, told %q", d, l.machine.told)
	}
}

func lateInABrowser(t *testing.T, tab *browser.Tab) {
	l := newLab(t, "Pay?", "")
	address := l.serve(t, untouched) + linkOf(ann)
	tab.Open(address)
	l.expire(-time.Second, "Pay?", "")
	if status := tab.Submit("Approve"); status != 410 {
		t.Errorf("status %d", status)
	}
	wantText(t, tab, "The time for a decision is over. Without one, this counts as denied.")
	if status := tab.Open(address); status != 410 || l.decided(t) != nil {
		t.Errorf("status %d, decision %+v", status, l.decided(t))
	}
	tab.Picture("too late")
}

func wrongLinkInABrowser(t *testing.T, tab *browser.Tab) {
	l := newLab(t, "Pay?", "")
	if status := tab.Open(l.serve(t, untouched) + linkOf(ann) + "x"); status != 404 {
		t.Errorf("status %d", status)
	}
	wantText(t, tab, "This link is not valid. Please open it as it stands in the mail.")
	if outline := tab.Outline(); !slices.Equal(outline, []string{"RootWebArea: Approval", "main", "heading: Approval", "status"}) {
		t.Errorf("outline %q", outline)
	}
	tab.Picture("wrong link")
}

func readInABrowser(t *testing.T, tab *browser.Tab) {
	l := newLab(t, "Pay 500.00 EUR to "+strings.Repeat("Acme-and-Sons-", 10)+"?", details+"\n"+strings.Repeat("x", 300))
	address := l.serve(t, untouched)
	form := []string{"RootWebArea: Your decision", "main", "heading: " + "Pay 500.00 EUR to " + strings.Repeat("Acme-and-Sons-", 10) + "?", "region: What is asked",
		"form: Your decision", "textbox: Comment (optional)", "button: Approve", "button: Deny"}
	for _, look := range []struct {
		name          string
		width, height int64
		scheme        string
	}{{"laptop light", 1280, 800, "light"}, {"laptop dark", 1280, 800, "dark"}, {"phone light", 390, 844, "light"}, {"small phone dark", 320, 568, "dark"}} {
		tab.Size(look.width, look.height)
		tab.Prefer(look.scheme)
		tab.Open(address + linkOf(ann))
		if outline := tab.Outline(); !slices.Equal(outline, form) {
			t.Errorf("%s: outline %q, want %q", look.name, outline, form)
		}
		if faint := tab.Faint(); len(faint) > 0 {
			t.Errorf("%s: too little contrast: %q", look.name, faint)
		}
		if n := tab.Overflows(); n > 0 {
			t.Errorf("%s: %d pixels are out of sight", look.name, n)
		}
		dark := tab.Run(`getComputedStyle(document.body).backgroundColor`) != "rgb(255, 255, 255)"
		if dark != (look.scheme == "dark") {
			t.Errorf("%s: dark is %v", look.name, dark)
		}
		if low := tab.Run(`[...document.querySelectorAll("button")].some(b => b.offsetHeight < 44)`); low != "false" {
			t.Errorf("%s: a button is less than 44 pixels high, which a finger needs", look.name)
		}
		tab.Picture(look.name)
	}
	if order := tab.FocusOrder(); !slices.Equal(order, []string{"What is asked", "Comment (optional)", "Approve", "Deny"}) {
		t.Errorf("focus order %q", order)
	}
	tab.Size(1280, 800)
	tab.Open(address + linkOf(ann))
	tab.Fill("Comment (optional)", "Too much")
	tab.Submit("Deny")
	if faint := tab.Faint(); len(faint) > 0 {
		t.Errorf("decided: too little contrast: %q", faint)
	}
	if outline := tab.Outline(); !slices.Contains(outline, "heading: Comment") || !slices.Contains(outline, "region: Comment") || outline[0] != "RootWebArea: Decided" {
		t.Errorf("outline %q", outline)
	}
	tab.Picture("decided")
}

// Should a text ever get into the page as markup, the policy is what is left.
func attackInABrowser(t *testing.T, tab *browser.Tab) {
	asked := make(chan string, 100)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.String() }))
	t.Cleanup(elsewhere.Close)
	l := newLab(t, "Pay?", "SLOT")
	address := l.serve(t, func(body string) string {
		return strings.Replace(body, "SLOT", `<script>document.title = "taken"</script><script src="`+elsewhere.URL+`/script"></script>`+
			`<img src="`+elsewhere.URL+`/img" onerror="document.title = 'taken'"><iframe src="`+elsewhere.URL+`/frame"></iframe>`+
			`<style>h1 { position: fixed }</style><p style="position: fixed" id="styled"></p><link rel="stylesheet" href="`+elsewhere.URL+`/style">`+
			`<base href="`+elsewhere.URL+`/"><button form="theirs">Win</button><form id="theirs" action="`+elsewhere.URL+`/form" method="post"></form>`, 1)
	})
	tab.Open(address + linkOf(ann))
	tab.Run(`document.querySelector("#theirs").submit()`)
	if title := tab.Run("document.title"); title != "Your decision" {
		t.Errorf("a script of theirs has run: %s", title)
	}
	for selector, property := range map[string]string{"h1": "position", "#styled": "position"} {
		if got := tab.Run(`getComputedStyle(document.querySelector("` + selector + `")).` + property); got != "static" {
			t.Errorf("a style of theirs holds for %s: %s", selector, got)
		}
	}
	blocked := strings.Join(tab.Blocked(), "\n")
	for _, directive := range []string{"form-action 'self'", "base-uri 'none'", "default-src 'none'", "style-src"} {
		if !strings.Contains(blocked, directive) {
			t.Errorf("%s has blocked nothing:\n%s", directive, blocked)
		}
	}
	if len(asked) > 0 {
		t.Errorf("the page has asked elsewhere for %s", <-asked)
	}
	wantText(t, tab, "You were asked as "+ann) // the page's own form still works
	if status := tab.Submit("Approve"); status != 200 || l.decided(t) == nil {
		t.Errorf("status %d", status)
	}
}
