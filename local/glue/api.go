package glue

// This file has the operations.

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type startJobRunInput struct {
	JobName               string
	Arguments             map[string]string
	ExecutionClass        string
	JobRunID              string `json:"JobRunId"` // to be tried again
	JobRunQueuingEnabled  bool
	SecurityConfiguration string
	Timeout               *int
	NotificationProperty  *struct{ NotifyDelayAfter int } // tells of delays, of which there are none
	capacity
}

type startJobRunOutput struct {
	JobRunID string `json:"JobRunId"`
}

func (g *Glue) startJobRun(_ context.Context, caller cloud.Caller, in startJobRunInput) (startJobRunOutput, error) {
	j, err := g.authorize(caller, "StartJobRun", in.JobName, "Failed to start job run due to missing metadata")
	if err != nil {
		return startJobRunOutput{}, err
	}
	if err := in.check(j); err != nil {
		return startJobRunOutput{}, err
	}
	asked := runShape{
		ID: newRunID(), Arguments: in.Arguments, ExecutionClass: cmp.Or(in.ExecutionClass, j.ExecutionClass), GlueVersion: j.GlueVersion,
		JobMode: j.JobMode, JobName: j.Name, LogGroupName: j.logGroup(), PredecessorRuns: []struct{}{},
		SecurityConfiguration: cmp.Or(in.SecurityConfiguration, j.SecurityConfiguration), Timeout: j.Timeout, capacity: j.capacity,
	}
	if in.Timeout != nil {
		asked.Timeout = *in.Timeout
	}
	if in.capacity != (capacity{}) {
		asked.capacity = in.capacity.withUnits()
	}
	return startJobRunOutput{asked.ID}, g.begin(j, asked)
}

// check refuses what a run of the job cannot be.
func (in *startJobRunInput) check(j *job) error {
	if in.JobRunQueuingEnabled {
		return invalid("The local engine queues no runs: JobRunQueuingEnabled is not supported.")
	}
	if in.JobRunID != "" {
		return invalid("The local engine repeats no runs: JobRunId is not supported.")
	}
	if in.MaxCapacity > 0 && (in.WorkerType != "" || in.NumberOfWorkers > 0) {
		return invalid("Please do not set Max Capacity if using Worker Type and Number of Workers.")
	}
	if in.Timeout != nil && *in.Timeout < 1 {
		return invalid("1 validation error detected: Value '%d' at 'timeout' failed to satisfy constraint: Member must have value greater than or equal to 1", *in.Timeout)
	}
	for _, name := range slices.Sorted(maps.Keys(in.Arguments)) {
		if _, fixed := j.NonOverridableArguments[name]; fixed {
			return invalid("The argument %s of job %s is not overridable.", name, j.Name)
		}
	}
	return nil
}

func (j *job) logGroup() string {
	if j.Command.Name == "pythonshell" {
		return "/aws-glue/python-jobs"
	}
	return "/aws-glue/jobs"
}

// begin starts a run, unless as many as the job allows are under way.
func (g *Glue) begin(j *job, asked runShape) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	under := 0
	for _, r := range j.runs {
		if !r.over() {
			under++
		}
	}
	if under >= j.ExecutionProperty.MaxConcurrentRuns {
		return cloud.Errorf(400, "ConcurrentRunsExceededException", "Concurrent runs exceeded for %s", j.Name)
	}
	r, err := g.newRun(j, asked)
	if err != nil {
		return err
	}
	j.runs = append(j.runs, r)
	g.cloud.Go(func(ctx context.Context) { g.live(ctx, r) })
	return nil
}

type getJobRunInput struct {
	JobName              string
	RunID                string `json:"RunId"`
	PredecessorsIncluded bool
}

type getJobRunOutput struct{ JobRun runShape }

func (g *Glue) getJobRun(_ context.Context, caller cloud.Caller, in getJobRunInput) (getJobRunOutput, error) {
	j, err := g.authorize(caller, "GetJobRun", in.JobName, "")
	if err != nil {
		return getJobRunOutput{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	r := j.run(in.RunID)
	if r == nil {
		return getJobRunOutput{}, notFound("Job run " + in.RunID + " of job " + in.JobName + " not found.")
	}
	return getJobRunOutput{r.runShape}, nil
}

type page struct {
	MaxResults *int
	NextToken  string
}

// of returns the part of n things that a page shows, and the token of the next.
func (p page) of(n, most int) (from, to int, next string, err error) {
	size := most
	if p.MaxResults != nil {
		if size = *p.MaxResults; size < 1 || size > most {
			return 0, 0, "", invalid("1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must have value between 1 and %d", size, most)
		}
	}
	if p.NextToken != "" {
		if from, err = strconv.Atoi(p.NextToken); err != nil || from < 0 {
			return 0, 0, "", invalid("The token %s is invalid.", p.NextToken)
		}
	}
	from = min(from, n)
	if to = from + size; to < n {
		return from, to, strconv.Itoa(to), nil
	}
	return from, n, "", nil
}

type getJobRunsInput struct {
	JobName string
	page
}

type getJobRunsOutput struct {
	JobRuns   []runShape
	NextToken string `json:",omitempty"`
}

// getJobRuns returns the newest run first.
func (g *Glue) getJobRuns(_ context.Context, caller cloud.Caller, in getJobRunsInput) (getJobRunsOutput, error) {
	j, err := g.authorize(caller, "GetJobRuns", in.JobName, "")
	if err != nil {
		return getJobRunsOutput{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	from, to, next, err := in.of(len(j.runs), 200)
	if err != nil {
		return getJobRunsOutput{}, err
	}
	out := getJobRunsOutput{JobRuns: []runShape{}, NextToken: next}
	for i := from; i < to; i++ {
		out.JobRuns = append(out.JobRuns, j.runs[len(j.runs)-1-i].runShape)
	}
	return out, nil
}

type getJobInput struct{ JobName string }

type getJobOutput struct{ Job jobShape }

func (g *Glue) getJob(_ context.Context, caller cloud.Caller, in getJobInput) (getJobOutput, error) {
	j, err := g.authorize(caller, "GetJob", in.JobName, "")
	if err != nil {
		return getJobOutput{}, err
	}
	return getJobOutput{j.jobShape}, nil
}

type getJobsOutput struct {
	Jobs      []jobShape
	NextToken string `json:",omitempty"`
}

func (g *Glue) getJobs(_ context.Context, caller cloud.Caller, in page) (getJobsOutput, error) {
	if err := g.cloud.Authorize(caller, "glue:GetJobs", g.arn("*")); err != nil {
		return getJobsOutput{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	names := slices.Sorted(maps.Keys(g.jobs))
	from, to, next, err := in.of(len(names), 1000)
	if err != nil {
		return getJobsOutput{}, err
	}
	out := getJobsOutput{Jobs: []jobShape{}, NextToken: next}
	for _, name := range names[from:to] {
		out.Jobs = append(out.Jobs, g.jobs[name].jobShape)
	}
	return out, nil
}

type batchStopJobRunInput struct {
	JobName   string
	JobRunIDs []string `json:"JobRunIds"`
}

type stopOutcome struct {
	JobName     string
	JobRunID    string       `json:"JobRunId"`
	ErrorDetail *errorDetail `json:",omitempty"`
}

type errorDetail struct{ ErrorCode, ErrorMessage string }

type batchStopJobRunOutput struct {
	Errors                []stopOutcome
	SuccessfulSubmissions []stopOutcome
}

func (g *Glue) batchStopJobRun(_ context.Context, caller cloud.Caller, in batchStopJobRunInput) (batchStopJobRunOutput, error) {
	j, err := g.authorize(caller, "BatchStopJobRun", in.JobName, "")
	if err != nil {
		return batchStopJobRunOutput{}, err
	}
	if n := len(in.JobRunIDs); n < 1 || n > 25 {
		return batchStopJobRunOutput{}, invalid("1 validation error detected: Value at 'jobRunIds' failed to satisfy constraint: Member must have length between 1 and 25")
	}
	out := batchStopJobRunOutput{Errors: []stopOutcome{}, SuccessfulSubmissions: []stopOutcome{}}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, id := range in.JobRunIDs {
		outcome := stopOutcome{JobName: in.JobName, JobRunID: id}
		if outcome.ErrorDetail = j.stop(id); outcome.ErrorDetail == nil {
			out.SuccessfulSubmissions = append(out.SuccessfulSubmissions, outcome)
		} else {
			out.Errors = append(out.Errors, outcome)
		}
	}
	return out, nil
}

// stop has a run stopped; it is called under the service's lock.
func (j *job) stop(id string) *errorDetail {
	r := j.run(id)
	switch {
	case r == nil:
		return &errorDetail{"EntityNotFoundException", "Job run " + id + " not found."}
	case r.over():
		return &errorDetail{"InvalidInputException", "Job run " + id + " is in state " + r.JobRunState + " and cannot be stopped."}
	}
	select {
	case <-r.stop: // it is stopping already
	default:
		close(r.stop)
	}
	return nil
}
