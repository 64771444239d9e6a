// Command bootstrap runs the watch function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/textract"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/invoices"
	"github.com/tradepost-dev/tradepost/lambdas/invoices/watch"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		handler := &watch.Handler{
			DynamoDB:      dynamodb.NewFromConfig(cfg),
			Textract:      textract.NewFromConfig(cfg),
			StepFunctions: sfn.NewFromConfig(cfg),
			Metrics:       invoices.Metrics(env),
			FilesTable:    env.String(contract.EnvFilesTable),
			WorkflowARN:   env.String(contract.EnvWorkflowARN),
		}
		return handler.Handle
	})
}
