package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/internal/browser"
)

// causes asks of an item, an object and an execution what caused them, and goes the way back.
func causes(t *testing.T, d *desk, tab *browser.Tab) {
	if _, err := eventbridge.NewFromConfig(d.aws).PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []eventtypes.PutEventsRequestEntry{{
		Source: aws.String("till"), DetailType: aws.String("Rung"), Detail: aws.String(`{"till": 1}`),
	}}}); err != nil {
		t.Fatal(err)
	}
	tab.Open(d.execution("Rings", d.only(t, "Rings")))
	tab.Follow("What caused this?")
	tab.Shows("\nby states:StartExecution, called by assumed-role/", "of default\n", "by events:PutEvents, called by root")
	if steps := tab.Run(`document.querySelectorAll(".causes > li").length`); steps != "2" {
		t.Errorf("the execution came of %s things and itself, want an event", steps)
	}
	tab.Readable()
	tab.Picture("causes")
	tab.Leave(`document.querySelector(".causes a").click()`)
	tab.Shows("RUNNING")

	long := "caused" + strings.Repeat("0", 60) // a phone's width has no room for it
	d.puts(t, long, "grey")
	tab.Open(d.url + `tables/Stock/item?key={"shop":{"S":"` + long + `"},"number":{"N":"1"}}`)
	tab.Follow("What caused this?")
	tab.Shows(`item {"number":{"N":"1"},"shop":{"S":"`+long+`"}} of the table Stock`, "by dynamodb:PutItem, called by root at ")

	if _, err := s3.NewFromConfig(d.aws, func(o *s3.Options) { o.UsePathStyle = true }).PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("landing"), Key: aws.String("caused/ü.txt"), Body: strings.NewReader("x")}); err != nil {
		t.Fatal(err)
	}
	tab.Open(d.url + "buckets/landing/object?key=caused/ü.txt")
	tab.Follow("What caused this?")
	tab.Shows("object caused/ü.txt of the bucket landing", "by s3:PutObject, called by root at ")
	if _, err := d.objects().DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("landing"), Key: aws.String("caused/ü.txt")}); err != nil {
		t.Fatal(err)
	}
	tab.Open(d.url + "buckets/landing/object?key=caused/ü.txt")
	tab.Follow("What deleted it?")
	tab.Shows("What deleted it?", "caused/ü.txt, which is not there any more", "object caused/ü.txt of the bucket landing", "by s3:DeleteObject, called by root at ")
	tab.Leave(`document.querySelector("main a").click()`)
	tab.Shows("It is deleted.")
	before := instant()
	d.deletes(t, long)
	tab.Open(d.url + `tables/Stock/item?key={"shop":{"S":"` + long + `"},"number":{"N":"1"}}`)
	tab.Shows("There is no item with the key")
	tab.Follow("What deleted it?")
	tab.Shows("What deleted it?", "which is not there any more", `item {"number":{"N":"1"},"shop":{"S":"`+long+`"}} of the table Stock`, "by dynamodb:DeleteItem, called by root at ")
	tab.Readable()
	slide(tab, before)
	tab.Shows("What caused this?", "As it was at", "by dynamodb:PutItem, called by root at ")
	tab.Submit("Now")
	tab.Open(d.url + `tables/Stock/item?key={"shop":{"S":"never"},"number":{"N":"1"}}`)
	if text := tab.Text(); strings.Contains(text, "What deleted it?") {
		t.Errorf("of an item that never was one reads\n%s", text)
	}
	if status := tab.Open(d.url + "causes/execution?arn=" + d.arn("Rings", "never")); status != http.StatusNotFound {
		t.Errorf("causes of an execution that is not there are answered with %d", status)
	}
}

// only waits until a machine has one execution.
func (d *desk) only(t *testing.T, machine string) (name string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		listed, err := d.states.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: aws.String(d.machines[machine])})
		if err != nil {
			t.Fatal(err)
		}
		if len(listed.Executions) == 1 {
			return *listed.Executions[0].Name
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s has %d executions", machine, len(listed.Executions))
		}
	}
}
