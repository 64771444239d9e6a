package ordering

// This file knows the functions of the system.

import (
	"time"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/ordering"
)

// Handler is a function of lambdas/ordering, whose code a team may replace.
type Handler string

const (
	Start             Handler = "start"
	CheckAvailability Handler = "checkavailability"
	PlaceOrder        Handler = "placeorder"
	NotifyCustomer    Handler = "notifycustomer"
)

var handlers = []Handler{Start, CheckAvailability, PlaceOrder, NotifyCustomer}

// startTimeout is how long start waits throttling out.
const startTimeout = time.Minute

// addSteps declares the functions of the workflow.
func (s *System) addSteps(functions gofunction.Set[Handler]) {
	s.CheckAvailability = functions.Add("CheckAvailability", CheckAvailability, gofunction.Props{
		Description: "Looks whether the stock has what is ordered",
		Environment: map[string]string{contract.EnvStockTable: *s.Stock.TableName()},
	})
	operation.AllowTable(s.CheckAvailability, s.Stock, "dynamodb:GetItem")

	s.PlaceOrder = functions.Add("PlaceOrder", PlaceOrder, gofunction.Props{
		Description: "Takes what is ordered out of the stock and writes the order",
		Environment: map[string]string{
			contract.EnvStockTable:  *s.Stock.TableName(),
			contract.EnvOrdersTable: *s.Orders.TableName(),
		},
	})
	operation.AllowTable(s.PlaceOrder, s.Stock, "dynamodb:UpdateItem")
	operation.AllowTable(s.PlaceOrder, s.Orders, "dynamodb:PutItem")

	s.NotifyCustomer = functions.Add("NotifyCustomer", NotifyCustomer, gofunction.Props{
		Description: "Publishes what the customer is told",
		Environment: map[string]string{contract.EnvNoticesARN: *s.Notices.TopicArn()},
	})
	operation.AllowPublish(s.NotifyCustomer, s.Notices)
}

// addStart declares the function between the queue and the workflow.
func (s *System) addStart(functions gofunction.Set[Handler], maxConcurrency int) {
	s.Start = functions.Add("Start", Start, gofunction.Props{
		Description: "Starts a workflow execution for each order",
		Memory:      512,
		Timeout:     startTimeout,
		Environment: map[string]string{
			contract.EnvWorkflowARN:    *s.Workflow.StateMachine.StateMachineArn(),
			contract.EnvDeadLettersURL: *s.DeadLetters.QueueUrl(),
		},
	})
	s.Workflow.GrantStartExecution(s.Start)
	operation.AllowSend(s.Start, s.DeadLetters)
	s.Start.Consume(s.Queue, maxConcurrency)
}
