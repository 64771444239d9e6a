package browser

// This file is what a person does with a page.

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Open goes to an address, and returns the answer's status.
func (tab *Tab) Open(url string) int {
	tab.t.Helper()
	return int(do(tab, "open "+url, chromedp.NavigateResponse(url)).Status)
}

// Submit clicks a button by its label, which leads to another page, and returns
// the status of that.
func (tab *Tab) Submit(button string) int {
	tab.t.Helper()
	return tab.click(button, `//button[normalize-space()="`+button+`"]`)
}

// Follow clicks the first link with a text, as Submit does a button.
func (tab *Tab) Follow(link string) int {
	tab.t.Helper()
	return tab.click(link, `//*[local-name()="a"][normalize-space()="`+link+`"]`)
}

func (tab *Tab) click(name, path string) int {
	tab.t.Helper()
	return tab.leave("click "+name, chromedp.Click(path))
}

// Leave runs a script that leads to another page, and returns the status of its answer.
func (tab *Tab) Leave(script string) int {
	tab.t.Helper()
	return tab.leave("leave by a script", chromedp.Evaluate[chromedp.Void](script))
}

func (tab *Tab) leave(how string, steps ...chromedp.Action[chromedp.Void]) int {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, limit)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, steps...)
	if err != nil {
		tab.t.Fatalf("%s: %v", how, err)
	}
	return int(response.Status)
}

// Fill types a text into the field with a label.
func (tab *Tab) Fill(label, text string) {
	tab.t.Helper()
	do(tab, "fill "+label, chromedp.SendKeys(field(label), text))
}

// Replace types a text into the field with a label, in place of what is there.
func (tab *Tab) Replace(label, text string) {
	tab.t.Helper()
	do(tab, "empty "+label, chromedp.Clear(field(label)))
	tab.Fill(label, text)
}

// Paste puts a text into the field with a label, in place of what is there, at once.
func (tab *Tab) Paste(label, text string) {
	tab.t.Helper()
	do(tab, "go to "+label, chromedp.Focus(field(label)))
	tab.Run("document.activeElement.select()")
	call(tab, "paste into "+label, input.InsertText, input.InsertTextParams{Text: text})
}

// Attach chooses a file in the field with a label.
func (tab *Tab) Attach(label, file string) {
	tab.t.Helper()
	do(tab, "attach to "+label, chromedp.SetUploadFiles(field(label), []string{file}))
}

// Drop drags files from elsewhere to the first element that a selector of CSS finds,
// drops them there, which leads to another page, and returns the status of that.
func (tab *Tab) Drop(selector string, files ...string) int {
	tab.t.Helper()
	place := do(tab, "look for "+selector, chromedp.Evaluate[[2]float64](`(e => { e.scrollIntoView({block: "center"}); const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })(document.querySelector("`+selector+`"))`))
	drag := func(kind input.DispatchDragEventType) chromedp.Action[chromedp.Void] {
		return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, input.DispatchDragEvent, input.DispatchDragEventParams{
				Type: kind, X: place[0], Y: place[1], Data: &input.DragData{Items: []*input.DragDataItem{}, Files: files, DragOperationsMask: 1},
			})
			return err
		})
	}
	return tab.leave(fmt.Sprintf("drop %q on %s", files, selector), drag(input.DispatchDragEventTypeDragEnter), drag(input.DispatchDragEventTypeDragOver), drag(input.DispatchDragEventTypeDrop))
}

// Check ticks the box with a label.
func (tab *Tab) Check(label string) {
	tab.t.Helper()
	do(tab, "check "+label, chromedp.Click(`//input[@aria-label="`+label+`"]`))
}

func field(label string) string { return `//*[@id=//label[normalize-space()="` + label + `"]/@for]` }

// Wait waits until a condition holds, which is a script's.
func (tab *Tab) Wait(condition string) {
	tab.t.Helper()
	do(tab, "wait until "+condition, chromedp.Poll[bool](condition))
}

// Back goes back by the browser's button.
func (tab *Tab) Back() {
	tab.t.Helper()
	do(tab, "go back", chromedp.NavigateBack())
}

// Reload loads the page anew. What was posted is posted again, as by a user who
// says so when asked.
func (tab *Tab) Reload() {
	tab.t.Helper()
	do(tab, "reload", chromedp.Reload())
}

// Text is what is there to be read.
func (tab *Tab) Text() string {
	tab.t.Helper()
	return do(tab, "read the page", chromedp.Evaluate[string](`document.body.innerText`))
}

// Run runs a script as if the page had it, and returns what it yields as text.
func (tab *Tab) Run(script string) string {
	tab.t.Helper()
	return do(tab, "run a script", chromedp.Evaluate[string](`String(`+script+`)`))
}

// FocusOrder presses the tab key until the focus is where it began, and returns
// the names of what had it.
func (tab *Tab) FocusOrder() []string {
	tab.t.Helper()
	const focused = `(e => e === document.body || e === document.documentElement ? "" :
		e.getAttribute("aria-label") || (e.labels && e.labels[0] ? e.labels[0].innerText : e.innerText ?? e.textContent).trim().replace(/\s+/g, " "))(document.activeElement)`
	var order []string
	for range 50 {
		do(tab, "press the tab key", chromedp.KeyEvent(kb.Tab))
		name := tab.Run(focused)
		if name == "" || len(order) > 0 && name == order[0] {
			return order
		}
		order = append(order, name)
	}
	tab.t.Fatalf("the focus goes on and on: %q", order)
	return nil
}

// Picture writes a picture of the whole page for people, where go test -artifacts
// keeps it; without that nobody would see it, and none is taken.
func (tab *Tab) Picture(name string) {
	tab.t.Helper()
	if kept := flag.Lookup("test.artifacts"); kept != nil && kept.Value.String() != "true" {
		return
	}
	picture := do(tab, "take a picture", chromedp.FullScreenshot(100))
	file := filepath.Join(tab.t.ArtifactDir(), strings.NewReplacer(" ", "-", "/", "-").Replace(name)+".png")
	if err := os.WriteFile(file, picture, 0o644); err != nil {
		tab.t.Fatal(err)
	}
}

// Overflows tells by how many pixels the page is wider than the tab.
func (tab *Tab) Overflows() int {
	tab.t.Helper()
	return do(tab, "measure the page", chromedp.Evaluate[int](`document.documentElement.scrollWidth - window.innerWidth`))
}

// Faint returns the texts whose contrast to what is behind them is below 4.5,
// the least of WCAG's level AA, by computed style.
func (tab *Tab) Faint() []string {
	tab.t.Helper()
	found := do(tab, "measure contrasts", chromedp.Evaluate[[]faint](contrasts))
	var texts []string
	for _, f := range found {
		texts = append(texts, fmt.Sprintf("%.2f: %s", f.Ratio, f.Text))
	}
	return texts
}

type faint struct {
	Text  string  `json:"text"`
	Ratio float64 `json:"ratio"`
}

const contrasts = `(() => {
	const rgba = color => { const n = color.match(/[\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n };
	const light = ([r, g, b]) => [r, g, b].map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = e => { for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] === 1) return c } return [255, 255, 255, 1] };
	const found = [];
	for (const e of document.body.querySelectorAll("*")) {
		const own = e.tagName === "TEXTAREA" || [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
		if (!own) continue;
		const [a, b] = [light(rgba(getComputedStyle(e).color)), light(behind(e))];
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) found.push({text: e.innerText, ratio});
	}
	return found;
})()`
