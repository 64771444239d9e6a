package glue_test

// This file updates a job while it runs.

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsglue "github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
)

func TestAJobIsUpdatedForTheRunsToCome(t *testing.T) {
	inEngine(t, prepare(""), responses(`{"0": {"Return": {"ExecutionTime": 1000}}, "1-9": {"Return": {}}}`), func(t *testing.T, e *engine, client *awsglue.Client) {
		if err := e.created.Delete(t.Context(), cfn.Deletion{}); err != nil {
			t.Fatal(err)
		}
		s, err := cfntest.Create(t, e.Site, e.glue.Types(), `"Prepare": `+prepare(""))
		if err != nil {
			t.Fatal(err)
		}
		described := func() *types.Job {
			out, err := client.GetJob(t.Context(), &awsglue.GetJobInput{JobName: aws.String("prepare")})
			if err != nil {
				t.Fatal(err)
			}
			return out.Job
		}
		created, long := described(), start(t, client)
		time.Sleep(time.Minute)
		s.Put(t, "Prepare", prepare(`, "Timeout": 7, "MaxRetries": 2, "DefaultArguments": {"--a": "b"}, "ExecutionProperty": {"MaxConcurrentRuns": 3}, "Description": "of the night"`))
		updated := described()
		if *updated.Timeout != 7 || updated.MaxRetries != 2 || updated.DefaultArguments["--a"] != "b" || updated.ExecutionProperty.MaxConcurrentRuns != 3 || *updated.Description != "of the night" {
			t.Errorf("the job is %+v", updated)
		}
		if !updated.CreatedOn.Equal(*created.CreatedOn) || !updated.LastModifiedOn.After(*created.LastModifiedOn) {
			t.Errorf("it was created %s, and changed %s", updated.CreatedOn, updated.LastModifiedOn)
		}
		if got := run(t, client, long); got.JobRunState != types.JobRunStateRunning || *got.Timeout != *created.Timeout {
			t.Errorf("the run that began before is %+v", got)
		}
		if got := e.finish(t, client, start(t, client)); *got.Timeout != 7 {
			t.Errorf("a run beside it is %+v", got)
		}
		if runs, err := client.GetJobRuns(t.Context(), &awsglue.GetJobRunsInput{JobName: aws.String("prepare")}); err != nil || len(runs.JobRuns) != 2 {
			t.Errorf("the runs are %+v, %v", runs, err)
		}
		if err := s.Try(t, map[string]string{"Prepare": prepare(`, "MaxRetries": 11`)}); err == nil || described().MaxRetries != 2 {
			t.Errorf("eleven attempts were accepted: %v", err)
		}
	})
}
