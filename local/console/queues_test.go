package console_test

// This file uses the pages of queues as a person does.

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
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
	tab.Shows("has been received 2 times goes to dead with the next receive, also with that of a look")

	tab.Submit("Look at messages")
	tab.Shows("1 are shown, and visible again", "Receives\n1, with this look", `"note": "<b>bold</b>"`)
	tab.Readable()
	if got := d.receive(t, "orders"); len(got) != 1 {
		t.Errorf("after the look a consumer receives %q", got)
	}
	if got := d.receive(t, "orders"); len(got) != 0 {
		t.Errorf("after two receives there is still %q", got)
	}
	tab.Open(d.url + "queues/dead")
	tab.Shows("Visible\n1", "Has dead letters of\norders", "No message is lost by it")
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
	tab.Readable()
}

// A look takes all messages once, and no more than once.
func TestALookReceivesEachMessageOnce(t *testing.T) {
	d := open(t)
	client := sqs.NewFromConfig(d.aws)
	dead, err := client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("dead")})
	if err != nil {
		t.Fatal(err)
	}
	for range 23 {
		if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: dead.QueueUrl, MessageBody: aws.String("x")}); err != nil {
			t.Fatal(err)
		}
	}
	for look := range 2 {
		page := d.post(t, "queues/dead/look")
		if n, times := strings.Count(page, "<section"), strings.Count(page, "<dd>"+strconv.Itoa(look+1)+", with"); n != 23 || times != 23 {
			t.Errorf("look %d shows %d messages, %d with that many receives", look+1, n, times)
		}
	}
}
