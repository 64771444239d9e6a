package sagemaker_test

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssagemaker "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
)

var trained = script(map[string]string{"createTrainingJob": `{'0-2000': {'Return': {'TrainingJobStatus': 'Completed', 'FinalMetricDataList': [{'MetricName': 'validation:auc', 'Value': 0.93}]}}}`})

func TestATrainingJobTakesItsTimeAndCompletes(t *testing.T) {
	inEngine(t, trained, func(t *testing.T, e *engine, client *awssagemaker.Client) {
		began := time.Now()
		created, err := client.CreateTrainingJob(t.Context(), training("churn-1"))
		if err != nil || *created.TrainingJobArn != "arn:aws:sagemaker:eu-west-1:111122223333:training-job/churn-1" {
			t.Fatalf("%+v, %v", created, err)
		}
		var seen []string
		for range 6 {
			synctest.Wait()
			d := describe(t, client, "churn-1")
			seen = append(seen, string(d.TrainingJobStatus)+"/"+string(d.SecondaryStatus))
			time.Sleep(time.Second)
		}
		if got := strings.Join(seen, " "); got != "InProgress/Starting InProgress/Downloading InProgress/Training InProgress/Training InProgress/Uploading Completed/Completed" {
			t.Errorf("statuses %s", got)
		}
		d := describe(t, client, "churn-1")
		if *d.ModelArtifacts.S3ModelArtifacts != "s3://data/out/churn-1/output/model.tar.gz" || len(d.FinalMetricDataList) != 1 || *d.FinalMetricDataList[0].Value != 0.93 ||
			*d.FinalMetricDataList[0].MetricName != "validation:auc" || d.FinalMetricDataList[0].Timestamp == nil || *d.TrainingTimeInSeconds != 4 || *d.BillableTimeInSeconds != 4 ||
			d.TrainingEndTime.Sub(began) != 5*time.Second || len(d.SecondaryStatusTransitions) != 5 || d.SecondaryStatusTransitions[3].EndTime == nil || d.SecondaryStatusTransitions[4].EndTime != nil ||
			d.HyperParameters["depth"] != "3" || *d.RoleArn != role || *d.InputDataConfig[0].DataSource.S3DataSource.S3Uri != "s3://data/in/" || d.ResourceConfig.InstanceType != "ml.m5.large" || d.FailureReason != nil {
			t.Errorf("%+v", d)
		}
		if got := e.told("TrainingJobStatus"); got != "InProgress InProgress InProgress Completed" {
			t.Errorf("told %s", got)
		}
		last := e.events[len(e.events)-1]
		if last.DetailType != "SageMaker Training Job State Change" || last.Resources[0] != *created.TrainingJobArn || !strings.Contains(string(last.Detail), fmt.Sprintf(`"CreationTime":%d`, began.UnixMilli())) {
			t.Errorf("event %+v, %s", last, last.Detail)
		}
		files := tar.NewReader(must(gzip.NewReader(strings.NewReader(e.read(t, "out/churn-1/output/model.tar.gz")))))
		header := must(files.Next())
		var left struct{ TrainingJobName string }
		if err := json.Unmarshal(must(io.ReadAll(files)), &left); err != nil || header.Name != "training-job.json" || left.TrainingJobName != "churn-1" {
			t.Errorf("the archive has %s: %+v, %v", header.Name, left, err)
		}
	})
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func TestATrainingJobEndsAsItsResponseSays(t *testing.T) {
	for _, row := range []struct {
		name, response            string
		status, secondary, reason string
		seconds                   int32
		artifact                  string
	}{
		{"completed by default", `{'Return': {}}`, "Completed", "Completed", "", 4, "s3://data/out/j/output/model.tar.gz"},
		{"completed after a while", `{'Return': {'TrainingTimeInSeconds': 300}}`, "Completed", "Completed", "", 302, "s3://data/out/j/output/model.tar.gz"},
		{"with a model that lies elsewhere", `{'Return': {'ModelArtifacts': {'S3ModelArtifacts': 's3://data/model.tar.gz'}}}`, "Completed", "Completed", "", 3, "s3://data/model.tar.gz"},
		{"failed for a reason", `{'Throw': {'Error': 'States.TaskFailed', 'Cause': 'AlgorithmError: no'}}`, "Failed", "Failed", "AlgorithmError: no", 3, ""},
		{"failed as .sync tells it", `{'Throw': {'Error': 'States.TaskFailed', 'Cause': '{\"TrainingJobStatus\": \"Failed\", \"FailureReason\": \"no memory\", \"CreationTime\": 1700000000000}'}}`, "Failed", "Failed", "no memory", 3, ""},
		{"failed in a description", `{'Return': {'TrainingJobStatus': 'Failed', 'FailureReason': 'no'}}`, "Failed", "Failed", "no", 3, ""},
		{"beyond its time", `{'Return': {'TrainingTimeInSeconds': 601}}`, "Stopped", "MaxRuntimeExceeded", "", 602, "s3://data/out/j/output/model.tar.gz"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inEngine(t, script(map[string]string{"createTrainingJob": `{'0': ` + row.response + `}`}), func(t *testing.T, e *engine, client *awssagemaker.Client) {
				d := e.train(t, client, training("j"))
				artifact := ""
				if d.ModelArtifacts != nil {
					artifact = *d.ModelArtifacts.S3ModelArtifacts
				}
				if string(d.TrainingJobStatus) != row.status || string(d.SecondaryStatus) != row.secondary || aws.ToString(d.FailureReason) != row.reason || *d.TrainingTimeInSeconds != row.seconds || artifact != row.artifact {
					t.Errorf("%s/%s %q after %d s with %s", d.TrainingJobStatus, d.SecondaryStatus, aws.ToString(d.FailureReason), *d.TrainingTimeInSeconds, artifact)
				}
			})
		})
	}
}

func TestATrainingJobNeedsItsDataAndItsRole(t *testing.T) {
	all := only{"s3:ListBucket arn:aws:s3:::data", "s3:GetObject arn:aws:s3:::data/in/rows.csv", "s3:PutObject arn:aws:s3:::data/out/j/output/model.tar.gz"}
	for _, row := range []struct {
		name, input string
		may         only
		want        string
	}{
		{"with all of it", "s3://data/in/", all, ""},
		{"one object", "s3://data/in/rows.csv", all, ""},
		{"no data", "s3://data/none/", all, `No S3 objects found under S3 URL "s3://data/none/"`},
		{"no bucket", "s3://none/in/", only{"s3:ListBucket arn:aws:s3:::none"}, "The specified bucket does not exist"},
		{"without the list", "s3://data/in/", all[1:], `"s3:ListBucket" permissions on bucket "data"`},
		{"without the object", "s3://data/in/", only{all[0], all[2]}, "Data download failed:Could not download s3://data/in/rows.csv"},
		{"without a place for the model", "s3://data/in/", all[:2], "Artifact upload failed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inEngine(t, trained, func(t *testing.T, e *engine, client *awssagemaker.Client) {
				in := training("j")
				in.InputDataConfig[0].DataSource.S3DataSource.S3Uri = &row.input
				if _, err := client.CreateTrainingJob(t.Context(), in); err != nil {
					t.Fatal(err)
				}
				e.Authorizer = row.may
				if err := e.AwaitJob(t.Context(), "sagemaker", "training-job/j"); err != nil {
					t.Fatal(err)
				}
				e.Authorizer = nil
				if got := aws.ToString(describe(t, client, "j").FailureReason); !strings.Contains(got, row.want) || (row.want == "") != (got == "") || got != "" && !strings.HasPrefix(got, "ClientError: ") {
					t.Errorf("got %q", got)
				}
			})
		})
	}
}

func TestATrainingJobThatCannotBeIsRefused(t *testing.T) {
	for _, row := range []struct {
		name, mocks, want, message string
		change                     func(*awssagemaker.CreateTrainingJobInput)
	}{
		{"without a response", `{}`, "ValidationException", "the response to createTrainingJob of aws-sdk:sagemaker for j", nil},
		{"beyond the responses", script(map[string]string{"createTrainingJob": `{'1': {'Return': {}}}`}), "ValidationException", "nothing for call 0", nil},
		{"by a response with a misspelled member", script(map[string]string{"createTrainingJob": `{'0': {'Return': {'Status': 'Failed'}}}`}), "ValidationException", `unknown field "Status"`, nil},
		{"by a response that is no end", script(map[string]string{"createTrainingJob": `{'0': {'Return': {'TrainingJobStatus': 'InProgress'}}}`}), "ValidationException", "a job does not end as InProgress", nil},
		{"by a response that says so", script(map[string]string{"createTrainingJob": `{'0': {'Throw': {'Error': 'SageMaker.ResourceLimitExceededException', 'Cause': 'the limit is 0'}}}`}), "ResourceLimitExceeded", "the limit is 0", nil},
		{"by an unmodeled response", script(map[string]string{"createTrainingJob": `{'0': {'Throw': {'Error': 'ThrottlingException', 'Cause': 'Rate exceeded'}}}`}), "ThrottlingException", "Rate exceeded", nil},
		{"with a bad name", trained, "ValidationException", "trainingJobName", func(in *awssagemaker.CreateTrainingJobInput) { in.TrainingJobName = aws.String("a_b") }},
		{"with a name that ends in a dash", trained, "ValidationException", "trainingJobName", func(in *awssagemaker.CreateTrainingJobInput) { in.TrainingJobName = aws.String("ab-") }},
		{"with too long a name", trained, "ValidationException", "trainingJobName", func(in *awssagemaker.CreateTrainingJobInput) {
			in.TrainingJobName = aws.String(strings.Repeat("a", 64))
		}},
		{"without an image", trained, "ValidationException", "Either TrainingImage or AlgorithmName", func(in *awssagemaker.CreateTrainingJobInput) { in.AlgorithmSpecification.TrainingImage = nil }},
		{"with another input mode", trained, "ValidationException", "trainingInputMode", func(in *awssagemaker.CreateTrainingJobInput) { in.AlgorithmSpecification.TrainingInputMode = "Tape" }},
		{"without instances", trained, "ValidationException", "resourceConfig", func(in *awssagemaker.CreateTrainingJobInput) { in.ResourceConfig = nil }},
		{"without an end", trained, "ValidationException", "stoppingCondition", func(in *awssagemaker.CreateTrainingJobInput) { in.StoppingCondition = nil }},
		{"with an output that is not in S3", trained, "ValidationException", "outputDataConfig.S3OutputPath", func(in *awssagemaker.CreateTrainingJobInput) {
			in.OutputDataConfig.S3OutputPath = aws.String("/tmp")
		}},
		{"with the longest name", trained, "", "", func(in *awssagemaker.CreateTrainingJobInput) {
			in.TrainingJobName = aws.String(strings.Repeat("a", 63))
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			inEngine(t, row.mocks, func(t *testing.T, e *engine, client *awssagemaker.Client) {
				in := training("j")
				if row.change != nil {
					row.change(in)
				}
				_, err := client.CreateTrainingJob(t.Context(), in)
				expect(t, "create", err, row.want, row.message)
			})
		})
	}
}

func TestATrainingJobsNameIsItsOwn(t *testing.T) {
	inEngine(t, trained, func(t *testing.T, e *engine, client *awssagemaker.Client) {
		e.train(t, client, training("j"))
		_, err := client.CreateTrainingJob(t.Context(), training("j"))
		var inUse *types.ResourceInUse
		if !errors.As(err, &inUse) || !strings.Contains(err.Error(), "a training job with this name already exists (arn:aws:sagemaker:eu-west-1:111122223333:training-job/j)") {
			t.Errorf("got %v", err)
		}
		_, err = client.DescribeTrainingJob(t.Context(), &awssagemaker.DescribeTrainingJobInput{TrainingJobName: aws.String("k")})
		expect(t, "one that is not there", err, "ValidationException", "Requested resource not found.")
	})
}

func TestATrainingJobIsStopped(t *testing.T) {
	for _, after := range []time.Duration{0, time.Second, 3 * time.Second} {
		inEngine(t, script(map[string]string{"createTrainingJob": `{'0': {'Return': {'TrainingTimeInSeconds': 500}}}`}), func(t *testing.T, e *engine, client *awssagemaker.Client) {
			if _, err := client.CreateTrainingJob(t.Context(), training("j")); err != nil {
				t.Fatal(err)
			}
			time.Sleep(after)
			stop := func() error {
				_, err := client.StopTrainingJob(t.Context(), &awssagemaker.StopTrainingJobInput{TrainingJobName: aws.String("j")})
				return err
			}
			expect(t, "stop", stop(), "", "")
			synctest.Wait()
			if d := describe(t, client, "j"); d.TrainingJobStatus != "Stopping" || d.SecondaryStatus != "Stopping" {
				t.Errorf("after %v it is %s/%s", after, d.TrainingJobStatus, d.SecondaryStatus)
			}
			expect(t, "stop again", stop(), "", "")
			if err := e.AwaitJob(t.Context(), "sagemaker", "training-job/j"); err != nil {
				t.Fatal(err)
			}
			if d := describe(t, client, "j"); d.TrainingJobStatus != "Stopped" || d.ModelArtifacts != nil {
				t.Errorf("after %v it is %+v", after, d)
			}
			expect(t, "stop at last", stop(), "ValidationException", "The request was rejected because the training job is in status Stopped.")
		})
	}
}

func TestOldTrainingJobsAreLetGoOf(t *testing.T) {
	inEngine(t, trained, func(t *testing.T, e *engine, client *awssagemaker.Client) {
		var first map[string]any
		raw, err := json.Marshal(map[string]any{
			"RoleArn": role, "AlgorithmSpecification": map[string]any{"TrainingImage": "i", "TrainingInputMode": "File"},
			"OutputDataConfig": map[string]any{"S3OutputPath": "s3://data/o"}, "ResourceConfig": map[string]any{}, "StoppingCondition": map[string]any{},
		})
		if err != nil || json.Unmarshal(raw, &first) != nil {
			t.Fatal(err)
		}
		for i := range 1002 {
			first["TrainingJobName"] = fmt.Sprintf("j%d", i)
			if err := e.call(t.Context(), "CreateTrainingJob", first); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second)
		}
		_, err = client.DescribeTrainingJob(t.Context(), &awssagemaker.DescribeTrainingJobInput{TrainingJobName: aws.String("j1")})
		expect(t, "the second of 1002", err, "ValidationException", "not found")
		describe(t, client, "j2")
	})
}

func TestTrainingJobsAreListed(t *testing.T) {
	inEngine(t, trained, func(t *testing.T, e *engine, client *awssagemaker.Client) {
		for _, name := range []string{"b-1", "a-2", "c-1"} {
			e.train(t, client, training(name))
		}
		if _, err := client.CreateTrainingJob(t.Context(), training("d-1")); err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			in   awssagemaker.ListTrainingJobsInput
			want string
		}{
			{awssagemaker.ListTrainingJobsInput{}, "d-1 c-1 a-2 b-1"},
			{awssagemaker.ListTrainingJobsInput{SortOrder: "Ascending"}, "b-1 a-2 c-1 d-1"},
			{awssagemaker.ListTrainingJobsInput{SortBy: "Name", SortOrder: "Ascending"}, "a-2 b-1 c-1 d-1"},
			{awssagemaker.ListTrainingJobsInput{NameContains: aws.String("-1")}, "d-1 c-1 b-1"},
			{awssagemaker.ListTrainingJobsInput{StatusEquals: "Completed", SortBy: "Name"}, "c-1 b-1 a-2"},
			{awssagemaker.ListTrainingJobsInput{MaxResults: aws.Int32(3)}, "d-1 c-1 a-2 ..."},
			{awssagemaker.ListTrainingJobsInput{MaxResults: aws.Int32(3), NextToken: aws.String("3")}, "b-1"},
			{awssagemaker.ListTrainingJobsInput{MaxResults: aws.Int32(101)}, "ValidationException"},
			{awssagemaker.ListTrainingJobsInput{NextToken: aws.String("x")}, "ValidationException"},
			{awssagemaker.ListTrainingJobsInput{CreationTimeAfter: aws.Time(time.Now().Add(-time.Second))}, "d-1"},
		} {
			out, err := client.ListTrainingJobs(t.Context(), &row.in)
			got := code(err)
			if err == nil {
				for _, s := range out.TrainingJobSummaries {
					got += " " + *s.TrainingJobName
				}
				if out.NextToken != nil {
					got += " ..."
				}
			}
			if strings.TrimSpace(got) != row.want {
				t.Errorf("%+v: %s, want %s", row.in, got, row.want)
			}
		}
	})
}
