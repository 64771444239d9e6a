package archive

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/invoices"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	handler := &Handler{
		S3:         s3.NewFromConfig(cfg),
		DynamoDB:   dynamodb.NewFromConfig(cfg),
		SNS:        sns.NewFromConfig(cfg),
		Metrics:    invoices.Metrics(env),
		FilesTable: env.String(contract.EnvFilesTable),
		Bucket:     env.String(contract.EnvArchiveBucket),
		NoticesARN: env.String(contract.EnvNoticesARN),
	}
	return handler.Handle
}
