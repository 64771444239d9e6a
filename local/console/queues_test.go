package console_test

// This file uses the pages of queues as a person does.

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/internal/browser"
)

// receive takes a queue's messages as a consumer does that fails: they are visible
// again at once.
func (d *desk) receive(t *testing.T, queue string) (bodies []string) {
	t.Helper()
	client := sqs.NewFromConfig(d.aws)
	found, err := client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &queue})
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: found.QueueUrl, MaxNumberOfMessages: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range got.Messages {
		bodies = append(bodies, *m.Body)
		if _, err := client.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: found.QueueUrl, ReceiptHandle: m.ReceiptHandle}); err != nil {
			t.Fatal(err)
		}
	}
	return bodies
}

func queues(t *testing.T, d *desk, tab *browser.Tab) {
	tab.Open(d.url + "queues")
	tab.Shows("dead", "0", "lanes.fifo", "orders", "dead after 2 receives")
	tab.Follow("orders")
	tab.Fill("Body", `{"order": 1, "note": "<b>bold</b>"}`)
	tab.Submit("Send")
	tab.Shows("The message is sent.", "Visible\n1")
	tab.Shows("visible", "0", `{"order": 1, "note": "<b>bold</b>"}`, "1 shown of 1 that were looked through; there are no more")
	tab.Follow(tab.Run(`document.querySelector("#messages th a").innerText`))
	tab.Shows("Message ", "State\nvisible", "Receives\n0", `"note": "<b>bold</b>"`)
	address := tab.Run("location.href")
	tab.Follow("What caused this?")
	tab.Shows("message ", "of orders", "by sqs:SendMessage, called by root at ")
	if got := d.receive(t, "orders"); len(got) != 1 {
		t.Errorf("after the looks a consumer receives %q", got)
	}
	if got := d.receive(t, "orders"); len(got) != 1 {
		t.Errorf("after the looks and a receive a consumer receives %q", got)
	}
	tab.Open(address)
	tab.Shows("State\nvisible", "Receives\n2, the first one at ")
	if got := d.receive(t, "orders"); len(got) != 0 {
		t.Errorf("after two receives there is still %q", got)
	}
	if status := tab.Open(address); status != http.StatusNotFound {
		t.Errorf("a message that is not there any more is answered with %d", status)
	}
	tab.Shows("The message is not in orders")
	tab.Open(d.url + "queues/dead")
	tab.Shows("Visible\n1", "Has dead letters of\norders", "bold")
	tab.Document("queue", 1250)
	tab.Submit("Move all back to where they came from")
	tab.Shows("The messages are being moved back.", "Moves")
	tab.Wait(`document.querySelector("#queue").innerText.includes("COMPLETED")`) // as the page renews itself
	tab.Readable()
	tab.Open(d.url + "queues/orders")
	tab.Shows("Visible\n1")

	tab.Follow("Purge the queue")
	tab.Shows("1 visible, 0 in flight", "Nothing brings them back")
	tab.Submit("Purge")
	tab.Shows("The queue is purged.", "Visible\n0")

	tab.Open(d.url + "queues/lanes.fifo")
	tab.Fill("Body", "first")
	tab.Fill("Message group", "a")
	if status := tab.Submit("Send"); status != http.StatusBadRequest {
		t.Errorf("a message without a deduplication id is answered with %d", status)
	}
	tab.Shows("InvalidParameterValue", "ContentBasedDeduplication")
	if status := tab.Open(d.url + "queues/none"); status != http.StatusNotFound {
		t.Errorf("a queue that is not there is answered with %d:\n%s", status, tab.Text())
	}
	tab.Open(d.url + "queues?prefix=or")
	if text := tab.Text(); strings.Contains(text, "lanes") {
		t.Errorf("by the begin of the name there are\n%s", text)
	}
}

// However many there are, each is shown once, and a part of the body finds some.
func TestTheMessagesOfAQueueAreShownAPageAtATime(t *testing.T) {
	d := open(t)
	for i := range 120 {
		d.sends(t, "dead", "number "+strconv.Itoa(i))
	}
	page := func(address string) string { return d.get(t, "queues/dead"+address) }
	first := page("")
	if !strings.Contains(first, "50 shown of 50 that were looked through") || !strings.Contains(first, "number 49<") || strings.Contains(first, "number 50<") {
		t.Errorf("the first page is\n%s", first)
	}
	more := regexp.MustCompile(`<a href="(\?from=[^"]*)">go on`)
	second := page(more.FindStringSubmatch(first)[1])
	third := page(more.FindStringSubmatch(second)[1])
	if strings.Contains(second, "number 49<") || !strings.Contains(second, "number 50<") || !strings.Contains(third, "number 119<") || !strings.Contains(third, "20 shown of 20 that were looked through; there are no more") {
		t.Errorf("the further pages are\n%s\n%s", second, third)
	}
	if found := page("?part=NUMBER+11"); !strings.Contains(found, "11 shown of 120 that were looked through; there are no more") {
		t.Errorf("a part of the body finds\n%s", found)
	}
	if got := d.get(t, "queues/orders"); !strings.Contains(got, "0 shown of 0 that were looked through; there are no more") {
		t.Errorf("an empty queue shows\n%s", got)
	}
}

func (d *desk) sends(t *testing.T, queue, body string) {
	t.Helper()
	if _, err := sqs.NewFromConfig(d.aws).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: &body}); err != nil {
		t.Fatal(err)
	}
}
