package instances

// This file holds what a team may change about the system's alarms.

import (
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/constructs/workflowapi"
)

// Alarms adjusts the alarms of a System. docs/operations.md says what to do
// about each.
type Alarms struct {
	// Express and Standard adjust the alarms of the state machines. An instance
	// that cannot be switched at the moment fails an execution, too. Default of
	// Failed: 5 within a minute.
	Express, Standard workflow.Alarms

	// API adjusts the alarms of the REST API, and of what starts executions of
	// Standard for it.
	API workflowapi.Alarms
}

// withDefaults lets some callers be told that it is not the moment.
func (a Alarms) withDefaults() Alarms {
	for _, failed := range []*operation.Alarm{&a.Express.Failed, &a.Standard.Failed} {
		if failed.Threshold == 0 {
			failed.Threshold = 5
		}
	}
	return a
}

func (a Alarms) validate(faults *operation.Faults) {
	a.Express.Validate(faults, "Alarms.Express")
	a.Standard.Validate(faults, "Alarms.Standard")
	a.API.Validate(faults, "Alarms.API")
}
