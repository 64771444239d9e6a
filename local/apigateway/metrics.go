package apigateway

// This file is the metrics of APIs, their stages and, where a stage asks for
// detailed ones, their methods.

import (
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
type metrics struct {
	count, clientErrors, serverErrors, latency, integrationLatency *cloud.Metric
}

func newMetrics(c *cloud.Cloud) metrics {
	metric := func(name, unit string) *cloud.Metric {
		return c.Metric("AWS/ApiGateway", name, unit,
			[]string{"ApiName"}, []string{"ApiName", "Stage"}, []string{"ApiName", "Stage", "Method", "Resource"})
	}
	return metrics{
		count:              metric("Count", "Count"),
		clientErrors:       metric("4XXError", "Count"),
		serverErrors:       metric("5XXError", "Count"),
		latency:            metric("Latency", "Milliseconds"),
		integrationLatency: metric("IntegrationLatency", "Milliseconds"),
	}
}

// observe publishes the metrics of a request that was answered.
func (s *stage) observe(x *exchange, status int) {
	m := s.api.gateway.metrics
	sets := s.dimensions
	if x.method != nil {
		if detailed, ok := s.detailed[x.method.name]; ok {
			sets = append(sets[:len(sets):len(sets)], detailed)
		}
	}
	for _, dimensions := range sets {
		m.count.Observe(dimensions, 1)
		m.clientErrors.Observe(dimensions, truth(status >= 400 && status < 500))
		m.serverErrors.Observe(dimensions, truth(status >= 500))
		m.latency.Observe(dimensions, float64(time.Since(x.started).Milliseconds()))
		if x.integrated > 0 {
			m.integrationLatency.Observe(dimensions, float64(x.integrated.Milliseconds()))
		}
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// measured tells whether the most specific setting for a method that says
// anything of metrics asks for them.
func measured(settings []methodSetting, m *method) bool {
	best, enabled := -1, false
	for _, setting := range settings {
		if score := setting.specificity(m); score > best && setting.MetricsEnabled != nil {
			best, enabled = score, *setting.MetricsEnabled
		}
	}
	return enabled
}
