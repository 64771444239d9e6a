package sagemaker

// This file is the metrics of endpoints. Those of instances and containers, which
// are not here, are not published: an alarm on one is refused.
// https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html

import "github.com/tradepost-dev/tradepost/local/cloud"

type metrics struct{ invocations, clientErrors, serverErrors, modelErrors *cloud.Metric }

func newMetrics(c *cloud.Cloud) metrics {
	metric := func(name string) *cloud.Metric {
		return c.Metric("AWS/SageMaker", name, "None", []string{"EndpointName", "VariantName"})
	}
	return metrics{metric("Invocations"), metric("Invocation4XXErrors"), metric("Invocation5XXErrors"), metric("InvocationModelErrors")}
}

func (m *metrics) invoked(endpoint, variant string) {
	m.invocations.Observe(dimensions(endpoint, variant), 1)
}

// answered counts an answer by its error, or for one that is none, a zero.
func (m *metrics) answered(endpoint, variant string, err error) {
	status, model := 200, 0.0
	if err != nil {
		e := cloud.AsError(err)
		status = e.Status
		if e.Code == "ModelError" {
			model = 1
			if original, ok := e.Fields["OriginalStatusCode"].(int); ok {
				status = original
			}
		}
	}
	counted := func(class int) float64 {
		if status/100 == class {
			return 1
		}
		return 0
	}
	at := dimensions(endpoint, variant)
	m.clientErrors.Observe(at, counted(4))
	m.serverErrors.Observe(at, counted(5))
	m.modelErrors.Observe(at, model)
}

func dimensions(endpoint, variant string) map[string]string {
	return map[string]string{"EndpointName": endpoint, "VariantName": variant}
}
