package console_test

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/internal/browser"
)

// instant is a moment in milliseconds that nothing else happens in.
func instant() int64 {
	began := time.Now()
	for time.Since(began) < 2*time.Millisecond {
	}
	then := time.Now()
	for time.Since(then) < 2*time.Millisecond {
	}
	return then.UnixMilli()
}

// slide moves the slider to a moment and lets it go.
func slide(tab *browser.Tab, to int64) {
	tab.Leave(`(() => {
		const slider = document.querySelector("[data-travel]");
		slider.step = 1;
		slider.value = ` + strconv.FormatInt(to, 10) + `;
		for (const what of ["input", "change"]) slider.dispatchEvent(new Event(what));
	})()`)
}

// travel goes back to what a table, a queue and an execution were.
func travel(t *testing.T, d *desk, tab *browser.Tab) {
	d.puts(t, "travel", "grey")
	d.start(t, "Waits", "traveller", `{}`)
	d.status(t, "Waits", "traveller", types.ExecutionStatusRunning)
	d.sends(t, "travelled", "first")
	d.sends(t, "travelled", "second")
	before := instant()
	d.puts(t, "travel", "pink")
	d.takes(t, "travelled")
	d.stop(t, "Waits", "traveller")

	tab.Open(d.url + "tables/Stock?partition=travel")
	tab.Shows("As it is now", "pink")
	tab.Readable()
	slide(tab, before)
	tab.Shows("As it was at", "grey")
	if text := tab.Text(); strings.Contains(text, "pink") {
		t.Errorf("the table has then\n%s", text)
	} else if strings.Contains(text, "Put a new item") {
		t.Errorf("one is led to change the past\n%s", text)
	}
	tab.Readable()
	tab.Document("past", 1250)
	tab.Open(d.url + `tables/Stock/item?key={"shop":{"S":"travel"},"number":{"N":"1"}}`)
	if text := tab.Run(`document.querySelector("#item").value`); !strings.Contains(text, "grey") {
		t.Errorf("the item was\n%s", text)
	}
	if shown := tab.Run(`[...document.querySelectorAll("main form:not(.travel)")].filter(f => f.checkVisibility()).length`); shown != "0" {
		t.Errorf("%s forms are there to change the past", shown)
	}
	tab.Open(d.url + "queues/travelled")
	tab.Shows("As it was at", "Visible\n2", "visible\t0\tfirst", "visible\t0\tsecond", "2 shown of 2")
	tab.Readable()
	tab.Follow(tab.Run(`document.querySelector("#messages th a").innerText`))
	tab.Shows("As it was at", "State\nvisible", "Receives\n0", "first")
	tab.Follow("What caused this?")
	tab.Shows("As it was at", "by sqs:SendMessage")
	tab.Open(d.execution("Waits", "traveller"))
	tab.Shows("As it was at", "RUNNING")
	if text := tab.Text(); strings.Contains(text, "ABORTED") {
		t.Errorf("the execution is then\n%s", text)
	}

	if status := tab.Submit("10 s back"); status != http.StatusNotFound { // the engine has not been there for longer
		t.Errorf("an execution that has not begun is answered with %d", status)
	}
	tab.Submit("Now")
	tab.Shows("As it is now", "ABORTED")
	tab.Open(d.url + "queues/travelled")
	tab.Shows("Visible\n0", "In flight\n1", "in flight until ", "\t1\tsecond", "1 shown of 1")
}

// takes receives a queue's messages, of which it deletes the first one.
func (d *desk) takes(t *testing.T, queue string) {
	t.Helper()
	client := sqs.NewFromConfig(d.aws)
	got, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &queue, MaxNumberOfMessages: 10})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &queue, ReceiptHandle: got.Messages[0].ReceiptHandle}); err != nil {
		t.Fatal(err)
	}
}

// puts puts the first item of a shop, which is gone after the test.
func (d *desk) puts(t *testing.T, shop, color string) {
	t.Helper()
	client, ctx := dynamodb.NewFromConfig(d.aws), context.WithoutCancel(t.Context())
	item := map[string]dynamodbtypes.AttributeValue{
		"shop": &dynamodbtypes.AttributeValueMemberS{Value: shop}, "number": &dynamodbtypes.AttributeValueMemberN{Value: "1"},
	}
	key := maps.Clone(item)
	item["color"] = &dynamodbtypes.AttributeValueMemberS{Value: color}
	if _, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: d.table(), Item: item}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: d.table(), Key: key}); err != nil {
			t.Error(err)
		}
	})
}

// deletes deletes the first item of a shop.
func (d *desk) deletes(t *testing.T, shop string) {
	t.Helper()
	if _, err := dynamodb.NewFromConfig(d.aws).DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: d.table(), Key: map[string]dynamodbtypes.AttributeValue{
		"shop": &dynamodbtypes.AttributeValueMemberS{Value: shop}, "number": &dynamodbtypes.AttributeValueMemberN{Value: "1"},
	}}); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) stop(t *testing.T, machine, name string) {
	t.Helper()
	if _, err := d.states.StopExecution(t.Context(), &sfn.StopExecutionInput{ExecutionArn: aws.String(d.arn(machine, name))}); err != nil {
		t.Fatal(err)
	}
}

// Whatever a page or somebody else sends while one looks at the past changes nothing, and
// moments that are none are refused.
func TestNothingIsDoneInThePast(t *testing.T) {
	d := open(t)
	post := func(page, moment string, form url.Values) (int, string) {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, d.url+page, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if moment != "" {
			request.AddCookie(&http.Cookie{Name: "moment", Value: moment})
		}
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		answer, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		return answer.StatusCode, answer.Header.Get("Location") + " " + answer.Header.Get("Set-Cookie")
	}
	now := strconv.FormatInt(time.Now().UnixMilli(), 10)
	for name, row := range map[string]struct {
		page, moment string
		form         url.Values
		status       int
		want         string
	}{
		"an action":                  {"queues/orders/send", now, url.Values{"body": {"1"}}, http.StatusConflict, ""},
		"a purge":                    {"queues/orders/purge", now, nil, http.StatusConflict, ""},
		"a moment that is no number": {"moment", "", url.Values{"page": {"/tables"}, "at": {"noon"}}, http.StatusBadRequest, ""},
		"a step that is no duration": {"moment", "", url.Values{"page": {"/tables"}, "at": {now}, "by": {"far"}}, http.StatusBadRequest, ""},
		"somebody else's page":       {"moment", "", url.Values{"page": {"//example.com/"}, "at": {now}}, http.StatusBadRequest, ""},
		"somebody else's page by \\": {"moment", "", url.Values{"page": {`/\example.com/`}, "at": {now}}, http.StatusBadRequest, ""},
		"a moment that is to come":   {"moment", now, url.Values{"page": {"/tables?from=1"}, "at": {now}, "by": {"1h"}}, http.StatusSeeOther, "/tables?from=1 moment=; Path=/; Max-Age=0"},
		"now":                        {"moment", now, url.Values{"page": {"/tables"}, "to": {"now"}}, http.StatusSeeOther, "/tables moment=; Path=/; Max-Age=0"},
		"a moment":                   {"moment", "", url.Values{"page": {"/tables"}, "at": {now}, "to": {"moment"}}, http.StatusSeeOther, "/tables moment=" + now + "; Path=/; HttpOnly; SameSite=Strict"},
	} {
		t.Run(name, func(t *testing.T) {
			if status, got := post(row.page, row.moment, row.form); status != row.status || !strings.HasPrefix(got, row.want) {
				t.Errorf("answered with %d, %q; want %d, %q", status, got, row.status, row.want)
			}
		})
	}
	if got := d.receive(t, "orders"); len(got) != 0 {
		t.Errorf("the queue has %q", got)
	}
	if _, got := post("moment", "", url.Values{"page": {"/tables"}, "at": {"1000"}}); !strings.HasPrefix(got, "/tables moment=1") || strings.HasPrefix(got, "/tables moment=1000;") {
		t.Errorf("a moment before the engine leads to %q, want the first one that is known", got)
	}
}
