package glue

// This file is one run of a job: how it starts, runs and ends, over time.

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/mock"
)

// The states of runs.
const (
	starting  = "STARTING"
	running   = "RUNNING"
	stopping  = "STOPPING"
	stopped   = "STOPPED"
	succeeded = "SUCCEEDED"
	failed    = "FAILED"
	timedOut  = "TIMEOUT"
	broken    = "ERROR"
)

// How long a run takes to start, to run if its ExecutionTime is not scripted, and
// to stop. On AWS it takes minutes.
const (
	startTime = 1 * time.Second
	runTime   = 2 * time.Second
	stopTime  = 1 * time.Second
)

// scriptedEnd is how a run ends: as what, and with what it has written.
type scriptedEnd struct {
	runShape

	// Objects are texts by their addresses in S3. In an address ${--name} stands
	// for the run's argument of that name.
	Objects map[string]string
}

// run has what its service guards in its shape.
type run struct {
	runShape
	job   *job
	end   scriptedEnd
	lasts time.Duration
	since time.Time // has run; only the one who lets it live knows

	stop  chan struct{} // closed when it is to stop
	ended chan struct{} // closed when it has ended
}

func (r *run) over() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

// newRun makes a run of the shape that is asked for, which ends as the mock
// configuration says.
func (g *Glue) newRun(j *job, asked runShape) (*run, error) {
	response, err := g.options.Mocks.Next("glue", "startJobRun", j.Name)
	if err != nil {
		return nil, invalid("%v", err)
	}
	if response == nil {
		return nil, invalid("The local engine runs no Glue scripts: a mock configuration has to say how this run ends, as the response to startJobRun of aws-sdk:glue for %s.", j.Name)
	}
	if err := response.Throw.Refusal(); err != nil {
		return nil, err
	}
	r := &run{runShape: asked, job: j, lasts: runTime, stop: make(chan struct{}), ended: make(chan struct{})}
	if err := r.script(response); err != nil {
		return nil, invalid("startJobRun of aws-sdk:glue for %s: %v", j.Name, err)
	}
	now := cloud.Time(time.Now())
	r.JobRunState, r.StartedOn, r.LastModifiedOn = starting, now, now
	return r, nil
}

// script sets how the run ends.
func (r *run) script(response *mock.Response) error {
	r.end = scriptedEnd{runShape: runShape{JobRunState: succeeded}}
	hasFailed, err := response.Describe(&r.end, &r.end.ErrorMessage)
	if err != nil {
		return err
	}
	if hasFailed && r.end.JobRunState == succeeded {
		r.end.JobRunState = failed
	}
	if final := []string{succeeded, failed, stopped, timedOut, broken}; !slices.Contains(final, r.end.JobRunState) {
		return fmt.Errorf("a run does not end as %s", r.end.JobRunState)
	}
	if r.end.ExecutionTime > 0 {
		r.lasts = time.Duration(r.end.ExecutionTime) * time.Second
	}
	return nil
}

// newRunID is as Glue's: jr_ and 64 hexadecimal digits.
func newRunID() string {
	var b [32]byte
	rand.Read(b[:])
	return "jr_" + hex.EncodeToString(b[:])
}

// live takes the run from state to state.
func (g *Glue) live(ctx context.Context, r *run) {
	if !g.pause(ctx, r, startTime) {
		return
	}
	if err := g.loadScript(ctx, r.job); err != nil {
		g.conclude(r, runShape{JobRunState: failed, ErrorMessage: "LAUNCH ERROR | " + err.Error()})
		return
	}
	g.enter(r, running)
	r.since = time.Now()
	limit := time.Duration(r.Timeout) * time.Minute
	if limit > 0 && r.lasts > limit {
		if g.pause(ctx, r, limit) {
			g.conclude(r, runShape{JobRunState: timedOut, ErrorMessage: "Job run timed out"})
		}
		return
	}
	if !g.pause(ctx, r, r.lasts) {
		return
	}
	if err := g.write(ctx, r); err != nil {
		g.conclude(r, runShape{JobRunState: failed, ErrorMessage: err.Error()})
		return
	}
	g.conclude(r, r.end.runShape)
}

// pause waits, and tells whether nobody stopped the run meanwhile.
func (g *Glue) pause(ctx context.Context, r *run, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	case <-r.stop:
	}
	g.enter(r, stopping)
	select {
	case <-ctx.Done():
	case <-time.After(stopTime):
		g.conclude(r, runShape{JobRunState: stopped})
	}
	return false
}

func (g *Glue) enter(r *run, state string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	r.JobRunState, r.LastModifiedOn = state, cloud.Time(time.Now())
}

// conclude ends the run. One that has failed is tried again as often as its job says.
func (g *Glue) conclude(r *run, end runShape) {
	g.mu.Lock()
	now := cloud.Time(time.Now())
	r.JobRunState, r.ErrorMessage, r.StateDetail, r.DPUSeconds = end.JobRunState, end.ErrorMessage, end.StateDetail, end.DPUSeconds
	r.CompletedOn, r.LastModifiedOn = &now, now
	if !r.since.IsZero() {
		r.ExecutionTime = int(time.Since(r.since).Round(time.Second).Seconds())
	}
	close(r.ended)
	r.job.forget()
	g.mu.Unlock()
	g.announce(r, end.JobRunState, end.ErrorMessage)
	if end.JobRunState == failed && r.Attempt < r.job.MaxRetries {
		g.retry(r)
	}
}

// retry starts a run in place of one that has failed. If it cannot be started,
// nobody is there to be told.
func (g *Glue) retry(r *run) {
	first, _, _ := strings.Cut(r.ID, "_attempt_")
	again := runShape{
		ID: fmt.Sprintf("%s_attempt_%d", first, r.Attempt+1), Attempt: r.Attempt + 1, PreviousRunID: r.ID,
		Arguments: r.Arguments, ExecutionClass: r.ExecutionClass, GlueVersion: r.GlueVersion, JobMode: r.JobMode, JobName: r.JobName,
		LogGroupName: r.LogGroupName, PredecessorRuns: r.PredecessorRuns, SecurityConfiguration: r.SecurityConfiguration,
		Timeout: r.Timeout, capacity: r.capacity,
	}
	_ = g.begin(r.job, again)
}

// assume makes the caller that a run of the job is.
func (g *Glue) assume(j *job) (cloud.Caller, error) {
	return g.cloud.Assume(g.cloud.ServiceCaller(principal, g.arn(j.Name)), j.Role, "GlueJobRunnerSession")
}

// write writes what the script would have written, as the job's role.
func (g *Glue) write(ctx context.Context, r *run) error {
	if len(r.end.Objects) == 0 {
		return nil
	}
	caller, err := g.assume(r.job)
	if err != nil {
		return err
	}
	for _, address := range slices.Sorted(maps.Keys(r.end.Objects)) {
		at := os.Expand(address, func(name string) string { return cmp.Or(r.Arguments[name], r.job.DefaultArguments[name]) })
		bucket, key, ok := strings.Cut(strings.TrimPrefix(at, "s3://"), "/")
		if !ok {
			return fmt.Errorf("%q is no address in S3", at)
		}
		if err := g.cloud.Do(ctx, caller, "s3", "PutObject", struct{ Bucket, Key, Body string }{bucket, key, r.end.Objects[address]}, nil); err != nil {
			return fmt.Errorf("An error occurred (%s) when calling the PutObject operation: %s", cloud.AsError(err).Code, cloud.AsError(err).Message) //lint:ignore ST1005 as boto3 says it
		}
	}
	return nil
}

// loadScript reads the job's script, which nothing runs, as the job's role would
// have to.
func (g *Glue) loadScript(ctx context.Context, j *job) error {
	bucket, key, ok := strings.Cut(strings.TrimPrefix(j.Command.ScriptLocation, "s3://"), "/")
	if !ok {
		return fmt.Errorf("%q is no address in S3", j.Command.ScriptLocation)
	}
	caller, err := g.assume(j)
	if err != nil {
		return err
	}
	if err := g.cloud.Do(ctx, caller, "s3", "HeadObject", struct{ Bucket, Key string }{bucket, key}, nil); err != nil {
		return fmt.Errorf("Error downloading from S3 for bucket: %s, key: %s. %w", bucket, key, err) //lint:ignore ST1005 as Glue says it
	}
	return nil
}

// announce tells EventBridge how a run has ended.
func (g *Glue) announce(r *run, state, message string) {
	severity := map[string]string{failed: "ERROR", broken: "ERROR", timedOut: "WARN"}[state]
	if severity == "" {
		severity = "INFO"
	}
	if message == "" {
		message = map[string]string{succeeded: "Job run succeeded", stopped: "Job run stopped"}[state]
	}
	detail, err := json.Marshal(map[string]string{
		"jobName": r.JobName, "severity": severity, "state": state, "jobRunId": r.ID, "message": message,
	})
	if err != nil {
		panic(err) // texts only
	}
	g.cloud.Emit(cloud.Event{
		Version: "0", ID: cloud.UUID(), DetailType: "Glue Job State Change", Source: "aws.glue",
		Account: g.cloud.Account, Region: g.cloud.Region, Time: time.Now().UTC().Truncate(time.Second),
		Resources: []string{}, Detail: detail,
	})
}
