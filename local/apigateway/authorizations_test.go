package apigateway

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// A thousand partners call in a minute, each twice, with a token of its own.
func TestAnAuthorizerIsAskedOnceForEachOfManyTokens(t *testing.T) {
	var asked atomic.Int64
	w := start(t, Options{}, map[string]cloud.API{"lambda": functions{
		"guard": func(raw json.RawMessage) (any, error) {
			var event struct{ AuthorizationToken string }
			err := json.Unmarshal(raw, &event)
			asked.Add(1)
			answer := verdict("Allow", "*")
			answer["context"] = map[string]any{"partner": event.AuthorizationToken}
			return answer, err
		},
		"echo": func(raw json.RawMessage) (any, error) {
			var event map[string]any
			err := json.Unmarshal(raw, &event)
			return map[string]any{"body": lookup(event, "requestContext.authorizer.partner")}, err
		},
	}}, guarded(strings.Replace(tokenAuthorizer, `Seconds": 0`, `Seconds": 300`, 1), ""))
	synctest.Test(t, func(t *testing.T) {
		minute := func() {
			for i := range 2000 {
				token := "token-" + strconv.Itoa(i%1000)
				got := w.invoke(t, `{"Path": "/orders/1", "Method": "GET", "Headers": {"Authorization": "`+token+`"}}`)
				if got.StatusCode != 200 || string(got.ResponseBody) != `"`+token+`"` {
					t.Fatalf("%s: %d %s", token, got.StatusCode, got.ResponseBody)
				}
				time.Sleep(30 * time.Millisecond)
			}
		}
		minute()
		if got := asked.Load(); got != 1000 {
			t.Errorf("asked %d times for 1000 tokens", got)
		}
		time.Sleep(5 * time.Minute)
		minute()
		if got := asked.Load(); got != 2000 {
			t.Errorf("asked %d times, want once more for each token when its answer has expired", got)
		}
	})
}

func TestAnswersThatHaveExpiredAreLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &authorizations{}
		most := 0
		for i := range 20 * cacheSweep {
			c.remember(strconv.Itoa(i), nil, time.Minute)
			time.Sleep(time.Minute / 1000) // so that a thousand hold
			most = max(most, len(c.known))
		}
		if most > cacheSweep {
			t.Errorf("%d answers were kept, of which a thousand held", most)
		}
	})
}

func TestNoNumberOfTokensFillsTheMemory(t *testing.T) {
	c := &authorizations{}
	for i := range 3 * cacheLimit {
		c.remember(strconv.Itoa(i), &authorization{}, time.Hour)
		if len(c.known) > cacheLimit {
			t.Fatalf("%d answers are kept", len(c.known))
		}
		if c.find(strconv.Itoa(i)) == nil {
			t.Fatalf("answer %d is forgotten at once", i)
		}
	}
}

// What it costs to remember an answer beside so many that still hold.
func BenchmarkRemember(b *testing.B) {
	for _, tokens := range []int{1000, 10_000, 60_000} {
		b.Run(strconv.Itoa(tokens), func(b *testing.B) {
			for b.Loop() {
				c := &authorizations{}
				for i := range tokens {
					c.remember(fmt.Sprintf("token-%d", i), &authorization{}, time.Hour)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*tokens), "ns/token")
		})
	}
}
