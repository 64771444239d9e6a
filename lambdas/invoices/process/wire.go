package process

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/invoices"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	handler := &Handler{
		S3:     s3.NewFromConfig(cfg),
		Bucket: env.String(contract.EnvArchiveBucket),
		Reader: invoices.FromEnvironment(env),
	}
	return handler.Handle
}
