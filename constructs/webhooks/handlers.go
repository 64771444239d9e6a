package webhooks

// This file knows the functions of the system.

import (
	"time"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
)

// Handler is a function of lambdas/webhooks, whose code a team may replace.
type Handler string

const (
	Receive   Handler = "receive"   // verifies signatures, and puts webhooks into the stream
	Authorize Handler = "authorize" // verifies tokens
	Forward   Handler = "forward"   // runs the workflow for each webhook of the stream
	Salvage   Handler = "salvage"   // parks what Lambda has given up
	Validate  Handler = "validate"
	Record    Handler = "record" // keeps events, for a subscription without a function
)

// The functions that teams put their own in place of. Both may refuse a webhook
// for good by an error of the name WebhookInvalid, whose message is the reason.
const (
	// Process is invoked with {"source", "id", "key", "type", "receivedAt", "body"},
	// the body in base64, and answers the same, with another body if it likes.
	Process Handler = "process"

	// Normalise is invoked with what Process has answered, and answers a CloudEvent
	// with data_base64 and partitionkey, which has to be the key.
	Normalise Handler = "normalise"

	// Publish is invoked with what Normalise has answered, tells the topic, and
	// answers {"outcome": "PUBLISHED"}.
	Publish Handler = "publish"
)

var handlers = []Handler{Receive, Authorize, Forward, Salvage, Validate, Process, Normalise, Publish, Record}

// stepTimeout is that of the functions of the workflow, as its tasks have it.
const stepTimeout = 10 * time.Second

// withMetrics adds what a function needs that counts.
func withMetrics(settings operation.Settings, variables map[string]string) map[string]string {
	variables[contract.EnvMetricNamespace], variables[contract.EnvSystem] = contract.MetricNamespace, settings.Name
	return variables
}

// addSteps declares the functions of the workflow.
func (s *System) addSteps(functions gofunction.Set[Handler], sources map[string]Source) {
	known := map[string]string{contract.EnvSources: configure(sources)}
	s.Validate = functions.Add("Validate", Validate, gofunction.Props{
		Description: "Finds a webhook sound, and finds out its type", Environment: known, Timeout: stepTimeout,
	})
	s.Process = functions.Add("Process", Process, gofunction.Props{
		Description: "Takes out of a webhook what is not to be passed on", Environment: known, Timeout: stepTimeout,
	})
	s.Normalise = functions.Add("Normalise", Normalise, gofunction.Props{
		Description: "Makes a CloudEvent of a webhook", Timeout: stepTimeout,
	})
	s.Publish = functions.Add("Publish", Publish, gofunction.Props{
		Description: "Tells the topic of an event", Timeout: stepTimeout,
		Environment: map[string]string{contract.EnvTopicARN: *s.Topic.TopicArn()},
	})
	operation.AllowPublish(s.Publish, s.Topic)
}
