package prediction

// This file reads what is charged by a metric.

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// metered is what metrics tell of the engine's life so far.
func metered(ctx context.Context, cfg aws.Config, machines map[string]string) (map[string]float64, error) {
	r := &reading{ctx: ctx, cloudwatch: cloudwatch.NewFromConfig(cfg)}
	amounts := map[string]float64{}
	for _, read := range r.sums("AWS/DynamoDB", "ConsumedReadCapacityUnits", "TableName") {
		amounts[readUnits] += read
	}
	for _, written := range r.sums("AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName") {
		amounts[writeUnits] += written
	}
	for _, requests := range r.sums("AWS/ApiGateway", "Count", "ApiName") {
		amounts[restRequests] += requests
	}
	executions, took := r.sums("AWS/States", "ExecutionsStarted", "StateMachineArn"), r.sums("AWS/States", "ExecutionTime", "StateMachineArn")
	for machine, started := range executions {
		if machines[last(machine)] != standard {
			amounts[expressExecutions] += started
			amounts[expressTime] += took[machine] / 1000 * expressMemory
		}
	}
	called, worked := r.sums("AWS/Lambda", "Invocations", "FunctionName"), r.sums("AWS/Lambda", "Duration", "FunctionName")
	pages := lambda.NewListFunctionsPaginator(lambda.NewFromConfig(cfg), &lambda.ListFunctionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, f := range page.Functions {
			amounts[invocations] += called[*f.FunctionName]
			amounts[computeTime] += worked[*f.FunctionName] / 1000 * float64(*f.MemorySize) / 1024
		}
	}
	return amounts, r.err
}

// expressMemory is what an Express execution is charged for, in GB: the least, 64 MB,
// which is enough for some hundred KB of data.
const expressMemory = 64.0 / 1024

// reading reads metrics until the first error.
type reading struct {
	ctx        context.Context
	cloudwatch *cloudwatch.Client
	err        error
}

// sums are the sums of a metric, by a dimension that it has for itself.
func (r *reading) sums(namespace, name, dimension string) map[string]float64 {
	sums := map[string]float64{}
	pages := cloudwatch.NewListMetricsPaginator(r.cloudwatch, &cloudwatch.ListMetricsInput{Namespace: &namespace, MetricName: &name})
	for r.err == nil && pages.HasMorePages() {
		page, err := pages.NextPage(r.ctx)
		if err != nil {
			r.err = err
			return nil
		}
		for _, metric := range page.Metrics {
			if len(metric.Dimensions) == 1 && *metric.Dimensions[0].Name == dimension {
				sums[*metric.Dimensions[0].Value] = r.sum(metric)
			}
		}
	}
	return sums
}

// sum is the sum of one metric.
func (r *reading) sum(metric cloudwatchtypes.Metric) (sum float64) {
	statistics, err := r.cloudwatch.GetMetricStatistics(r.ctx, &cloudwatch.GetMetricStatisticsInput{
		Namespace: metric.Namespace, MetricName: metric.MetricName, Dimensions: metric.Dimensions,
		StartTime: aws.Time(time.Now().AddDate(0, 0, -14)), EndTime: aws.Time(time.Now().Add(time.Minute)), Period: aws.Int32(24 * 60 * 60),
		Statistics: []cloudwatchtypes.Statistic{cloudwatchtypes.StatisticSum},
	})
	if err != nil {
		r.err = err
		return 0
	}
	for _, point := range statistics.Datapoints {
		sum += aws.ToFloat64(point.Sum)
	}
	return sum
}
