package sums_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/tradepost-dev/tradepost/local/sums"
)

// told answers calls of GetMetricData.
type told func(*cloudwatch.GetMetricDataInput) (*cloudwatch.GetMetricDataOutput, error)

func (t told) GetMetricData(_ context.Context, in *cloudwatch.GetMetricDataInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error) {
	return t(in)
}

func TestEachMetricHasItsSumHoweverCloudWatchTellsIt(t *testing.T) {
	const metrics = 1201
	var calls []int
	client := told(func(in *cloudwatch.GetMetricDataInput) (*cloudwatch.GetMetricDataOutput, error) {
		if past := in.EndTime.Sub(*in.StartTime); past != 3*time.Hour {
			t.Errorf("it asks for %v", past)
		}
		out := &cloudwatch.GetMetricDataOutput{}
		if in.NextToken == nil { // two pages, in another order than asked for, and nothing of some
			calls = append(calls, len(in.MetricDataQueries))
			out.NextToken = aws.String("more")
		}
		for _, query := range slices.Backward(in.MetricDataQueries) {
			var n float64
			if _, err := fmt.Sscanf(*query.MetricStat.Metric.MetricName, "n%g", &n); err != nil {
				return nil, err
			}
			if n > 0 {
				out.MetricDataResults = append(out.MetricDataResults, types.MetricDataResult{Id: query.Id, Values: []float64{n, 1}})
			}
		}
		return out, nil
	})
	var all []types.Metric
	for i := range metrics {
		all = append(all, sums.Metric("Shop", fmt.Sprint("n", i), "Till", "1"))
	}
	got, err := sums.Of(t.Context(), client, 3*time.Hour, all)
	if err != nil || len(got) != metrics || !slices.Equal(calls, []int{500, 500, 201}) {
		t.Fatalf("%d sums in calls of %v, %v", len(got), calls, err)
	}
	for i, sum := range got {
		if want := 2 * float64(i+1); i > 0 && sum != want || i == 0 && sum != 0 {
			t.Errorf("metric %d comes to %g", i, sum)
		}
	}
	if none, err := sums.Of(t.Context(), client, 3*time.Hour, nil); err != nil || len(none) > 0 || len(calls) != 3 {
		t.Errorf("of nothing there is %v, %v, after %d calls", none, err, len(calls))
	}
}

func TestAnAnswerToAnotherQuestionIsAnError(t *testing.T) {
	for _, id := range []string{"", "m", "m1", "m-1", "x"} {
		client := told(func(*cloudwatch.GetMetricDataInput) (*cloudwatch.GetMetricDataOutput, error) {
			return &cloudwatch.GetMetricDataOutput{MetricDataResults: []types.MetricDataResult{{Id: &id, Values: []float64{1}}}}, nil
		})
		if got, err := sums.Of(t.Context(), client, time.Hour, []types.Metric{sums.Metric("Shop", "n", "Till", "1")}); err == nil {
			t.Errorf("%q is taken for the metric: %v", id, got)
		}
	}
}
