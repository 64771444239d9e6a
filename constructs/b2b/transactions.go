package b2b

// This file declares what is done with a transaction.

import (
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdadestinations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/internal/alarm"
	"github.com/tradepost-dev/tradepost/internal/contract"
	"github.com/tradepost-dev/tradepost/statemachines"
)

// WorkflowProps are the properties of a Workflow.
type WorkflowProps struct {
	// Tables hold transactions and outcomes. Required.
	Tables *Tables

	// Enrichment tells a partner's contact. Required.
	Enrichment *EnrichmentAPI

	// Express makes a transaction's execution cost about a seventieth, at the
	// price of its history and of the capture of executions that time out:
	// such a transaction has no outcome, and its file becomes overdue.
	// Default: Standard.
	Express bool

	Shared Shared
}

// Workflow formats, enriches and stores a transaction and records its outcome.
type Workflow struct {
	Construct constructs.Construct
	Workflow  *workflow.Workflow
	Format    *gofunction.Function

	// RecordFailure gives an execution that failed all the same its outcome;
	// Unrecorded holds those that it could not record. Both are nil for
	// Express.
	RecordFailure *gofunction.Function
	Unrecorded    awssqs.Queue
}

// NewWorkflow declares the state machine. It panics if props are wrong.
func NewWorkflow(scope constructs.Construct, id string, props WorkflowProps) *Workflow {
	must("Workflow", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	props.Shared = props.Shared.withDefaults(this)
	shared, tables := props.Shared, props.Tables

	w := &Workflow{Construct: this}
	w.Format = shared.function(this, "Format", "format", gofunction.Props{
		Description: "Groups a transaction's fields and hashes its content",
	})
	machine := workflow.Props{
		Definition: statemachines.Transaction,
		Substitutions: map[string]string{
			"FormatFunctionArn":     *w.Format.Function.FunctionArn(),
			"EnrichmentApiEndpoint": props.Enrichment.Endpoint(),
			"EnrichmentStage":       props.Enrichment.Stage(),
			"TransactionsTable":     *tables.Transactions.TableName(),
			"OutcomesTable":         *tables.Outcomes.TableName(),
		},
		Express:       props.Express,
		LogRetention:  shared.LogRetention,
		RemovalPolicy: shared.RemovalPolicy,
		AlarmTopic:    shared.AlarmTopic,
	}
	if !props.Express {
		w.addRecordFailure(shared, tables)
		machine.OnFailure = awseventstargets.NewLambdaFunction(w.RecordFailure.Function, &awseventstargets.LambdaFunctionProps{
			DeadLetterQueue: w.Unrecorded,
			MaxEventAge:     awscdk.Duration_Hours(jsii.Number(24)),
			RetryAttempts:   jsii.Number(185),
		})
	}
	w.Workflow = workflow.New(this, "Machine", machine)

	w.Format.GrantInvoke(w.Workflow.Role)
	props.Enrichment.GrantInvoke(w.Workflow.Role)
	grantTable(w.Workflow.Role, tables.Transactions, "dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:UpdateItem")
	grantTable(w.Workflow.Role, tables.Outcomes, "dynamodb:PutItem")
	if !props.Express {
		w.allowDescribe()
	}
	return w
}

func (p *WorkflowProps) validate() error {
	var faults []error
	require(&faults, "Tables", p.Tables != nil)
	require(&faults, "Enrichment", p.Enrichment != nil)
	return errors.Join(faults...)
}

func (w *Workflow) addRecordFailure(shared Shared, tables *Tables) {
	w.Unrecorded = deadLetters(w.Construct, "Unrecorded")
	w.RecordFailure = shared.function(w.Construct, "RecordFailure", "recordfailure", gofunction.Props{
		Description: "Records the outcome of an execution that failed",
		Timeout:     30 * time.Second,
		OnFailure:   awslambdadestinations.NewSqsDestination(w.Unrecorded),
		Environment: shared.withMetrics(map[string]string{
			contract.EnvTransactionsTable: *tables.Transactions.TableName(),
			contract.EnvOutcomesTable:     *tables.Outcomes.TableName(),
		}),
	})
	grantTable(w.RecordFailure.Role, tables.Transactions, "dynamodb:UpdateItem")
	grantTable(w.RecordFailure.Role, tables.Outcomes, "dynamodb:PutItem")
	alarm.New(w.Construct, "UnrecordedAlarm",
		"A failed execution has no outcome: read the message, mend the cause, and invoke recordfailure with the event in it.",
		w.Unrecorded.MetricApproximateNumberOfMessagesVisible(highest()), 1, shared.AlarmTopic)
}

// allowDescribe lets RecordFailure read the input of an execution, which a
// status event leaves out when it is large.
func (w *Workflow) allowDescribe() {
	stack := awscdk.Stack_Of(w.Construct)
	executions := stack.FormatArn(&awscdk.ArnComponents{
		Service:      jsii.String("states"),
		Resource:     jsii.String("execution"),
		ResourceName: jsii.String(fmt.Sprintf("%s:*", *w.Workflow.StateMachine.StateMachineName())),
		ArnFormat:    awscdk.ArnFormat_COLON_RESOURCE_NAME,
	})
	allow(w.RecordFailure.Role, []string{*executions}, "states:DescribeExecution")
	suppress(w.RecordFailure.Role, "AwsSolutions-IAM5",
		"Any execution of this one state machine may be the one that failed.", `^Resource::.*:execution:.*:\*$`)
}
