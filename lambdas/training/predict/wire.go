package predict

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"

	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
	"github.com/tradepost-dev/tradepost/internal/environment"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	return (&Handler{
		S3:         s3.NewFromConfig(cfg),
		SageMaker:  sagemakerruntime.NewFromConfig(cfg),
		WorkBucket: env.String(contract.EnvWorkBucket),
		Endpoint:   env.String(contract.EnvEndpoint),
	}).Handle
}
