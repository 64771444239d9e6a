package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// shard is a source with an order, as those of streams are: it halves a batch
// that failed, and gives a single record up.
type shard struct {
	next    int
	records []string
	lost    []string
	passed  []string
	ended   context.CancelFunc
}

func (s *shard) arn() string { return "shard" }

func (s *shard) receive(ctx context.Context, max int, _ bool) (batch, error) {
	var b batch
	for ; s.next < len(s.records) && len(b.records) < max; s.next++ {
		id := s.records[s.next]
		b.records = append(b.records, batchRecord{id: id, body: json.RawMessage(`"` + id + `"`)})
	}
	if len(b.records) == 0 {
		s.ended()
	}
	return b, ctx.Err()
}

func (s *shard) settle(_ context.Context, b batch, v verdict) (again []batch, err error) {
	switch n := len(b.records); {
	case len(v.failed) == 0:
		for _, r := range b.records {
			s.passed = append(s.passed, r.id)
		}
	case n == 1:
		s.lost = append(s.lost, b.records[0].id)
	default:
		again = []batch{{records: b.records[:n/2]}, {records: b.records[n/2:]}}
	}
	return again, nil
}

// handlerFunc is a function in this process.
type handlerFunc func(payload string) error

func (f handlerFunc) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	return []byte("null"), f(string(payload))
}

// The shard behind one is its child, or the oldest one that is left.
func TestWhichShardIsBehindAnother(t *testing.T) {
	chain := []streamShard{{"b", "a"}, {"c", "b"}}
	for id, want := range map[string]string{"a": "b", "b": "c", "c": "", "gone": "b"} {
		if next, ok := behind(chain, id); next != want || ok != (want != "") {
			t.Errorf("behind %s is %q, %v", id, next, ok)
		}
	}
	if next, ok := behind(nil, "a"); ok {
		t.Errorf("of no shards %q", next)
	}
}

func TestWhatASourceWantsTriedAgainComesBeforeTheRest(t *testing.T) {
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	var invoked []string
	f := &function{name: "f", concurrency: maxConcurrency, latest: &version{
		number: latest, timeout: time.Minute, inProcess: handlerFunc(func(payload string) error {
			invoked = append(invoked, strings.NewReplacer(`{"Records":[`, "", `]}`, "", `"`, "", ",", "").Replace(payload))
			if strings.Contains(payload, "poison") {
				return fmt.Errorf("no")
			}
			return nil
		}),
	}}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	s := &shard{records: []string{"a", "b", "poison", "c", "d", "e"}, ended: cancel}
	m := &mapping{lambda: New(c, Options{}), called: target{function: f}, source: s, batchSize: 4}
	m.follow(ctx)
	if got := strings.Join(invoked, " "); got != "abpoisonc ab poisonc poison c de" {
		t.Errorf("invoked with: %s", got)
	}
	if got := fmt.Sprint(s.passed, s.lost); got != "[a b c d e] [poison]" {
		t.Errorf("passed and lost: %s", got)
	}
}
