package finddata

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
	"github.com/tradepost-dev/tradepost/internal/environment"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	return (&Handler{
		S3:         s3.NewFromConfig(cfg),
		DynamoDB:   dynamodb.NewFromConfig(cfg),
		DataBucket: env.String(contract.EnvDataBucket),
		DataPrefix: env.String(contract.EnvDataPrefix),
		WorkBucket: env.String(contract.EnvWorkBucket),
		RunsTable:  env.String(contract.EnvRunsTable),
	}).Handle
}
