package cloudwatch_test

import (
	"context"
	"fmt"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/cloudwatch"
)

// What services observe becomes metrics.
func Example() {
	ctx := context.Background()
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	metrics := cloudwatch.New(c)
	c.Register("cloudwatch", metrics)
	for _, size := range []float64{3, 4} {
		metrics.Observe(cloud.Datum{Namespace: "Shop", Name: "OrderSize", Value: size, Unit: "Count"})
	}
	now := time.Now()
	var out struct {
		Datapoints []struct{ Sum, Maximum float64 }
	}
	err := c.Do(ctx, c.Administrator(), "cloudwatch", "GetMetricStatistics", map[string]any{
		"Namespace": "Shop", "MetricName": "OrderSize", "Period": 86400, "Statistics": []string{"Sum", "Maximum"},
		"StartTime": cloud.Time(now.Add(-24 * time.Hour)), "EndTime": cloud.Time(now.Add(24 * time.Hour)),
	}, &out)
	fmt.Println(out.Datapoints, err)
	// Output: [{7 4}] <nil>
}
