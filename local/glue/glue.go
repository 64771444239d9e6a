// Package glue is AWS Glue for the local engine: jobs and their runs. No script is
// run here: a run takes its time, and ends as a mock configuration says.
package glue

// This file is the service itself, and how it finds jobs.

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/mock"
)

// principal is Glue as who takes on the roles of jobs.
const principal = "glue.amazonaws.com"

// Options configure the service.
type Options struct {
	// Mocks say how the runs of jobs end: the responses to startJobRun of
	// aws-sdk:glue. Default: no job can be run.
	Mocks *mock.Config
}

// Glue is the service. It implements cloud.API: inputs and outputs have the
// members of the SDKs' shapes.
type Glue struct {
	cloud.Operations

	cloud   *cloud.Cloud
	options Options

	mu   sync.Mutex // guards what follows, and the runs of jobs
	jobs map[string]*job
}

var (
	_ cloud.API    = (*Glue)(nil)
	_ cloud.Worker = (*Glue)(nil)
)

// New returns a service without jobs.
func New(c *cloud.Cloud, o Options) *Glue {
	g := &Glue{cloud: c, options: o, jobs: map[string]*job{}}
	g.Operations = cloud.Operations{
		"BatchStopJobRun": cloud.Handle(g.batchStopJobRun),
		"GetJob":          cloud.Handle(g.getJob),
		"GetJobRun":       cloud.Handle(g.getJobRun),
		"GetJobRuns":      cloud.Handle(g.getJobRuns),
		"GetJobs":         cloud.Handle(g.getJobs),
		"StartJobRun":     cloud.Handle(g.startJobRun),
	}
	return g
}

// job is a job as the template declares it, which does not change: another one
// takes its place, with the same runs.
type job struct {
	jobShape
	*ledger
}

// ledger has the runs of a job.
type ledger struct {
	runs []*run // the newest last
}

// maxRuns is how many runs of a job that have ended can still be described.
const maxRuns = 1000

// forget lets go of the oldest runs.
func (j *job) forget() {
	for len(j.runs) > maxRuns && j.runs[0].over() {
		j.runs = slices.Delete(j.runs, 0, 1)
	}
}

// run finds a run by its id.
func (j *job) run(id string) *run {
	for _, r := range j.runs {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// authorize asks for the caller's permission and finds the job.
func (g *Glue) authorize(caller cloud.Caller, action, name, missing string) (*job, error) {
	if name == "" {
		return nil, invalid("1 validation error detected: Value null at 'jobName' failed to satisfy constraint: Member must not be null")
	}
	if err := g.cloud.Authorize(caller, "glue:"+action, g.arn(name)); err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	j, ok := g.jobs[name]
	if !ok {
		return nil, notFound(cmp.Or(missing, "Job "+name+" not found."))
	}
	return j, nil
}

func (g *Glue) arn(name string) string { return g.cloud.ARN("glue", "job/"+name) }

func invalid(format string, arguments ...any) error {
	return cloud.Errorf(400, "InvalidInputException", format, arguments...)
}

func notFound(message string) error {
	return cloud.Errorf(400, "EntityNotFoundException", "%s", message)
}

// AwaitJob implements cloud.Worker; the id is that of a run.
func (g *Glue) AwaitJob(ctx context.Context, id string) error {
	r := g.runNamed(id)
	if r == nil {
		return nil
	}
	select {
	case <-r.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *Glue) runNamed(id string) *run {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, j := range g.jobs {
		if r := j.run(id); r != nil {
			return r
		}
	}
	return nil
}
