// Command bootstrap runs the finddata function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/training/finddata"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		return (&finddata.Handler{
			S3:         s3.NewFromConfig(cfg),
			DynamoDB:   dynamodb.NewFromConfig(cfg),
			DataBucket: env.String(contract.EnvDataBucket),
			DataPrefix: env.String(contract.EnvDataPrefix),
			WorkBucket: env.String(contract.EnvWorkBucket),
			RunsTable:  env.String(contract.EnvRunsTable),
		}).Handle
	})
}
