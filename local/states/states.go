// Package states is AWS Step Functions, running here: it interprets the Amazon
// States Language and answers the service's API.
//
// A definition is parsed and checked once, into a graph of states (definition.go).
// A machine is a definition with a name and a role (machine.go). An execution
// (execution.go) walks a graph in a thread (thread.go), and if it fails can go on
// from where the thread stands (redrive.go); each kind of state has a
// file of its own (pass.go, task.go, choice.go, ...), and so have what they share:
// the flow of data (flow.go), Retry and Catch (guard.go), failures and their names
// (failure.go). What a Task can call stands in a table of package integration,
// which sees of a task what host.go shows; a mock configuration answers in their
// place (mocks.go). TestState lets one state run alone (teststate.go, trial.go).
// What happened is recorded as AWS records it (history.go, events.go), and kept
// when it is over (register.go, archive.go).
//
// Where AWS's documentation and what the service really answers differ in the
// wording or order of history events, recorded histories of the service decided.
package states

import (
	"cmp"
	"context"
	"maps"
	"runtime"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/mock"
	"github.com/tradepost-dev/tradepost/local/s3"
)

// StepFunctions is the service: the machines of one account and region.
type StepFunctions struct {
	cloud.Operations

	cloud   *cloud.Cloud
	metrics metrics
	options Options
	tokens  *tokens
	shelf   shelf
	crowd   crowd

	mu       sync.RWMutex
	machines map[string]*machine // by ARN

	activities activities
	ledger     *ledger
}

var _ cloud.API = (*StepFunctions)(nil)

// Limits are what executions may take of the machine.
type Limits struct {
	// Ended is how many executions that have ended each Standard state machine
	// keeps, compressed, for the API to tell of. Of older ones only the names
	// stay taken. Default: 100,000.
	Ended int

	// Busy is how many executions are at work at a time before new ones are let
	// in only as others end, after a second at the latest. Those that wait for
	// something do not count. Default: 32 for each core.
	Busy int
}

// Options configure the service.
type Options struct {
	// Limits hold the executions to what the machine has.
	Limits Limits

	// Mocks have test cases of state machines, by which tasks are answered for
	// without a call, and TestCases are those of executions that name none, by
	// state machine: both by the machine's name or its logical id. Default:
	// every task calls its service.
	Mocks     *mock.Config
	TestCases map[string]string

	// Objects is S3, where distributed Maps read their items and write their
	// results. Required where there are any.
	Objects Objects

	// Document reads a definition that a template says to lie in S3. Required where
	// there are any.
	Document func(ctx context.Context, bucket, key, version string) ([]byte, error)

	// MocksOnly lets nothing be called: a task without a mock fails its execution,
	// and definitions may name what no service of the engine serves. Default:
	// tasks without a mock call their services.
	MocksOnly bool

	// Dir is the folder for temporary files. Default: the system's.
	Dir string
}

// Objects gives a caller's view of S3.
type Objects interface {
	As(caller cloud.Caller, o s3.Origin) *s3.Client
}

var _ Objects = (*s3.S3)(nil)

// New returns the service without machines. Register it as "states".
func New(c *cloud.Cloud, o Options) *StepFunctions {
	o.Limits.Ended = cmp.Or(o.Limits.Ended, 100_000)
	o.Limits.Busy = cmp.Or(o.Limits.Busy, 32*runtime.GOMAXPROCS(0))
	s := &StepFunctions{cloud: c, crowd: crowd{limit: o.Limits.Busy}, metrics: newMetrics(c), options: o, tokens: newTokens(), machines: map[string]*machine{}}
	s.activities.byARN = map[string]*activity{}
	s.ledger = &ledger{states: s, saved: map[string]savedLedger{}}
	s.Operations = cloud.Operations{
		"CreateActivity":                   cloud.Handle(s.createActivity),
		"CreateStateMachine":               cloud.Handle(s.createStateMachine),
		"CreateStateMachineAlias":          cloud.Handle(s.createStateMachineAlias),
		"DeleteActivity":                   cloud.Handle(s.deleteActivity).Without("workerName"),
		"DeleteStateMachine":               cloud.Handle(s.deleteStateMachine),
		"DeleteStateMachineAlias":          cloud.Handle(s.deleteStateMachineAlias),
		"DeleteStateMachineVersion":        cloud.Handle(s.deleteStateMachineVersion),
		"DescribeActivity":                 cloud.Handle(s.describeActivity).Without("workerName"),
		"DescribeExecution":                cloud.Handle(s.describeExecution).TellingPast().TellingCauses(),
		"DescribeMapRun":                   cloud.Handle(s.describeMapRun),
		"DescribeStateMachine":             cloud.Handle(s.describeStateMachine),
		"DescribeStateMachineAlias":        cloud.Handle(s.describeStateMachineAlias),
		"DescribeStateMachineForExecution": cloud.Handle(s.describeStateMachineForExecution),
		"GetActivityTask":                  cloud.Handle(s.getActivityTask),
		"GetExecutionHistory":              cloud.Handle(s.getExecutionHistory).TellingPast(),
		"ListActivities":                   cloud.Handle(s.listActivities),
		"ListExecutions":                   cloud.Handle(s.listExecutions).TellingPast(),
		"ListMapRuns":                      cloud.Handle(s.listMapRuns),
		"ListStateMachineAliases":          cloud.Handle(s.listStateMachineAliases),
		"ListStateMachineVersions":         cloud.Handle(s.listStateMachineVersions),
		"ListStateMachines":                cloud.Handle(s.listStateMachines),
		"ListTagsForResource":              cloud.Handle(s.listTagsForResource).Without("tags", "tagKeys"),
		"PublishStateMachineVersion":       cloud.Handle(s.publishStateMachineVersion),
		"RedriveExecution":                 cloud.Handle(s.redriveExecution),
		"SendTaskFailure":                  cloud.Handle(s.sendTaskFailure).Without("output"),
		"SendTaskHeartbeat":                cloud.Handle(s.sendTaskHeartbeat).Without("output", "error", "cause"),
		"SendTaskSuccess":                  cloud.Handle(s.sendTaskSuccess).Without("error", "cause"),
		"StartExecution":                   cloud.Handle(s.startExecution),
		"StartSyncExecution":               cloud.Handle(s.startSyncExecution),
		"StopExecution":                    cloud.Handle(s.stopExecution),
		"TagResource":                      cloud.Handle(s.tagResource).Without("tagKeys"),
		"UntagResource":                    cloud.Handle(s.untagResource).Without("tags"),
		"UpdateMapRun":                     cloud.Handle(s.updateMapRun),
		"UpdateStateMachine":               cloud.Handle(s.updateStateMachine),
		"UpdateStateMachineAlias":          cloud.Handle(s.updateStateMachineAlias),
		"ValidateStateMachineDefinition":   cloud.Handle(s.validateStateMachineDefinition),
	}
	maps.Copy(s.Operations, cloud.Operations{"TestState": cloud.Handle(s.testState)})
	return s
}
