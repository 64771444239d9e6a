package console_test

// This file looks at the picture of a stack as a person does.

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	stacks "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/tradepost-dev/tradepost/internal/browser"
)

func picture(t *testing.T, d *desk, tab *browser.Tab) {
	tab.Open(d.url + "stacks/Market")
	arrows := tab.Run(`[...document.querySelectorAll("#picture .transition")].map(a => a.dataset.from + " " + a.dataset.to + (a.classList.contains("catch") ? " dead" : "")).sort().join("\n")`)
	if want := "Arrived Many\nBucket Arrived\nNews Told\nOrders Dead dead\nRung Rings"; arrows != want {
		t.Errorf("the picture has the arrows\n%s\nwant\n%s", arrows, want)
	}
	if list := tab.Run(`[...document.querySelectorAll("#picture tbody tr")].map(r => r.children[1].innerText || r.children[1].textContent).sort().join(", ")`); list != "calls, calls, dead letters, events, tells" {
		t.Errorf("the list says %q", list)
	}
	if text := tab.Run(`document.querySelector("[data-state=Told]").textContent`); !strings.Contains(text, " visible, 0 in flight") {
		t.Errorf("the queue says %q", text)
	}
	if _, err := cloudwatch.NewFromConfig(d.aws).SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{
		AlarmName: aws.String("deep"), StateValue: types.StateValueAlarm, StateReason: aws.String("by hand"),
	}); err != nil {
		t.Fatal(err)
	}
	tab.Wait(`document.querySelector("[data-state=Told]").classList.contains("alarmed")`) // as the page renews itself
	if title := tab.Run(`document.querySelector("[data-state=Told] title").textContent`); title != "In ALARM: deep" {
		t.Errorf("the queue's title is %q", title)
	}
	tab.Readable()
	across(t, d, tab)
	for name, title := range map[string]string{"Orders": "orders", "News": "news", "Many": "Many", "Bucket": "landing", "Arrived": "TriggeredRules"} {
		tab.Open(d.url + "stacks/Market")
		tab.Open(tab.Run(`new URL(document.querySelector("[data-state=` + name + `] a").getAttribute("href"), location.href).href`))
		if got := tab.Run(`document.querySelector("h1").innerText`); got != title {
			t.Errorf("%s leads to %q", name, got)
		}
	}
}

// across adds a stack whose queue has its dead letters in the first one's, and goes from the one's picture to the other's.
func across(t *testing.T, d *desk, tab *browser.Tab) {
	client, ctx := cloudformation.NewFromConfig(d.aws), context.WithoutCancel(t.Context())
	if _, err := client.CreateStack(ctx, &cloudformation.CreateStackInput{
		StackName: aws.String("Mill"), Parameters: []stacks.Parameter{{ParameterKey: aws.String("Letters"), ParameterValue: aws.String("arn:aws:sqs:us-east-1:" + d.engine.Cloud.Account + ":dead")}},
		TemplateBody: aws.String(`{"Parameters": {"Letters": {"Type": "String"}}, "Resources": {"Grain": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "grain",
			"RedrivePolicy": {"deadLetterTargetArn": {"Ref": "Letters"}, "maxReceiveCount": 3}}}}}`),
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := client.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: aws.String("Mill")}); err != nil {
			t.Error(err)
		}
	})
	tab.Wait(`document.querySelector("[data-from='Grain of Mill'][data-to=Dead]") !== null`) // as the page renews itself
	if class := tab.Run(`document.querySelector("[data-state='Grain of Mill']").classList.contains("guest")`); class != "true" {
		t.Error("the other stack's queue looks as if it were this one's")
	}
	tab.Readable()
	tab.Leave(`document.querySelector("[data-state='Grain of Mill'] a").dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}))`)
	tab.Shows("Mill", "CREATE_COMPLETE")
	if got := tab.Run(`[...document.querySelectorAll(".state")].map(s => s.dataset.state + " " + s.classList).sort().join(", ")`); got != "Dead of Market state task guest, Grain state task selected" {
		t.Errorf("the other stack's picture has %s", got)
	}
	tab.Leave(`document.querySelector("[data-state='Dead of Market'] a").dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}))`)
	tab.Shows("Market")
	if status := tab.Open(d.url + "stacks/Nowhere"); status != http.StatusNotFound {
		t.Errorf("a stack that is not there is answered with %d:\n%s", status, tab.Text())
	}
}

// A stack that somebody has only a change set of has no resources yet, and keeps no other one from being shown.
func TestAStackThatIsNotCreatedYetHasAPage(t *testing.T) {
	d := open(t)
	if _, err := cloudformation.NewFromConfig(d.aws).CreateChangeSet(t.Context(), &cloudformation.CreateChangeSetInput{
		StackName: aws.String("Plan"), ChangeSetName: aws.String("first"), ChangeSetType: stacks.ChangeSetTypeCreate, TemplateBody: aws.String(`{"Resources": {"Grain": {"Type": "AWS::SQS::Queue"}}}`),
	}); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{"": "Plan", "stacks/Plan": "REVIEW_IN_PROGRESS", "stacks/Market": "What calls what"} {
		if got := d.get(t, address); !strings.Contains(got, want) {
			t.Errorf("/%s has no %q:\n%s", address, want, got)
		}
	}
}
