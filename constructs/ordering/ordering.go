// Package ordering places customers' orders: each message of a queue becomes one
// workflow execution, which takes the item out of the stock, writes the order and
// tells the customer.
//
//	customer --> Queue --> Start --> Workflow: CheckAvailability --> PlaceOrder --> NotifyCustomer
//	               |                                |                    |               |
//	          DeadLetters                         Stock            Stock, Orders      Notices --> subscribers
//
// Messages are {"itemName": ..., "customerId": ..., "customerEmail": ...,
// "quantity": ...}. An order is placed once, however often its message is
// delivered, and never more of an item than there is.
package ordering

// This file puts the system together.

import (
	"cmp"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	contract "github.com/tradepost-dev/tradepost/internal/contract/ordering"
	"github.com/tradepost-dev/tradepost/statemachines"
)

// Props are the properties of a System.
type Props struct {
	// Stock is an existing table of items, with the key item_name (a string) and
	// the attribute quantity (a number). Default: one is made, without an item:
	// see System.Stock.
	Stock awsdynamodb.ITable

	// Orders is an existing table, with the keys customer_id and order_id
	// (strings). Default: one is made.
	Orders awsdynamodb.ITable

	// Notices is an existing topic that is told what to tell customers. Its
	// owner watches it. Default: one is made, with an alarm.
	Notices awssns.ITopic

	// MaxConcurrency is how many batches of ten messages are started at a time,
	// 2 to 1,000. Default: 10.
	MaxConcurrency int

	// LogErrorsOnly keeps customers' data out of the workflow's log: what fails
	// is logged, without it. Default: every event is logged with its data.
	LogErrorsOnly bool

	// Code replaces the code of functions. A CheckAvailability that asks another
	// service, say, is invoked with {"order_id": ..., "message": {"itemName":
	// ..., "customerId": ..., "customerEmail": ..., "quantity": ...}} and answers
	// the same with "available": true or false; PlaceOrder takes and answers
	// that; NotifyCustomer takes it, and answers the execution's output.
	// Default: this module's own handlers, built here.
	Code map[Handler]awslambda.Code

	// Alarms adjusts the alarms. Default: see Alarms.
	Alarms Alarms

	// Operation says how long data and logs are kept, whom the alarms tell, and
	// which key encrypts everything. Default: see operation.Settings.
	Operation operation.Settings
}

// System is all of it.
type System struct {
	Construct constructs.Construct

	// Queue takes orders: let producers send by GrantOrder.
	Queue awssqs.IQueue

	// DeadLetters holds messages that are no orders, with the attributes error
	// (OrderInvalid), reason (a sentence) and messageId; and orders that Start
	// could not start in five receives, without these.
	DeadLetters awssqs.IQueue

	// Stock has a row per item: item_name (key) and quantity. Whoever stocks
	// items adds to quantity, by GrantStock.
	Stock awsdynamodb.ITable

	// Orders has a row per placed order: customer_id and order_id (keys),
	// item_name, quantity and placed_at (RFC 3339, UTC).
	Orders awsdynamodb.ITable

	// Notices is told of each order, placed or not, at least once: JSON with
	// email, orderId (null if it was not placed) and message, and the message
	// attribute customerId.
	Notices awssns.ITopic

	// Workflow runs an execution per order, named by the order's id, which is
	// that of the message. Its output is what Notices is told.
	Workflow *workflow.Workflow

	Start             *gofunction.Function
	CheckAvailability *gofunction.Function
	PlaceOrder        *gofunction.Function
	NotifyCustomer    *gofunction.Function

	AlarmTopic awssns.ITopic
	Dashboard  awscloudwatch.Dashboard
}

// New declares the system. It panics if props are wrong.
func New(scope constructs.Construct, id string, props Props) *System {
	props = props.withDefaults()
	operation.Must("ordering.System", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	settings := props.Operation.WithDefaults(this)
	functions := gofunction.Set[Handler]{
		Scope: this, System: "ordering", Code: props.Code, Operation: settings, Alarms: props.Alarms.Functions,
	}
	functions.Prepare(handlers...)

	if settings.AlarmTopic == nil {
		settings.AlarmTopic = operation.NewAlarmTopic(this, "Alarms", settings)
		functions.Operation = settings
	}
	s := &System{Construct: this, AlarmTopic: settings.AlarmTopic, Stock: props.Stock, Orders: props.Orders, Notices: props.Notices}
	s.addTables(settings)
	if s.Notices == nil {
		s.addNotices(props, settings)
	}
	s.addSteps(functions)
	s.addWorkflow(props, settings)
	s.addQueue(props, settings)
	s.addStart(functions, props.MaxConcurrency)
	s.addOverview()
	return s
}

func (p Props) withDefaults() Props {
	p.MaxConcurrency = cmp.Or(p.MaxConcurrency, 10)
	return p
}

func (p Props) validate() error {
	var faults operation.Faults
	gofunction.ValidateConcurrency(&faults, p.MaxConcurrency)
	operation.Handlers(&faults, p.Code, handlers)
	p.Alarms.validate(&faults)
	return faults.Err()
}

// addTables declares the tables that do not exist already.
func (s *System) addTables(settings operation.Settings) {
	if s.Stock == nil {
		s.Stock = operation.NewTable(s.Construct, "Stock", settings, awsdynamodb.TableProps{PartitionKey: text(contract.AttrItemName)})
	}
	if s.Orders == nil {
		s.Orders = operation.NewTable(s.Construct, "Orders", settings, awsdynamodb.TableProps{
			PartitionKey: text(contract.AttrCustomerID), SortKey: text(contract.AttrOrderID),
		})
	}
}

func text(name string) *awsdynamodb.Attribute {
	return &awsdynamodb.Attribute{Name: &name, Type: awsdynamodb.AttributeType_STRING}
}

func (s *System) addNotices(props Props, settings operation.Settings) {
	s.Notices = operation.NewTopic(s.Construct, "Notices", settings)
	operation.NewAlarm(s.Construct, "UndeliveredAlarm", settings, operation.AlarmProps{
		Description: "A subscriber of the notices could not be told of an order: mend it, and see its dead letters if it has some.",
		Metric:      s.MetricUndelivered(nil),
		Threshold:   1,
		Adjust:      props.Alarms.Undelivered,
	})
}

func (s *System) addWorkflow(props Props, settings operation.Settings) {
	level := awsstepfunctions.LogLevel_ALL
	if props.LogErrorsOnly {
		level = awsstepfunctions.LogLevel_ERROR
	}
	s.Workflow = workflow.New(s.Construct, "Workflow", workflow.Props{
		Definition: statemachines.Definition("ordering/ordering.asl.json"),
		Substitutions: map[string]string{
			"CheckAvailabilityArn": *s.CheckAvailability.Function.FunctionArn(),
			"PlaceOrderArn":        *s.PlaceOrder.Function.FunctionArn(),
			"NotifyCustomerArn":    *s.NotifyCustomer.Function.FunctionArn(),
		},
		LogLevel:         level,
		LogExecutionData: !props.LogErrorsOnly,
		Alarms:           props.Alarms.Orders,
		Operation:        settings,
	})
	for _, step := range []*gofunction.Function{s.CheckAvailability, s.PlaceOrder, s.NotifyCustomer} {
		step.GrantInvoke(s.Workflow)
	}
}

// addQueue declares the queue of orders.
func (s *System) addQueue(props Props, settings operation.Settings) {
	scope := constructs.NewConstruct(s.Construct, jsii.String("Queue"))
	s.Queue, s.DeadLetters = operation.NewWorkQueue(scope, settings, startTimeout)
	operation.NewAlarm(scope, "DeadLettersAlarm", settings, operation.AlarmProps{
		Description: "A message was no order, or could not be started: see its attribute reason, mend the cause, and send it again or delete it.",
		Metric:      s.MetricDeadLetters(nil),
		Threshold:   1,
		Adjust:      props.Alarms.DeadLetters,
	})
	operation.NewAlarm(scope, "BacklogAlarm", settings, operation.AlarmProps{
		Description: "Orders wait too long to be started: see start's log and StartExecution's throttling.",
		Metric:      s.MetricAge(nil),
		Threshold:   (15 * time.Minute).Seconds(),
		Adjust:      props.Alarms.Backlog,
	})
}
