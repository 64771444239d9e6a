package glue

// This file creates jobs.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Types returns AWS::Glue::Job and SecurityConfiguration: nothing is encrypted here.
func (g *Glue) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::Glue::Job", g.createJob, cfn.Update(g.updateJob)),
		cfn.Inert("AWS::Glue::SecurityConfiguration", nil),
	}
}

type jobProperties struct {
	Name        string
	Description string
	Role        string // name or ARN
	Command     struct {
		Name, ScriptLocation, PythonVersion, Runtime string
	}
	DefaultArguments        map[string]string
	NonOverridableArguments map[string]string
	Connections             *struct{ Connections []string }
	ExecutionClass          string
	ExecutionProperty       struct{ MaxConcurrentRuns *int }
	GlueVersion             string
	JobMode                 string
	JobRunQueuingEnabled    bool
	LogUri                  string
	MaxRetries              int
	SecurityConfiguration   string
	Timeout                 *int

	AllocatedCapacity int
	MaxCapacity       cloud.Double
	NumberOfWorkers   int
	WorkerType        string

	MaintenanceWindow    cfn.Ignored // of streaming jobs
	NotificationProperty cfn.Ignored // no run is delayed
	Tags                 cfn.Ignored
}

// The kinds of jobs, and the time-out that runs of each have by default, in minutes.
var defaultTimeouts = map[string]int{"glueetl": 2880, "pythonshell": 2880, "glueray": 2880, "gluestreaming": 0}

func (p *jobProperties) check() error {
	_, known := defaultTimeouts[p.Command.Name]
	switch {
	case p.Role == "":
		return errors.New("property Role is required")
	case !known:
		return fmt.Errorf("property Command.Name must be glueetl, gluestreaming, pythonshell or glueray, got %q", p.Command.Name)
	case !strings.HasPrefix(p.Command.ScriptLocation, "s3://"):
		return fmt.Errorf("property Command.ScriptLocation must be an address in S3, got %q", p.Command.ScriptLocation)
	case p.JobRunQueuingEnabled:
		return &cfn.Unsupported{Property: "JobRunQueuingEnabled", Reason: "the local engine queues no runs"}
	case p.MaxRetries < 0 || p.MaxRetries > 10:
		return fmt.Errorf("property MaxRetries must be from 0 to 10, got %d", p.MaxRetries)
	case p.MaxCapacity > 0 && (p.WorkerType != "" || p.NumberOfWorkers > 0):
		return invalid("Please do not set Max Capacity if using Worker Type and Number of Workers.")
	}
	return nil
}

func (g *Glue) createJob(_ context.Context, r cfn.Resource, p jobProperties) (cfn.Handle, error) {
	j, err := g.newJob(cmp.Or(p.Name, r.PhysicalName(255)), p)
	if err != nil {
		return cfn.Handle{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, exists := g.jobs[j.Name]; exists {
		return cfn.Handle{}, cloud.Errorf(400, "AlreadyExistsException", "Job already exists: %s", j.Name)
	}
	g.jobs[j.Name] = j
	return cfn.Handle{Ref: j.Name, Delete: func(context.Context) error { return g.remove(j) }}, nil
}

// updateJob is about runs that start from now on.
func (g *Glue) updateJob(_ context.Context, _ cfn.Resource, h cfn.Handle, _, after jobProperties) (cfn.Handle, error) {
	j, err := g.newJob(h.Ref, after)
	if err != nil {
		return h, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	former, exists := g.jobs[j.Name]
	if !exists {
		return h, notFound("Job " + j.Name + " not found.")
	}
	j.CreatedOn, j.ledger = former.CreatedOn, former.ledger
	g.jobs[j.Name] = j
	return h, nil
}

func (g *Glue) newJob(name string, p jobProperties) (*job, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	j := &job{jobShape: p.shape(), ledger: &ledger{}}
	j.Name = name
	if !strings.HasPrefix(j.Role, "arn:") {
		j.Role = "arn:aws:iam::" + g.cloud.Account + ":role/" + j.Role
	}
	return j, nil
}

// shape is the job as the API tells of it, with Glue's defaults.
func (p *jobProperties) shape() jobShape {
	now := cloud.Time(time.Now())
	shape := jobShape{
		Description: p.Description, Role: p.Role, Command: command(p.Command), CreatedOn: now, LastModifiedOn: now,
		DefaultArguments: p.DefaultArguments, NonOverridableArguments: p.NonOverridableArguments,
		ExecutionClass: p.ExecutionClass, ExecutionProperty: executionProperty{1}, GlueVersion: cmp.Or(p.GlueVersion, "0.9"),
		JobMode: cmp.Or(p.JobMode, "SCRIPT"), LogURI: p.LogUri, MaxRetries: p.MaxRetries, SecurityConfiguration: p.SecurityConfiguration,
		Timeout:  defaultTimeouts[p.Command.Name],
		capacity: capacity{p.AllocatedCapacity, p.MaxCapacity, p.NumberOfWorkers, p.WorkerType}.withUnits(),
	}
	if p.Connections != nil {
		shape.Connections = &connections{slices.Clone(p.Connections.Connections)}
	}
	if n := p.ExecutionProperty.MaxConcurrentRuns; n != nil {
		shape.ExecutionProperty.MaxConcurrentRuns = *n
	}
	if shape.GlueVersion >= "5" && shape.Timeout > 0 {
		shape.Timeout = 480
	}
	if p.Timeout != nil {
		shape.Timeout = *p.Timeout
	}
	return shape
}

// remove deletes a job and stops its runs.
func (g *Glue) remove(j *job) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.jobs, j.Name)
	for _, r := range j.runs {
		if !r.over() {
			j.stop(r.ID)
		}
	}
	return nil
}
