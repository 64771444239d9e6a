package sagemaker_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssagemaker "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
)

func transform(input string) *awssagemaker.CreateTransformJobInput {
	return &awssagemaker.CreateTransformJobInput{
		TransformJobName: aws.String("t"), ModelName: aws.String("one"),
		TransformInput:     &types.TransformInput{DataSource: &types.TransformDataSource{S3DataSource: &types.TransformS3DataSource{S3DataType: "S3Prefix", S3Uri: &input}}},
		TransformOutput:    &types.TransformOutput{S3OutputPath: aws.String("s3://data/scores/")},
		TransformResources: &types.TransformResources{InstanceType: "ml.m5.large", InstanceCount: aws.Int32(1)},
	}
}

func TestATransformJobEndsAsItsResponseSays(t *testing.T) {
	for _, row := range []struct{ name, response, input, status, reason, written string }{
		{"with its results", `{'Return': {'Objects': {'s3://data/scores/rows.csv.out': '0.5'}}}`, "s3://data/in/", "Completed", "", "0.5"},
		{"without results", `{'Return': {'TransformJobStatus': 'Completed'}}`, "s3://data/in/", "Completed", "", "NoSuchKey"},
		{"in failure", `{'Throw': {'Error': 'States.TaskFailed', 'Cause': 'AlgorithmError'}}`, "s3://data/in/", "Failed", "AlgorithmError", "NoSuchKey"},
		{"without data", `{'Return': {}}`, "s3://data/none/", "Failed", `ClientError: Data download failed:No S3 objects found under S3 URL "s3://data/none/" given in input data source. Please ensure that the bucket exists in the selected region (eu-west-1), that objects exist under that S3 prefix, and that the role "arn:aws:iam::111122223333:role/trainer" has "s3:ListBucket" permissions on bucket "data". Error message from S3: The specified key does not exist.`, "NoSuchKey"},
		{"without a place", `{'Return': {'Objects': {'s3://none/x': '0.5'}}}`, "s3://data/in/", "Failed", "ClientError: Could not write to s3://none/x: The specified bucket does not exist", "NoSuchKey"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inEngine(t, script(map[string]string{"createTransformJob": `{'0': ` + row.response + `}`}), func(t *testing.T, e *engine, client *awssagemaker.Client) {
				configure(t, client, "one")
				created, err := client.CreateTransformJob(t.Context(), transform(row.input))
				if err != nil || *created.TransformJobArn != "arn:aws:sagemaker:eu-west-1:111122223333:transform-job/t" {
					t.Fatalf("%+v, %v", created, err)
				}
				if err := e.AwaitJob(t.Context(), "sagemaker", "transform-job/t"); err != nil {
					t.Fatal(err)
				}
				d, err := client.DescribeTransformJob(t.Context(), &awssagemaker.DescribeTransformJobInput{TransformJobName: aws.String("t")})
				if err != nil || string(d.TransformJobStatus) != row.status || aws.ToString(d.FailureReason) != row.reason || d.TransformEndTime == nil || *d.ModelName != "one" {
					t.Errorf("%+v, %q, %v", d, aws.ToString(d.FailureReason), err)
				}
				if got := e.read(t, "scores/rows.csv.out"); got != row.written {
					t.Errorf("written %s", got)
				}
				list, err := client.ListTransformJobs(t.Context(), &awssagemaker.ListTransformJobsInput{})
				if err != nil || len(list.TransformJobSummaries) != 1 || string(list.TransformJobSummaries[0].TransformJobStatus) != row.status {
					t.Errorf("listed %+v, %v", list, err)
				}
				if got := e.told("TransformJobStatus"); got != row.status {
					t.Errorf("told %s", got)
				}
			})
		})
	}
}

func TestATransformJobIsStopped(t *testing.T) {
	inEngine(t, script(map[string]string{"createTransformJob": `{'0': {'Return': {}}}`}), func(t *testing.T, e *engine, client *awssagemaker.Client) {
		configure(t, client, "one")
		if _, err := client.CreateTransformJob(t.Context(), transform("s3://data/in/")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		stop := func() error {
			_, err := client.StopTransformJob(t.Context(), &awssagemaker.StopTransformJobInput{TransformJobName: aws.String("t")})
			return err
		}
		expect(t, "stop", stop(), "", "")
		if err := e.AwaitJob(t.Context(), "sagemaker", "transform-job/t"); err != nil {
			t.Fatal(err)
		}
		expect(t, "stop again", stop(), "ValidationException", "because the transform job is in status Stopped")
	})
}

func TestATransformJobThatCannotBeIsRefused(t *testing.T) {
	inEngine(t, `{}`, func(t *testing.T, e *engine, client *awssagemaker.Client) {
		_, err := client.CreateTransformJob(t.Context(), transform("s3://data/in/"))
		expect(t, "without a model", err, "ValidationException", "Could not find model")
		configure(t, client, "one")
		_, err = client.CreateTransformJob(t.Context(), transform("s3://data/in/"))
		expect(t, "without a response", err, "ValidationException", "the response to createTransformJob of aws-sdk:sagemaker for t")
		_, err = client.CreateTransformJob(t.Context(), transform("data"))
		expect(t, "without an address", err, "ValidationException", "S3Uri")
		_, err = client.DescribeTransformJob(t.Context(), &awssagemaker.DescribeTransformJobInput{TransformJobName: aws.String("t")})
		expect(t, "describe what is not there", err, "ValidationException", "Could not find requested job with name: t")
	})
}
