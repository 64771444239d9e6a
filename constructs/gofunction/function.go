// Package gofunction makes a Lambda function from a Go package: built on this
// machine, without Docker, into the same bytes in every folder and for every
// team.
//
// A package of this module is built in this module's own directory, wherever
// the importing app has it (module cache, vendor, replace, workspace), with
// this module's own dependencies. That is why an importing team's synth gives,
// with the same release of Go, the same asset hash as ours.
package gofunction

// This file holds the construct; build.go makes the binary.

import (
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
)

// ArchitectureContext is the context key that sets the architecture of every
// function that does not set its own: "arm64" or "x86_64".
const ArchitectureContext = "tradepost:architecture"

// Props are the properties of a Function.
type Props struct {
	// Package is the import path of the function's main package, either of
	// this module ("github.com/tradepost-dev/tradepost/lambdas/b2b/split/bootstrap")
	// or of the module in whose folder the app runs. Required unless Code is
	// given.
	Package string

	// Code is used in place of a build of Package. It has an executable file
	// named bootstrap. Default: Package is built.
	Code awslambda.Code

	// Description says what the function does. Default: none.
	Description string

	// Environment holds the function's variables. Default: none.
	Environment map[string]string

	// Memory is in MiB, 128 to 10,240. Lambda gives CPU in proportion: one
	// core at 1,769. Default: 256.
	Memory int

	// Timeout is at most 15 minutes, in whole seconds. Default: 10 s.
	Timeout time.Duration

	// Architecture is what the binary is built for. Default: the context value
	// tradepost:architecture, else ARM 64.
	Architecture awslambda.Architecture

	// OnFailure receives an asynchronous event that was given up. Default:
	// such an event is dropped.
	OnFailure awslambda.IDestination

	// Alarms adjusts the alarms. Default: see Alarms.
	Alarms Alarms

	// Operation says how long logs are kept and whom the alarms tell.
	// Default: see operation.Settings.
	Operation operation.Settings
}

// Alarms adjusts the alarms of a Function. Whoever calls it tries again, and
// what is given up in the end is for that caller's alarms: Errors and Throttles
// tell of a function that is slower than it should be.
type Alarms struct {
	// Errors goes off when so many invocations failed within five minutes.
	// Default: 5.
	Errors operation.Alarm

	// Throttles goes off when so many invocations were refused for want of
	// concurrency within five minutes. Default: 5.
	Throttles operation.Alarm

	// Untold goes off when so many events were given up that could not be handed
	// to OnFailure. Default: at the first.
	Untold operation.Alarm
}

// Validate adds what is wrong, for a construct that has them as a prop.
func (a Alarms) Validate(faults *operation.Faults, prop string) {
	faults.Alarms(map[string]operation.Alarm{prop + ".Errors": a.Errors, prop + ".Throttles": a.Throttles, prop + ".Untold": a.Untold})
}

// Function is a Lambda function that may do nothing but write its own logs and
// traces until it is granted more: it is an awsiam.IGrantable.
type Function struct {
	Construct constructs.Construct
	Function  awslambda.Function
	Role      awsiam.Role
	LogGroup  awslogs.LogGroup

	// An alarm is nil if it is off, and the last without Props.OnFailure.
	ErrorsAlarm    awscloudwatch.Alarm
	ThrottlesAlarm awscloudwatch.Alarm
	UntoldAlarm    awscloudwatch.Alarm
}

// New declares a function. It panics if props are wrong or if the package
// cannot be built.
func New(scope constructs.Construct, id string, props Props) *Function {
	props = props.withDefaults()
	operation.Must("gofunction.Function", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	architecture := props.architecture(this)

	logs := operation.NewLogGroup(this, "Logs", props.Operation)
	role := awsiam.NewRole(this, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
	logs.GrantWrite(role)

	function := awslambda.NewFunction(this, jsii.String("Resource"), &awslambda.FunctionProps{
		Code:          props.code(this, architecture),
		Handler:       jsii.String("bootstrap"),
		Runtime:       awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:  architecture,
		Description:   optional(props.Description),
		Environment:   environment(props.Environment),
		MemorySize:    jsii.Number(props.Memory),
		Timeout:       awscdk.Duration_Seconds(jsii.Number(props.Timeout.Seconds())),
		OnFailure:     props.OnFailure,
		Role:          role,
		LogGroup:      logs,
		LoggingFormat: awslambda.LoggingFormat_JSON,
		// Lambda's own three lines about each invocation cost more than the
		// invocation, and say what the metrics say.
		SystemLogLevelV2:      awslambda.SystemLogLevel_WARN,
		ApplicationLogLevelV2: awslambda.ApplicationLogLevel_INFO,
		Tracing:               awslambda.Tracing_ACTIVE,
	})
	operation.Suppress(role, "AwsSolutions-IAM5",
		"X-Ray has no resources: xray:PutTraceSegments and xray:PutTelemetryRecords can only be allowed on *.", `^Resource::\*$`)
	if props.OnFailure != nil && props.Operation.Key != nil {
		operation.Suppress(role, "AwsSolutions-IAM5", "A destination lets its sender use the queue's key by these patterns: that is the CDK's own grant.",
			`^Action::kms:(GenerateDataKey|ReEncrypt)\*$`)
	}
	f := &Function{Construct: this, Function: function, Role: role, LogGroup: logs}
	f.addAlarms(props)
	return f
}

func (f *Function) addAlarms(props Props) {
	window := &operation.MetricOptions{Period: 5 * time.Minute}
	f.ErrorsAlarm = operation.NewAlarm(f.Construct, "ErrorsAlarm", props.Operation, operation.AlarmProps{
		Description: "The function fails again and again: see its log.",
		Metric:      f.MetricErrors(window),
		Threshold:   5,
		Adjust:      props.Alarms.Errors,
	})
	f.ThrottlesAlarm = operation.NewAlarm(f.Construct, "ThrottlesAlarm", props.Operation, operation.AlarmProps{
		Description: "The function is refused for want of concurrency: raise the account's limit.",
		Metric:      f.MetricThrottles(window),
		Threshold:   5,
		Adjust:      props.Alarms.Throttles,
	})
	if props.OnFailure == nil {
		return
	}
	f.UntoldAlarm = operation.NewAlarm(f.Construct, "UntoldAlarm", props.Operation, operation.AlarmProps{
		Description: "An event was given up, and Lambda could not say which: look at the permissions of the function's role on its failure destination, and for what the event was about.",
		Metric:      f.MetricUntold(nil),
		Threshold:   1,
		Adjust:      props.Alarms.Untold,
	})
}

// MetricErrors counts failed invocations.
func (f *Function) MetricErrors(options *operation.MetricOptions) awscloudwatch.Metric {
	return f.Function.MetricErrors(options.For(awscloudwatch.Stats_SUM()))
}

// MetricThrottles counts invocations refused for want of concurrency.
func (f *Function) MetricThrottles(options *operation.MetricOptions) awscloudwatch.Metric {
	return f.Function.MetricThrottles(options.For(awscloudwatch.Stats_SUM()))
}

// MetricUntold counts events that Lambda gave up without being able to say so.
func (f *Function) MetricUntold(options *operation.MetricOptions) awscloudwatch.Metric {
	return f.Function.Metric(jsii.String("DestinationDeliveryFailures"), options.For(awscloudwatch.Stats_SUM()))
}

func (p Props) withDefaults() Props {
	if p.Memory == 0 {
		p.Memory = 256
	}
	if p.Timeout == 0 {
		p.Timeout = 10 * time.Second
	}
	return p
}

func (p Props) validate() error {
	var faults operation.Faults
	if (p.Package == "") == (p.Code == nil) {
		faults.Addf("give either Package or Code")
	}
	operation.Within(&faults, "Memory", p.Memory, 128, 10240)
	if p.Timeout < time.Second || p.Timeout > 15*time.Minute || p.Timeout%time.Second != 0 {
		faults.Addf("Timeout is %v: give whole seconds, 1s to 15m", p.Timeout)
	}
	p.Alarms.Validate(&faults, "Alarms")
	return faults.Err()
}

func (p *Props) architecture(scope constructs.Construct) awslambda.Architecture {
	if p.Architecture != nil {
		return p.Architecture
	}
	return contextArchitecture(scope)
}

func contextArchitecture(scope constructs.Construct) awslambda.Architecture {
	switch value := scope.Node().TryGetContext(jsii.String(ArchitectureContext)); value {
	case nil, "arm64":
		return awslambda.Architecture_ARM_64()
	case "x86_64":
		return awslambda.Architecture_X86_64()
	default:
		panic(fmt.Sprintf("context %s is %q: give arm64 or x86_64", ArchitectureContext, value))
	}
}

// GrantInvoke lets grantee invoke the function: it, not its versions.
func (f *Function) GrantInvoke(grantee awsiam.IGrantable) awsiam.Grant {
	return operation.Allow(grantee, []string{*f.Function.FunctionArn()}, "lambda:InvokeFunction")
}

// Consume has the function invoked with batches of ten of a queue's messages, so
// many at a time, 2 to 1,000. The handler reports those that it failed on, and
// only they are delivered again. The queue's visibility timeout has to be six
// times the function's, as operation.NewWorkQueue makes it.
func (f *Function) Consume(queue awssqs.IQueue, maxConcurrency int) {
	f.Function.AddEventSource(awslambdaeventsources.NewSqsEventSource(queue, &awslambdaeventsources.SqsEventSourceProps{
		BatchSize:               jsii.Number(10),
		MaxConcurrency:          jsii.Number(maxConcurrency),
		ReportBatchItemFailures: jsii.Bool(true),
	}))
}

// ValidateConcurrency adds what is wrong with a construct's prop
// MaxConcurrency: it knows Lambda's bounds.
func ValidateConcurrency(faults *operation.Faults, n int) {
	operation.Within(faults, "MaxConcurrency", n, 2, 1000)
}

// GrantPrincipal is the function's role, which grants are given to.
func (f *Function) GrantPrincipal() awsiam.IPrincipal { return f.Role.GrantPrincipal() }

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func environment(variables map[string]string) *map[string]*string {
	result := make(map[string]*string, len(variables))
	for name, value := range variables {
		result[name] = &value
	}
	return &result
}
