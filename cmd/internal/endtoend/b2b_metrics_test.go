package endtoend

import (
	"net/http"
	"strings"
	"testing"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/format"
	"github.com/tradepost-dev/tradepost/local"
	locallambda "github.com/tradepost-dev/tradepost/local/lambda"
)

// Received = stored + duplicate + rejected + failed, in CloudWatch too,
// whichever way the transactions came in.
func TestTheMetricsOfBothIntakesAddUp(t *testing.T) {
	t.Parallel()
	// An engine of its own, so that all that is counted is this test's.
	l := anotherDesk(t, local.Options{
		Handlers: map[string]locallambda.Handler{desk.Stack + "/" + logicalID(t, desk.Stack, "WorkflowFormat"): crashing{locallambda.HandlerOf(format.Handle)}},
	})
	acme := l.Partners["acme"]
	for _, post := range []struct {
		id, message string
		status      int
	}{
		{"counted", "new", http.StatusAccepted},
		{"counted", "new", http.StatusAccepted},
		{"counted", "in conflict", http.StatusConflict}, // not received, so not counted
		{"crash-2", "x", http.StatusAccepted},
	} {
		response, body, err := acme.Post(deadline(t), post.id, post.message)
		if err != nil || response.StatusCode != post.status {
			t.Fatalf("%v, %v: %s", response, err, body)
		}
		if _, err := acme.Settled(deadline(t), post.id); err != nil {
			t.Fatal(err)
		}
	}
	file := batch(record("counted", "new"), record("counted", "in conflict"), record("counted-2", "x"), record("counted-3", "x"), record("crash-2", "x"))
	if err := acme.Upload(deadline(t), "counted.xml", strings.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	wantTotals(t, reply(t, acme, "counted.xml", ""), 2, 1, 1, 1)

	var got contract.Totals
	defer func() {
		if t.Failed() {
			t.Logf("counted %+v", got)
		}
	}()
	count := func(metric string) int {
		return sum(t, l.Laptop, "Tradepost/B2B", metric, contract.DimensionPipeline, l.Stack+"/Pipeline")
	}
	eventually(t, "the sum of 3 posted transactions and a file of 5", func() bool {
		got = contract.Totals{
			Received:  count(contract.MetricReceived),
			Stored:    count(contract.MetricStored),
			Duplicate: count(contract.MetricDuplicate),
			Rejected:  count(contract.MetricRejected),
			Failed:    count(contract.MetricFailed),
		}
		return got == contract.Totals{Received: 8, Stored: 3, Duplicate: 2, Rejected: 1, Failed: 2}
	})
}
