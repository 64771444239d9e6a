package console

// This file shows metrics: which there are, and how one went.

import (
	"cmp"
	"context"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

func (c *console) serveMetrics(mux *http.ServeMux) {
	mux.Handle("GET /metrics", c.Page(c.metricList))
	mux.Handle("GET /metrics/plot", c.Page(c.metricPage))
}

// metricList is the page of namespaces, or of the metrics of one.
type metricList struct {
	Namespace  string
	Namespaces []namespace
	Metrics    []metric
	More       string // the address of what comes after, or empty
}

type namespace struct {
	Name    string
	Metrics int
}

// At is the address of its metrics.
func (n namespace) At() string { return "/metrics?" + url.Values{"namespace": {n.Name}}.Encode() }

func (c *console) metricList(r *http.Request) (View, error) {
	query := r.URL.Query()
	l := metricList{Namespace: query.Get("namespace")}
	if l.Namespace == "" {
		counts := map[string]int{}
		for pages := cloudwatch.NewListMetricsPaginator(c.metrics, &cloudwatch.ListMetricsInput{}); pages.HasMorePages(); {
			page, err := pages.NextPage(r.Context())
			if err != nil {
				return View{}, err
			}
			for _, m := range page.Metrics {
				counts[*m.Namespace]++
			}
		}
		for name, metrics := range counts {
			l.Namespaces = append(l.Namespaces, namespace{name, metrics})
		}
		slices.SortFunc(l.Namespaces, func(a, b namespace) int { return cmp.Compare(a.Name, b.Name) })
		return View{"Metrics", "metrics.html", l}, nil
	}
	told, err := c.metrics.ListMetrics(r.Context(), &cloudwatch.ListMetricsInput{Namespace: &l.Namespace, NextToken: given(query.Get("from"))})
	if err != nil {
		return View{}, err
	}
	for _, m := range told.Metrics {
		l.Metrics = append(l.Metrics, metric{m})
	}
	l.More = more(query, told.NextToken)
	return View{"Metrics of " + l.Namespace, "metrics.html", l}, nil
}

// metric is one with its dimensions.
type metric struct{ types.Metric }

// At is the address of its plot.
func (m metric) At() string {
	query := url.Values{"namespace": {*m.Namespace}, "name": {*m.MetricName}}
	for _, d := range m.Dimensions {
		query.Add("dimension", *d.Name+"="+*d.Value)
	}
	return "/metrics/plot?" + query.Encode()
}

// Of is what it is measured of.
func (m metric) Of() string {
	var all []string
	for _, d := range m.Dimensions {
		all = append(all, *d.Name+" "+*d.Value)
	}
	return strings.Join(all, ", ")
}

// stretch is how much of a metric's past a plot has, in periods.
type stretch struct {
	Name         string
	long, period time.Duration
}

var stretches = []stretch{{"hour", time.Hour, time.Minute}, {"3 hours", 3 * time.Hour, time.Minute}, {"day", 24 * time.Hour, 5 * time.Minute}, {"week", 7 * 24 * time.Hour, time.Hour}}

// statistics are those that a plot can have.
var statistics = []string{"Sum", "Average", "Minimum", "Maximum", "SampleCount", "p50", "p90", "p99"}

// metricView is the page of a metric.
type metricView struct {
	metric
	Statistic, Stretch string
	Points             []point // the last one first
	Plot               template.HTML
}

// Statistics and Stretches are those that one chooses of.
func (metricView) Statistics() []string { return statistics }
func (metricView) Stretches() []stretch { return stretches }

func (c *console) metricPage(r *http.Request) (View, error) {
	query := r.URL.Query()
	v := metricView{metric: metric{types.Metric{Namespace: aws.String(query.Get("namespace")), MetricName: aws.String(query.Get("name"))}}}
	for _, text := range query["dimension"] {
		name, value, _ := strings.Cut(text, "=")
		v.Dimensions = append(v.Dimensions, types.Dimension{Name: &name, Value: &value})
	}
	v.Statistic, v.Stretch = cmp.Or(query.Get("statistic"), statistics[0]), cmp.Or(query.Get("stretch"), stretches[0].Name)
	place := slices.IndexFunc(stretches, func(s stretch) bool { return s.Name == v.Stretch })
	if place < 0 {
		return View{}, &Fault{http.StatusBadRequest, "A plot is of an " + stretches[0].Name + ", or longer: choose from the list."}
	}
	p, err := c.plot(r.Context(), v.Metric, v.Statistic, stretches[place])
	if err != nil {
		return View{}, err
	}
	v.Plot, v.Points = p.SVG(), slices.Clone(p.Points)
	slices.Reverse(v.Points)
	return View{*v.MetricName, "metric.html", v}, nil
}

// plot reads how a metric went until now.
func (c *console) plot(ctx context.Context, m types.Metric, statistic string, s stretch) (plot, error) {
	to := time.Now().Truncate(s.period).Add(s.period)
	p := plot{Title: statistic + " of " + *m.MetricName, From: to.Add(-s.long), To: to, Period: s.period}
	in := &cloudwatch.GetMetricStatisticsInput{
		Namespace: m.Namespace, MetricName: m.MetricName, Dimensions: m.Dimensions, StartTime: &p.From, EndTime: &p.To, Period: aws.Int32(int32(s.period / time.Second)),
	}
	if strings.HasPrefix(statistic, "p") {
		in.ExtendedStatistics = []string{statistic}
	} else {
		in.Statistics = []types.Statistic{types.Statistic(statistic)}
	}
	told, err := c.metrics.GetMetricStatistics(ctx, in)
	if err != nil {
		return plot{}, err
	}
	for _, d := range told.Datapoints {
		value := cmp.Or(d.Sum, d.Average, d.Minimum, d.Maximum, d.SampleCount)
		if extended, ok := d.ExtendedStatistics[statistic]; ok {
			value = &extended
		}
		if value != nil {
			p.Points = append(p.Points, point{*d.Timestamp, *value})
		}
	}
	slices.SortFunc(p.Points, func(a, b point) int { return a.At.Compare(b.At) })
	return p, nil
}
