// Command bootstrap runs the process function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/invoices"
	"github.com/tradepost-dev/tradepost/lambdas/invoices/process"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		handler := &process.Handler{
			S3:     s3.NewFromConfig(cfg),
			Bucket: env.String(contract.EnvArchiveBucket),
			Reader: invoices.FromEnvironment(env),
		}
		return handler.Handle
	})
}
