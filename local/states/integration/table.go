// This file is the table of optimized integrations: what arn:aws:states:::X calls.
// https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html

package integration

import "strings"

func table() map[string]*Integration {
	return map[string]*Integration{
		"apigateway:invoke":              apiGateway(),
		"dynamodb:deleteItem":            dynamoDB("DeleteItem"),
		"dynamodb:getItem":               dynamoDB("GetItem"),
		"dynamodb:putItem":               dynamoDB("PutItem"),
		"dynamodb:updateItem":            dynamoDB("UpdateItem"),
		"events:putEvents":               eventBridge(),
		"glue:startJobRun":               glueJob(),
		"http:invoke":                    httpInvoke(),
		"lambda:invoke":                  lambdaInvoke(),
		"sagemaker:createEndpoint":       sageMaker("CreateEndpoint"),
		"sagemaker:createEndpointConfig": sageMaker("CreateEndpointConfig"),
		"sagemaker:createModel":          sageMaker("CreateModel"),
		"sagemaker:createTrainingJob":    sageMakerJob("TrainingJob", "StepFunctionsGetEventsForSageMakerTrainingJobsRule"),
		"sagemaker:createTransformJob":   sageMakerJob("TransformJob", "StepFunctionsGetEventsForSageMakerTransformJobsRule"),
		"sagemaker:updateEndpoint":       sageMaker("UpdateEndpoint"),
		"sns:publish":                    snsMessage(),
		"sqs:sendMessage":                sqsMessage(),
		"states:startExecution":          startExecution(),
	}
}

// Find returns the integration that a Resource names: "sqs:sendMessage",
// "aws-sdk:dynamodb:putItem"; nil if there is none.
func Find(name string) *Integration {
	if sdk, ok := strings.CutPrefix(name, "aws-sdk:"); ok {
		return sdkIntegration(sdk)
	}
	i := table()[name]
	if i != nil {
		i.ResourceType, _, _ = strings.Cut(name, ":")
	}
	return i
}
