package simulated

// This file proves webhooks: what a sender was told is taken is published once and
// in the order of its key, or is among the failures until it is sent again.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/cmd/internal/webhooks"
	"github.com/tradepost-dev/tradepost/handlers"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	failed "github.com/tradepost-dev/tradepost/internal/letters"
	"github.com/tradepost-dev/tradepost/internal/resend"
	"github.com/tradepost-dev/tradepost/internal/signatures"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/simulation"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// lanes are how many webhooks are sent one after the other, by their keys.
var lanes = map[string]int{"acme/one": 6, "acme/two": 4, "gitlab/77": 4}

// mail is what happens to it: all is sent once before each pause.
func mail(pauses ...time.Duration) simulation.Options {
	faults := without(simulation.Broken, simulation.Forgotten, simulation.Shuffled, simulation.Twice, simulation.Stale)
	return simulation.Options{
		Assembly: assembly(), Packages: handlers.All(), Faults: faults,
		Engine: local.Options{Stacks: []string{"Tradepost-Webhooks-dev"}, Past: 24 * time.Hour},
		Scenario: func(ctx context.Context, w *simulation.World) error {
			p, err := webhooks.Connect(here(w, ""))
			if err != nil {
				return err
			}
			topic, err := p.Output(p.Stack, "TopicARN")
			if err != nil {
				return err
			}
			subscriber, err := subscribe(ctx, p.Laptop, topic)
			if err != nil {
				return err
			}
			for _, pause := range pauses {
				if err := sendAll(ctx, w, p); err != nil {
					return err
				}
				time.Sleep(pause)
			}
			w.Calm()
			heard, err := subscriber.events(ctx)
			if err != nil {
				return err
			}
			late, some, err := givenUp(ctx, p)
			if err != nil {
				return err
			}
			time.Sleep(6 * time.Minute) // until nobody hides them any more
			if err := moveBack(ctx, p.Laptop); err != nil {
				return err
			}
			if _, err := failures(ctx, p, func(letter failed.Letter) bool { return letter.Outcome == contract.Parked }); err != nil {
				return err
			}
			if some {
				time.Sleep(12 * time.Minute)
			}
			more, err := subscriber.events(ctx)
			if err != nil {
				return err
			}
			return errors.Join(published(ctx, w, p, append(heard, more...), late), delivered(ctx, w, p, late))
		},
	}
}

func TestEveryWebhookIsPublishedOnceAndInOrderWhateverHappens(t *testing.T) {
	sample(t, "webhooks", 1, mail(6*time.Minute, 20*time.Minute)) // the second time, SNS does not know them any more
}

// sendAll sends each key's webhooks one after the other, all keys at once, and some
// of them twice; besides, one that is no JSON object, and one that is forged.
func sendAll(ctx context.Context, w *simulation.World, p *webhooks.Post) error {
	acme, err := p.Sender(ctx, "acme", signatures.Standard)
	if err != nil {
		return err
	}
	secrets, err := p.Secrets(ctx, "gitlab")
	if err != nil {
		return err
	}
	send := func(key, id string, n int) (laptop.Answer, error) {
		if strings.HasPrefix(key, "acme/") {
			return acme.Send(ctx, id, fmt.Sprintf(`{"type": "a.b", "data": {"account": %q, "n": %d}}`, strings.TrimPrefix(key, "acme/"), n))
		}
		header := http.Header{"X-Gitlab-Token": {secrets.Current}, "Idempotency-Key": {id}}
		return p.Deliver(ctx, "gitlab", header, fmt.Sprintf(`{"project": {"id": 77}, "n": %d}`, n))
	}
	var mu sync.Mutex
	var group sync.WaitGroup
	var faults []error
	for key, many := range lanes {
		group.Go(func() {
			time.Sleep(time.Duration(len(key)*many) * time.Microsecond) // no two at one moment
			for n := range many {
				if !w.Keep(idOf(key, n)) {
					continue
				}
				for range 1 + n%2 {
					err := taken(func() (laptop.Answer, error) { return send(key, idOf(key, n), n) })
					mu.Lock()
					faults = append(faults, err)
					mu.Unlock()
				}
			}
		})
	}
	group.Wait()
	if w.Keep("no-object") {
		faults = append(faults, taken(func() (laptop.Answer, error) { return acme.Send(ctx, "no-object", "[]") }))
	}
	forged, err := p.Deliver(ctx, "acme", http.Header{"Webhook-Id": {"forged"}, "Webhook-Timestamp": {fmt.Sprint(time.Now().Unix())}, "Webhook-Signature": {"v1,AAAA"}}, "{}")
	if err == nil && forged.Status == http.StatusAccepted {
		err = errors.New("a forged webhook is taken")
	}
	return errors.Join(append(faults, err)...)
}

func idOf(key string, n int) string {
	return fmt.Sprintf("%s-%d", strings.NewReplacer("/", "-").Replace(key), n)
}

// taken sends until it is answered that the webhook is taken.
func taken(send func() (laptop.Answer, error)) error {
	return again(func() error {
		answer, err := send()
		if err == nil && answer.Status != http.StatusAccepted {
			err = fmt.Errorf("a webhook is answered with %d: %s", answer.Status, answer.Body)
		}
		return err
	})
}

// failures are the webhooks among the failures, of which those that are selected are
// sent again.
func failures(ctx context.Context, p *webhooks.Post, selected func(failed.Letter) bool) (found []failed.Letter, err error) {
	replay := resend.Replay{
		SQS: sqs.NewFromConfig(p.AWS()), URL: p.Failures, Kinesis: kinesis.NewFromConfig(p.AWS()), Stream: p.Stream, Limit: 1000,
		Select: selected, Tell: func(letter failed.Letter) { found = append(found, letter) },
	}
	_, err = replay.Run(ctx)
	return found, err
}

// givenUp tells of a webhook whether it is among the failures or in a queue: what is
// sent again may come late, and may have been published before. Some tells whether
// anything is sent again.
func givenUp(ctx context.Context, p *webhooks.Post) (late func(id string) bool, some bool, err error) {
	parked, err := failures(ctx, p, nil)
	if err != nil {
		return nil, false, err
	}
	queued, err := undelivered(ctx, p.Laptop)
	some = len(queued) > 0 || slices.ContainsFunc(parked, func(l failed.Letter) bool { return l.Outcome == contract.Parked })
	return func(id string) bool {
		return queued.have(id) || slices.ContainsFunc(parked, func(l failed.Letter) bool { return l.Record.ID == id })
	}, some, err
}

// published wants each webhook to have been told to subscribers, and once unless it
// was given up, or nobody could know any more that it was published.
func published(ctx context.Context, w *simulation.World, p *webhooks.Post, heard []notice, late func(id string) bool) error {
	var faults []error
	for _, key := range slices.Sorted(maps.Keys(lanes)) {
		for n := range lanes[key] {
			id := idOf(key, n)
			if !w.Keep(id) {
				continue
			}
			var times []time.Time
			for _, event := range heard {
				if strings.Contains(event.body, `"id":"`+id+`"`) {
					times = append(times, event.sent)
				}
			}
			again, err := len(times) > 1 && !late(id), error(nil)
			if again {
				again, err = known(ctx, p, key, id, times)
			}
			if len(times) == 0 || again {
				err = fmt.Errorf("%s was published %d times", id, len(times))
			}
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// known tells whether a webhook was published again though somebody knew that it was
// published: SNS does for five minutes, of which a late notice hides one at most, and
// the table of claims when whoever has published it has come to say so (decision 43).
func known(ctx context.Context, p *webhooks.Post, key, id string, times []time.Time) (bool, error) {
	slices.SortFunc(times, time.Time.Compare)
	for i, again := range times[1:] {
		claimed, err := claimOf(ctx, p, key, id, again)
		if err != nil {
			return false, err
		}
		since, err := time.Parse(time.RFC3339Nano, attribute.String(claimed, contract.AttrClaimedAt))
		if err != nil {
			return false, fmt.Errorf("the claim of %s: %w", id, err)
		}
		before, err := claimOf(ctx, p, key, id, since)
		if err != nil {
			return false, err
		}
		if again.Sub(times[i]) < 4*time.Minute || attribute.String(before, contract.AttrStatus) != contract.StatusClaimed {
			return true, nil
		}
	}
	return false, nil
}

// claimOf is the claim of a webhook as it was at a moment.
func claimOf(ctx context.Context, p *webhooks.Post, key, id string, then time.Time) (map[string]types.AttributeValue, error) {
	client := dynamodb.NewFromConfig(p.AWS())
	tables, err := client.ListTables(ctx, &dynamodb.ListTablesInput{})
	if err != nil {
		return nil, err
	}
	claims := slices.IndexFunc(tables.TableNames, func(name string) bool { return strings.Contains(name, "WebhooksClaims") })
	source, _, _ := strings.Cut(key, "/")
	row, err := client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(tables.TableNames[claims]), Key: map[string]types.AttributeValue{contract.AttrWebhook: attribute.Text(source + "#" + id)},
	}, dynamodb.WithAPIOptions(smithyhttp.SetHeaderValue(wire.AsOf, then.UTC().Format(time.RFC3339Nano))))
	if err != nil {
		return nil, err
	}
	return row.Item, nil
}

// delivered wants each key's events to be there once and in their order; only what
// was given up before may have come late.
func delivered(ctx context.Context, w *simulation.World, p *webhooks.Post, late func(id string) bool) error {
	var faults []error
	for _, key := range slices.Sorted(maps.Keys(lanes)) {
		events, err := p.Recorded(ctx, key)
		if err != nil {
			return err
		}
		var got, inTime, want []string
		sent := 0
		for _, event := range events {
			_, id, _ := strings.Cut(event.ID, "#")
			if got = append(got, id); !late(id) {
				inTime = append(inTime, id)
			}
		}
		for n := range lanes[key] {
			id := idOf(key, n)
			if !w.Keep(id) {
				continue
			}
			if sent++; !late(id) {
				want = append(want, id)
			} else if !slices.Contains(got, id) {
				faults = append(faults, fmt.Errorf("%s was given up, and sending it again has not published it", id))
			}
		}
		if !slices.Equal(inTime, want) || len(got) != sent {
			faults = append(faults, fmt.Errorf("the events of %s are %q", key, got))
		}
	}
	left, err := failures(ctx, p, nil)
	if err != nil {
		return err
	}
	if w.Keep("no-object") && !slices.ContainsFunc(left, func(l failed.Letter) bool { return l.Record.ID == "no-object" && l.Outcome == contract.Rejected }) {
		faults = append(faults, errors.New("what is no object is not among the failures"))
	}
	for _, letter := range left {
		if letter.Record.ID != "no-object" {
			faults = append(faults, fmt.Errorf("%s is among the failures: %s", letter.Record.ID, letter.Reason))
		}
	}
	return errors.Join(faults...)
}
