// This file reads a Task's Resource: which integration it names, and whether the
// task waits for more than the call's answer.

package states

import (
	"fmt"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/states/integration"
)

// A pattern says what ends a task.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html
type pattern int

const (
	requestResponse  pattern = iota // the service's answer
	runJob                          // .sync: the end of the job that the call starts
	waitForTaskToken                // the token's return
)

// A resource is what a Task's Resource names.
type resource struct {
	arn         string
	name        string // in history: "sendMessage.waitForTaskToken"
	integration *integration.Integration
	pattern     pattern
	version     int // of .sync: 1, or 2 for .sync:2
	activity    bool
}

// label names the resource where a result is too large.
func (r *resource) label() string {
	if r.integration.Direct || r.activity {
		return r.arn
	}
	return r.integration.ResourceType
}

// resolver finds integrations, and refuses what no service of the engine serves.
type resolver struct {
	supports func(service, action string) bool
	mocked   bool // nothing is called: any resource will do
}

func (s *StepFunctions) resolver() resolver {
	return resolver{supports: s.cloud.Supports, mocked: s.options.MocksOnly}
}

// resolve reads a Resource ARN.
func (r resolver) resolve(arn string, express bool) (*resource, error) {
	parsed, ok := cloud.ParseARN(arn)
	if !ok {
		return nil, unknownResource(arn)
	}
	switch service, rest := parsed.Service, parsed.Resource; {
	case service == "lambda" && strings.HasPrefix(rest, "function:"):
		return r.supported(&resource{arn: arn, integration: integration.Function(arn)})
	case service == "states" && strings.HasPrefix(rest, "activity:"):
		return activityResource(arn, express)
	case service == "states" && parsed.Region == "":
		return r.service(arn, rest, express)
	default:
		return nil, unknownResource(arn)
	}
}

// service reads what follows arn:aws:states:::, as in sqs:sendMessage.waitForTaskToken.
func (r resolver) service(arn, rest string, express bool) (*resource, error) {
	found := &resource{arn: arn, version: 1}
	name := rest
	switch {
	case strings.HasSuffix(rest, ".waitForTaskToken"):
		found.pattern, name = waitForTaskToken, strings.TrimSuffix(rest, ".waitForTaskToken")
	case strings.HasSuffix(rest, ".sync"):
		found.pattern, name = runJob, strings.TrimSuffix(rest, ".sync")
	case strings.HasSuffix(rest, ".sync:2"):
		found.pattern, name, found.version = runJob, strings.TrimSuffix(rest, ".sync:2"), 2
	}
	if express && found.pattern != requestResponse {
		return nil, notInExpress{"the ." + strings.SplitN(rest, ".", 2)[1] + " service integration", found.pattern.inExpress()}
	}
	found.integration = integration.Find(name)
	if found.integration == nil && r.mocked {
		found.integration = integration.Unserved(name)
	}
	i := found.integration
	if i == nil && integration.OnlyAWS(name) {
		return nil, fmt.Errorf("%s is not supported by the local engine", name)
	}
	if i == nil {
		return nil, unknownResource(arn)
	}
	if found.pattern == runJob && !i.Runs() || found.pattern == waitForTaskToken && !i.Callback {
		return nil, fmt.Errorf("%s does not support .%s", name, strings.SplitN(rest, ".", 2)[1])
	}
	found.name = strings.TrimPrefix(rest, i.ResourceType+":")
	return r.supported(found)
}

func (r resolver) supported(found *resource) (*resource, error) {
	i := found.integration
	if !r.mocked && !r.supports(i.Service, i.Action) {
		return nil, fmt.Errorf("%s:%s is not supported by the local engine", i.Service, i.Action)
	}
	return found, nil
}
