package stacks

// This file declares the stack of model training.

import (
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"

	"github.com/tradepost-dev/tradepost/constructs/training"
)

// readTraining takes from the context:
//
//	trainingSchedule   when a run begins (default: every day at three, UTC)
//	trainingScript     path of the ETL script (default: that of examples/training)
//	trainingImage      address of the container (default: SageMaker's XGBoost)
//	trainingMetric     what a model is measured by (default: validation:auc)
//	trainingAtLeast    how good it has to be (default: 0.7)
//	trainingEmail      who is told of runs (default: whoever subscribes)
func readTraining(context *Context, config Config) func(awscdk.App) awscdk.Stack {
	atLeast, err := strconv.ParseFloat(context.text("trainingAtLeast", "0.7"), 64)
	if err != nil {
		context.fault("trainingAtLeast is %q: give a number such as 0.7", context.text("trainingAtLeast", ""))
	}
	props := training.Props{
		Schedule:  context.text("trainingSchedule", ""),
		Transform: training.Transform{Script: context.text("trainingScript", "examples/training/transform.py")},
		Train: training.Train{
			Image:           context.text("trainingImage", ""),
			HyperParameters: map[string]string{"objective": "binary:logistic", "eval_metric": "auc", "num_round": "100"},
		},
		Gate: training.Gate{Metric: context.text("trainingMetric", "validation:auc"), AtLeast: &atLeast},
	}
	email := context.text("trainingEmail", "")
	return func(app awscdk.App) awscdk.Stack { return newTraining(app, config, props, email) }
}

func newTraining(app awscdk.App, config Config, props training.Props, email string) awscdk.Stack {
	stack := config.newStack(app, "Training", "a model that is trained on new data once a day, and put into service if it is good enough")
	props.Operation = config.operation(stack)
	if props.Train.Image == "" {
		props.Train.Image = training.XGBoost(stack)
	} else {
		props.Train.HyperParameters = nil
	}
	system := training.New(stack, "Training", props)
	output(stack, "DataBucket", "Bucket that takes data, below data/", *system.Data.BucketName())
	output(stack, "WorkBucket", "Bucket that has models and predictions", *system.Work.BucketName())
	output(stack, "EndpointName", "Endpoint of the model, once there is one", system.Name)
	output(stack, "WorkflowARN", "State machine of runs: start it without input for a run by hand", *system.Workflow.StateMachine.StateMachineArn())
	output(stack, "RunsTable", "Table of runs", *system.Runs.TableName())
	output(stack, "JobName", "Glue job that transforms the data", *system.Job.Ref())
	output(stack, "NoticesTopicARN", "Topic that is told of runs: subscribe to it", *system.Notices.TopicArn())
	if email != "" {
		system.Notices.AddSubscription(awssnssubscriptions.NewEmailSubscription(&email, nil))
	}
	config.finish(stack, system.AlarmTopic)
	return stack
}
