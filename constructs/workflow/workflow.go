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

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
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

	// Alarms adjusts the alarms. Default: each goes off at once.
	Alarms Alarms

	// Operation says how long logs are kept and whom the alarms tell.
	// Default: see operation.Settings.
	Operation operation.Settings
}

// Alarms adjusts the alarms of a Workflow. All count executions or transitions
// per minute, and go off at the first.
type Alarms struct {
	// Failed, TimedOut and Aborted go off when so many executions ended so, and
	// Throttled when so many transitions were put off. Default: at the first.
	Failed, TimedOut, Aborted, Throttled operation.Alarm
}

// Validate adds what is wrong, for a construct that has them as a prop.
func (a Alarms) Validate(faults *operation.Faults, prop string) {
	faults.Alarms(map[string]operation.Alarm{
		prop + ".Failed": a.Failed, prop + ".TimedOut": a.TimedOut, prop + ".Aborted": a.Aborted, prop + ".Throttled": a.Throttled,
	})
}

// Workflow is a state machine whose role may write its logs and traces and
// nothing else until it is granted more: it is an awsiam.IGrantable.
type Workflow struct {
	Construct    constructs.Construct
	StateMachine awsstepfunctions.StateMachine
	Role         awsiam.Role
	LogGroup     awslogs.LogGroup

	// Failures matches failed executions. Nil without Props.OnFailure.
	Failures awsevents.Rule

	// An alarm is nil if it is off.
	FailedAlarm    awscloudwatch.Alarm
	TimedOutAlarm  awscloudwatch.Alarm
	AbortedAlarm   awscloudwatch.Alarm
	ThrottledAlarm awscloudwatch.Alarm
}

// New declares a state machine. It panics if props are wrong.
func New(scope constructs.Construct, id string, props Props) *Workflow {
	props = props.withDefaults()
	operation.Must("workflow.Workflow", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	w := &Workflow{Construct: this}
	w.Role = awsiam.NewRole(this, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: operation.Service(this, "states", "stateMachine:*"),
	})
	w.LogGroup = operation.NewServiceLogGroup(this, "Logs", props.Operation)
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
	w.suppress(props)
	if props.OnFailure != nil {
		w.captureFailures(props.OnFailure)
	}
	w.addAlarms(props)
	return w
}

// suppress says why cdk-nag's findings stand.
func (w *Workflow) suppress(props Props) {
	operation.Suppress(w.Role, "AwsSolutions-IAM5",
		"X-Ray and the vended log delivery of Step Functions have no resources to name: AWS allows their actions on * only.",
		`^Resource::\*$`)
	if props.LogLevel != awsstepfunctions.LogLevel_ALL {
		operation.Suppress(w.StateMachine, "AwsSolutions-SF1",
			"Errors are logged; every event of a Standard execution is in its history, and at scale would be paid for twice.")
	}
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

func (w *Workflow) addAlarms(props Props) {
	add := func(id, description string, metric awscloudwatch.Metric, adjust operation.Alarm) awscloudwatch.Alarm {
		return operation.NewAlarm(w.Construct, id, props.Operation, operation.AlarmProps{
			Description: description, Metric: metric, Threshold: 1, Adjust: adjust,
		})
	}
	w.FailedAlarm = add("FailedAlarm", "An execution has failed: see its history, mend the cause, and run it again as the runbook says.",
		w.MetricFailed(nil), props.Alarms.Failed)
	w.TimedOutAlarm = add("TimedOutAlarm", "An execution has run out of time.",
		w.MetricTimedOut(nil), props.Alarms.TimedOut)
	w.AbortedAlarm = add("AbortedAlarm", "An execution was stopped before its end: see who did, and start it again if it was not meant.",
		w.MetricAborted(nil), props.Alarms.Aborted)
	w.ThrottledAlarm = add("ThrottledAlarm", "Step Functions delays executions: the account's transition rate is used up.",
		w.MetricThrottled(nil), props.Alarms.Throttled)
}

// GrantStartExecution lets grantee start executions.
func (w *Workflow) GrantStartExecution(grantee awsiam.IGrantable) awsiam.Grant {
	return operation.Allow(grantee, []string{*w.StateMachine.StateMachineArn()}, "states:StartExecution")
}

// Executions are the ARNs of all executions, as a pattern. It names the state
// machine: its own role takes it by a policy of its own, which the state machine
// does not wait for.
func (w *Workflow) Executions() string {
	return operation.ARN(w.Construct, "states", "execution:"+*w.StateMachine.StateMachineName()+":*")
}

// GrantPrincipal is the role of executions, which grants are given to.
func (w *Workflow) GrantPrincipal() awsiam.IPrincipal { return w.Role.GrantPrincipal() }

// MetricSucceeded counts succeeded executions.
func (w *Workflow) MetricSucceeded(options *operation.MetricOptions) awscloudwatch.Metric {
	return w.StateMachine.MetricSucceeded(options.For(awscloudwatch.Stats_SUM()))
}

// MetricFailed counts failed executions.
func (w *Workflow) MetricFailed(options *operation.MetricOptions) awscloudwatch.Metric {
	return w.StateMachine.MetricFailed(options.For(awscloudwatch.Stats_SUM()))
}

// MetricTimedOut counts executions that timed out.
func (w *Workflow) MetricTimedOut(options *operation.MetricOptions) awscloudwatch.Metric {
	return w.StateMachine.MetricTimedOut(options.For(awscloudwatch.Stats_SUM()))
}

// MetricAborted counts executions that were stopped.
func (w *Workflow) MetricAborted(options *operation.MetricOptions) awscloudwatch.Metric {
	return w.StateMachine.MetricAborted(options.For(awscloudwatch.Stats_SUM()))
}

// MetricThrottled counts throttled transitions.
func (w *Workflow) MetricThrottled(options *operation.MetricOptions) awscloudwatch.Metric {
	return w.StateMachine.MetricThrottled(options.For(awscloudwatch.Stats_SUM()))
}

// placeholder is what CloudFormation substitutes in a definition.
var placeholder = regexp.MustCompile(`\$\{([A-Za-z0-9_]+)\}`)

func (p Props) withDefaults() Props {
	if p.LogLevel == "" {
		p.LogLevel = awsstepfunctions.LogLevel_ERROR
	}
	return p
}

func (p Props) validate() error {
	var faults operation.Faults
	p.Alarms.Validate(&faults, "Alarms")
	if p.Express && p.OnFailure != nil {
		faults.Addf("an Express workflow sends no status events: OnFailure would never be told")
	}
	if p.Definition == "" {
		faults.Addf("give Definition: the text of an .asl.json file")
		return faults.Err()
	}
	unused := maps.Clone(p.Substitutions)
	missing := make(map[string]bool)
	for _, match := range placeholder.FindAllStringSubmatch(p.Definition, -1) {
		if _, ok := p.Substitutions[match[1]]; !ok {
			missing[match[1]] = true
		}
		delete(unused, match[1])
	}
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		faults.Addf("the definition's ${%s} has no value in Substitutions", name)
	}
	for _, name := range slices.Sorted(maps.Keys(unused)) {
		faults.Addf("the definition has no ${%s}: remove it from Substitutions", name)
	}
	faults.Add(p.validateDefinition())
	return faults.Err()
}

// validateDefinition checks what CloudFormation and this construct rely on.
func (p Props) validateDefinition() error {
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
