// Command bootstrap runs the archive function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/invoices"
	"github.com/tradepost-dev/tradepost/lambdas/invoices/archive"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		handler := &archive.Handler{
			S3:         s3.NewFromConfig(cfg),
			DynamoDB:   dynamodb.NewFromConfig(cfg),
			SNS:        sns.NewFromConfig(cfg),
			Metrics:    invoices.Metrics(env),
			FilesTable: env.String(contract.EnvFilesTable),
			Bucket:     env.String(contract.EnvArchiveBucket),
			NoticesARN: env.String(contract.EnvNoticesARN),
		}
		return handler.Handle
	})
}
