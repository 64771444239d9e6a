package glue

// This file has the shapes of jobs and runs, as the API has them.

import (
	"cmp"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type jobShape struct {
	Name                    string
	Description             string `json:",omitempty"`
	Role                    string
	Command                 command
	CreatedOn               cloud.Time
	LastModifiedOn          cloud.Time
	DefaultArguments        map[string]string `json:",omitempty"`
	NonOverridableArguments map[string]string `json:",omitempty"`
	Connections             *connections      `json:",omitempty"`
	ExecutionClass          string            `json:",omitempty"`
	ExecutionProperty       executionProperty
	GlueVersion             string `json:",omitempty"`
	JobMode                 string
	LogURI                  string `json:"LogUri,omitempty"`
	MaxRetries              int
	SecurityConfiguration   string `json:",omitempty"`
	Timeout                 int    `json:",omitempty"` // in minutes; 0: none, as of streams
	capacity
}

type command struct {
	Name           string
	ScriptLocation string
	PythonVersion  string `json:",omitempty"`
	Runtime        string `json:",omitempty"`
}

type connections struct {
	Connections []string `json:",omitempty"`
}

type executionProperty struct{ MaxConcurrentRuns int }

// capacity is what a job or a run of it takes.
type capacity struct {
	AllocatedCapacity int          `json:",omitempty"`
	MaxCapacity       cloud.Double `json:",omitempty"`
	NumberOfWorkers   int          `json:",omitempty"`
	WorkerType        string       `json:",omitempty"`
}

// withUnits fills in the data processing units that the workers are.
func (c capacity) withUnits() capacity {
	if c.WorkerType == "" || c.MaxCapacity > 0 {
		return c
	}
	units := map[string]float64{"G.025X": 0.25, "G.2X": 2, "G.4X": 4, "G.8X": 8, "Z.2X": 2}[c.WorkerType]
	c.MaxCapacity = cloud.Double(float64(c.NumberOfWorkers) * cmp.Or(units, 1)) // a worker of G.1X is one
	c.AllocatedCapacity = int(c.MaxCapacity)
	return c
}

type runShape struct {
	ID                    string            `json:"Id"`
	Arguments             map[string]string `json:",omitempty"`
	Attempt               int
	CompletedOn           *cloud.Time   `json:",omitempty"`
	DPUSeconds            *cloud.Double `json:",omitempty"`
	ErrorMessage          string        `json:",omitempty"`
	ExecutionClass        string        `json:",omitempty"`
	ExecutionTime         int           // in seconds
	GlueVersion           string        `json:",omitempty"`
	JobMode               string
	JobName               string
	JobRunState           string
	LastModifiedOn        cloud.Time
	LogGroupName          string
	PredecessorRuns       []struct{}
	PreviousRunID         string `json:"PreviousRunId,omitempty"`
	SecurityConfiguration string `json:",omitempty"`
	StartedOn             cloud.Time
	StateDetail           string `json:",omitempty"`
	Timeout               int    `json:",omitempty"`
	TriggerName           string `json:",omitempty"`
	capacity
}
