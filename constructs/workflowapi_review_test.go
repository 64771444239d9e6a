package constructs_test

// This file holds what was reviewed of an API: permissions and alarms.

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflowapi"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// workflowAPI is the template of an API with routes of both kinds, before
// machines of another app.
func workflowAPI(t *testing.T) *cdktest.Template {
	t.Helper()
	return synthOnce(t, "workflowapi", func(stack awscdk.Stack) {
		settings := operation.Settings{}
		workflowapi.New(stack, "API", workflowapi.Props{
			Synchronous: []workflowapi.Synchronous{{Path: "quotes", StateMachine: imported(stack, "Quotes")}},
			Asynchronous: []workflowapi.Asynchronous{{Path: "orders", StateMachine: imported(stack, "Orders"), Progress: workflowapi.Progress{
				Queue: operation.NewQueue(stack, "Queue", settings, awssqs.QueueProps{}),
				Topic: awssns.NewTopic(stack, jsii.String("Topic"), nil),
			}}},
			Operation: settings,
		})
	})
}

func TestAWorkflowAPIMayDoWhatWasReviewed(t *testing.T) {
	template := workflowAPI(t)
	wantPermissions(t, "workflowapi", template)
	wantNothingWholesale(t, template)
}

func TestEveryAlarmOfAWorkflowAPIIsInTheRunbook(t *testing.T) {
	wantRunbook(t, "workflowapi", workflowAPI(t))
}
