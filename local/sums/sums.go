// Package sums asks CloudWatch for the sums of many metrics, in few calls.
package sums

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

const (
	// inQuery is how many metrics CloudWatch takes in one call.
	inQuery = 500

	// period is of how much time CloudWatch makes a sum, which are added up here.
	period = time.Hour
)

// Of is what each metric comes to over the time until now that is past: 0 if it has
// nothing, in the order of the metrics.
func Of(ctx context.Context, client cloudwatch.GetMetricDataAPIClient, past time.Duration, metrics []types.Metric) ([]float64, error) {
	sums, now := make([]float64, len(metrics)), time.Now()
	var queries []types.MetricDataQuery
	for i := range metrics {
		queries = append(queries, types.MetricDataQuery{Id: aws.String(fmt.Sprint("m", i)), MetricStat: &types.MetricStat{
			Metric: &metrics[i], Stat: aws.String(string(types.StatisticSum)), Period: aws.Int32(int32(period / time.Second)),
		}})
	}
	for part := range slices.Chunk(queries, inQuery) {
		in := &cloudwatch.GetMetricDataInput{MetricDataQueries: part, StartTime: aws.Time(now.Add(-past)), EndTime: &now}
		for pages := cloudwatch.NewGetMetricDataPaginator(client, in); pages.HasMorePages(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, result := range page.MetricDataResults {
				i, err := strconv.Atoi(strings.TrimPrefix(aws.ToString(result.Id), "m"))
				if err != nil || i < 0 || i >= len(sums) {
					return nil, fmt.Errorf("CloudWatch tells of %q, which nobody has asked for", aws.ToString(result.Id))
				}
				for _, value := range result.Values {
					sums[i] += value
				}
			}
		}
	}
	return sums, nil
}

// Metric is one with a single dimension.
func Metric(namespace, name, dimension, value string) types.Metric {
	return types.Metric{Namespace: &namespace, MetricName: &name, Dimensions: []types.Dimension{{Name: &dimension, Value: &value}}}
}
