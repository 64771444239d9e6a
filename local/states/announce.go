// This file tells the rest of the cloud what becomes of executions: as events on
// the default bus and as metrics.

package states

import (
	"encoding/json"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// statusChange is the detail of an event, with its times in milliseconds.
// https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
type statusChange struct {
	ExecutionARN           string    `json:"executionArn"`
	StateMachineARN        string    `json:"stateMachineArn"`
	Name                   string    `json:"name"`
	Status                 string    `json:"status"`
	StartDate              int64     `json:"startDate"`
	StopDate               *int64    `json:"stopDate"`
	Input                  string    `json:"input"`
	Output                 *string   `json:"output"`
	StateMachineVersionARN *string   `json:"stateMachineVersionArn"`
	StateMachineAliasARN   *string   `json:"stateMachineAliasArn"`
	RedriveCount           int       `json:"redriveCount"`
	RedriveDate            *int64    `json:"redriveDate"`
	RedriveStatus          string    `json:"redriveStatus"`
	RedriveStatusReason    *string   `json:"redriveStatusReason"`
	InputDetails           included  `json:"inputDetails"`
	OutputDetails          *included `json:"outputDetails"`
	Error                  *string   `json:"error"`
	Cause                  *string   `json:"cause"`
}

// included says that a payload is there.
type included struct {
	Included bool `json:"included"`
}

// announce publishes the execution's status. Express executions have metrics
// only.
func (m *machine) announce(e *execution) {
	o, input := e.now()
	m.measure(e, o)
	if m.express || m.states.cloud.Bus == nil {
		return
	}
	detail, err := json.Marshal(e.statusChange(o, input))
	if err != nil {
		return // a struct of texts and numbers can be encoded
	}
	m.states.cloud.Emit(cloud.Event{
		Version: "0", ID: cloud.UUID(), DetailType: "Step Functions Execution Status Change", Source: "aws.states",
		Account: m.states.cloud.Account, Region: m.states.cloud.Region, Time: time.Now().UTC().Truncate(time.Second),
		Resources: []string{e.arn}, Detail: detail, Cause: e.cause,
	})
}

func (e *execution) statusChange(o outcome, input data) statusChange {
	c := statusChange{
		ExecutionARN: e.arn, StateMachineARN: e.machine.arn, Name: e.name, Status: o.status,
		StartDate: e.started.UnixMilli(), Input: input.text, InputDetails: included{true},
		Error: given(o.error), Cause: given(o.cause),
	}
	if e.chosen != nil {
		c.StateMachineVersionARN, c.StateMachineAliasARN = &e.chosen.version, given(e.chosen.alias)
	}
	c.RedriveStatus, c.RedriveStatusReason = e.redriveStatus(o)
	if r := e.redriven(); r.count > 0 {
		date := r.last.UnixMilli()
		c.RedriveCount, c.RedriveDate = r.count, &date
	}
	if o.status != statusRunning {
		stopped := o.stopped.UnixMilli()
		c.StopDate = &stopped
	}
	if o.status == statusSucceeded {
		c.Output, c.OutputDetails = &o.output, &included{true}
	}
	return c
}

// given returns nil for an empty text.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// measure publishes the metrics of a status. A redriven execution was not started
// again, and its end counts among all executions' and among the redriven ones'.
// https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
func (m *machine) measure(e *execution, o outcome) {
	metrics := m.states.metrics
	redriven := e.redriven().count > 0
	if o.status == statusRunning {
		if redriven {
			metrics.redriven.Observe(m.dimensions, 1)
		} else {
			metrics.started.Observe(m.dimensions, 1)
		}
		return
	}
	metrics.ended[o.status].Observe(m.dimensions, 1)
	if redriven {
		metrics.endedRedriven[o.status].Observe(m.dimensions, 1)
	}
	metrics.time.Observe(m.dimensions, float64(o.stopped.Sub(e.started).Milliseconds()))
}
