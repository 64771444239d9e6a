package watch

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/metrics"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	handler := &Handler{
		DynamoDB:      dynamodb.NewFromConfig(cfg),
		StepFunctions: sfn.NewFromConfig(cfg),
		Lambda:        lambda.NewFromConfig(cfg),
		FilesTable:    env.String(contract.EnvFilesTable),
		SettlementARN: env.String(contract.EnvSettlementARN),
		Metrics:       metrics.FromEnvironment(env),
	}
	handler.SplitFunction, _ = env.Look(contract.EnvSplitFunction) // there is none if no files are taken in
	return handler.Handle
}
