package acknowledge

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/metrics"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	handler := &Handler{
		S3:            s3.NewFromConfig(cfg),
		DynamoDB:      dynamodb.NewFromConfig(cfg),
		FilesTable:    env.String(contract.EnvFilesTable),
		OutcomesTable: env.String(contract.EnvOutcomesTable),
		Retention:     env.Duration(contract.EnvRetention),
		Metrics:       metrics.FromEnvironment(env),
	}
	return handler.Handle
}
