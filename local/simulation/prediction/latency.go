package prediction

// This file is how long calls take beside the few milliseconds of a network that
// every simulated call takes.

import (
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// latency is what one kind of call takes, and who says so.
type latency struct {
	service, action string // an empty action is every other one of the service
	takes           time.Duration
}

// latencies are of calls, the first one that fits. AWS documents: of S3, that small
// objects come after 100 to 200 ms (Optimizing S3 performance); of SQS, that calls
// take tens of milliseconds (its FAQ); of DynamoDB, that they take less than ten,
// which the network's are. Assumed: all others.
var latencies = []latency{
	{"s3", "", 100 * time.Millisecond},
	{"sqs", "ReceiveMessage", 10 * time.Millisecond},
	{"sqs", "", 20 * time.Millisecond},
	{"states", "StateTransition", 25 * time.Millisecond},
	{"states", "", 30 * time.Millisecond},
	{"lambda", "", 10 * time.Millisecond},
	{"execute-api", "", 20 * time.Millisecond},
	{"sns", "", 20 * time.Millisecond},
	{"events", "", 20 * time.Millisecond},
	{"secretsmanager", "", 20 * time.Millisecond},
}

// deliveries are of what AWS services deliver, beside the call. AWS documents: of
// EventBridge, that targets see an event after half a second, typically (its FAQ);
// of S3, that events come within seconds, typically.
var deliveries = map[string]time.Duration{
	"events.amazonaws.com": 500 * time.Millisecond,
	"s3.amazonaws.com":     time.Second,
	"sns.amazonaws.com":    50 * time.Millisecond,
}

// coldStart is how long an execution environment of a Go binary takes to be ready.
// AWS documents 100 ms to a second, and Go is at the lower end.
const coldStart = 150 * time.Millisecond

func latencyOf(call cloud.Call) time.Duration {
	takes := deliveries[call.Caller.Service]
	for _, l := range latencies {
		if l.service == call.Service && (l.action == call.Action || l.action == "") {
			return takes + l.takes
		}
	}
	return takes
}
