package console_test

// This file looks at the picture of a stack as a person does.

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
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
	for name, title := range map[string]string{"Orders": "orders", "News": "news", "Many": "Many", "Bucket": "landing", "Arrived": "TriggeredRules"} {
		tab.Open(d.url + "stacks/Market")
		tab.Open(tab.Run(`new URL(document.querySelector("[data-state=` + name + `] a").getAttribute("href"), location.href).href`))
		if got := tab.Run(`document.querySelector("h1").innerText`); got != title {
			t.Errorf("%s leads to %q", name, got)
		}
	}
}
