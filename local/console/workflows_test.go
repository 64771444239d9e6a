package console_test

// This file uses the pages of workflows as a person does.

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/internal/browser"
)

func findTheWay(t *testing.T, d *desk, tab *browser.Tab) {
	d.start(t, "Shop", "unpaid", `{"paid": false}`)
	d.status(t, "Shop", "unpaid", types.ExecutionStatusFailed)
	tab.Open(d.engine.URL())
	tab.Shows("Assembly", "Market", "CREATE_COMPLETE")
	tab.Follow("Market")
	tab.Shows("Market", "CREATE_COMPLETE", "Resources", "Shop", "AWS::StepFunctions::StateMachine")
	tab.Follow("Shop")
	tab.Shows("unpaid", "FAILED", "there are no more")
	tab.Picture("workflow")
	tab.Follow("unpaid")
	tab.Shows("FAILED", "NotPaid", "nobody has paid")
	if status := tab.Open(d.execution("Shop", "no-order")); status != http.StatusNotFound {
		t.Errorf("an execution that is not there is answered with %d", status)
	}
	tab.Shows("Not Found", "ExecutionDoesNotExist", "no-order")
	if status := tab.Open(d.url + "nothing"); status != http.StatusNotFound {
		t.Errorf("no page is answered with %d", status)
	}
}

// visits is the table of states, a line each: state, outcome, retries.
func visits(tab *browser.Tab) []string {
	lines := tab.Run(`[...document.querySelectorAll("[aria-labelledby=states] tbody tr")].map(r => [0, 1, 4].map(i => r.children[i].innerText).join(" ").trim()).join("\n")`)
	return strings.Split(lines, "\n")
}

func followOnTheGraph(t *testing.T, d *desk, tab *browser.Tab) {
	d.start(t, "Shop", "paid", `{"paid": true, "lines": [7, 8]}`)
	d.status(t, "Shop", "paid", types.ExecutionStatusSucceeded)
	tab.Open(d.execution("Shop", "paid"))
	got := visits(tab)
	slices.Sort(got[5:8]) // whose branches run at once
	want := []string{"Paid? succeeded", "Each line succeeded", "Price succeeded", "Price succeeded", "Both succeeded", "Bill succeeded", "Book succeeded", "Pack succeeded",
		"Notify caught 1", "Note succeeded"}
	if !slices.Equal(got, want) {
		t.Errorf("the states are\n%q, want\n%q", got, want)
	}
	colours := tab.Run(`[...document.querySelectorAll("svg.machine .state")].map(s => s.dataset.state + " " + ["succeeded", "caught", "failed", "running", "stopped", "untouched"].filter(c => s.classList.contains(c))).sort().join("\n")`)
	if want := "Bill succeeded\nBook succeeded\nBoth succeeded\nEach line succeeded\nNote succeeded\nNotify caught\nPack succeeded\nPaid? succeeded\nPrice succeeded\nRefuse untouched"; colours != want {
		t.Errorf("the graph shows\n%s\nwant\n%s", colours, want)
	}
	tab.Follow("Price")
	tab.Shows("Price succeeded", "Input", "Output", "Variables that it assigned", "line", "Events", "PassStateEntered", "PassStateExited")
	tab.Follow("Notify")
	tab.Shows("Notify caught", "TaskScheduled", "sqs:sendMessage", "TaskFailed", "SQS.QueueDoesNotExistException")
	tab.Picture("execution")
	tab.Document("execution", 1250)
	if status := tab.Open(d.execution("Shop", "paid") + "?visit=99"); status != http.StatusNotFound {
		t.Errorf("a visit that was not made is answered with %d", status)
	}
	if blocked := tab.Blocked(); len(blocked) > 0 {
		t.Errorf("the page's own policy blocks %q", blocked)
	}
}

func act(t *testing.T, d *desk, tab *browser.Tab) {
	tab.Open(d.workflow("Waits"))
	tab.Fill("Name (default: any)", "mine")
	tab.Submit("Start")
	tab.Shows("mine", "RUNNING", "Wait", "running")
	tab.Submit("Stop")
	tab.Shows("mine", "ABORTED", "by a person, in the console", "Wait", "stopped")

	tab.Open(d.workflow("Needs"))
	tab.Fill("Name (default: any)", "early")
	tab.Submit("Start")
	d.status(t, "Needs", "early", types.ExecutionStatusFailed)
	tab.Reload()
	tab.Shows("early", "FAILED", "Read", "failed")
	if _, err := s3.NewFromConfig(d.aws, func(o *s3.Options) { o.UsePathStyle = true }).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("not-there-yet")}); err != nil {
		t.Fatal(err)
	}
	tab.Submit("Redrive")
	d.status(t, "Needs", "early", types.ExecutionStatusSucceeded)
	tab.Reload()
	tab.Shows("early", "SUCCEEDED", "Redriven", "1 times")

	d.start(t, "Shop", "order-1", `{"paid": false}`)
	d.status(t, "Shop", "order-1", types.ExecutionStatusFailed)
	tab.Open(d.execution("Shop", "order-1"))
	tab.Follow("Start again with other input")
	tab.Replace("Input", `{"paid": tru}`)
	if status := tab.Submit("Start"); status != http.StatusBadRequest {
		t.Errorf("an input that is no JSON is answered with %d", status)
	}
	tab.Shows("InvalidExecutionInput")
	tab.Open(d.execution("Shop", "order-1") + "/start")
	tab.Replace("Input", `{"paid": true, "lines": []}`)
	tab.Fill("Name (default: any)", "order-1-again")
	tab.Submit("Start")
	d.status(t, "Shop", "order-1-again", types.ExecutionStatusSucceeded)
}

func filter(t *testing.T, d *desk, tab *browser.Tab) {
	for i := range 120 {
		d.start(t, "Many", fmt.Sprintf("wait-%03d", i), "{}")
	}
	tab.Open(d.workflow("Many"))
	tab.Shows("wait-119", "50 shown of 50 that were looked through; go on")
	tab.Follow("go on")
	tab.Shows("wait-069", "wait-020")
	tab.Follow("go on")
	tab.Shows("wait-019", "wait-000", "20 shown of 20 that were looked through; there are no more")
	tab.Fill("Part of the name", "-11")
	tab.Submit("Show")
	tab.Shows("wait-119", "wait-110", "10 shown of 120 that were looked through; there are no more")
	tab.Open(d.workflow("Many") + "?status=FAILED")
	tab.Shows("0 shown of 0 that were looked through; there are no more")
	tab.Open(d.workflow("Many") + "?before=2020-01-01T00:00")
	tab.Shows("0 shown of 120 that were looked through; there are no more")
	tab.Open(d.workflow("Many") + "?after=2099-01-01T00:00")
	tab.Shows("0 shown of 0 that were looked through; there are no more")
	if status := tab.Open(d.workflow("Many") + "?after=yesterday"); status != http.StatusBadRequest {
		t.Errorf("a time that is none is answered with %d", status)
	}
	tab.Shows(`"yesterday" is no time`)
}

// kindOf is what all pages of a kind have in their addresses.
func kindOf(address string) string {
	path, query, _ := strings.Cut(address, "?")
	parts := strings.Split(path, "/")
	if len(parts) > 2 && parts[1] != "causes" {
		parts[2] = "x"
	}
	if len(parts) > 4 {
		parts[4] = "x"
	}
	var members []string
	for _, member := range strings.Split(query, "&") {
		name, _, _ := strings.Cut(member, "=")
		if !slices.Contains(members, name) && name != "dimension" {
			members = append(members, name)
		}
	}
	return strings.Join(parts, "/") + "?" + strings.Join(members, "&")
}

func read(t *testing.T, d *desk, tab *browser.Tab) {
	d.start(t, "Shop", "looked-at", `{"paid": true, "lines": [7, 8]}`)
	d.status(t, "Shop", "looked-at", types.ExecutionStatusSucceeded)
	d.puts(t, "looked-at", "grey")
	d.putObject(t, "looked-at", "text/plain", "x")
	d.sends(t, "looked-at", "looked at "+strings.Repeat("and on ", 200))
	seen, pages := map[string]bool{}, []string{"/", "/nothing", "/stacks/Market", "/executions/" + d.arn("Shop", "looked-at") + "?visit=1", "/queues/looked-at", "/buckets/landing/object?key=looked-at"}
	for len(pages) > 0 { // a page of each kind to that a link leads
		page := pages[0]
		pages = pages[1:]
		if kind := kindOf(page); !seen[kind] {
			seen[kind] = true
			tab.Open(d.url + strings.TrimPrefix(page, "/"))
			tab.Readable()
			pages = append(pages, strings.Fields(tab.Run(`[...document.querySelectorAll("a[href]")].map(a => new URL(a.getAttribute("href"), location.href)).filter(u => u.origin === location.origin && !u.pathname.includes("/download")).map(u => u.pathname + u.search).join(" ")`))...)
		}
	}
	if len(seen) < 35 {
		t.Errorf("links lead to %d kinds of pages only: %q", len(seen), slices.Sorted(maps.Keys(seen)))
	}
	tab.Open(d.execution("Shop", "looked-at"))
	if order := tab.FocusOrder(); order[0] != "To the content" || !slices.Contains(order, "Notify sqs: sendMessage") {
		t.Errorf("by keyboard one comes to %q", order)
	}
}
