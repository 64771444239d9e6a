package deployment

// This file sends as partners do, also while the app is deployed.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// post posts a transaction, and waits until it is stored.
func post(ctx context.Context, p *b2b.Partner, id string) error {
	answer, body, err := p.Post(ctx, id, "content")
	if err != nil {
		return fmt.Errorf("post %s: %w", id, err)
	}
	if answer.StatusCode != http.StatusAccepted {
		return fmt.Errorf("post %s: %s: %s", id, answer.Status, body)
	}
	if status, err := p.Settled(ctx, id); err != nil || status.Status != string(contract.Stored) {
		return fmt.Errorf("what was posted as %s is %+v, %v", id, status, err)
	}
	return nil
}

// upload uploads a file of transactions, and waits until all are stored.
func upload(ctx context.Context, session *b2b.Session, name string, count int) error {
	file := new(strings.Builder)
	file.WriteString("<Transactions>")
	for i := range count {
		fmt.Fprintf(file, `<Transaction TransactionID="%s-%d"><Notes>x</Notes></Transaction>`, name, i)
	}
	file.WriteString("</Transactions>")
	if err := session.Upload(name+".xml", strings.NewReader(file.String())); err != nil {
		return err
	}
	reply, _, err := session.Reply(ctx, name+".xml", func(r contract.Reply) bool { return r.Totals.Accounted() == count })
	if err != nil || reply.Totals.Stored != count {
		return fmt.Errorf("of the file %s: %+v, %v", name, reply, err)
	}
	return nil
}

// works lets a partner post a transaction and upload a file, both of the name.
func (a *account) works(t *testing.T, partner, name string) {
	t.Helper()
	p := a.desk(t).Partners[partner]
	if err := post(deadline(t), p, name+"-posted"); err != nil {
		t.Error(err)
	}
	session, err := p.Dial(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if err := upload(deadline(t), session, name, 1); err != nil {
		t.Error(err)
	}
}

// traffic is of clients that send one after the other, each as soon as it knows what became
// of the last, but not more often than pace says.
type traffic struct {
	clients sync.WaitGroup
	stop    context.CancelFunc

	mu     sync.Mutex
	rounds map[string]int // by client
	errs   []error
}

const pace = 500 * time.Millisecond

// each lets a client send until it is told to stop, at least twice, and no
// more once something has gone wrong.
func (f *traffic) each(stopped context.Context, client string, send func(round int) error) {
	f.clients.Go(func() {
		tick := time.NewTicker(pace)
		defer tick.Stop()
		for round := 0; round < 2 || stopped.Err() == nil; round++ {
			err := send(round)
			f.mu.Lock()
			f.rounds[client]++
			if err != nil {
				f.errs = append(f.errs, fmt.Errorf("%s, round %d: %w", client, round, err))
			}
			f.mu.Unlock()
			if err != nil {
				return
			}
			<-tick.C
		}
	})
}

// sending lets partners send until the traffic is ended: acme posts, and uploads in new
// sessions; globex uploads in the one that it has, by a key that it is losing.
func sending(t *testing.T, desk *b2b.Desk) *traffic {
	t.Helper()
	ctx := deadline(t)
	acme, globex := desk.Partners["acme"], desk.Partners["globex"]
	former, err := globex.Dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { former.Close() })
	f := &traffic{rounds: map[string]int{}}
	stopped, stop := context.WithCancel(ctx)
	f.stop = stop
	f.each(stopped, "acme posts", func(round int) error { return post(ctx, acme, fmt.Sprintf("sent-%d", round)) })
	f.each(stopped, "acme uploads", func(round int) error {
		session, err := acme.Dial(ctx)
		if err != nil {
			return err
		}
		defer session.Close()
		return upload(ctx, session, fmt.Sprintf("sent-%d", round), 3)
	})
	f.each(stopped, "globex uploads", func(round int) error { return upload(ctx, former, fmt.Sprintf("sent-%d", round), 3) })
	return f
}

// end waits until all clients know what became of what they have sent.
func (f *traffic) end(t *testing.T) {
	t.Helper()
	f.stop()
	f.clients.Wait()
	if err := errors.Join(f.errs...); err != nil {
		t.Errorf("while the app was deployed: %v", err)
	}
	t.Logf("while the app was deployed: %v", f.rounds)
}
