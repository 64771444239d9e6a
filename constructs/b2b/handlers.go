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
	Split       Handler = "split"
	Start       Handler = "start"
	Accept      Handler = "accept"
	Authorize   Handler = "authorize"
	Format      Handler = "format"
	Tally       Handler = "tally"
	Acknowledge Handler = "acknowledge"
	Watch       Handler = "watch"
	Conclude    Handler = "conclude"
)

var handlers = []Handler{Split, Start, Accept, Authorize, Format, Tally, Acknowledge, Watch, Conclude}

// functions declares the functions of a part.
type functions struct {
	scope     constructs.Construct
	code      map[Handler]awslambda.Code
	operation operation.Settings
	alarms    gofunction.Alarms
}

func (f functions) add(id string, handler Handler, props gofunction.Props) *gofunction.Function {
	if props.Code = f.code[handler]; props.Code == nil {
		props.Package = gofunction.Handler("b2b", string(handler))
	}
	props.Operation, props.Alarms = f.operation, f.alarms
	return gofunction.New(f.scope, id, props)
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
