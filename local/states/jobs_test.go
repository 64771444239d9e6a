package states

// Tests of .sync with jobs of other services than Step Functions.

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// jobs is a service with one job, that others can wait for.
type jobs struct {
	fakeService
	awaited string
	ends    time.Duration
}

func (j *jobs) AwaitJob(ctx context.Context, id string) error {
	j.awaited = id
	select {
	case <-time.After(j.ends):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// glueJobs has a run that is in a state when it has been waited for.
func glueJobs(state string, asked *[]string) *jobs {
	j := &jobs{ends: time.Hour}
	var noting sync.Mutex
	note := func(action string, answer func() any) func(context.Context, map[string]any) (any, error) {
		return func(_ context.Context, in map[string]any) (any, error) {
			text, _ := json.Marshal(in)
			noting.Lock()
			defer noting.Unlock()
			*asked = append(*asked, action+" "+string(text))
			return answer(), nil
		}
	}
	j.fakeService = fakeService{
		"StartJobRun": note("StartJobRun", func() any { return map[string]any{"JobRunId": "jr_1"} }),
		"GetJobRun": note("GetJobRun", func() any {
			now := "RUNNING"
			if j.awaited != "" {
				now = state
			}
			return map[string]any{"JobRun": map[string]any{"Id": "jr_1", "JobRunState": now, "StartedOn": 1795516200.25, "LastModifiedOn": 1795516201, "Attempt": 0}}
		}),
		"BatchStopJobRun": note("BatchStopJobRun", func() any { return map[string]any{} }),
	}
	return j
}

const glueTask = `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::glue:startJobRun.sync","Parameters":{"JobName":"j"},"TimeoutSeconds":7200,"End":true}}}`

func inJobWorld(t *testing.T, service string, j *jobs, test func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.cloud.Register(service, struct {
			cloud.API
			cloud.Worker
		}{j.fakeService, j})
		defer w.cloud.Close()
		test(t, w)
	})
}

func TestATaskWaitsForItsGlueJob(t *testing.T) {
	for _, row := range []struct{ state, output, error, cause string }{
		{"SUCCEEDED", `{"Attempt":0,"Id":"jr_1","JobRunState":"SUCCEEDED","LastModifiedOn":1795516201000,"StartedOn":1795516200250}`, "", ""},
		{"FAILED", "", errTaskFailed, `{"Attempt":0,"Id":"jr_1","JobRunState":"FAILED","LastModifiedOn":1795516201000,"StartedOn":1795516200250}`},
		{"STOPPED", "", errTaskFailed, `{"Attempt":0,"Id":"jr_1","JobRunState":"STOPPED","LastModifiedOn":1795516201000,"StartedOn":1795516200250}`},
	} {
		t.Run(row.state, func(t *testing.T) {
			var asked []string
			j := glueJobs(row.state, &asked)
			inJobWorld(t, "glue", j, func(t *testing.T, w *world) {
				began := time.Now()
				e, o := w.run(glueTask, `{}`)
				if o.output != row.output || o.error != row.error || o.cause != row.cause || j.awaited != "jr_1" || time.Since(began) != time.Hour {
					t.Errorf("%+v after %v", o, time.Since(began))
				}
				if got := strings.Join(asked, "\n"); got != "StartJobRun {\"JobName\":\"j\"}\nGetJobRun {\"JobName\":\"j\",\"RunId\":\"jr_1\"}\nGetJobRun {\"JobName\":\"j\",\"RunId\":\"jr_1\"}" {
					t.Errorf("asked\n%s", got)
				}
				if row.error == "" {
					w.expectTypes(e, "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded")
				}
			})
		})
	}
}

func TestATaskThatEndsEarlyStopsItsJob(t *testing.T) {
	for _, row := range []struct {
		name string
		ends time.Duration
		end  func(w *world, e *execution)
	}{
		{"by its time-out", 3 * time.Hour, func(*world, *execution) {}},
		{"with its execution", time.Hour, func(w *world, e *execution) {
			time.Sleep(time.Minute)
			w.mustCall("StopExecution", map[string]any{"executionArn": e.arn})
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var asked []string
			j := glueJobs("SUCCEEDED", &asked)
			j.ends = row.ends
			inJobWorld(t, "glue", j, func(t *testing.T, w *world) {
				e := w.start(w.create(glueTask), `{}`)
				row.end(w, e)
				<-e.done()
				synctest.Wait()
				synctest.Wait()
				if got := asked[len(asked)-1]; got != `BatchStopJobRun {"JobName":"j","JobRunIds":["jr_1"]}` {
					t.Errorf("last asked %s", got)
				}
			})
		})
	}
}

func TestATaskThatMayNotLookAtItsJobFails(t *testing.T) {
	var asked []string
	j := glueJobs("SUCCEEDED", &asked)
	j.fakeService["GetJobRun"] = func(context.Context, map[string]any) (any, error) {
		return nil, cloud.Errorf(400, "AccessDeniedException", "no")
	}
	inJobWorld(t, "glue", j, func(t *testing.T, w *world) {
		if _, o := w.run(glueTask, `{}`); o.error != "Glue.AccessDeniedException" || !strings.HasPrefix(o.cause, "no (Service: AWSGlue; Status Code: 400; Error Code: AccessDeniedException;") {
			t.Errorf("%+v", o)
		}
	})
}

// rules permits what is listed, to everybody.
type rules []string

func (r rules) Authorize(_ cloud.Caller, action, resource string) error {
	for _, permitted := range r {
		if permitted == action+" "+resource {
			return nil
		}
	}
	return cloud.Errorf(400, "AccessDeniedException", "%s on %s", action, resource)
}

func (r rules) Assume(cloud.Caller, string, string) (cloud.Caller, error) { return cloud.Caller{}, nil }

func TestAMachineThatWaitsForSageMakerNeedsItsRule(t *testing.T) {
	const rule = "arn:aws:events:eu-central-1:123456789012:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"
	all := rules{"events:PutTargets " + rule, "events:PutRule " + rule, "events:DescribeRule " + rule}
	definition := func(suffix string) string {
		return `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sagemaker:createTrainingJob` + suffix + `","Parameters":{},"End":true}}}`
	}
	for _, row := range []struct {
		name, suffix string
		permitted    rules
		refused      bool
	}{
		{"with all of it", ".sync", all, false},
		{"without targets", ".sync", all[1:], true},
		{"without the description", ".sync", all[:2], true},
		{"with another rule", ".sync", rules{all[0] + "s", all[1], all[2]}, true},
		{"if it does not wait", "", nil, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			var asked []string
			j := glueJobs("", &asked)
			j.fakeService = fakeService{"CreateTrainingJob": func(context.Context, map[string]any) (any, error) { return nil, nil }}
			inJobWorld(t, "sagemaker", j, func(t *testing.T, w *world) {
				w.cloud.Authorizer = row.permitted
				_, err := w.states.create("m", false, wish{text: definition(row.suffix), role: "arn:aws:iam::123456789012:role/r"})
				if refused := err != nil && strings.Contains(err.Error(), "'arn:aws:iam::123456789012:role/r' is not authorized to create managed-rule."); refused != row.refused || err != nil && !refused {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func TestATaskWaitsForItsTrainingJob(t *testing.T) {
	for _, row := range []struct{ status, error string }{{"Completed", ""}, {"Failed", errTaskFailed}, {"Stopped", errTaskFailed}} {
		t.Run(row.status, func(t *testing.T) {
			j := &jobs{ends: time.Hour}
			var described []any
			j.fakeService = fakeService{
				"CreateTrainingJob": func(_ context.Context, in map[string]any) (any, error) {
					return map[string]any{"TrainingJobArn": "arn:aws:sagemaker:eu-central-1:123456789012:training-job/" + in["TrainingJobName"].(string)}, nil
				},
				"DescribeTrainingJob": func(_ context.Context, in map[string]any) (any, error) {
					described = append(described, in["TrainingJobName"])
					return map[string]any{"TrainingJobStatus": row.status, "CreationTime": 1795516200, "FinalMetricDataList": []any{map[string]any{"Value": 0.5, "Timestamp": 1795516200}}}, nil
				},
			}
			inJobWorld(t, "sagemaker", j, func(t *testing.T, w *world) {
				_, o := w.run(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sagemaker:createTrainingJob.sync","Parameters":{"TrainingJobName":"t-1"},"End":true}}}`, `{}`)
				want := `{"CreationTime":1795516200000,"FinalMetricDataList":[{"Timestamp":1795516200000,"Value":0.5}],"TrainingJobStatus":"` + row.status + `"}`
				if o.error != row.error || o.output+o.cause != want || j.awaited != "training-job/t-1" || len(described) != 2 || described[1] != "t-1" {
					t.Errorf("%+v, awaited %s, described %v", o, j.awaited, described)
				}
			})
		})
	}
}
