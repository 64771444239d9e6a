package console_test

// This file uses the pages of topics and mails as a person does.

import (
	"net/http"
	"testing"

	"github.com/tradepost-dev/tradepost/internal/browser"
)

func topics(t *testing.T, d *desk, tab *browser.Tab) {
	tab.Open(d.url + "mails")
	tab.Shows("There are none yet.")
	tab.Open(d.url + "topics")
	tab.Follow("news")
	tab.Shows("The news", "2 confirmed, 0 pending", ":told", "sqs", "confirmed", `"kind"`)
	tab.Shows("ann@example.com", "email")
	tab.Paste("Subject", "Ünder <b>review</b>")
	tab.Paste("Message", "Approve: "+d.url+"workflows. Or javascript:alert(1)")
	tab.Submit("Publish")
	tab.Shows("The message is published.")

	tab.Open(d.url + "mails")
	tab.Wait(`document.querySelector("#mails").innerText.includes("review")`) // as the page renews itself
	tab.Follow("Ünder <b>review</b>")
	tab.Shows("Ünder <b>review</b>", "The news", "ann@example.com", "Approve: "+d.url+"workflows. Or javascript:alert(1)")
	if links := tab.Run(`[...document.querySelectorAll("pre a")].map(a => a.href).join(" ")`); links != d.url+"workflows" {
		t.Errorf("its links are %q", links)
	}
	tab.Readable()
	tab.Document("mail", 1250)
	tab.Follow(d.url + "workflows")
	tab.Shows("Workflows", "Shop")
	for _, name := range []string{"none.eml", "..%2Fsecret.eml", "..%2F..%2Fetc%2Fpasswd"} {
		if status := tab.Open(d.url + "mails/" + name); status != http.StatusNotFound {
			t.Errorf("the mail %s is answered with %d", name, status)
		}
	}
}
