package sagemaker_test

import (
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/mock"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/sagemaker"
)

// A training job that would run for a while, and ends as it is told.
func Example() {
	ctx := context.Background()
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	mocks, err := mock.Parse([]byte(`{
		"StateMachines": {"aws-sdk:sagemaker": {"TestCases": {"churn-*": {"createTrainingJob": "Trained"}}}},
		"MockedResponses": {"Trained": {"0": {"Return": {"FinalMetricDataList": [{"MetricName": "auc", "Value": 0.93}]}}}}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	c.Register("sagemaker", sagemaker.New(c, sagemaker.Options{Mocks: mocks, Objects: s3.New(c, s3.Options{})}))
	in := map[string]any{
		"TrainingJobName": "churn-1", "RoleArn": "arn:aws:iam::123456789012:role/trainer",
		"AlgorithmSpecification": map[string]any{"TrainingImage": "xgboost", "TrainingInputMode": "File"},
		"OutputDataConfig":       map[string]any{"S3OutputPath": "s3://models"},
		"ResourceConfig":         map[string]any{"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
		"StoppingCondition":      map[string]any{"MaxRuntimeInSeconds": 3600},
	}
	var out struct{ TrainingJobArn string }
	err = c.Do(ctx, c.Administrator(), "sagemaker", "CreateTrainingJob", in, &out)
	fmt.Println(out.TrainingJobArn, err)
	// Output: arn:aws:sagemaker:eu-central-1:123456789012:training-job/churn-1 <nil>
}
