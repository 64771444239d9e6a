package b2b

// This file holds what all parts of a pipeline have in common.

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// MetricNamespace is where the pipeline's own metrics are: Received, Stored,
// Duplicate, Rejected, Failed, FilesSettled, FilesQuarantined and
// FilesOverdue, all counts, with the dimension Pipeline.
const MetricNamespace = "Tradepost/B2B"

// Shared is what every part of a pipeline takes.
type Shared struct {
	// Name is the Pipeline dimension of the metrics. Give all parts of one
	// pipeline the same. Default: the construct's path, which is unique.
	Name string

	// LogRetention is how long logs are kept. Default: three months.
	LogRetention awslogs.RetentionDays

	// RemovalPolicy is what becomes of data and logs when the stack goes. A
	// bucket that is not empty is never destroyed. Default: retained.
	RemovalPolicy awscdk.RemovalPolicy

	// AlarmTopic is told of alarms. Default: the alarms exist and tell nobody;
	// a Pipeline makes a topic.
	AlarmTopic awssns.ITopic

	// Code replaces the code of functions, by name: "split", "start",
	// "accept", "authorize", "format", "tally", "acknowledge",
	// "conclude". Default: this module's own handlers, built here.
	Code map[string]awslambda.Code
}

// handlers are the functions of lambdas/b2b/ that a pipeline runs.
var handlers = []string{"split", "start", "accept", "authorize", "format", "tally", "acknowledge", "conclude"}

// withDefaults fills in what is left to its default, for a part at scope.
func (s Shared) withDefaults(scope constructs.Construct) Shared {
	if s.Name == "" {
		s.Name = *scope.Node().Path()
	}
	if s.LogRetention == "" {
		s.LogRetention = awslogs.RetentionDays_THREE_MONTHS
	}
	if s.RemovalPolicy == "" {
		s.RemovalPolicy = awscdk.RemovalPolicy_RETAIN
	}
	return s
}

// function declares the function that runs lambdas/b2b/<name>.
func (s Shared) function(scope constructs.Construct, id, name string, props gofunction.Props) *gofunction.Function {
	if props.Code = s.Code[name]; props.Code == nil {
		props.Package = handlerPackage(name)
	}
	props.LogRetention, props.RemovalPolicy = s.LogRetention, s.RemovalPolicy
	return gofunction.New(scope, id, props)
}

func handlerPackage(name string) string {
	return gofunction.Module + "/lambdas/b2b/" + name + "/bootstrap"
}

// withMetrics adds the variables of a handler that counts.
func (s Shared) withMetrics(environment map[string]string) map[string]string {
	environment[contract.EnvMetricNamespace] = MetricNamespace
	environment[contract.EnvPipeline] = s.Name
	return environment
}

// metric is one of the pipeline's own, summed over a minute.
func (s Shared) metric(name string) awscloudwatch.Metric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace:     jsii.String(MetricNamespace),
		MetricName:    &name,
		DimensionsMap: &map[string]*string{contract.DimensionPipeline: &s.Name},
		Statistic:     awscloudwatch.Stats_SUM(),
		Period:        minutes(1),
	})
}

// sum makes the sum over a minute.
func sum() *awscloudwatch.MetricOptions {
	return &awscloudwatch.MetricOptions{Period: minutes(1), Statistic: awscloudwatch.Stats_SUM()}
}

// highest makes the maximum over a minute.
func highest() *awscloudwatch.MetricOptions {
	return &awscloudwatch.MetricOptions{Period: minutes(1), Statistic: awscloudwatch.Stats_MAXIMUM()}
}

// deadLetters declares a queue for what could not be delivered.
func deadLetters(scope constructs.Construct, id string) awssqs.Queue {
	queue := awssqs.NewQueue(scope, &id, &awssqs.QueueProps{
		Encryption:      awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:      jsii.Bool(true),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(14)),
	})
	suppress(queue, "AwsSolutions-SQS3", "This queue is itself a dead-letter queue, watched by an alarm.")
	return queue
}

// allow lets a role perform actions on resources.
func allow(role awsiam.IRole, resources []string, actions ...string) {
	role.AddToPrincipalPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:   jsii.Strings(actions...),
		Resources: jsii.Strings(resources...),
	}))
}

// grantTable lets a role perform actions on a table, not on its indexes.
func grantTable(role awsiam.IRole, table awsdynamodb.ITable, actions ...string) {
	allow(role, []string{*table.TableArn()}, actions...)
}

// suppress records why a finding of cdk-nag stands. With patterns (regular
// expressions of "Resource::..." and the like) only those parts of it do.
func suppress(scope constructs.IConstruct, rule, reason string, patterns ...string) {
	suppression := &cdknag.NagPackSuppression{Id: &rule, Reason: &reason}
	if len(patterns) > 0 {
		var applies []any
		for _, pattern := range patterns {
			applies = append(applies, &cdknag.RegexAppliesTo{Regex: jsii.String("/" + pattern + "/")})
		}
		suppression.AppliesTo = &applies
	}
	cdknag.NagSuppressions_AddResourceSuppressions(scope, &[]*cdknag.NagPackSuppression{suppression}, jsii.Bool(true))
}

// must stops synthesis with everything that is wrong with a part's props.
func must(part, id string, err error) {
	if err != nil {
		panic(fmt.Sprintf("b2b.%s %s: %v", part, id, err))
	}
}

func minutes(n float64) awscdk.Duration { return awscdk.Duration_Minutes(&n) }

// require adds a fault for a required property that is not given.
func require(faults *[]error, property string, given bool) {
	if !given {
		*faults = append(*faults, fmt.Errorf("%s is required", property))
	}
}
