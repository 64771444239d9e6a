// Command bootstrap runs the save function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/textract"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/invoices/save"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		handler := &save.Handler{
			Textract:   textract.NewFromConfig(cfg),
			S3:         s3.NewFromConfig(cfg),
			DynamoDB:   dynamodb.NewFromConfig(cfg),
			FilesTable: env.String(contract.EnvFilesTable),
			Bucket:     env.String(contract.EnvArchiveBucket),
			ReviewTime: env.Duration(contract.EnvReviewTime),
		}
		return handler.Handle
	})
}
