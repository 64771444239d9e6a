package b2b

// This file declares what is done with a transaction.

import (
	"strconv"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdadestinations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/statemachines"
)

// WorkflowProps are the properties of a Workflow.
type WorkflowProps struct {
	// Tables hold transactions and outcomes. Required.
	Tables *Tables

	// Enrichment tells a partner's contact. Required.
	Enrichment *EnrichmentAPI

	// Express makes a transaction's execution cost about a seventieth, at the
	// price of its history and of being told how executions end: one that
	// times out has no outcome, and its file becomes overdue; the outcomes of
	// posted transactions are not in the metrics. Default: Standard.
	Express bool

	// Code replaces the code of functions. Default: this module's own
	// handlers, built here.
	Code map[Handler]awslambda.Code

	// Alarms adjusts the alarms. Default: see Alarms.
	Alarms Alarms

	// Operation says how long data and logs are kept and whom the alarms tell.
	// Default: see operation.Settings.
	Operation operation.Settings
}

// Workflow formats, enriches and stores a transaction and records its outcome.
type Workflow struct {
	Construct    constructs.Construct
	StateMachine awsstepfunctions.StateMachine
	Format       *gofunction.Function

	// Conclude gives an execution that failed all the same its outcome, and
	// counts the outcomes of posted transactions; Unrecorded holds the events
	// that it could not process. Both are nil for Express.
	Conclude   *gofunction.Function
	Unrecorded awssqs.Queue

	machine *workflow.Workflow
}

// NewWorkflow declares the state machine. It panics if props are wrong.
func NewWorkflow(scope constructs.Construct, id string, props WorkflowProps) *Workflow {
	operation.Must("b2b.Workflow", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	props.Operation = props.Operation.WithDefaults(this)
	tables, functions := props.Tables, functions(this, props.Code, props.Operation, props.Alarms.Functions)

	w := &Workflow{Construct: this}
	w.Format = functions.Add("Format", Format, gofunction.Props{
		Description: "Groups a transaction's fields and hashes its content",
	})
	machine := workflow.Props{
		Definition: statemachines.Definition("b2b/transaction.asl.json"),
		Substitutions: map[string]string{
			"FormatFunctionArn":     *w.Format.Function.FunctionArn(),
			"EnrichmentApiEndpoint": props.Enrichment.Endpoint(),
			"EnrichmentStage":       props.Enrichment.Stage(),
			"TransactionsTable":     *tables.Transactions.TableName(),
			"OutcomesTable":         *tables.Outcomes.TableName(),
			"RetentionSeconds":      strconv.Itoa(int(tables.retention.Seconds())),
		},
		Express:   props.Express,
		Alarms:    props.Alarms.Transactions,
		Operation: props.Operation,
	}
	if !props.Express {
		w.addConclude(props)
		machine.OnFailure = w.conclude()
	}
	w.machine = workflow.New(this, "Machine", machine)
	w.StateMachine = w.machine.StateMachine

	w.Format.GrantInvoke(w.machine.Role)
	props.Enrichment.GrantInvoke(w.machine.Role)
	operation.AllowTable(w.machine.Role, tables.Transactions, "dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:UpdateItem")
	operation.AllowTable(w.machine.Role, tables.Outcomes, "dynamodb:PutItem")
	if !props.Express {
		w.countPosted()
		w.allowDescribe()
	}
	return w
}

func (p WorkflowProps) validate() error {
	var faults operation.Faults
	faults.Require("Tables", p.Tables != nil)
	faults.Require("Enrichment", p.Enrichment != nil)
	operation.Handlers(&faults, p.Code, handlers)
	p.Alarms.validate(&faults)
	return faults.Err()
}

func (w *Workflow) addConclude(props WorkflowProps) {
	tables := props.Tables
	w.Unrecorded = operation.NewDeadLetters(w.Construct, "Unrecorded", props.Operation)
	w.Conclude = functions(w.Construct, props.Code, props.Operation, props.Alarms.Functions).Add("Conclude", Conclude, gofunction.Props{
		Description: "Records the outcome of an execution that failed; counts those of posted transactions",
		Timeout:     30 * time.Second,
		OnFailure:   awslambdadestinations.NewSqsDestination(w.Unrecorded),
		Environment: withMetrics(props.Operation, map[string]string{
			contract.EnvTransactionsTable: *tables.Transactions.TableName(),
			contract.EnvOutcomesTable:     *tables.Outcomes.TableName(),
			contract.EnvRetention:         tables.retention.String(),
		}),
	})
	operation.AllowTable(w.Conclude.Role, tables.Transactions, "dynamodb:UpdateItem")
	operation.AllowTable(w.Conclude.Role, tables.Outcomes, "dynamodb:GetItem", "dynamodb:PutItem")
	operation.NewAlarm(w.Construct, "UnrecordedAlarm", props.Operation, operation.AlarmProps{
		Description: "The end of an execution is not recorded or not counted: read the message, mend the cause, and invoke conclude with the event in it.",
		Metric:      operation.MetricDeadLetters(w.Unrecorded, nil),
		Threshold:   1,
		Adjust:      props.Alarms.Unrecorded,
	})
}

// conclude is the function as a rule's target.
func (w *Workflow) conclude() awsevents.IRuleTarget {
	return awseventstargets.NewLambdaFunction(w.Conclude.Function, &awseventstargets.LambdaFunctionProps{
		DeadLetterQueue: w.Unrecorded,
		MaxEventAge:     awscdk.Duration_Hours(jsii.Number(24)),
		RetryAttempts:   jsii.Number(185),
	})
}

// countPosted tells Conclude of posted transactions that succeeded, too. It is
// not told of a file's: those are counted when the file is settled.
func (w *Workflow) countPosted() {
	awsevents.NewRule(w.Construct, jsii.String("Posted"), &awsevents.RuleProps{
		Description: jsii.String("Executions of posted transactions that succeeded"),
		EventPattern: &awsevents.EventPattern{
			Source:     jsii.Strings("aws.states"),
			DetailType: jsii.Strings("Step Functions Execution Status Change"),
			Detail: &map[string]any{
				"stateMachineArn": []*string{w.StateMachine.StateMachineArn()},
				"status":          []string{"SUCCEEDED"},
				"name":            []map[string]string{{"prefix": contract.PostedPrefix}},
			},
		},
		Targets: &[]awsevents.IRuleTarget{w.conclude()},
	})
}

// allowDescribe lets Conclude read the input of an execution, which a
// status event leaves out when it is large.
func (w *Workflow) allowDescribe() {
	operation.Allow(w.Conclude.Role, []string{w.machine.Executions()}, "states:DescribeExecution")
	operation.Suppress(w.Conclude.Role, "AwsSolutions-IAM5",
		"Any execution of this one state machine may be the one that failed.", `^Resource::.*:execution:.*:\*$`)
}
