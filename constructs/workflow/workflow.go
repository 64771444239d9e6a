// Package workflow makes a Step Functions state machine from the text of an
// Amazon States Language file, with what such a machine needs to be run in
// earnest: logs without partners' data, traces, alarms, and someone to call
// when an execution fails.
//
// The text is embedded in a Go package rather than read from a path, because
// an importing team's app has no such path. For the same reason permissions
// are not derived from it: grant them to the StateMachine by hand.
package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"github.com/tradepost-dev/tradepost/internal/alarm"
)

// Props are the properties of a Workflow.
type Props struct {
	// Definition is the text of an .asl.json file. It sets TimeoutSeconds
	// itself. Required.
	Definition string

	// Substitutions gives a value for every ${Placeholder} of the definition.
	// Default: none, for a definition without placeholders.
	Substitutions map[string]string

	// Express makes executions cheaper and shorter: at most five minutes,
	// started at least once, without a history, and without the events that
	// OnFailure needs. Default: Standard.
	Express bool

	// OnFailure is told of every execution that fails, times out or is
	// aborted, as "Step Functions Execution Status Change" events. Not for
	// Express, which sends none. Default: nobody is told.
	OnFailure awsevents.IRuleTarget

	// LogLevel is which events are logged. Default: ERROR.
	LogLevel awsstepfunctions.LogLevel

	// LogExecutionData writes inputs and outputs into the logs too: partners'
	// data, then. Default: it stays out.
	LogExecutionData bool

	// LogRetention is how long logs are kept. Default: three months.
	LogRetention awslogs.RetentionDays

	// RemovalPolicy is what becomes of the state machine's logs when the
	// stack goes. Default: they are retained.
	RemovalPolicy awscdk.RemovalPolicy

	// AlarmTopic is told when executions fail, time out or are throttled.
	// Default: the alarms exist and tell nobody.
	AlarmTopic awssns.ITopic
}

// Workflow is a state machine whose role may write its logs and traces and
// nothing else until it is granted more.
type Workflow struct {
	Construct    constructs.Construct
	StateMachine awsstepfunctions.StateMachine
	Role         awsiam.Role
	LogGroup     awslogs.LogGroup

	// Failures matches failed executions. Nil without Props.OnFailure.
	Failures awsevents.Rule

	FailedAlarm    awscloudwatch.Alarm
	TimedOutAlarm  awscloudwatch.Alarm
	ThrottledAlarm awscloudwatch.Alarm
}

// New declares a state machine. It panics if props are wrong.
func New(scope constructs.Construct, id string, props Props) *Workflow {
	if err := props.validate(); err != nil {
		panic(fmt.Sprintf("workflow %s: %v", id, err))
	}
	this := constructs.NewConstruct(scope, &id)
	w := &Workflow{Construct: this}
	w.Role = awsiam.NewRole(this, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("states.amazonaws.com"), nil),
	})
	w.LogGroup = awslogs.NewLogGroup(this, jsii.String("Logs"), &awslogs.LogGroupProps{
		Retention:     props.LogRetention,
		RemovalPolicy: props.RemovalPolicy,
	})
	kind := awsstepfunctions.StateMachineType_STANDARD
	if props.Express {
		kind = awsstepfunctions.StateMachineType_EXPRESS
	}
	substitutions := make(map[string]*string, len(props.Substitutions))
	for name, value := range props.Substitutions {
		substitutions[name] = &value
	}
	w.StateMachine = awsstepfunctions.NewStateMachine(this, jsii.String("Resource"), &awsstepfunctions.StateMachineProps{
		DefinitionBody:          awsstepfunctions.DefinitionBody_FromString(&props.Definition),
		DefinitionSubstitutions: &substitutions,
		StateMachineType:        kind,
		Role:                    w.Role,
		TracingEnabled:          jsii.Bool(true),
		Logs: &awsstepfunctions.LogOptions{
			Destination:          w.LogGroup,
			Level:                props.LogLevel,
			IncludeExecutionData: &props.LogExecutionData,
		},
	})
	w.suppress()
	if props.OnFailure != nil {
		w.captureFailures(props.OnFailure)
	}
	w.addAlarms(props.AlarmTopic)
	return w
}

// suppress says why cdk-nag's findings stand.
func (w *Workflow) suppress() {
	cdknag.NagSuppressions_AddResourceSuppressions(w.Role, &[]*cdknag.NagPackSuppression{{
		Id:        jsii.String("AwsSolutions-IAM5"),
		Reason:    jsii.String("X-Ray and the vended log delivery of Step Functions have no resources to name: AWS allows their actions on * only."),
		AppliesTo: &[]any{"Resource::*"},
	}}, jsii.Bool(true))
	cdknag.NagSuppressions_AddResourceSuppressions(w.StateMachine, &[]*cdknag.NagPackSuppression{{
		Id:     jsii.String("AwsSolutions-SF1"),
		Reason: jsii.String("Errors are logged; every event of a Standard execution is in its history, and at scale would be paid for twice."),
	}}, jsii.Bool(true))
}

func (w *Workflow) captureFailures(target awsevents.IRuleTarget) {
	w.Failures = awsevents.NewRule(w.Construct, jsii.String("Failures"), &awsevents.RuleProps{
		Description: jsii.String("Executions that failed, timed out or were aborted"),
		EventPattern: &awsevents.EventPattern{
			Source:     jsii.Strings("aws.states"),
			DetailType: jsii.Strings("Step Functions Execution Status Change"),
			Detail: &map[string]any{
				"stateMachineArn": []*string{w.StateMachine.StateMachineArn()},
				"status":          []string{"FAILED", "TIMED_OUT", "ABORTED"},
			},
		},
		Targets: &[]awsevents.IRuleTarget{target},
	})
}

func (w *Workflow) addAlarms(topic awssns.ITopic) {
	w.FailedAlarm = alarm.New(w.Construct, "FailedAlarm", "An execution has failed: see its history, mend the cause, redrive it.", w.MetricFailed(), 1, topic)
	w.TimedOutAlarm = alarm.New(w.Construct, "TimedOutAlarm", "An execution has run out of time.", w.MetricTimedOut(), 1, topic)
	w.ThrottledAlarm = alarm.New(w.Construct, "ThrottledAlarm", "Step Functions delays executions: the account's transition rate is used up.", w.MetricThrottled(), 1, topic)
}

// GrantStartExecution lets grantee start executions.
func (w *Workflow) GrantStartExecution(grantee awsiam.IGrantable) awsiam.Grant {
	return awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
		Grantee:      grantee,
		Actions:      jsii.Strings("states:StartExecution"),
		ResourceArns: &[]*string{w.StateMachine.StateMachineArn()},
	})
}

// Allow lets executions perform actions on one resource.
func (w *Workflow) Allow(resource string, actions ...string) {
	w.Role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:   jsii.Strings(actions...),
		Resources: jsii.Strings(resource),
	}))
}

// MetricSucceeded counts succeeded executions, per minute.
func (w *Workflow) MetricSucceeded() awscloudwatch.Metric {
	return w.StateMachine.MetricSucceeded(perMinute())
}

// MetricFailed counts failed executions, per minute.
func (w *Workflow) MetricFailed() awscloudwatch.Metric {
	return w.StateMachine.MetricFailed(perMinute())
}

// MetricTimedOut counts executions that timed out, per minute.
func (w *Workflow) MetricTimedOut() awscloudwatch.Metric {
	return w.StateMachine.MetricTimedOut(perMinute())
}

// MetricThrottled counts throttled transitions, per minute.
func (w *Workflow) MetricThrottled() awscloudwatch.Metric {
	return w.StateMachine.MetricThrottled(perMinute())
}

// perMinute makes a sum over a minute: an alarm on it acts at once.
func perMinute() *awscloudwatch.MetricOptions {
	return &awscloudwatch.MetricOptions{
		Period:    awscdk.Duration_Minutes(jsii.Number(1)),
		Statistic: awscloudwatch.Stats_SUM(),
	}
}

// placeholder is what CloudFormation substitutes in a definition.
var placeholder = regexp.MustCompile(`\$\{([A-Za-z0-9_]+)\}`)

// validate fills in defaults and reports everything that is wrong.
func (p *Props) validate() error {
	if p.LogLevel == "" {
		p.LogLevel = awsstepfunctions.LogLevel_ERROR
	}
	if p.LogRetention == "" {
		p.LogRetention = awslogs.RetentionDays_THREE_MONTHS
	}
	if p.RemovalPolicy == "" {
		p.RemovalPolicy = awscdk.RemovalPolicy_RETAIN
	}
	if p.Definition == "" {
		return errors.New("give Definition: the text of an .asl.json file")
	}
	var faults []error
	unused := maps.Clone(p.Substitutions)
	missing := make(map[string]bool)
	for _, match := range placeholder.FindAllStringSubmatch(p.Definition, -1) {
		if _, ok := p.Substitutions[match[1]]; !ok {
			missing[match[1]] = true
		}
		delete(unused, match[1])
	}
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		faults = append(faults, fmt.Errorf("the definition's ${%s} has no value in Substitutions", name))
	}
	for _, name := range slices.Sorted(maps.Keys(unused)) {
		faults = append(faults, fmt.Errorf("the definition has no ${%s}: remove it from Substitutions", name))
	}
	faults = append(faults, p.validateDefinition())
	if p.Express && p.OnFailure != nil {
		faults = append(faults, errors.New("an Express workflow sends no status events: OnFailure would never be told"))
	}
	return errors.Join(faults...)
}

// validateDefinition checks what CloudFormation and this construct rely on.
func (p *Props) validateDefinition() error {
	// A placeholder may stand for a number, outside of quotes.
	text := placeholder.ReplaceAllString(p.Definition, "0")
	var machine struct{ TimeoutSeconds int }
	if err := json.Unmarshal([]byte(text), &machine); err != nil {
		return fmt.Errorf("the definition is not JSON: %w", err)
	}
	if machine.TimeoutSeconds <= 0 {
		return errors.New("the definition has no TimeoutSeconds: an execution that hangs would never end")
	}
	if limit := 5 * time.Minute; p.Express && machine.TimeoutSeconds > int(limit.Seconds()) {
		return fmt.Errorf("the definition's TimeoutSeconds is %d: an Express workflow ends after %v", machine.TimeoutSeconds, limit)
	}
	return nil
}
