package training

// This file says what a team may choose.

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/tradepost-dev/tradepost/constructs/operation"
)

// Props are the properties of a System.
type Props struct {
	// Name is that of the endpoint: 1 to 30 of a to z, 0 to 9 and -, unique in
	// account and region. Default: training- and two parts that no other
	// construct and no other stack has.
	Name string

	// Schedule is when a run begins: an expression of EventBridge Scheduler.
	// Default: cron(0 3 * * ? *), every day at three.
	Schedule string

	// TimeZone is the schedule's, by its IANA name. Default: UTC.
	TimeZone string

	// Paused has no run begin by itself. Default: they do.
	Paused bool

	// Data is an existing bucket that the data come into. Default: one is made.
	Data awss3.IBucket

	// DataPrefix is what the keys of data begin with. Default: data/.
	DataPrefix string

	// Transform is the ETL job. Required.
	Transform Transform

	// Train is the training job. Required.
	Train Train

	// Gate decides whether a model is good enough. Required.
	Gate Gate

	// Serve is the endpoint. Default: see Serve.
	Serve Serve

	// Notices is an existing topic that is told of runs. Default: one is made.
	Notices awssns.ITopic

	// Code replaces the code of functions. Default: this module's own handlers,
	// built here.
	Code map[Handler]awslambda.Code

	// Alarms adjusts the alarms. Default: see Alarms.
	Alarms Alarms

	// Operation says how long data and logs are kept, whom the alarms tell, and
	// which key encrypts everything. Default: see operation.Settings.
	Operation operation.Settings
}

// Transform is a Glue job. Its script is called with three arguments of its own,
//
//	--data s3://<bucket>/<prefix>   where the data are
//	--manifest s3://...             which of them this run is about: a JSON object with key, etag and size per line
//	--output s3://<bucket>/<folder>/
//
// and writes CSV without a header, the label first, to train/ and validation/
// below the output, and rows without a label to predict/. An object in predict/
// has to be predicted for within seven minutes.
type Transform struct {
	// Script is the path of a Python script, as the app finds it. Required.
	Script string

	// Workers are those of a Spark job: 2 to 299, of type G.1X. Default: none,
	// which is a Python shell job with 1 DPU, the pandas of Glue's analytics
	// libraries, and all data on one machine.
	Workers int

	// Arguments are more arguments of the script's: "--name": "value". Default:
	// none.
	Arguments map[string]string

	// Timeout is for how long the job may run, in whole minutes, up to a day.
	// Default: one hour.
	Timeout time.Duration
}

// Train is a SageMaker training job. Its container reads CSV from the channels
// train and validation, and serves by the model that it writes. It has no
// network but S3 through SageMaker.
type Train struct {
	// Image is the container's address in ECR: one of SageMaker's own (see
	// XGBoost), or the team's. Required.
	Image string

	// HyperParameters are the container's. Default: none.
	HyperParameters map[string]string

	// Metrics are regular expressions by which SageMaker reads metrics from the
	// container's log, by the metric's name. Default: none, for SageMaker's own
	// containers, which have their metrics.
	Metrics map[string]string

	// InstanceType is what the job runs on. Default: ml.m5.large.
	InstanceType string

	// Volume is in GiB, for the data. 1 to 16,384. Default: 30.
	Volume int

	// Timeout is for how long the job may run, in whole seconds, from one minute
	// to five days. Default: one hour.
	Timeout time.Duration
}

// Gate compares a metric of the training job with a bound. Give one of both
// bounds.
type Gate struct {
	// Metric is its name, as the job's FinalMetricDataList has it:
	// "validation:auc". Required.
	Metric string

	// AtLeast is the least value that is good enough; AtMost the greatest.
	AtLeast, AtMost *float64
}

// Serve is a SageMaker endpoint.
type Serve struct {
	// InstanceType is what the endpoint runs on. Default: ml.m5.large.
	InstanceType string

	// Instances is how many there are. Default: 1.
	Instances int

	// Timeout is for how long a new model may take to be in service, in whole
	// seconds, from one minute to a day. Default: half an hour.
	Timeout time.Duration
}

func (p Props) withDefaults() Props {
	p.Schedule = cmp.Or(p.Schedule, "cron(0 3 * * ? *)")
	p.TimeZone = cmp.Or(p.TimeZone, "UTC")
	p.DataPrefix = cmp.Or(p.DataPrefix, "data/")
	p.Transform.Timeout = cmp.Or(p.Transform.Timeout, time.Hour)
	p.Train.InstanceType = cmp.Or(p.Train.InstanceType, "ml.m5.large")
	p.Train.Volume = cmp.Or(p.Train.Volume, 30)
	p.Train.Timeout = cmp.Or(p.Train.Timeout, time.Hour)
	p.Serve.InstanceType = cmp.Or(p.Serve.InstanceType, "ml.m5.large")
	p.Serve.Instances = cmp.Or(p.Serve.Instances, 1)
	p.Serve.Timeout = cmp.Or(p.Serve.Timeout, 30*time.Minute)
	return p
}

// name is the endpoint's. SageMaker's ARNs are in lower case, so the name is.
func (p Props) name(scope constructs.Construct) string {
	if p.Name != "" {
		return p.Name
	}
	return fmt.Sprintf("training-%s-%s", (*scope.Node().Addr())[2:10], firstOf(operation.StackPart(scope)))
}

// expression is the gate in JSONata, behind the metric's value.
func (g Gate) expression() string {
	if g.AtLeast != nil {
		return ">= " + strconv.FormatFloat(*g.AtLeast, 'g', -1, 64)
	}
	return "<= " + strconv.FormatFloat(*g.AtMost, 'g', -1, 64)
}

var (
	namePattern     = regexp.MustCompile(`^[a-z0-9](-?[a-z0-9]){0,29}$`)
	metricPattern   = regexp.MustCompile(`^[A-Za-z0-9:_./@-]{1,255}$`)
	instancePattern = regexp.MustCompile(`^ml\.[a-z0-9.-]+$`)
	argumentPattern = regexp.MustCompile(`^--[A-Za-z0-9][A-Za-z0-9_-]*$`)
)
