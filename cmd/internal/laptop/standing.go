package laptop

// This file tells how things stand, for whoever waits too long.

import (
	"context"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Standing says, a line each, how many executions every state machine has in
// each status, and how many messages wait in every queue. What cannot be found
// out is said in its place.
func (l *Laptop) Standing(ctx context.Context) string {
	var lines []string
	report := func(lister func(context.Context) ([]string, error)) {
		found, err := lister(ctx)
		lines = append(lines, found...)
		if err != nil {
			lines = append(lines, err.Error())
		}
	}
	report(l.machines)
	report(l.queues)
	return strings.Join(lines, "\n")
}

func (l *Laptop) machines(ctx context.Context) (lines []string, err error) {
	client := sfn.NewFromConfig(l.AWS())
	machines := sfn.NewListStateMachinesPaginator(client, &sfn.ListStateMachinesInput{})
	for machines.HasMorePages() {
		page, err := machines.NextPage(ctx)
		if err != nil {
			return lines, fmt.Errorf("list the state machines: %w", err)
		}
		for _, machine := range page.StateMachines {
			if machine.Type == types.StateMachineTypeExpress {
				continue // whose executions are not kept
			}
			var counts []string
			for _, status := range types.ExecutionStatus("").Values() {
				if status == types.ExecutionStatusPendingRedrive {
					continue // which only executions of a distributed map have
				}
				count, err := l.Executions(ctx, *machine.StateMachineArn, status)
				if err != nil {
					return lines, err
				}
				if count > 0 {
					counts = append(counts, fmt.Sprint(count, " ", status))
				}
			}
			lines = append(lines, fmt.Sprintf("state machine %s: %s", *machine.Name, all(counts, "no executions")))
		}
	}
	return lines, nil
}

// Executions counts a state machine's executions of one status.
func (l *Laptop) Executions(ctx context.Context, machine string, status types.ExecutionStatus) (int, error) {
	count := 0
	pages := sfn.NewListExecutionsPaginator(sfn.NewFromConfig(l.AWS()), &sfn.ListExecutionsInput{
		StateMachineArn: &machine, StatusFilter: status, MaxResults: 1000,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, fmt.Errorf("list the executions of %s: %w", machine, err)
		}
		count += len(page.Executions)
	}
	return count, nil
}

// Sum is what CloudWatch makes of a metric with one dimension since a time; 0 if it
// has none.
func (l *Laptop) Sum(ctx context.Context, since time.Time, namespace, metric, dimension, value string) (int, error) {
	got, err := cloudwatch.NewFromConfig(l.AWS()).GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
		Namespace:  &namespace,
		MetricName: &metric,
		Dimensions: []cwtypes.Dimension{{Name: &dimension, Value: &value}},
		StartTime:  aws.Time(since.Truncate(time.Minute)), // as periods begin
		EndTime:    aws.Time(time.Now().Add(time.Minute)),
		Period:     aws.Int32(60),
		Statistics: []cwtypes.Statistic{cwtypes.StatisticSum},
	})
	if err != nil {
		return 0, fmt.Errorf("sum metric %s: %w", metric, err)
	}
	total := 0.0
	for _, point := range got.Datapoints {
		total += *point.Sum
	}
	return int(total), nil
}

func (l *Laptop) queues(ctx context.Context) (lines []string, err error) {
	client := sqs.NewFromConfig(l.AWS())
	depths := []struct {
		name sqstypes.QueueAttributeName
		says string
	}{
		{sqstypes.QueueAttributeNameApproximateNumberOfMessages, "waiting"},
		{sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible, "in flight"},
		{sqstypes.QueueAttributeNameApproximateNumberOfMessagesDelayed, "delayed"},
	}
	queues := sqs.NewListQueuesPaginator(client, &sqs.ListQueuesInput{})
	for queues.HasMorePages() {
		page, err := queues.NextPage(ctx)
		if err != nil {
			return lines, fmt.Errorf("list the queues: %w", err)
		}
		for _, url := range page.QueueUrls {
			got, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
				QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll},
			})
			if err != nil {
				return lines, fmt.Errorf("look into queue %s: %w", url, err)
			}
			var counts []string
			for _, depth := range depths {
				if count := got.Attributes[string(depth.name)]; count != "" && count != "0" {
					counts = append(counts, count+" "+depth.says)
				}
			}
			lines = append(lines, fmt.Sprintf("queue %s: %s", path.Base(url), all(counts, "empty")))
		}
	}
	return lines, nil
}

func all(counts []string, otherwise string) string {
	if len(counts) == 0 {
		return otherwise
	}
	return strings.Join(counts, ", ")
}
