package endtoend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/cmd/internal/webhooks"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/letters"
	"github.com/tradepost-dev/tradepost/internal/manual"
	"github.com/tradepost-dev/tradepost/internal/signatures"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// from is a sender that knows the source's secret.
func from(t *testing.T, source string, scheme signatures.Scheme) *webhooks.Sender {
	t.Helper()
	sender, err := post.Sender(deadline(t), source, scheme)
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

func wantStatus(t *testing.T, status int, answer laptop.Answer, err error) laptop.Answer {
	t.Helper()
	if err != nil || answer.Status != status {
		t.Fatalf("answered with %d %s, %v; want %d", answer.Status, answer.Body, err, status)
	}
	return answer
}

func send(t *testing.T, sender *webhooks.Sender, id, body string) {
	t.Helper()
	answer, err := sender.Send(deadline(t), id, body)
	wantStatus(t, http.StatusAccepted, answer, err)
}

func arrived(t *testing.T, key string, n int) []webhooks.Event {
	t.Helper()
	events, err := post.Arrived(deadline(t), key, n)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func TestWebhooksOfEverySchemeArriveAsCloudEventsOfTheirKeys(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		source, body, key, id, kind, data string
		scheme                            signatures.Scheme
	}{
		{"acme", "{\"type\":\"a.b\",\r\n \"data\":{\"account\":\"schemes\",\"n\":12345678901234567890.10,\"email\":\"x@y\",\"text\":\"\u2028<&'\U0001f600\"}}", "acme/schemes", "msg_schemes", "a.b",
			"{\"type\":\"a.b\",\"data\":{\"account\":\"schemes\",\"n\":12345678901234567890.10,\"email\":null,\"text\":\"\u2028<&'\U0001f600\"}}", signatures.Standard},
		{"stripe", `{"id":"evt_schemes","type":"invoice.paid","data":{"object":{"customer":"cus_schemes"}}}`, "stripe/cus_schemes", "evt_schemes", "invoice.paid",
			`{"id":"evt_schemes","type":"invoice.paid","data":{"object":{"customer":"cus_schemes"}}}`, signatures.Stripe},
		{"github", `{"action":"opened","repository":{"full_name":"acme/schemes"}}`, "github/acme/schemes", "72d3162e", "opened",
			`{"action":"opened","repository":{"full_name":"acme/schemes"}}`, signatures.GitHub},
	} {
		send(t, from(t, row.source, row.scheme), row.id, row.body)
		event := arrived(t, row.key, 1)[0]
		if event.ID != row.source+"#"+row.id || event.Type != row.kind || event.Data != row.data || event.Place != 1 {
			t.Errorf("%s: %+v", row.source, event)
		}
	}
}

// A token goes past every function into the stream.
func TestAWebhookWithATokenGoesFromTheAPIIntoTheStream(t *testing.T) {
	t.Parallel()
	secrets, err := post.Secrets(deadline(t), "gitlab")
	if err != nil {
		t.Fatal(err)
	}
	deliver := func(status int, body string, header map[string]string) {
		t.Helper()
		all := http.Header{"X-Gitlab-Token": {secrets.Current}, "Idempotency-Key": {"push-1"}, "X-Gitlab-Event": {`Push "Hook"`}}
		for name, value := range header {
			if all.Del(name); value != "" {
				all.Set(name, value)
			}
		}
		answer, err := post.Deliver(deadline(t), "gitlab", all, body)
		wantStatus(t, status, answer, err)
	}
	body := "{\"project\":{\"id\":77},\r\n\"text\":\"it's \\\"$x\\\" #set($y) \u2028\U0001f600\"}"
	deliver(202, body, nil)
	deliver(202, body, nil) // the answer was lost
	deliver(202, `{"project":{}}`, map[string]string{"Idempotency-Key": "push-2"})
	deliver(401, body, map[string]string{"X-Gitlab-Token": "another token of the same length"})
	deliver(401, body, map[string]string{"X-Gitlab-Token": ""})
	deliver(400, body, map[string]string{"Idempotency-Key": ""})
	deliver(400, "[]", nil)
	deliver(400, "no JSON", nil)
	deliver(413, `{"project":{"id":77},"pad":"`+strings.Repeat("x", contract.DefaultMaxBody)+`"}`, map[string]string{"Idempotency-Key": "push-3"})
	event := arrived(t, "gitlab/77", 1)[0]
	want := "{\"project\":{\"id\":77},\"text\":\"it's \\\"$x\\\" #set($y) \u2028\U0001f600\"}"
	if event.ID != "gitlab#push-1" || event.Type != `Push "Hook"` || event.Data != want {
		t.Errorf("%+v", event)
	}
	if event := arrived(t, "gitlab", 1)[0]; event.ID != "gitlab#push-2" {
		t.Errorf("%+v", event)
	}
	wantAccount(t, "gitlab", map[string]int{contract.MetricReceived: 3, contract.MetricPublished: 2, contract.MetricDuplicate: 1})
}

// wantAccount waits until all that a source has sent is accounted for, and then
// wants these counts.
func wantAccount(t *testing.T, source string, want map[string]int) {
	t.Helper()
	got := map[string]int{}
	eventually(t, "all webhooks of "+source+" are accounted for", func() bool {
		for _, metric := range []string{
			contract.MetricReceived, contract.MetricReplayed, contract.MetricPublished, contract.MetricDuplicate, contract.MetricRejected, contract.MetricParked,
		} {
			n, err := post.CountedOf(deadline(t), began, source, metric)
			if err != nil {
				t.Fatal(err)
			}
			got[metric] = n
		}
		return got[contract.MetricReceived] >= want[contract.MetricReceived] && got[contract.MetricReceived]+got[contract.MetricReplayed] ==
			got[contract.MetricPublished]+got[contract.MetricDuplicate]+got[contract.MetricRejected]+got[contract.MetricParked]
	})
	for metric, n := range want {
		if got[metric] != n {
			t.Errorf("%s of %s is %d, want %d", metric, source, got[metric], n)
		}
	}
}

// A secret is rotated without a deployment, and the answer to what is not signed
// right tells nothing.
func TestWhatIsNotSignedRightIsAnsweredAlikeAndCostsNoRecord(t *testing.T) {
	t.Parallel()
	var puts atomic.Int64
	fault.add(func(_ context.Context, call cloud.Call) error {
		if call.Service == "kinesis" && call.Action == "PutRecord" && about(call, "msg_forged") {
			puts.Add(1)
		}
		return nil
	})
	sender := from(t, "acme", signatures.Standard)
	signed := func(id string, at time.Time) http.Header {
		header, err := sender.Scheme.Sign(sender.Key, id, at, []byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		return header
	}
	answers := map[string]bool{}
	for name, row := range map[string]struct {
		source string
		header http.Header
		body   string
	}{
		"another body":   {"acme", signed("msg_forged", time.Now()), `{ }`},
		"too old":        {"acme", signed("msg_forged", time.Now().Add(-6*time.Minute)), `{}`},
		"too new":        {"acme", signed("msg_forged", time.Now().Add(6*time.Minute)), `{}`},
		"no header":      {"acme", http.Header{}, `{}`},
		"unknown source": {"nobody", signed("msg_forged", time.Now()), `{}`},
		"large":          {"acme", signed("msg_forged", time.Now()), strings.Repeat("x", 1<<20)},
	} {
		answer, err := post.Deliver(deadline(t), row.source, row.header, row.body)
		if err != nil || answer.Status != http.StatusUnauthorized {
			t.Errorf("%s: %d, %v", name, answer.Status, err)
		}
		answers[fmt.Sprint(answer.Header.Get("Content-Type"), string(answer.Body))] = true
	}
	if len(answers) != 1 || puts.Load() != 0 {
		t.Errorf("answers %v, %d records", answers, puts.Load())
	}
}

func TestASecretIsRotatedWithoutADeploymentByTheDocumentsCommand(t *testing.T) {
	t.Parallel()
	commands := manual.Commands(t, "docs/operations.md", "A source's secret")
	_, rest, _ := strings.Cut(commands[0], "--secret-string '")
	value := strings.TrimSuffix(rest, "'")
	sender := from(t, "stripe", signatures.Stripe)
	old := from(t, "stripe", signatures.Stripe)
	secrets, err := post.Secrets(deadline(t), "stripe")
	if err != nil || !strings.Contains(commands[0], "put-secret-value --secret-id NAME") {
		t.Fatal(err, commands)
	}
	current := "whsec_" + strings.Repeat("n", 32)
	value = strings.NewReplacer("whsec_NEW", current, "whsec_OLD", secrets.Current).Replace(value)
	if sender.Key, err = signatures.Stripe.Key(current); err != nil {
		t.Fatal(err)
	}
	if _, err := secretsmanager.NewFromConfig(here.AWS()).PutSecretValue(deadline(t), &secretsmanager.PutSecretValueInput{SecretId: aws.String(post.SecretPrefix + "stripe"), SecretString: &value}); err != nil {
		t.Fatal(err)
	}
	body := func(id string) string {
		return fmt.Sprintf(`{"id":%q,"data":{"object":{"customer":"cus_rotated"}}}`, id)
	}
	eventually(t, "the new secret is known within a minute", func() bool {
		answer, err := sender.Send(deadline(t), "", body("evt_new"))
		return err == nil && answer.Status == http.StatusAccepted
	})
	send(t, old, "", body("evt_old")) // which is valid as well
	arrived(t, "stripe/cus_rotated", 2)
}

// broken is a fault of SNS for what has a text in it.
func broken(text string, fails func() bool) cloud.Fault {
	return func(_ context.Context, call cloud.Call) error {
		if call.Service == "sns" && call.Action == "Publish" && about(call, text) && fails() {
			return cloud.Errorf(http.StatusServiceUnavailable, "ServiceUnavailable", "busy")
		}
		return nil
	}
}

// letter waits for the failure of a webhook.
func letter(t *testing.T, id string) letters.Letter {
	t.Helper()
	client := sqs.NewFromConfig(here.AWS())
	var found letters.Letter
	eventually(t, "webhook "+id+" is among the failures", func() bool {
		got, err := client.ReceiveMessage(deadline(t), &sqs.ReceiveMessageInput{
			QueueUrl: &post.Failures, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, message := range got.Messages {
			if read, err := letters.Read(message); err == nil && read.Record.ID == id {
				found = read
			}
			if err := laptop.PutBack(deadline(t), client, post.Failures, message); err != nil {
				t.Fatal(err)
			}
		}
		return found.Record.ID == id
	})
	return found
}

// What is rejected is kept with payload and reason, and the commands of the
// runbook send again what was ours to mend.
func TestFailuresAreListedAndSentAgainByTheRunbooksCommands(t *testing.T) {
	t.Parallel()
	sender := from(t, "github", signatures.GitHub)
	send(t, sender, "odd-1", "payload=%7B%7D")
	kept := letter(t, "odd-1")
	if kept.Outcome != contract.Rejected || !strings.Contains(kept.Reason, "not JSON") || string(kept.Record.Body) != "payload=%7B%7D" || kept.Record.Key != "github" {
		t.Errorf("%+v", kept)
	}
	for _, command := range manual.Commands(t, "docs/operations.md", "Webhooks among the failures") {
		eventually(t, command+" tells of odd-1", func() bool { // while others look at the failures, they are hidden
			return strings.Contains(operate(t, strings.ReplaceAll(command, "acme", "github")), "github odd-1 the body cannot be used")
		})
	}
	eventually(t, "it is sent again, and rejected again", func() bool { return letter(t, "odd-1").Record.Replay == 1 })
}

// What fails for longer than patience lasts is parked with payload and reason,
// holds up nothing else for longer, and is published when it is sent again.
func TestAWebhookThatCannotBePublishedIsParkedAndPublishedWhenItIsSentAgain(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	down.Store(true)
	fault.add(broken("evt_parked_1", down.Load))
	sender := from(t, "stripe", signatures.Stripe)
	for i := range 3 {
		send(t, sender, "", fmt.Sprintf(`{"id":"evt_parked_%d","type":"t","data":{"object":{"customer":"cus_parked"}}}`, i))
	}
	kept := letter(t, "evt_parked_1")
	if kept.Outcome != contract.Parked || !strings.Contains(kept.Reason, "ServiceBusy") || !strings.Contains(kept.Reason, "in 1m0s") || !strings.Contains(string(kept.Record.Body), "evt_parked_1") {
		t.Errorf("%+v", kept)
	}
	if events := arrived(t, "stripe/cus_parked", 2); events[0].ID != "stripe#evt_parked_0" || events[1].ID != "stripe#evt_parked_2" {
		t.Errorf("%+v", events)
	}
	down.Store(false)
	eventually(t, "it is sent again", func() bool { // while others look at the failures, they are hidden
		return strings.Contains(operate(t, "go run ./cmd/tradepost webhooks replay --id evt_parked_1 --outcome PARKED"), "1 of ")
	})
	if events := arrived(t, "stripe/cus_parked", 3); len(events) != 3 || events[2].ID != "stripe#evt_parked_1" {
		t.Errorf("%+v", events)
	}
}

// Order, deduplication and what is counted, with deliveries that fail at random.
func TestABurstWithFaultsIsNeitherLostNorDoubledNorDisordered(t *testing.T) {
	t.Parallel()
	const keys, each = 20, 30
	var n atomic.Int64
	fault.add(func(_ context.Context, call cloud.Call) error {
		if !about(call, "burst-") && !about(call, "YnVyc3Qt") { // in base64, too
			return nil
		}
		if strings.Contains("PutRecord Publish Invoke StartSyncExecution PutItem UpdateItem TransactWriteItems", call.Action) && n.Add(1)%17 == 0 {
			return cloud.Errorf(http.StatusServiceUnavailable, "ServiceUnavailable", "busy")
		}
		return nil
	})
	sender := from(t, "acme", signatures.Standard)
	var group sync.WaitGroup
	for k := range keys {
		group.Go(func() {
			for i := range each {
				id := fmt.Sprintf("burst-%d-%d", k, i)
				body, _ := json.Marshal(map[string]any{"type": "burst", "data": map[string]any{"account": fmt.Sprintf("burst-%d", k), "n": i}})
				for range 1 + i%3/2 { // every third one twice
					for { // as senders do
						answer, err := sender.Send(deadline(t), id, string(body))
						if err == nil && answer.Status == http.StatusAccepted {
							break
						}
						if errors.Is(err, context.DeadlineExceeded) || err == nil && answer.Status < 500 {
							t.Errorf("%s: %d %s, %v", id, answer.Status, answer.Body, err)
							return
						}
					}
				}
			}
		})
	}
	group.Wait()
	for k := range keys {
		events := arrived(t, fmt.Sprintf("acme/burst-%d", k), each)
		for i, event := range events {
			if want := fmt.Sprintf("acme#burst-%d-%d", k, i); event.ID != want || event.Place != int64(i+1) {
				t.Errorf("place %d of key %d is %s, want %s", event.Place, k, event.ID, want)
			}
		}
		if len(events) != each {
			t.Errorf("key %d has %d events", k, len(events))
		}
	}
	wantAccount(t, "acme", map[string]int{})
}
