package webhooks

// This file has the story of webhooks.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"text/tabwriter"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/cmd/internal/story"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/signatures"
)

// Story sends webhooks of three accounts, some of them twice, one of them forged
// and one that nobody can read.
func Story() story.Story {
	return story.Of(System(), Connect, (*Post).tell, (*Post).usage)
}

var accounts = []string{"ann", "bob", "eve"}

// each is how many webhooks an account has.
const each = 3

func (p *Post) tell(ctx context.Context) (account string, err error) {
	story.Progress("sending %d webhooks of %d accounts, each twice, one that is forged, and one that is no JSON", each*len(accounts), len(accounts))
	began := time.Now()
	sender, err := p.Sender(ctx, "acme", signatures.Standard)
	if err != nil {
		return "", err
	}
	var t tally
	for n := range each {
		for _, account := range accounts {
			for range 2 { // the answer was lost, and the sender sends again
				if err := t.send(ctx, sender, fmt.Sprintf("msg_%s_%d", account, n), invoice(account, n)); err != nil {
					return t.account(), err
				}
			}
		}
	}
	if err := t.send(ctx, sender, "msg_odd", "no JSON"); err != nil {
		return t.account(), err
	}
	forged, err := p.Deliver(ctx, "acme", http.Header{"Webhook-Id": {"msg_forged"}, "Webhook-Timestamp": {fmt.Sprint(time.Now().Unix())}, "Webhook-Signature": {"v1,Zm9yZ2Vk"}}, invoice("eve", 1_000_000))
	if err != nil {
		return t.account(), err
	}
	if forged.Status == http.StatusUnauthorized {
		t.forged++
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\nKEY\tEVENTS, AS THEY ARRIVED")
	for _, account := range accounts {
		events, err := p.Arrived(ctx, "acme/"+account, each)
		if err != nil {
			return t.account(), err
		}
		t.recorded += len(events)
		t.ordered = t.ordered && ids(events) == fmt.Sprintf("msg_%[1]s_0 msg_%[1]s_1 msg_%[1]s_2", account)
		fmt.Fprintf(out, "acme/%s\t%s\n", account, ids(events))
	}
	if err := out.Flush(); err != nil {
		return t.account(), err
	}
	err = t.count(ctx, p, began)
	return t.account(), errors.Join(err, t.fault())
}

// tally is what was counted.
type tally struct {
	accepted, forged, recorded      int
	ordered                         bool
	published, duplicates, rejected int
}

func (t *tally) send(ctx context.Context, sender *Sender, id, body string) error {
	answer, err := sender.Send(ctx, id, body)
	if err != nil {
		return err
	}
	if answer.Status != http.StatusAccepted {
		return fmt.Errorf("webhook %s was answered with %d: %s", id, answer.Status, answer.Body)
	}
	t.accepted++
	t.ordered = t.ordered || t.accepted == 1
	return nil
}

// count waits until all that was accepted has come to its end.
func (t *tally) count(ctx context.Context, p *Post, began time.Time) (err error) {
	for {
		for metric, n := range map[string]*int{contract.MetricPublished: &t.published, contract.MetricDuplicate: &t.duplicates, contract.MetricRejected: &t.rejected} {
			if *n, err = p.Counted(ctx, began, metric); err != nil {
				return err
			}
		}
		if t.published+t.duplicates+t.rejected >= t.accepted {
			return nil
		}
		if err := laptop.Pause(ctx); err != nil {
			return fmt.Errorf("%d of %d webhooks have come to their end: %w", t.published+t.duplicates+t.rejected, t.accepted, err)
		}
	}
}

func (t tally) account() string {
	return fmt.Sprintf("received=%d published=%d duplicate=%d rejected=%d forged=%d recorded=%d", t.accepted, t.published, t.duplicates, t.rejected, t.forged, t.recorded)
}

// fault is what is wrong with the account.
func (t tally) fault() error {
	all := each * len(accounts)
	var faults []error
	if t.published != all || t.duplicates != all || t.rejected != 1 {
		faults = append(faults, fmt.Errorf("%d webhooks were to be published, as many to be duplicates, and one to be rejected", all))
	}
	if t.forged != 1 {
		faults = append(faults, errors.New("a forged webhook was not answered with 401"))
	}
	if t.recorded != all || !t.ordered {
		faults = append(faults, fmt.Errorf("%d of %d events arrived; in order: %v", t.recorded, all, t.ordered))
	}
	return errors.Join(faults...)
}

// usage is how to send a webhook.
func (p *Post) usage() string {
	return fmt.Sprintf(`Webhook   SECRET=$(aws --endpoint-url %[1]s secretsmanager get-secret-value --secret-id %[2]sgithub --query SecretString --output text | cut -d'"' -f4)
          BODY='{"action": "opened", "repository": {"full_name": "acme/shop"}}'
          curl -i %[3]swebhooks/github -d "$BODY" -H 'Content-Type: application/json' -H 'X-GitHub-Event: issues' -H "X-GitHub-Delivery: $(date +%%s)" \
            -H "X-Hub-Signature-256: sha256=$(printf %%s "$BODY" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d' ' -f1)"
          aws --endpoint-url %[1]s dynamodb scan --table-name %[4]s
          AWS_ENDPOINT_URL=%[1]s go run ./cmd/tradepost webhooks failures
`, p.Endpoints.AWS, p.SecretPrefix, p.URL, p.Events)
}
