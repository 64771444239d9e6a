// Command bootstrap runs the predict function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/training/predict"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		return (&predict.Handler{
			S3:         s3.NewFromConfig(cfg),
			SageMaker:  sagemakerruntime.NewFromConfig(cfg),
			WorkBucket: env.String(contract.EnvWorkBucket),
			Endpoint:   env.String(contract.EnvEndpoint),
		}).Handle
	})
}
