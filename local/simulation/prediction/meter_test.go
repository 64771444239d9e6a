package prediction

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func newTestMeter() *meter {
	return &meter{
		running: true, machines: map[string]string{"orders": standard, "looks": "EXPRESS"}, keys: map[string]string{"files": "partner"},
		buckets: map[string]bucket{}, throttled: map[string]int{}, requests: map[string]float64{}, unpriced: map[string]bool{},
	}
}

func starting(machine string) cloud.Call {
	return cloud.Call{Service: "states", Action: "StartExecution", Input: fmt.Appendf(nil, `{"stateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:%s"}`, machine)}
}

// admitted is how many of so many calls get through now.
func admitted(m *meter, calls int, call cloud.Call) (n int) {
	for range calls {
		if m.admit(call) == nil {
			n++
		}
	}
	return n
}

func TestStandardExecutionsStartInABurstAndThen300InASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestMeter()
		if n := admitted(m, 2000, starting("orders")); n != 1300 {
			t.Errorf("%d of 2,000 start at once, not 1,300", n)
		}
		time.Sleep(2 * time.Second)
		if n := admitted(m, 2000, starting("orders")); n != 600 {
			t.Errorf("%d start after two seconds more, not 600", n)
		}
		if n := admitted(m, 7000, starting("looks")); n != 6000 {
			t.Errorf("%d Express executions start at once, not 6,000", n)
		}
		if got := m.throttled; got[startsStandard.name] != 700+1400 || got[startsExpress.name] != 1000 {
			t.Errorf("refused: %v", got)
		}
		if err := m.admit(starting("orders")); cloud.AsError(err).Code != "ThrottlingException" {
			t.Errorf("one too many: %v", err)
		}
	})
}

func TestStateTransitionsAreLimitedForStandardOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestMeter()
		of := func(machine string) cloud.Call {
			return cloud.Call{Caller: cloud.Caller{ARN: "arn:aws:sts::1:assumed-role/role/" + machine}, Service: "states", Action: "StateTransition"}
		}
		if n := admitted(m, 6000, of("orders")); n != 5000 {
			t.Errorf("%d of 6,000 transitions at once, not 5,000", n)
		}
		if n := admitted(m, 6000, of("looks")); n != 6000 {
			t.Errorf("%d of 6,000 of Express", n)
		}
		m.count(of("orders"))
		m.count(of("looks"))
		if n := m.requests[standardTransitions]; n != 1 {
			t.Errorf("%v transitions are charged, not 1", n)
		}
	})
}

func TestWritesOfOnePartitionKeyValueAreLimitedAndSoAreThoseOfATable(t *testing.T) {
	put := func(partner string) cloud.Call {
		return cloud.Call{Service: "dynamodb", Action: "PutItem", Input: fmt.Appendf(nil, `{"TableName": "files", "Item": {"partner": {"S": %q}}}`, partner)}
	}
	synctest.Test(t, func(t *testing.T) {
		m := newTestMeter()
		if n := admitted(m, 1500, put("acme")); n != 1000 {
			t.Errorf("%d of 1,500 writes of a partner, not 1,000", n)
		}
		others := 0
		for i := range 3500 {
			others += admitted(m, 1, put(fmt.Sprint(i)))
		}
		if others != 3000 {
			t.Errorf("%d of 3,500 writes of others, not 3,000: 4,000 of the table", others)
		}
		if err := m.admit(put("acme")); cloud.AsError(err).Code != "ProvisionedThroughputExceededException" {
			t.Errorf("one too many: %v", err)
		}
	})
}

func TestATransactionTakesTwiceAndOfAllBucketsOrOfNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTestMeter()
		both := cloud.Call{Service: "dynamodb", Action: "TransactWriteItems", Input: []byte(`{"TransactItems": [
			{"Update": {"TableName": "files", "Key": {"partner": {"S": "acme"}}}},
			{"Put": {"TableName": "files", "Item": {"partner": {"S": "globex"}, "text": {"S": "` + strings.Repeat("x", 1024) + `"}}}},
			{"ConditionCheck": {"TableName": "files", "Key": {"partner": {"S": "initech"}}}}]}`)}
		if n := admitted(m, 300, both); n != 250 {
			t.Errorf("%d of 300 transactions, not 250: a KB more takes 4 of globex's 1,000 units", n)
		}
		acme := cloud.Call{Service: "dynamodb", Action: "UpdateItem", Input: []byte(`{"TableName": "files", "Key": {"partner": {"S": "acme"}}}`)}
		if n := admitted(m, 600, acme); n != 500 {
			t.Errorf("%d writes of acme's after 250 transactions that took 2 each, not 500: refused transactions take nothing", n)
		}
	})
}

func TestCallsAreChargedByWhatTheyAre(t *testing.T) {
	m := newTestMeter()
	for _, call := range []cloud.Call{
		{Service: "sqs", Action: "SendMessage", Input: make([]byte, 70<<10)},
		{Service: "sns", Action: "Publish"},
		{Service: "s3", Action: "PutObject"},
		{Service: "s3", Action: "GetObject"},
		{Service: "s3", Action: "DeleteObject"},
		{Service: "events", Action: "PutEvents", Input: []byte(`{"Entries": [{}, {}, {}]}`)},
		{Service: "secretsmanager", Action: "GetSecretValue"},
		{Service: "dynamodb", Action: "PutItem"},
		{Service: "glue", Action: "StartJobRun"},
	} {
		m.count(call)
	}
	want := map[string]float64{queueRequests: 2, published: 1, objectsWritten: 1, objectsRead: 1, customEvents: 3, secretsRead: 1}
	if fmt.Sprint(m.requests) != fmt.Sprint(want) {
		t.Errorf("charged %v, not %v", m.requests, want)
	}
	if fmt.Sprint(m.unpriced) != "map[glue:StartJobRun:true]" {
		t.Errorf("without a price: %v", m.unpriced)
	}
}

func TestWhatThereIsAnAmountOfHasAPrice(t *testing.T) {
	for _, p := range requestPrices {
		if p.of != "" && prices[p.of] == 0 {
			t.Errorf("%s has no price", p.of)
		}
	}
	for _, of := range []string{standardTransitions, expressExecutions, expressTime, invocations, computeTime, writeUnits, readUnits, restRequests} {
		if prices[of] == 0 {
			t.Errorf("%s has no price", of)
		}
	}
}

func TestADeliveryTakesItsTimeAndThatOfTheCall(t *testing.T) {
	call := cloud.Call{Service: "lambda", Action: "Invoke"}
	alone := latencyOf(call)
	call.Caller.Service = "events.amazonaws.com"
	if got := latencyOf(call); alone == 0 || got != alone+500*time.Millisecond {
		t.Errorf("an event takes %v to a function that is called in %v", got, alone)
	}
	if receive, send := latencyOf(cloud.Call{Service: "sqs", Action: "ReceiveMessage"}), latencyOf(cloud.Call{Service: "sqs", Action: "SendMessage"}); receive >= send {
		t.Errorf("receiving takes %v, sending %v", receive, send)
	}
}
