package b2b

// This file knows the functions of a pipeline and what they have in common.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// Handler is a function of lambdas/b2b, whose code a team may replace.
type Handler string

// The functions of a pipeline.
const (
	Split        Handler = "split"
	Start        Handler = "start"
	Accept       Handler = "accept"
	Authenticate Handler = "authenticate"
	Authorize    Handler = "authorize"
	Enrol        Handler = "enrol"
	Format       Handler = "format"
	Tally        Handler = "tally"
	Acknowledge  Handler = "acknowledge"
	Watch        Handler = "watch"
	Conclude     Handler = "conclude"
)

var handlers = []Handler{Split, Start, Accept, Authenticate, Authorize, Enrol, Format, Tally, Acknowledge, Watch, Conclude}

// functions are those of a part.
func functions(scope constructs.Construct, code map[Handler]awslambda.Code, settings operation.Settings, alarms gofunction.Alarms) gofunction.Set[Handler] {
	return gofunction.Set[Handler]{Scope: scope, System: "b2b", Code: code, Operation: settings, Alarms: alarms}
}

// MetricNamespace is where the pipeline's own metrics are: Received, Stored,
// Duplicate, Rejected, Failed, FilesSettled, FilesQuarantined, FilesOverdue,
// FilesAbandoned and UploadsFailed, all counts, with the dimension Pipeline.
const MetricNamespace = "Tradepost/B2B"

// withMetrics adds the variables of a handler that counts.
func withMetrics(settings operation.Settings, environment map[string]string) map[string]string {
	environment[contract.EnvMetricNamespace] = MetricNamespace
	environment[contract.EnvPipeline] = settings.Name
	return environment
}

// count is one of the pipeline's own metrics.
func count(settings operation.Settings, name string, options *operation.MetricOptions) awscloudwatch.Metric {
	return operation.Count(MetricNamespace, name, contract.DimensionPipeline, settings.Name, options)
}
