package split

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/internal/batch"
	"github.com/tradepost-dev/tradepost/internal/batch/xml"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/metrics"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	handler := &Handler{
		S3:                s3.NewFromConfig(cfg),
		SQS:               sqs.NewFromConfig(cfg),
		DynamoDB:          dynamodb.NewFromConfig(cfg),
		StepFunctions:     sfn.NewFromConfig(cfg),
		FilesTable:        env.String(contract.EnvFilesTable),
		OutcomesTable:     env.String(contract.EnvOutcomesTable),
		QueueURL:          env.String(contract.EnvQueueURL),
		SettlementARN:     env.String(contract.EnvSettlementARN),
		SettlementTimeout: env.Duration(contract.EnvSettlementTimeout),
		SettlementRate:    int(env.Int64(contract.EnvSettlementRate)),
		Retention:         env.Duration(contract.EnvRetention),
		Formats:           batch.Formats{xml.Format{}},
		Limits: batch.Limits{
			Bytes:   env.Int64(contract.EnvMaxFileBytes),
			Records: int(env.Int64(contract.EnvMaxFileRecords)),
		},
		Metrics: metrics.FromEnvironment(env),
	}
	return handler.Handle
}
