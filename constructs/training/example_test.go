package training_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/training"
)

// A model by SageMaker's XGBoost, in service if it is good enough.
func Example() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Churn"), nil)

	training.New(stack, "Model", training.Props{
		Transform: training.Transform{Script: "transform.py"},
		Train: training.Train{
			Image:           training.XGBoost(stack),
			HyperParameters: map[string]string{"objective": "binary:logistic", "eval_metric": "auc", "num_round": "100"},
		},
		Gate: training.Gate{Metric: "validation:auc", AtLeast: jsii.Number(0.8)},
	})
	app.Synth(nil)
}
