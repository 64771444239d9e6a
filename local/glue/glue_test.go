package glue_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsglue "github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestARunTakesItsTimeAndSucceeds(t *testing.T) {
	inEngine(t, prepare(`, "WorkerType": "G.2X", "NumberOfWorkers": 3, "GlueVersion": "5.0"`), responses(success), func(t *testing.T, e *engine, client *awsglue.Client) {
		out, err := client.StartJobRun(t.Context(), &awsglue.StartJobRunInput{JobName: aws.String("prepare"), Arguments: map[string]string{"--day": "1"}})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var states []string
		for range 4 {
			synctest.Wait()
			states = append(states, string(run(t, client, *out.JobRunId).JobRunState))
			time.Sleep(time.Second)
		}
		if got := strings.Join(states, " "); got != "STARTING RUNNING RUNNING SUCCEEDED" {
			t.Errorf("states %s", got)
		}
		r := run(t, client, *out.JobRunId)
		if !strings.HasPrefix(*r.Id, "jr_") || *r.JobName != "prepare" || r.Arguments["--day"] != "1" || *r.Timeout != 480 || *r.GlueVersion != "5.0" ||
			*r.MaxCapacity != 6 || r.WorkerType != "G.2X" || *r.NumberOfWorkers != 3 || r.ExecutionTime != 2 || r.Attempt != 0 ||
			!r.StartedOn.Equal(began) || r.CompletedOn.Sub(began) != 3*time.Second || *r.LogGroupName != "/aws-glue/jobs" || r.ErrorMessage != nil {
			t.Errorf("got %+v", r)
		}
		told := e.told()
		if told["jobName"] != "prepare" || told["state"] != "SUCCEEDED" || told["severity"] != "INFO" || told["jobRunId"] != *r.Id || told["message"] != "Job run succeeded" {
			t.Errorf("told %v", told)
		}
		if event := e.events[0]; event.DetailType != "Glue Job State Change" || event.Source != "aws.glue" || len(e.events) != 1 {
			t.Errorf("events %+v", e.events)
		}
	})
}

func TestARunEndsAsItsResponseSays(t *testing.T) {
	for _, row := range []struct {
		name, response  string
		state, message  string
		severity, event string
		seconds         int32
	}{
		{"in success after a while", `{"Return": {"ExecutionTime": 90, "JobRunState": "SUCCEEDED"}}`, "SUCCEEDED", "", "INFO", "Job run succeeded", 90},
		{"in success by default", `{"Return": {}}`, "SUCCEEDED", "", "INFO", "Job run succeeded", 2},
		{"in an error of its own", `{"Return": {"JobRunState": "ERROR", "ErrorMessage": "lost"}}`, "ERROR", "lost", "ERROR", "lost", 2},
		{"in failure for a reason", `{"Throw": {"Error": "States.TaskFailed", "Cause": "no data"}}`, "FAILED", "no data", "ERROR", "no data", 2},
		{"in failure as .sync tells it", `{"Throw": {"Error": "States.TaskFailed", "Cause": "{\"JobRunState\": \"FAILED\", \"ErrorMessage\": \"no rows\", \"ExecutionTime\": 7}"}}`, "FAILED", "no rows", "ERROR", "no rows", 7},
		{"beyond the job's time-out", `{"Return": {"ExecutionTime": 601}}`, "TIMEOUT", "Job run timed out", "WARN", "Job run timed out", 600},
		{"at the job's time-out", `{"Return": {"ExecutionTime": 600}}`, "SUCCEEDED", "", "INFO", "Job run succeeded", 600},
	} {
		t.Run(row.name, func(t *testing.T) {
			inEngine(t, prepare(`, "Timeout": 10`), responses(`{"0": `+row.response+`}`), func(t *testing.T, e *engine, client *awsglue.Client) {
				r := e.finish(t, client, start(t, client))
				if string(r.JobRunState) != row.state || aws.ToString(r.ErrorMessage) != row.message || r.ExecutionTime != row.seconds {
					t.Errorf("got %s, %s after %d s", r.JobRunState, aws.ToString(r.ErrorMessage), r.ExecutionTime)
				}
				synctest.Wait()
				if told := e.told(); told["state"] != row.state || told["severity"] != row.severity || told["message"] != row.event {
					t.Errorf("told %v", told)
				}
			})
		})
	}
}

func TestACallThatCannotStartARunIsRefused(t *testing.T) {
	for _, row := range []struct {
		name, mocks, want string
		in                awsglue.StartJobRunInput
	}{
		{"without a response", `{}`, "the response to startJobRun of aws-sdk:glue for prepare", awsglue.StartJobRunInput{}},
		{"beyond the responses", responses(`{"1": {"Return": {}}}`), "has nothing for call 0", awsglue.StartJobRunInput{}},
		{"by a response with a misspelled member", responses(`{"0": {"Return": {"JobState": "FAILED"}}}`), `unknown field \"JobState\"`, awsglue.StartJobRunInput{}},
		{"by a response that is no end", responses(`{"0": {"Return": {"JobRunState": "RUNNING"}}}`), "a run does not end as RUNNING", awsglue.StartJobRunInput{}},
		{"by a response that says so", responses(`{"0": {"Throw": {"Error": "Glue.ResourceNumberLimitExceededException", "Cause": "too many"}}}`), "ResourceNumberLimitExceededException: too many", awsglue.StartJobRunInput{}},
		{"by a response of the service's fault", responses(`{"0": {"Throw": {"Error": "InternalServiceException", "Cause": "down"}}}`), "StatusCode: 500", awsglue.StartJobRunInput{}},
		{"of a job that is not there", responses(success), "EntityNotFoundException: Failed to start job run due to missing metadata", awsglue.StartJobRunInput{JobName: aws.String("other")}},
		{"with an argument that is fixed", responses(success), "InvalidInputException: The argument --table", awsglue.StartJobRunInput{Arguments: map[string]string{"--table": "x"}}},
		{"with workers and capacity", responses(success), "Please do not set Max Capacity", awsglue.StartJobRunInput{MaxCapacity: aws.Float64(2), WorkerType: "G.1X"}},
		{"without any time", responses(success), "greater than or equal to 1", awsglue.StartJobRunInput{Timeout: aws.Int32(0)}},
		{"to be queued", responses(success), "JobRunQueuingEnabled", awsglue.StartJobRunInput{JobRunQueuingEnabled: aws.Bool(true)}},
		{"again", responses(success), "JobRunId", awsglue.StartJobRunInput{JobRunId: aws.String("jr_1")}},
	} {
		t.Run(row.name, func(t *testing.T) {
			inEngine(t, prepare(`, "NonOverridableArguments": {"--table": "t"}`), row.mocks, func(t *testing.T, e *engine, client *awsglue.Client) {
				if row.in.JobName == nil {
					row.in.JobName = aws.String("prepare")
				}
				_, err := client.StartJobRun(t.Context(), &row.in)
				if err == nil || !strings.Contains(fmt.Sprintf("%v", err), row.want) && !strings.Contains(err.Error(), strings.ReplaceAll(row.want, `\`, "")) {
					t.Errorf("got %v, want %s", err, row.want)
				}
			})
		})
	}
}

func TestAJobRunsAsOftenAtATimeAsItMay(t *testing.T) {
	inEngine(t, prepare(`, "ExecutionProperty": {"MaxConcurrentRuns": 2}`), responses(success), func(t *testing.T, e *engine, client *awsglue.Client) {
		first := start(t, client)
		start(t, client)
		_, err := client.StartJobRun(t.Context(), &awsglue.StartJobRunInput{JobName: aws.String("prepare")})
		if code(err) != "ConcurrentRunsExceededException" || !strings.Contains(err.Error(), "Concurrent runs exceeded for prepare") {
			t.Errorf("the third: %v", err)
		}
		e.finish(t, client, first)
		start(t, client)
	})
}

func TestARunIsStopped(t *testing.T) {
	inEngine(t, prepare(""), responses(`{"0": {"Return": {"ExecutionTime": 1000}}}`), func(t *testing.T, e *engine, client *awsglue.Client) {
		id := start(t, client)
		time.Sleep(11 * time.Second)
		stop := func(ids ...string) *awsglue.BatchStopJobRunOutput {
			out, err := client.BatchStopJobRun(t.Context(), &awsglue.BatchStopJobRunInput{JobName: aws.String("prepare"), JobRunIds: ids})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		out := stop(id, "jr_0")
		if len(out.SuccessfulSubmissions) != 1 || *out.SuccessfulSubmissions[0].JobRunId != id || len(out.Errors) != 1 || *out.Errors[0].ErrorDetail.ErrorCode != "EntityNotFoundException" {
			t.Errorf("got %+v", out)
		}
		synctest.Wait()
		if state := run(t, client, id).JobRunState; state != types.JobRunStateStopping {
			t.Errorf("it is %s", state)
		}
		stop(id) // again
		r := e.finish(t, client, id)
		if r.JobRunState != types.JobRunStateStopped || r.ExecutionTime != 11 {
			t.Errorf("it is %s after %d s", r.JobRunState, r.ExecutionTime)
		}
		synctest.Wait()
		if told := e.told(); told["state"] != "STOPPED" || told["message"] != "Job run stopped" {
			t.Errorf("told %v", told)
		}
		if out := stop(id); len(out.Errors) != 1 || *out.Errors[0].ErrorDetail.ErrorCode != "InvalidInputException" {
			t.Errorf("when it has ended: %+v", out)
		}
	})
}

func TestAFailedRunIsTriedAgainAsOftenAsItsJobSays(t *testing.T) {
	inEngine(t, prepare(`, "MaxRetries": 2`), responses(`{"0-1": {"Throw": {"Error": "States.TaskFailed", "Cause": "no"}}, "2": {"Return": {}}}`), func(t *testing.T, e *engine, client *awsglue.Client) {
		id := start(t, client)
		e.finish(t, client, id)
		synctest.Wait()
		e.finish(t, client, id+"_attempt_1")
		synctest.Wait()
		last := e.finish(t, client, id+"_attempt_2")
		if last.JobRunState != types.JobRunStateSucceeded || last.Attempt != 2 || *last.PreviousRunId != id+"_attempt_1" {
			t.Errorf("got %+v", last)
		}
	})
}

func TestARunNeedsItsScript(t *testing.T) {
	for _, row := range []struct{ name, location, may, want string }{
		{"it is there", "s3://scripts/prepare.py", "arn:aws:s3:::scripts/prepare.py", ""},
		{"it is not there", "s3://scripts/other.py", "arn:aws:s3:::scripts/other.py", "LAUNCH ERROR | Error downloading from S3 for bucket: scripts, key: other.py. NotFound"},
		{"the role may not read it", "s3://scripts/prepare.py", "arn:aws:s3:::scripts/other.py", "AccessDeniedException: s3:GetObject on arn:aws:s3:::scripts/prepare.py"},
	} {
		t.Run(row.name, func(t *testing.T) {
			job := strings.Replace(prepare(""), "s3://scripts/prepare.py", row.location, 1)
			inEngine(t, job, responses(success), func(t *testing.T, e *engine, client *awsglue.Client) {
				e.Authorizer = reader{row.may}
				if got := aws.ToString(e.finish(t, client, start(t, client)).ErrorMessage); !strings.Contains(got, row.want) || (row.want == "") != (got == "") {
					t.Errorf("got %q", got)
				}
			})
		})
	}
}

func TestARunWritesWhatItsResponseSays(t *testing.T) {
	const mocks = `{"0": {"Return": {"Objects": {"${--out}/a.csv": "1,2\n", "s3://${--bucket}/b": "b"}}}, "1": {"Return": {"Objects": {"${--none}": "1"}}}, "2": {"Return": {"Objects": {"s3://other/c": "c"}}}}`
	inEngine(t, prepare(`, "DefaultArguments": {"--bucket": "data", "--out": "s3://old"}`), responses(mocks), func(t *testing.T, e *engine, client *awsglue.Client) {
		again := func() *types.JobRun {
			out, err := client.StartJobRun(t.Context(), &awsglue.StartJobRunInput{JobName: aws.String("prepare"), Arguments: map[string]string{"--out": "s3://data/day-1"}})
			if err != nil {
				t.Fatal(err)
			}
			if err := e.AwaitJob(t.Context(), "glue", *out.JobRunId); err != nil {
				t.Fatal(err)
			}
			return run(t, client, *out.JobRunId)
		}
		if r := again(); r.JobRunState != "SUCCEEDED" || strings.Join(e.written, "|") != "data/day-1/a.csv 1,2\n|data/b b" {
			t.Errorf("%s, written %q", r.JobRunState, e.written)
		}
		if r := again(); r.JobRunState != "FAILED" || *r.ErrorMessage != `"" is no address in S3` {
			t.Errorf("without an argument: %+v", r)
		}
		e.Authorizer = allBut{"s3:PutObject", "arn:aws:s3:::other/c"}
		if r := again(); r.JobRunState != "FAILED" || *r.ErrorMessage != "An error occurred (AccessDeniedException) when calling the PutObject operation: s3:PutObject on arn:aws:s3:::other/c" {
			t.Errorf("without a permission: %+v", r)
		}
	})
}

func TestRunsAreListedNewestFirstInPages(t *testing.T) {
	inEngine(t, prepare(`, "ExecutionProperty": {"MaxConcurrentRuns": 9}`), responses(success), func(t *testing.T, e *engine, client *awsglue.Client) {
		var ids, seen []string
		for range 5 {
			ids = append([]string{start(t, client)}, ids...)
		}
		pages := 0
		for p := awsglue.NewGetJobRunsPaginator(client, &awsglue.GetJobRunsInput{JobName: aws.String("prepare"), MaxResults: aws.Int32(2)}); p.HasMorePages(); pages++ {
			page, err := p.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.JobRuns {
				seen = append(seen, *r.Id)
			}
		}
		if pages != 3 || strings.Join(seen, " ") != strings.Join(ids, " ") {
			t.Errorf("%d pages with %q, want %q", pages, seen, ids)
		}
		for _, bad := range []awsglue.GetJobRunsInput{{MaxResults: aws.Int32(0)}, {MaxResults: aws.Int32(201)}, {NextToken: aws.String("x")}} {
			bad.JobName = aws.String("prepare")
			if _, err := client.GetJobRuns(t.Context(), &bad); code(err) != "InvalidInputException" {
				t.Errorf("got %v", err)
			}
		}
		_, err := client.GetJobRun(t.Context(), &awsglue.GetJobRunInput{JobName: aws.String("prepare"), RunId: aws.String("jr_0")})
		if code(err) != "EntityNotFoundException" {
			t.Errorf("a run that is not there: %v", err)
		}
	})
}

func TestOldRunsAreLetGoOf(t *testing.T) {
	inEngine(t, prepare(`, "ExecutionProperty": {"MaxConcurrentRuns": 2000}`), responses(`{"0-2000": {"Return": {}}}`), func(t *testing.T, e *engine, client *awsglue.Client) {
		var first string
		for i := range 1003 {
			var out struct {
				JobRunID string `json:"JobRunId"`
			}
			if err := e.Do(t.Context(), e.Administrator(), "glue", "StartJobRun", map[string]string{"JobName": "prepare"}, &out); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = out.JobRunID
			}
		}
		time.Sleep(time.Minute)
		_, err := client.GetJobRun(t.Context(), &awsglue.GetJobRunInput{JobName: aws.String("prepare"), RunId: aws.String(first)})
		if code(err) != "EntityNotFoundException" {
			t.Errorf("the first run of 1003: %v", err)
		}
	})
}

func TestEveryActionNeedsItsPermission(t *testing.T) {
	const arn = "arn:aws:glue:eu-west-1:111122223333:job/prepare"
	name := aws.String("prepare")
	for _, row := range []struct {
		action, resource string
		call             func(ctx context.Context, client *awsglue.Client) error
	}{
		{"StartJobRun", arn, func(ctx context.Context, c *awsglue.Client) error {
			_, err := c.StartJobRun(ctx, &awsglue.StartJobRunInput{JobName: name})
			return err
		}},
		{"GetJobRun", arn, func(ctx context.Context, c *awsglue.Client) error {
			_, err := c.GetJobRun(ctx, &awsglue.GetJobRunInput{JobName: name, RunId: aws.String("x")})
			return err
		}},
		{"GetJobRuns", arn, func(ctx context.Context, c *awsglue.Client) error {
			_, err := c.GetJobRuns(ctx, &awsglue.GetJobRunsInput{JobName: name})
			return err
		}},
		{"GetJob", arn, func(ctx context.Context, c *awsglue.Client) error {
			_, err := c.GetJob(ctx, &awsglue.GetJobInput{JobName: name})
			return err
		}},
		{"GetJobs", "arn:aws:glue:eu-west-1:111122223333:job/*", func(ctx context.Context, c *awsglue.Client) error {
			_, err := c.GetJobs(ctx, &awsglue.GetJobsInput{})
			return err
		}},
		{"BatchStopJobRun", arn, func(ctx context.Context, c *awsglue.Client) error {
			_, err := c.BatchStopJobRun(ctx, &awsglue.BatchStopJobRunInput{JobName: name, JobRunIds: []string{"x"}})
			return err
		}},
	} {
		t.Run(row.action, func(t *testing.T) {
			inEngine(t, prepare(""), responses(success), func(t *testing.T, e *engine, client *awsglue.Client) {
				e.Authorizer = only{"glue:" + row.action, row.resource}
				if err := row.call(t.Context(), client); code(err) == "AccessDeniedException" {
					t.Errorf("with the permission: %v", err)
				}
				e.Authorizer = only{"glue:" + row.action, row.resource + "0"}
				if err := row.call(t.Context(), client); err == nil || !strings.Contains(err.Error(), "glue:"+row.action+" on "+row.resource) {
					t.Errorf("without it: %v", err)
				}
			})
		})
	}
}

func TestAJobIsDescribedAsItsTemplateDeclaresIt(t *testing.T) {
	inEngine(t, prepare(`, "DefaultArguments": {"--a": "b"}, "MaxRetries": 1, "Connections": {"Connections": ["vpc"]}, "Tags": {"a": "b"}`), responses(success), func(t *testing.T, e *engine, client *awsglue.Client) {
		if ref := e.created.Handles["Prepare"].Ref; ref != "prepare" {
			t.Errorf("Ref is %s", ref)
		}
		out, err := client.GetJobs(t.Context(), &awsglue.GetJobsInput{})
		if err != nil || len(out.Jobs) != 1 {
			t.Fatalf("got %+v, %v", out, err)
		}
		j := out.Jobs[0]
		if *j.Name != "prepare" || *j.Role != "arn:aws:iam::111122223333:role/preparer" || *j.Command.ScriptLocation != "s3://scripts/prepare.py" ||
			j.DefaultArguments["--a"] != "b" || j.MaxRetries != 1 || j.ExecutionProperty.MaxConcurrentRuns != 1 || *j.Timeout != 2880 || j.Connections.Connections[0] != "vpc" {
			t.Errorf("got %+v", j)
		}
	})
}

func TestWhatAJobCannotBeIsRefused(t *testing.T) {
	for _, row := range []struct{ name, job, want string }{
		{"no role", strings.Replace(prepare(""), `"Role": "preparer",`, "", 1), "property Role is required"},
		{"an unknown kind", strings.Replace(prepare(""), "glueetl", "spark", 1), "property Command.Name must be"},
		{"a script that is not in S3", strings.Replace(prepare(""), "s3://", "file://", 1), "property Command.ScriptLocation"},
		{"a queue", prepare(`, "JobRunQueuingEnabled": true`), "the local engine queues no runs"},
		{"too many retries", prepare(`, "MaxRetries": 11`), "property MaxRetries must be from 0 to 10"},
		{"workers and capacity", prepare(`, "MaxCapacity": 2, "WorkerType": "G.1X"`), "Please do not set Max Capacity"},
		{"an unknown property", prepare(`, "Speed": 2`), "property Speed is not supported"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := newEngine(t, row.job, responses(success)); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNothingIsLeftOfADeletedJob(t *testing.T) {
	inEngine(t, prepare(""), responses(`{"0": {"Return": {"ExecutionTime": 5000}}}`), func(t *testing.T, e *engine, client *awsglue.Client) {
		start(t, client)
		if err := e.created.Handles["Prepare"].Delete(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if _, err := client.GetJob(t.Context(), &awsglue.GetJobInput{JobName: aws.String("prepare")}); code(err) != "EntityNotFoundException" {
			t.Errorf("got %v", err)
		}
		if told := e.told(); told["state"] != "STOPPED" {
			t.Errorf("its run: %v", told)
		}
		if err := e.Do(t.Context(), cloud.Caller{}, "glue", "StartJobRun", struct{}{}, nil); err == nil {
			t.Error("a run without a name starts")
		}
	})
}
